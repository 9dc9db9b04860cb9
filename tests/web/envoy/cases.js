// What is asked of both doors. A case has a name and makes its request anew each time; where a gRPC code is given, it is the right
// answer's.
import { create, toBinary } from "@bufbuild/protobuf";

import { RegisterSessionRequestSchema } from "../gen/sessionresumption/v1/session_registry_pb.js";
import {
  ConfirmReattachRequestSchema,
  InjectContextRequestSchema,
  ValidateSessionRequestSchema,
} from "../gen/sessionresumption/v1/session_resumption_pb.js";
import { frame, send } from "../support/grpc_web.js";
import { attach, droppedChat, fault } from "../support/sim.js";
import { path, stage } from "../support/stage.js";
import { malformed } from "./malformed.js";

export const BINARY = "application/grpc-web+proto";
export const TEXT = "application/grpc-web-text+proto";

const REGISTER = "/sessionresumption.v1.SessionRegistry/RegisterSession";
const UNKNOWN = "7b8f7a3e-3c1c-4d58-9d5e-0a6c3f4f2b11";

const framed = (schema, fields) => frame(Buffer.from(toBinary(schema, create(schema, fields))));
const validate = (fields) => framed(ValidateSessionRequestSchema, fields);
const confirm = (fields) => framed(ConfirmReattachRequestSchema, fields);
const inject = (fields) => framed(InjectContextRequestSchema, fields);
const register = (fields) => framed(RegisterSessionRequestSchema, fields);

/** A request as clients make it, but for these headers. */
export function post(at, type, pieces, headers = {}) {
  const usual = { "content-type": type, "x-grpc-web": "1", "x-api-key": stage.keys.service };
  return { path: at, headers: { ...usual, ...headers }, pieces };
}

/** A body in both forms. */
export function both(name, code, at, body, headers = {}) {
  const text = { accept: TEXT, ...headers };
  const binary = () => post(at, BINARY, [body], headers);
  return [
    { name: `${name}, binary`, code, make: binary },
    { name: `${name}, text`, code, make: () => post(at, TEXT, [body.toString("base64")], text) },
  ];
}

const VALIDATE = path("ValidateSession");
const CONFIRM = path("ConfirmReattach");

/** Asks, so that both doors get the answer that is repeated from then on. */
async function asked(at, body, headers) {
  await send(stage.service, post(at, BINARY, [body], headers));
}

/** A customer who is back, which nobody has confirmed. */
async function unconfirmed() {
  const chat = await droppedChat();
  const answer = await fetch(stage.service + VALIDATE, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": stage.keys.service },
    body: JSON.stringify(chat),
  });
  await attach(chat);
  return { ...chat, handshakeId: (await answer.json()).handshakeId };
}

export async function cases() {
  const chat = await droppedChat();
  const nobody = { conversationId: "none", participantId: "nobody" };
  const valid = validate(chat);
  await asked(VALIDATE, valid);
  await asked(VALIDATE, validate(nobody));
  return [
    ...both("an answer", 0, VALIDATE, valid),
    ...both("an outcome", 0, VALIDATE, validate(nobody)),
    ...(await refusals(chat, nobody, valid)),
    ...malformed(valid),
    ...types(valid),
    ...headers(valid),
    ...pages(valid, confirm({ ...chat, handshakeId: UNKNOWN })),
  ];
}

/** Every kind of error that can be brought about. */
async function refusals(chat, nobody, valid) {
  const unknown = confirm({ ...chat, handshakeId: UNKNOWN });
  const takeOver = validate({ conversationId: "c", participantId: "p", intent: 3, clientInstanceId: "t" });
  const limited = { "x-api-key": stage.keys.limited };
  await asked(CONFIRM, unknown, limited);
  await asked(REGISTER, register({ ...chat, resumeKey: "taken" }));
  const back = confirm(await unconfirmed());
  const unread = validate(await droppedChat());
  const failing = (route, kind, times, made) =>
    made.map((one) => ({ ...one, make: () => fault(route, kind, times).then(() => one.make()) }));
  return [
    ...both("bad fields", 3, CONFIRM, confirm({ conversationId: "a/b", handshakeId: "x" })),
    ...both("a bad message", 3, path("InjectContext"), inject({ ...chat, handshakeId: UNKNOWN, messages: [{ text: "x" }] })),
    ...both("no such handshake", 5, CONFIRM, unknown),
    ...both("a key that is taken", 6, REGISTER, register({ ...nobody, resumeKey: "taken" })),
    ...both("nothing to take over", 9, VALIDATE, takeOver),
    ...both("no credentials", 16, CONFIRM, unknown, { "x-api-key": [] }),
    ...both("bad credentials", 16, CONFIRM, unknown, { "x-api-key": "nobody" }),
    ...both("a role that may not", 7, CONFIRM, unknown, { "x-api-key": stage.keys.operator }),
    ...both("too many requests", 8, CONFIRM, unknown, limited),
    ...failing("patch", { kind: "status", code: 409 }, 9, both("a conflict", 10, CONFIRM, back)),
    ...failing("read", { kind: "status", code: 403 }, 1, both("a failure of Genesys", 14, VALIDATE, unread)),
    ...failing("read", { kind: "delay", ms: 2_000 }, 1, [
      {
        name: "out of time",
        code: 4,
        make: async () => post(VALIDATE, BINARY, [validate(await droppedChat())], { "grpc-timeout": "300m" }),
      },
    ]),
    ...["Nope", "validateSession", ""].flatMap((name) => both(`no such method ${name}`, 12, path(name), valid)),
    ...["/no.such.Service/Call", "/", "/healthz"].flatMap((at) => both(`no such path ${at}`, 12, at, valid)),
    ...both("a query", 0, `${VALIDATE}?a=1`, valid),
  ];
}

/** What the body is said to be, and what the answer may be. */
function types(valid) {
  const text = valid.toString("base64");
  const typed = (type, code, pieces) => ({ name: `type ${type || "none"}`, code, make: () => post(VALIDATE, type, pieces) });
  const accepting = (accept, type, pieces) => ({
    name: `${type} that accepts ${accept}`,
    code: 0,
    make: () => post(VALIDATE, type, pieces, { accept }),
  });
  return [
    ...["", "+proto", "; charset=utf-8", ";charset=UTF-8"].flatMap((rest) => [
      typed(`application/grpc-web${rest}`, 0, [valid]),
      typed(`application/grpc-web-text${rest}`, 0, [text]),
    ]),
    typed("APPLICATION/GRPC-WEB+PROTO", 0, [valid]),
    typed("Application/gRPC-Web-Text", 0, [text]),
    ...[
      "application/grpc-web+json",
      "application/grpc-web+thrift",
      "application/grpc-webx",
      "application/grpc-web; charset=latin1",
      "application/grpc",
      "application/grpc+proto",
      "application/json",
      "text/plain",
      "",
    ].map((type) => typed(type, undefined, [valid])),
    typed("application/grpc-web-text+json", undefined, [text]),
    accepting(BINARY, TEXT, [text]),
    accepting(TEXT, BINARY, [valid]),
    accepting("application/grpc-web-text", TEXT, [text]),
    accepting("application/grpc-web", BINARY, [valid]),
    accepting("*/*", TEXT, [text]),
    accepting("application/json", BINARY, [valid]),
  ];
}

/** Headers and methods, the usual and the unusual. */
function headers(valid) {
  const named = (name, code, extra) => ({ name, code, make: () => post(VALIDATE, BINARY, [valid], extra) });
  return [
    named("x-grpc-web missing", 0, { "x-grpc-web": [] }),
    named("a name of the client", 0, { "x-user-agent": "grpc-web-javascript/0.1", "user-agent": "Mozilla/5.0" }),
    named("te: trailers", 0, { te: "trailers" }),
    named("a timeout that is none", 0, { "grpc-timeout": "soon" }),
    named("a timeout as Connect tells it", 0, { "connect-timeout-ms": "20000" }),
    named("a length", 0, { "content-length": String(valid.length) }),
    named("gzip accepted", 0, { "grpc-accept-encoding": "gzip", "accept-encoding": "gzip" }),
    named("gzip told and not done", 12, { "grpc-encoding": "gzip" }),
    named("an unknown compression", 12, { "grpc-encoding": "snappy" }),
    ...["GET", "PUT", "DELETE", "HEAD", "OPTIONS"].map((method) => ({
      name: `method ${method}`,
      make: () => ({ ...post(VALIDATE, BINARY, method === "GET" || method === "HEAD" ? [] : [valid]), method }),
    })),
  ];
}

/** What a browser asks for a page, before the call and in it. */
function pages(valid, unknown) {
  const wish = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-grpc-web,x-user-agent",
  };
  const preflight = (name, origin, asked) => ({
    name: `preflight${name}`,
    make: () => ({ path: VALIDATE, method: "OPTIONS", headers: { origin, ...asked }, pieces: [] }),
  });
  return [
    preflight("", stage.origin, wish),
    preflight(" for a header that is not allowed", stage.origin, { ...wish, "access-control-request-headers": "x-other" }),
    preflight(" for a method that is not allowed", stage.origin, { ...wish, "access-control-request-method": "PUT" }),
    preflight(" without a method", stage.origin, {}),
    preflight(" of a page that may not call", stage.otherOrigin, wish),
    preflight(" of a page of no origin", "null", wish),
    ...both("a page that may call", 0, VALIDATE, valid, { origin: stage.origin }),
    ...both("a page that may not call", 0, VALIDATE, valid, { origin: stage.otherOrigin }),
    ...both("a page that is refused", 5, CONFIRM, unknown, { origin: stage.origin }),
    ...both("a page that is refused at the door", 16, CONFIRM, unknown, { origin: stage.origin, "x-api-key": "nobody" }),
  ];
}
