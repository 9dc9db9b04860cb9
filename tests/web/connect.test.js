// Connect's own client for Node.js, in every protocol and encoding it speaks, over both versions of HTTP.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { randomUUID } from "node:crypto";

import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import {
  ConfirmReattachResponse_Outcome,
  InjectContextResponse_Outcome,
  InjectContextResponse_Result_Outcome,
  SessionResumption,
  ValidateSessionRequest_Intent,
  ValidateSessionResponse_Decision,
  ValidateSessionResponse_Reason,
  ValidateSessionResponse_Route,
  ValidateSessionResponse_TabRole,
} from "./gen/sessionresumption/v1/session_resumption_pb.js";
import { attach, clearFaults, droppedChat, fault, transcript } from "./support/sim.js";
import { stage } from "./support/stage.js";

const MARKER = "[System: Session resumed after network interruption]";

const withKey = (key) => (next) => (request) => {
  request.header.set("x-api-key", key);
  return next(request);
};

const sessions = [];
after(() => sessions.forEach((session) => session.abort()));

/** A client by a transport with these options. */
function client(create, options, key = stage.keys.service) {
  const interceptors = [withKey(key)];
  if (options.httpVersion !== "2") {
    return createClient(SessionResumption, create({ baseUrl: stage.service, interceptors, ...options }));
  }
  const sessionManager = new Http2SessionManager(stage.service);
  sessions.push(sessionManager);
  return createClient(SessionResumption, create({ baseUrl: stage.service, interceptors, sessionManager, ...options }));
}

const ways = [
  ["connect json http/1.1", createConnectTransport, { httpVersion: "1.1", useBinaryFormat: false }],
  ["connect json http/2", createConnectTransport, { httpVersion: "2", useBinaryFormat: false }],
  ["connect binary http/1.1", createConnectTransport, { httpVersion: "1.1", useBinaryFormat: true }],
  ["connect binary http/2", createConnectTransport, { httpVersion: "2", useBinaryFormat: true }],
  ["grpc http/2", createGrpcTransport, { httpVersion: "2" }],
  ["grpc-web http/1.1", createGrpcWebTransport, { httpVersion: "1.1" }],
  ["grpc-web http/2", createGrpcWebTransport, { httpVersion: "2" }],
];

/** The error of a call that must fail. */
async function refused(call) {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof ConnectError, String(error));
    return error;
  }
  assert.fail("the call succeeded");
}

const reason = (error) => error.findDetails(ErrorInfoSchema).map((info) => info.reason).join();

for (const [way, create, options] of ways) {
  test(`${way}: a chat is brought back, repeats change nothing`, async () => {
    const chat = await droppedChat();
    const calls = client(create, options);
    const tab = { clientInstanceId: "tab-1", attemptId: randomUUID() };

    const dropped = { disconnectReason: "network", disconnectTime: timestampFromDate(new Date()) };
    const validated = await calls.validateSession({ ...chat, ...tab, ...dropped });
    assert.equal(validated.decision, ValidateSessionResponse_Decision.RESUMABLE);
    assert.equal(validated.reason, ValidateSessionResponse_Reason.WITHIN_WINDOW);
    assert.equal(validated.route, ValidateSessionResponse_Route.REATTACH_AGENT);
    assert.equal(validated.tabRole, ValidateSessionResponse_TabRole.ACTIVE);
    assert.equal(typeof validated.tabEpoch, "bigint");
    assert.ok(validated.tabEpoch > 0n);
    assert.equal(validated.routingAttributes.conversationId, chat.conversationId);
    assert.ok(timestampDate(validated.resumableUntilTime) > timestampDate(validated.asOfTime));

    const other = await calls.validateSession({ ...chat, clientInstanceId: "tab-2", attemptId: randomUUID() });
    assert.equal(other.handshakeId, validated.handshakeId);
    assert.equal(other.replayed, true);
    assert.equal(other.tabRole, ValidateSessionResponse_TabRole.SUSPENDED);
    const takeOver = { clientInstanceId: "tab-2", intent: ValidateSessionRequest_Intent.TAKE_OVER };
    const taken = await calls.validateSession({ ...chat, ...takeOver });
    assert.ok(taken.tabEpoch > validated.tabEpoch);

    const handshake = { ...chat, handshakeId: validated.handshakeId };
    const early = await calls.confirmReattach(handshake);
    assert.equal(early.outcome, ConfirmReattachResponse_Outcome.NOT_REATTACHED);
    assert.ok(early.retryDelay.seconds > 0n || early.retryDelay.nanos > 0);
    await attach(chat);
    for (const replayed of [false, true]) {
      const confirmed = await calls.confirmReattach(handshake);
      assert.equal(confirmed.outcome, ConfirmReattachResponse_Outcome.CONFIRMED);
      assert.equal(confirmed.resumptionCount, 1);
      assert.equal(confirmed.agentId, "agent-ada");
      assert.equal(confirmed.replayed, replayed);
    }

    const context = { ...handshake, marker: MARKER, messages: [{ clientMessageId: "m-1", text: "Grüße 💬" }] };
    for (const outcome of ["INJECTED", "ALREADY_PRESENT"]) {
      const injected = await calls.injectContext(context);
      assert.equal(injected.outcome, InjectContextResponse_Outcome.COMPLETE);
      assert.equal(injected.markerResult.outcome, InjectContextResponse_Result_Outcome[outcome]);
      assert.equal(injected.results[0].outcome, InjectContextResponse_Result_Outcome[outcome]);
      assert.equal(injected.results[0].clientMessageId, "m-1");
    }
    const texts = (await transcript(chat)).map((line) => line.text);
    assert.deepEqual(texts.slice(-2), [MARKER, "Grüße 💬"]);
  });

  test(`${way}: a bad request tells its fields`, async () => {
    const error = await refused(client(create, options).confirmReattach({ conversationId: "a/b", handshakeId: "x" }));
    assert.equal(error.code, Code.InvalidArgument);
    assert.equal(reason(error), "INVALID_ID");
    const [info] = error.findDetails(ErrorInfoSchema);
    assert.equal(info.domain, "sessionresumption");
    assert.equal(info.metadata.field, "conversation_id");
    const fields = error.findDetails(BadRequestSchema)[0].fieldViolations.map((violation) => violation.field);
    assert.deepEqual(fields, ["conversation_id", "participant_id", "handshake_id"]);
    assert.deepEqual(error.findDetails(RetryInfoSchema), []);
  });

  test(`${way}: every other kind of refusal keeps its code, message and reason`, async () => {
    const chat = await droppedChat();
    const unknown = { ...chat, handshakeId: randomUUID() };
    const calls = client(create, options);
    for (const [call, code, expected] of [
      [() => calls.confirmReattach(unknown), Code.NotFound, "HANDSHAKE_NOT_FOUND"],
      [
        () => calls.validateSession({ ...chat, clientInstanceId: "tab", intent: ValidateSessionRequest_Intent.TAKE_OVER }),
        Code.FailedPrecondition,
        "NOTHING_TO_TAKE_OVER",
      ],
      [() => calls.validateSession({ ...chat, intent: 9 }), Code.InvalidArgument, "INVALID_ENUM"],
      [() => client(create, options, "nobody").confirmReattach(unknown), Code.Unauthenticated, "UNAUTHENTICATED"],
      [() => client(create, options, stage.keys.operator).validateSession(chat), Code.PermissionDenied, "PERMISSION_DENIED"],
      [
        () => calls.validateSession({ ...chat, disconnectReason: "x".repeat(1.5 * 1024 * 1024) }),
        Code.InvalidArgument,
        "REQUEST_TOO_LARGE",
      ],
    ]) {
      const error = await refused(call());
      assert.equal(error.code, code, expected);
      assert.equal(reason(error), expected);
      assert.notEqual(error.rawMessage, "", expected);
    }
  });

  test(`${way}: a failure of Genesys says when to repeat, and repeating helps`, async () => {
    const chat = await droppedChat();
    const calls = client(create, options);
    await fault("read", { kind: "status", code: 429, retry_after_s: 600 });
    const error = await refused(calls.validateSession(chat));
    await clearFaults();
    assert.equal(error.code, Code.Unavailable);
    assert.equal(reason(error), "UPSTREAM_RATE_LIMITED");
    const [{ retryDelay }] = error.findDetails(RetryInfoSchema);
    assert.ok(retryDelay.seconds > 0n || retryDelay.nanos > 0);
  });

  test(`${way}: the caller's time runs out, and the server says so`, async () => {
    const chat = await droppedChat();
    const calls = client(create, options);
    await fault("read", { kind: "delay", ms: 2_000 });
    const own = await refused(calls.validateSession(chat, { timeoutMs: 300 }));
    assert.equal(own.code, Code.DeadlineExceeded);
    // Told in headers alone, so that the client's own timer cannot come first.
    const headers = create === createConnectTransport ? { "connect-timeout-ms": "300" } : { "grpc-timeout": "300m" };
    await clearFaults();
    const other = await droppedChat();
    await fault("read", { kind: "delay", ms: 2_000 });
    const told = await refused(calls.validateSession(other, { headers }));
    await clearFaults();
    assert.equal(told.code, Code.DeadlineExceeded);
    assert.equal(reason(told), "DEADLINE_EXCEEDED");
  });
}

test("a method the service does not have is unimplemented in every protocol", async () => {
  const method = { ...SessionResumption.method.validateSession, name: "Nope" };
  const absent = { ...SessionResumption, methods: [method], method: { validateSession: method } };
  for (const [way, create, options] of ways) {
    const transport = create({ baseUrl: stage.service, interceptors: [withKey(stage.keys.service)], ...options });
    const error = await refused(createClient(absent, transport).validateSession({}));
    assert.equal(error.code, Code.Unimplemented, way);
  }
});
