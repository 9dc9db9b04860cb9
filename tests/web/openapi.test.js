// The OpenAPI document against the service it describes: its examples hold, and whatever the service says is in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { readFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";

import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";

import { attach, clearFaults, droppedChat, fault } from "./support/sim.js";
import { path, stage } from "./support/stage.js";

const response = await fetch(`${stage.service}/openapi.json`);
const document = await response.json();

/** The document with no room for what it does not name. */
function closed(schema) {
  if (schema === null || typeof schema !== "object") return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const object = inner.type === "object" && inner.properties !== undefined && inner.additionalProperties === undefined;
  return object ? { ...inner, additionalProperties: false } : inner;
}

const ajv = new Ajv({ strict: false, validateSchema: false, allErrors: true });
formats(ajv);
ajv.addFormat("uint32", true).addFormat("uint64", true);
ajv.addSchema(closed(document), "document");

function conforms(schema, value, what) {
  const name = schema.$ref ?? assert.fail(`${what} refers to no schema`);
  const valid = ajv.validate({ $ref: `document${name}` }, value);
  assert.ok(valid, `${what}: ${ajv.errorsText()}\n${JSON.stringify(value)}`);
}

async function call(method, body, headers = {}) {
  const answer = await fetch(stage.service + path(method), {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": stage.keys.service, ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

/** Makes a call and holds its answer against what the document says of that status. */
async function described(method, status, body, headers) {
  const answer = await call(method, body, headers);
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  let told = document.paths[path(method)].post.responses[status];
  if (told.$ref) told = document.components.responses[told.$ref.split("/").at(-1)];
  conforms(told.content["application/json"].schema, answer.body, `${method} ${status}`);
  for (const name of ["x-request-id", "retry-after", "www-authenticate"]) {
    const names = Object.keys(told.headers).map((header) => header.toLowerCase());
    if (answer.headers.has(name)) assert.ok(names.includes(name), `${method} ${status} has ${name}`);
  }
  return answer;
}

test("it is served as JSON, and as the copy has it", async () => {
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual(document, JSON.parse(await readFile(new URL("../../docs/openapi.json", import.meta.url))));
  const head = await fetch(`${stage.service}/openapi.json`, { method: "HEAD" });
  assert.equal(head.status, 200);
  const post = await fetch(`${stage.service}/openapi.json`, { method: "POST", headers: { "x-api-key": stage.keys.service } });
  assert.equal(post.status, 405);
});

test("every example is what its schema says", () => {
  let seen = 0;
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    for (const example of schema.examples ?? []) {
      conforms({ $ref: `#/components/schemas/${name}` }, example, name);
      seen += 1;
    }
  }
  for (const [at, { post }] of Object.entries(document.paths)) {
    const bodies = [post.requestBody, post.responses[200]];
    for (const { schema, example } of bodies.map((body) => body.content["application/json"])) {
      conforms(schema, example, at);
      seen += 1;
    }
  }
  for (const [name, { content }] of Object.entries(document.components.responses)) {
    for (const [reason, { value }] of Object.entries(content["application/json"].examples ?? {})) {
      conforms(content["application/json"].schema, value, `${name} ${reason}`);
      seen += 1;
    }
  }
  assert.ok(seen > 60, `${seen} examples`);
});

test("a wrong answer would be noticed", () => {
  const validated = { $ref: "#/components/schemas/sessionresumption.v1.ValidateSessionResponse" };
  for (const wrong of [{ decision: "MAYBE" }, { tabEpoch: 1 }, { asOfTime: "yesterday" }, { nope: 1 }]) {
    assert.throws(() => conforms(validated, wrong, "wrong"), JSON.stringify(wrong));
  }
  const detail = { type: "google.rpc.ErrorInfo", value: "", debug: { reason: "NO_SUCH_REASON" } };
  const error = { code: "internal", message: "", details: [detail] };
  assert.throws(() => conforms({ $ref: "#/components/schemas/connect.error" }, error, "wrong"));
});

test("the requests of the examples are requests", async () => {
  for (const method of ["ValidateSession", "ConfirmReattach", "InjectContext"]) {
    const { example } = document.paths[path(method)].post.requestBody.content["application/json"];
    const { status, body } = await call(method, example);
    const reasons = (body.details ?? []).map((detail) => detail.debug.reason);
    // There is no such session, which takes a request that can be read to find out.
    assert.ok(status === 200 || reasons[0] === "HANDSHAKE_NOT_FOUND", `${method}: ${JSON.stringify(body)}`);
  }
});

test("answers are as described", async () => {
  const chat = await droppedChat();
  const tab = { clientInstanceId: "tab-1", attemptId: randomUUID() };
  await described("ValidateSession", 200, { ...chat, intent: "HEARTBEAT" });
  const { body: validated } = await described("ValidateSession", 200, { ...chat, ...tab });
  assert.equal(validated.decision, "RESUMABLE");
  await described("ValidateSession", 200, { ...chat, ...tab });
  const handshake = { ...chat, handshakeId: validated.handshakeId };
  const early = await described("ConfirmReattach", 200, handshake);
  assert.equal(early.body.outcome, "NOT_REATTACHED");
  await attach(chat);
  await described("ConfirmReattach", 200, handshake);
  const message = { clientMessageId: "m-1", text: "Hello", sentTime: "2024-05-15T14:32:11.250Z" };
  const injected = await described("InjectContext", 200, { ...handshake, marker: "[back]", messages: [message] });
  assert.equal(injected.body.outcome, "COMPLETE");
  const gone = await described("ValidateSession", 200, { conversationId: "none", participantId: "nobody" });
  assert.equal(gone.body.reason, "SESSION_NOT_FOUND");
});

test("errors are as described", async () => {
  const chat = await droppedChat();
  const handshake = { ...chat, handshakeId: randomUUID() };
  await described("ValidateSession", 400, "{");
  await described("ValidateSession", 400, { ...chat, intent: "NOPE" });
  await described("ConfirmReattach", 400, {});
  await described("ValidateSession", 400, { ...chat, intent: "TAKE_OVER", clientInstanceId: "tab" });
  await described("ConfirmReattach", 401, handshake, { "x-api-key": "nobody" });
  await described("ConfirmReattach", 403, handshake, { "x-api-key": stage.keys.operator });
  await described("ConfirmReattach", 404, handshake);
  await described("ConfirmReattach", 415, "x", { "content-type": "text/plain" });
  await described("ConfirmReattach", 501, handshake, { "content-encoding": "gzip" });
  await described("ConfirmReattach", 404, handshake, { "x-api-key": stage.keys.limited });
  const limited = await described("ConfirmReattach", 429, handshake, { "x-api-key": stage.keys.limited });
  assert.ok(Number(limited.headers.get("retry-after")) > 0);
  await fault("read", { kind: "status", code: 403 });
  await described("ValidateSession", 503, chat);
  await clearFaults();
  await fault("read", { kind: "delay", ms: 2_000 });
  await described("ValidateSession", 504, await droppedChat(), { "connect-timeout-ms": "300" });
  await clearFaults();
});
