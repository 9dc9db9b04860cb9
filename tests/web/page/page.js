// What runs in the browser: every client that a page could use, behind one way to ask it. Whatever is asked and told is JSON.
import { create, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { anyIs, anyUnpack } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { GrpcWebClientBase, MethodDescriptor, MethodType, StatusCode } from "grpc-web";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from "../gen/google/rpc/error_details_pb.js";
import { SessionResumption } from "../gen/sessionresumption/v1/session_resumption_pb.js";

const DETAILS = [ErrorInfoSchema, RetryInfoSchema, BadRequestSchema];

/** By Connect's client. */
async function byConnect(createTransport, options, { service, method, body, headers, timeoutMs, credentials }) {
  const withCredentials = (input, init) => fetch(input, { ...init, credentials });
  const transport = createTransport({ baseUrl: service, fetch: credentials && withCredentials, ...options });
  const { input, output } = SessionResumption.method[method];
  try {
    const answer = await createClient(SessionResumption, transport)[method](fromJson(input, body), { headers, timeoutMs });
    return { answer: toJson(output, answer) };
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const details = DETAILS.flatMap((schema) => error.findDetails(schema).map((detail) => toJson(schema, detail)));
    return { error: { code: Code[error.code], message: error.rawMessage, details } };
  }
}

/** By the runtime of grpc-web, as its generated code does. */
async function byGrpcWeb(format, { service, method, body, headers = {}, timeoutMs, credentials }) {
  const { input, output, name, parent } = SessionResumption.method[method];
  const at = `/${parent.typeName}/${name}`;
  const constructor = (schema) => function make() { return create(schema); };
  const described = new MethodDescriptor(
    at,
    MethodType.UNARY,
    constructor(input),
    constructor(output),
    (request) => toBinary(input, request),
    (bytes) => fromBinary(output, bytes),
  );
  const client = new GrpcWebClientBase({ format, withCredentials: credentials === "include" });
  const deadline = timeoutMs && { deadline: String(Date.now() + timeoutMs) };
  try {
    const answer = await client.unaryCall(service + at, fromJson(input, body), { ...headers, ...deadline }, described);
    return { answer: toJson(output, answer) };
  } catch (error) {
    const packed = error.metadata?.["grpc-status-details-bin"];
    const status = packed ? fromBinary(StatusSchema, base64Decode(packed)) : { details: [] };
    const details = DETAILS.flatMap((schema) =>
      status.details.filter((any) => anyIs(any, schema)).map((any) => toJson(schema, anyUnpack(any, schema))),
    );
    const [name] = Object.entries(StatusCode).find(([, code]) => code === error.code) ?? ["none"];
    const camel = name.toLowerCase().replace(/(^|_)(.)/g, (_, __, letter) => letter.toUpperCase());
    return { error: { code: camel, message: error.message, details } };
  }
}

const WAYS = {
  "connect-web, gRPC-Web": (call) => byConnect(createGrpcWebTransport, {}, call),
  "connect-web, Connect with JSON": (call) => byConnect(createConnectTransport, {}, call),
  "connect-web, Connect with protobuf": (call) => byConnect(createConnectTransport, { useBinaryFormat: true }, call),
  "grpc-web, text": (call) => byGrpcWeb("text", call),
  "grpc-web, binary": (call) => byGrpcWeb("binary", call),
};

globalThis.ways = Object.keys(WAYS);
globalThis.call = (way, call) => WAYS[way](call);

/** Any request, and what the page may see of its answer. */
globalThis.ask = async (url, init) => {
  try {
    const answer = await fetch(url, init);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  } catch (error) {
    return { blocked: error.name };
  }
};
