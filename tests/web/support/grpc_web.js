// gRPC-Web by hand: frames that are right and frames that are not, and answers taken apart.
import { request as http1 } from "node:http";
import { connect as http2 } from "node:http2";

import { fromBinary, toJson } from "@bufbuild/protobuf";
import { anyIs, anyUnpack, durationMs } from "@bufbuild/protobuf/wkt";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from "../gen/google/rpc/error_details_pb.js";
import { ValidateSessionResponseSchema } from "../gen/sessionresumption/v1/session_resumption_pb.js";

/** One frame; its length may be told wrongly. */
export function frame(payload, { flags = 0, length = payload.length } = {}) {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, payload]);
}

const PATIENCE = 15_000;

/** Sends a request by a version of HTTP, its body in these pieces, and gives what came back or how it ended. */
export function send(door, request, version = 1) {
  return version === 1 ? byHttp1(door, request) : byHttp2(door, request);
}

function byHttp1(door, { path, method = "POST", headers, pieces }) {
  return new Promise((resolve) => {
    const stream = http1(new URL(path, door), { method, headers, agent: false, timeout: PATIENCE }, (response) => {
      const { statusCode: status, headers } = response;
      collect(response, resolve, (body) => ({ status, headers, body, trailers: response.trailers }));
    });
    stream.on("timeout", () => stream.destroy(Object.assign(new Error(), { code: "TIMEOUT" })));
    stream.on("error", (error) => resolve({ broken: error.code }));
    write(stream, pieces);
  });
}

function byHttp2(door, { path, method = "POST", headers, pieces }) {
  return new Promise((resolve) => {
    const session = http2(door);
    const end = (answer) => {
      session.destroy();
      resolve(answer);
    };
    session.on("error", (error) => end({ broken: error.code }));
    const stream = session.request({ ":path": path, ":method": method, ...headers }, { endStream: pieces.length === 0 });
    stream.setTimeout(PATIENCE, () => end({ broken: "TIMEOUT" }));
    let head = {};
    let trailers = {};
    stream.on("response", (headers) => (head = headers));
    stream.on("trailers", (headers) => (trailers = headers));
    collect(stream, end, (body) => ({ status: head[":status"], headers: head, body, trailers }));
    if (pieces.length > 0) write(stream, pieces);
  });
}

function collect(stream, end, answer) {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("error", (error) => end({ broken: error.code }));
  stream.on("end", () => end(answer(Buffer.concat(chunks))));
}

/** One piece after the other, so that each travels on its own. */
function write(stream, pieces) {
  const [piece, ...rest] = pieces;
  if (piece === undefined) stream.end();
  else stream.write(piece, () => write(stream, rest));
}

/** Takes an answer apart: what it says, and where. */
export function read(answer) {
  if (answer.broken) return { broken: answer.broken };
  const type = answer.headers["content-type"];
  const told = { http: answer.status, type, messages: [], cors: cors(answer.headers) };
  let trailers = answer.headers;
  told.place = "grpc-status" in answer.headers ? "head" : "nowhere";
  if ("grpc-status" in answer.trailers) [trailers, told.place] = [answer.trailers, "HTTP trailers"];
  let body = answer.body;
  if (type?.startsWith("application/grpc")) {
    if (type.startsWith("application/grpc-web-text")) body = unarmoured(body.toString("latin1"));
    while (body.length >= 5 && body.length >= 5 + body.readUInt32BE(1)) {
      const payload = body.subarray(5, 5 + body.readUInt32BE(1));
      if (body[0] & 0x80) {
        trailers = fields(payload.toString());
        told.place = told.place === "head" ? "head and trailers" : "trailers";
      } else {
        // Decoded, because the entries of a map come in any order.
        told.messages.push(toJson(ValidateSessionResponseSchema, fromBinary(ValidateSessionResponseSchema, payload)));
      }
      body = body.subarray(5 + payload.length);
    }
  }
  // What is in no frame.
  told.rest = body.toString();
  told.code = trailers["grpc-status"];
  told.message = decodeURIComponent(trailers["grpc-message"] ?? "");
  told.details = details(trailers["grpc-status-details-bin"]);
  return told;
}

/** Base64 in pieces, each of which may be padded. */
function unarmoured(text) {
  const quads = text.match(/.{1,4}/gs) ?? [];
  return Buffer.concat(quads.map((quad) => Buffer.from(quad, "base64")));
}

function fields(text) {
  const lines = text.split("\r\n").filter((line) => line !== "");
  return Object.fromEntries(lines.map((line) => [line.split(":")[0].toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
}

function details(header) {
  if (header === undefined) return [];
  return fromBinary(StatusSchema, Buffer.from(header, "base64")).details.map((detail) => {
    if (anyIs(detail, ErrorInfoSchema)) {
      const { reason, domain, metadata } = anyUnpack(detail, ErrorInfoSchema);
      return { reason, domain, metadata };
    }
    // Delays are drawn by lot: that there is one is the same, not how long it is.
    if (anyIs(detail, RetryInfoSchema)) return { retries: durationMs(anyUnpack(detail, RetryInfoSchema).retryDelay) > 0 };
    const { fieldViolations } = anyUnpack(detail, BadRequestSchema);
    return { fields: fieldViolations.map(({ field, description }) => [field, description]) };
  });
}

function cors(headers) {
  const names = Object.keys(headers).filter((name) => name.startsWith("access-control-")).sort();
  const list = (value) => value.split(",").map((word) => word.trim().toLowerCase()).sort().join(", ");
  return Object.fromEntries(names.map((name) => [name, list(headers[name])]));
}
