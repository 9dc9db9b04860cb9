// What anybody can ask with curl: every spelling of a request, by every way of sending it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";

import {
  ValidateSessionRequestSchema,
  ValidateSessionResponse_Decision,
  ValidateSessionResponseSchema,
} from "./gen/sessionresumption/v1/session_resumption_pb.js";
import { run } from "./support/run.js";
import { droppedChat } from "./support/sim.js";
import { stage, url } from "./support/stage.js";

const JSON_TYPE = ["-H", "content-type: application/json"];
const MIB = 1024 * 1024;

/** Sends a body by curl and takes the answer apart. */
async function curl(words, body, target = url("ValidateSession")) {
  const post = body === undefined ? [] : ["--data-binary", "@-"];
  const key = ["-H", `x-api-key: ${stage.keys.service}`];
  const told = ["-sS", "-i", "-w", "%{stderr}%{size_header}", "--max-time", "20"];
  const said = await run("curl", [...told, ...key, ...post, ...words, target], body);
  assert.equal(said.code, 0, said.stderr);
  const heads = said.stdout.subarray(0, Number(said.stderr)).toString().trim();
  // The last head counts: one before it is an interim answer.
  const [status, ...lines] = heads.split("\r\n\r\n").at(-1).split("\r\n");
  const headers = new Map(lines.map((line) => [line.split(":")[0].toLowerCase(), line.slice(line.indexOf(":") + 2)]));
  const [version, code] = status.split(" ");
  return { version, status: Number(code), headers, body: said.stdout.subarray(Number(said.stderr)) };
}

function refused(answer, status, code, reason, what) {
  const body = JSON.parse(answer.body);
  assert.equal(answer.status, status, `${what}: ${answer.body}`);
  assert.equal(body.code, code, what);
  assert.equal(answer.headers.get("content-type"), "application/json", what);
  if (reason) assert.equal(body.details[0].debug.reason, reason, what);
}

const ways = [
  ["HTTP/1.1", ["--http1.1"]],
  ["HTTP/1.1", ["--http1.1", "-H", "transfer-encoding: chunked"]],
  ["HTTP/1.1", ["--http1.1", "-H", "expect: 100-continue"]],
  ["HTTP/1.1", ["--http1.1", "-H", "connection: close"]],
  // An offer to change to HTTP/2 may be passed over.
  ["HTTP/1.1", ["--http2"]],
  ["HTTP/1.0", ["--http1.0"]],
  ["HTTP/2", ["--http2-prior-knowledge"]],
];

test("JSON is answered by every way of sending it", async () => {
  for (const [version, words] of ways) {
    const answer = await curl([...words, ...JSON_TYPE], JSON.stringify(await droppedChat()));
    assert.equal(answer.status, 200, `${words}: ${answer.body}`);
    assert.equal(answer.version, version, words.join(" "));
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.equal(JSON.parse(answer.body).decision, "RESUMABLE", words.join(" "));
  }
});

test("protobuf is answered by every way of sending it", async () => {
  for (const [, words] of ways) {
    const request = toBinary(ValidateSessionRequestSchema, create(ValidateSessionRequestSchema, await droppedChat()));
    const answer = await curl([...words, "-H", "content-type: application/proto"], Buffer.from(request));
    assert.equal(answer.headers.get("content-type"), "application/proto");
    const { decision } = fromBinary(ValidateSessionResponseSchema, answer.body);
    assert.equal(decision, ValidateSessionResponse_Decision.RESUMABLE, words.join(" "));
  }
});

test("the type of the body decides how it is read", async () => {
  const body = JSON.stringify(await droppedChat());
  for (const type of ["application/json", "Application/JSON", "application/json; charset=utf-8", 'application/json;charset="UTF-8"']) {
    assert.equal((await curl(["-H", `content-type: ${type}`], body)).status, 200, type);
  }
  for (const words of [
    // curl's own: application/x-www-form-urlencoded.
    [],
    ["-H", "content-type:"],
    ["-H", "content-type: text/plain"],
    ["-H", "content-type: text/json"],
    ["-H", "content-type: application/json; charset=latin1"],
    ["-H", "content-type: application/connect+json"],
    ["-H", "content-type: application/json", "-H", "content-type: application/proto"],
  ]) {
    const answer = await curl(words, body);
    refused(answer, 415, "invalid_argument", "MALFORMED_REQUEST", words.join(" "));
    assert.match(answer.headers.get("accept-post"), /application\/json/);
  }
});

test("bodies that are no request are refused", async () => {
  const deep = "[".repeat(100_000);
  for (const [what, body] of [
    ["nothing", ""],
    ["cut off", '{"conversationId": "c"'],
    ["a list", "[]"],
    ["null", "null"],
    ["two", "{}{}"],
    ["a trailing comma", '{"conversationId": "c",}'],
    ["a number for a text", '{"conversationId": 1}'],
    ["a time that is none", '{"disconnectTime": "yesterday"}'],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
    ["deep", `{"a": ${deep}`],
  ]) {
    const answer = await curl(JSON_TYPE, body);
    refused(answer, 400, "invalid_argument", "MALFORMED_REQUEST", what);
  }
  const cut = await curl(["-H", "content-type: application/proto"], Buffer.from([0x0a, 0x05, 0x61]));
  refused(cut, 400, "invalid_argument", "MALFORMED_REQUEST", "protobuf cut off");
});

test("what a body may also hold is passed over", async () => {
  const chat = await droppedChat();
  const body = JSON.stringify({ ...chat, future: { is: ["not", "ours", 1, null] }, attemptId: null });
  assert.equal((await curl(JSON_TYPE, body)).status, 200);
  const names = JSON.stringify({ conversation_id: chat.conversationId, participant_id: chat.participantId });
  assert.equal((await curl(JSON_TYPE, names)).status, 200, "the names of the proto file");
});

test("1 MiB is the limit, told or not", async () => {
  const chat = JSON.stringify({ ...(await droppedChat()), disconnectReason: "x" });
  for (const [, words] of ways) {
    const fits = chat.replace("}", " ".repeat(MIB - chat.length) + "}");
    assert.equal((await curl([...words, ...JSON_TYPE], fits)).status, 200, words.join(" "));
    const answer = await curl([...words, ...JSON_TYPE], fits.replace("}", " }"));
    refused(answer, 400, "invalid_argument", "REQUEST_TOO_LARGE", words.join(" "));
  }
});

test("headers that cannot be heeded are refused", async () => {
  for (const [header, status, code, reason] of [
    ["content-encoding: gzip", 501, "unimplemented", undefined],
    ["connect-protocol-version: 2", 400, "invalid_argument", "MALFORMED_REQUEST"],
    ["connect-timeout-ms: soon", 400, "invalid_argument", "MALFORMED_REQUEST"],
    ["connect-timeout-ms: 12345678901", 400, "invalid_argument", "MALFORMED_REQUEST"],
    ["authorization: Basic dTpw", 401, "unauthenticated", "UNAUTHENTICATED"],
    ["x-api-key: another", 401, "unauthenticated", "UNAUTHENTICATED"],
  ]) {
    refused(await curl([...JSON_TYPE, "-H", header], "{}"), status, code, reason, header);
  }
});

test("what is no call is told so", async () => {
  for (const words of [["-X", "GET"], ["-X", "PUT"], ["-X", "DELETE"], ["-X", "PATCH"]]) {
    const answer = await curl([...words, ...JSON_TYPE], "{}");
    refused(answer, 405, "unimplemented", undefined, words.join(" "));
    assert.equal(answer.headers.get("allow"), "POST");
  }
  for (const target of [url("Nope"), url("validateSession"), `${url("ValidateSession")}/`, stage.service, `${stage.service}/x`]) {
    refused(await curl(JSON_TYPE, "{}", target), 404, "unimplemented", undefined, target);
  }
  const head = await curl(["--head"]);
  assert.deepEqual([head.status, head.body.length], [405, 0]);
});

// By HTTP/1.1: curl 7.88 cannot use an HTTP/2 connection in the clear twice, whose ever it is.
test("one connection serves many calls, also after refusals", async () => {
  const words = ["-sS", "-o", "/dev/null", "-w", "%{http_code} %{num_connects}\n", "--http1.1", ...JSON_TYPE];
  const call = (body) => [...words, "-H", `x-api-key: ${stage.keys.service}`, "-d", body, url("ValidateSession")];
  const [first, ...rest] = ["{", "{}", JSON.stringify(await droppedChat())];
  const said = await run("curl", [...call(first), ...rest.flatMap((body) => ["--next", ...call(body)])]);
  assert.equal(said.stdout.toString(), "400 1\n400 0\n200 0\n", said.stderr);
});
