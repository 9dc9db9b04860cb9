// Pages in a real browser, of an origin that may call and of one that may not, with every client that a page could use.
import assert from "node:assert/strict";
import { copyFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { randomUUID } from "node:crypto";

import { build } from "esbuild";
import { chromium } from "playwright-core";

import { attach, clearFaults, clearLedger, droppedChat, fault, ledger, transcript } from "./support/sim.js";
import { path, stage, url } from "./support/stage.js";

const WAYS = [
  "connect-web, gRPC-Web",
  "connect-web, Connect with JSON",
  "connect-web, Connect with protobuf",
  "grpc-web, text",
  "grpc-web, binary",
];

let browser;

before(async () => {
  await build({
    entryPoints: ["page/page.js"],
    bundle: true,
    format: "esm",
    platform: "browser",
    outfile: `${stage.pages}/page.js`,
    logLevel: "error",
  });
  await copyFile("page/index.html", `${stage.pages}/index.html`);
  browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

after(() => browser?.close());

/** A page of this origin, in a profile of its own if none is given; what the browser asks for it, and why it stops one. */
async function open(t, origin = stage.origin, profile) {
  const context = profile ?? (await browser.newContext());
  t.after(() => context.close());
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const requests = [];
  devtools.on("Network.requestWillBeSent", ({ request }) => {
    if (request.url.startsWith(stage.service)) requests.push(request.method);
  });
  // Told after the page has been told.
  const blocked = new Promise((resolve) => {
    devtools.on("Network.loadingFailed", ({ corsErrorStatus }) => corsErrorStatus && resolve(corsErrorStatus.corsError));
  });
  await devtools.send("Network.enable");
  await page.goto(`${origin}/index.html`);
  await page.waitForFunction(() => globalThis.ways !== undefined);
  assert.deepEqual(await page.evaluate(() => globalThis.ways), WAYS);
  const call = (way, method, body, options = {}) =>
    page.evaluate(([way, call]) => globalThis.call(way, call), [way, { service: stage.service, method, body, ...options }]);
  const ask = (to, init) => page.evaluate(([to, init]) => globalThis.ask(to, init), [to, init]);
  return { call, ask, requests, blocked, context };
}

/** A call that the site's backend makes. */
async function backend(at, body) {
  const answer = await fetch(stage.service + at, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": stage.keys.service },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** A dropped chat, and what its customer's browser shows. */
async function customer() {
  const chat = await droppedChat();
  const issued = await backend("/sessionresumption.v1.SessionRegistry/IssueSessionToken", chat);
  return { chat, bearer: { authorization: `Bearer ${issued.sessionToken}` } };
}

const reasons = (error) => error.details.map((detail) => detail.reason).filter(Boolean);

for (const way of WAYS) {
  test(`${way}: a customer comes back, and what was not sent is sent`, async (t) => {
    const { call } = await open(t);
    const { chat, bearer } = await customer();
    const tab = { clientInstanceId: "tab-1", attemptId: randomUUID(), disconnectReason: "network" };
    const { answer: validated } = await call(way, "validateSession", { ...chat, ...tab }, { headers: bearer });
    assert.equal(validated.decision, "RESUMABLE");
    assert.equal(validated.tabRole, "ACTIVE");
    await attach(chat);
    const handshake = { ...chat, handshakeId: validated.handshakeId };
    await backend(path("ConfirmReattach"), handshake);
    const messages = [{ clientMessageId: "m-1", text: "Grüße 💬" }];
    const context = { ...handshake, clientInstanceId: "tab-1", tabEpoch: validated.tabEpoch, messages };
    const { answer: injected } = await call(way, "injectContext", context, { headers: bearer });
    assert.equal(injected.outcome, "COMPLETE");
    assert.equal((await transcript(chat)).at(-1).text, "Grüße 💬");
  });

  test(`${way}: an error can be read, with all its details`, async (t) => {
    const { call } = await open(t);
    const { chat, bearer } = await customer();
    const { error: refused } = await call(way, "confirmReattach", { ...chat, handshakeId: randomUUID() }, { headers: bearer });
    assert.equal(refused.code, "PermissionDenied");
    assert.deepEqual(reasons(refused), ["PERMISSION_DENIED"]);
    assert.notEqual(refused.message, "");

    const wrong = { ...chat, attemptId: "x", handshakeId: "y" };
    const { error: invalid } = await call(way, "validateSession", wrong, { headers: bearer });
    assert.equal(invalid.code, "InvalidArgument");
    assert.deepEqual(reasons(invalid), ["INVALID_UUID"]);
    const fields = invalid.details.flatMap((detail) => detail.fieldViolations ?? []).map((violation) => violation.field);
    assert.deepEqual(fields.toSorted(), ["attempt_id", "handshake_id"]);

    await fault("read", { kind: "status", code: 429, retry_after_s: 600 });
    const { error: failed } = await call(way, "validateSession", chat, { headers: bearer });
    await clearFaults();
    assert.equal(failed.code, "Unavailable");
    assert.deepEqual(reasons(failed), ["UPSTREAM_RATE_LIMITED"]);
    assert.ok(failed.details.some((detail) => detail.retryDelay));

    const { error: stranger } = await call(way, "validateSession", chat, { headers: { authorization: "Bearer x.y.z" } });
    assert.equal(stranger.code, "Unauthenticated");
    assert.deepEqual(reasons(stranger), ["UNAUTHENTICATED"]);
  });

  test(`${way}: the page's time runs out`, async (t) => {
    const { call } = await open(t);
    const { chat, bearer } = await customer();
    await fault("read", { kind: "delay", ms: 2_000 });
    const { error } = await call(way, "validateSession", chat, { headers: bearer, timeoutMs: 300 });
    await clearFaults();
    assert.equal(error.code, "DeadlineExceeded");
  });

  test(`${way}: a customer whom nobody knows is sent to sign in`, async (t) => {
    const { call } = await open(t);
    const { answer } = await call(way, "validateSession", await droppedChat());
    assert.deepEqual([answer.decision, answer.reason, answer.route], ["NEW_ROUTING_REQUIRED", "NO_VALID_TOKEN", "REAUTHENTICATE"]);
  });

  test(`${way}: the browser asks first, and only once`, async (t) => {
    const { call, requests } = await open(t);
    const { chat, bearer } = await customer();
    for (const _ of [1, 2]) await call(way, "validateSession", chat, { headers: bearer });
    // What the browser asks is told beside what the page learns, and perhaps later.
    while (requests.length < 3) await setTimeout(10);
    assert.deepEqual(requests.toSorted(), ["OPTIONS", "POST", "POST"]);
  });

  test(`${way}: a page of another origin reaches nobody`, async (t) => {
    const { call, blocked } = await open(t, stage.otherOrigin);
    const { chat, bearer } = await customer();
    await clearLedger();
    const { answer, error } = await call(way, "validateSession", chat, { headers: bearer });
    assert.equal(answer, undefined);
    assert.ok(["Unknown", "Unavailable"].includes(error.code), error.code);
    assert.deepEqual(error.details, []);
    assert.equal(await blocked, "PreflightMissingAllowOriginHeader");
    assert.deepEqual(await ledger(), []);
  });

  test(`${way}: a cookie that no script can read is enough`, async (t) => {
    const { call, ask, context } = await open(t);
    const { chat, bearer } = await customer();
    const kept = await ask(`${stage.service}/session`, { method: "POST", headers: bearer, credentials: "include" });
    assert.equal(kept.status, 200, JSON.stringify(kept));
    const cookies = await context.cookies();
    assert.deepEqual(cookies.map(({ name, httpOnly, secure }) => [name, httpOnly, secure]), [["__Host-session", true, true]]);
    const credentials = "include";
    const { answer } = await call(way, "validateSession", chat, { credentials });
    assert.equal(answer.decision, "RESUMABLE");
    const { answer: without } = await call(way, "validateSession", chat);
    assert.equal(without.reason, "NO_VALID_TOKEN");
    const gone = await ask(`${stage.service}/session`, { method: "DELETE", credentials });
    assert.equal(gone.status, 204);
    const { answer: after } = await call(way, "validateSession", chat, { credentials });
    assert.equal(after.reason, "NO_VALID_TOKEN");
  });
}

test("the page sees the headers it needs, of answers and refusals alike", async (t) => {
  const { ask } = await open(t);
  const { chat, bearer } = await customer();
  const headers = { "content-type": "application/json", ...bearer };
  const answer = await ask(url("ValidateSession"), { method: "POST", headers, body: JSON.stringify(chat) });
  assert.equal(answer.status, 200);
  assert.match(answer.headers["x-request-id"], /^[0-9a-f-]{36}$/);
  await fault("read", { kind: "status", code: 403 });
  const other = await customer();
  const failing = { "content-type": "application/json", ...other.bearer };
  const failed = await ask(url("ValidateSession"), { method: "POST", headers: failing, body: JSON.stringify(other.chat) });
  await clearFaults();
  assert.equal(failed.status, 503);
  assert.ok(Number(failed.headers["retry-after"]) > 0, JSON.stringify(failed.headers));
  const refused = await ask(url("ConfirmReattach"), { method: "POST", headers, body: "{" });
  assert.equal(refused.status, 403);
  assert.ok(refused.headers["x-request-id"]);
});

test("a header that pages may not send is not sent", async (t) => {
  const { ask, blocked } = await open(t);
  const headers = { "content-type": "application/json", "x-api-key": stage.keys.service };
  const answer = await ask(url("ValidateSession"), { method: "POST", headers, body: "{}" });
  assert.deepEqual(answer, { blocked: "TypeError" });
  assert.equal(await blocked, "HeaderDisallowedByPreflightResponse");
});

test("what another page can send unasked brings about nothing, also with the customer's cookie at hand", async (t) => {
  const own = await open(t);
  const { chat, bearer } = await customer();
  const kept = await own.ask(`${stage.service}/session`, { method: "POST", headers: bearer, credentials: "include" });
  assert.equal(kept.status, 200);
  const other = await open(t, stage.otherOrigin, own.context);
  await clearLedger();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const init = { method: "POST", mode: "no-cors", headers: { "content-type": type }, credentials: "include" };
    const answer = await other.ask(url("ValidateSession"), { ...init, body: JSON.stringify(chat) });
    // It is sent, and nothing of the answer can be seen.
    assert.deepEqual([answer.status, answer.body, answer.headers], [0, "", {}], type);
  }
  const ended = await other.ask(`${stage.service}/session`, { method: "POST", mode: "no-cors", credentials: "include" });
  assert.equal(ended.status, 0);
  assert.deepEqual(await ledger(), []);
  const { answer } = await own.call(WAYS[0], "validateSession", chat, { credentials: "include" });
  assert.equal(answer.decision, "RESUMABLE");
});
