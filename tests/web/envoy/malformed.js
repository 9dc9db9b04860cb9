// Bodies that are no message, or one in an odd form.
import { frame } from "../support/grpc_web.js";
import { path } from "../support/stage.js";
import { BINARY, both, post, TEXT } from "./cases.js";

const MIB = 1024 * 1024;
const AT = path("ValidateSession");

/** All of them, made of a right frame. */
export function malformed(valid) {
  return [...frames(valid), ...sizes(valid), ...base64(valid), ...pieces(valid)];
}

function frames(valid) {
  const message = valid.subarray(5);
  const trailers = frame(Buffer.from("a: b\r\n"), { flags: 0x80 });
  return [
    ["nothing", Buffer.alloc(0)],
    ["half a head", valid.subarray(0, 3)],
    ["a head alone", valid.subarray(0, 5)],
    ["an empty message", frame(Buffer.alloc(0))],
    ["a message cut off", valid.subarray(0, valid.length - 1)],
    ["a length beyond the body", frame(message, { length: valid.length + 100 })],
    ["a length short of the body", frame(message, { length: 5 })],
    ["the longest length", frame(message, { length: 0xffffffff })],
    ["bytes that are no message", frame(Buffer.from([0x0a, 0x05, 0x61]))],
    ["a compressed message without a compression", frame(message, { flags: 1 })],
    ["an unknown flag", frame(message, { flags: 2 })],
    ["trailers instead of a message", trailers],
    ["a message and trailers", Buffer.concat([valid, trailers])],
    ["a message and half a head", Buffer.concat([valid, valid.subarray(0, 3)])],
    ["JSON", Buffer.from('{"conversationId": "c", "participantId": "p"}')],
    ["a message without a frame", message],
    // The first one counts, as by gRPC.
    ["two messages", Buffer.concat([valid, valid]), 0],
  ].flatMap(([name, body, code = 3]) => both(name, code, AT, body));
}

function sizes(valid) {
  const message = valid.subarray(5);
  // A field that no message of ours has, of so many bytes in all: its tag, its length in four bytes, and the rest.
  const unknown = (size) => {
    const length = size - 6;
    const varint = [0, 7, 14, 21].map((shift) => ((length >> shift) & 0x7f) | (shift < 21 ? 0x80 : 0));
    return Buffer.concat([Buffer.from([0xa2, 0x06, ...varint]), Buffer.alloc(length, 0x20)]);
  };
  const ofSize = (size) => frame(Buffer.concat([message, unknown(size - message.length)]));
  return [
    ["1 MiB", ofSize(MIB), 0],
    ["1 MiB and a byte", ofSize(MIB + 1), 3],
    // As text nearly as much as is taken in of a refused request; a larger one is cut off.
    ["1.25 MiB", ofSize(1.25 * MIB), 3],
  ].flatMap(([name, body, code]) => both(name, code, AT, body));
}

function base64(valid) {
  const text = valid.toString("base64");
  const armour = (piece) => piece.toString("base64");
  return [
    ["without padding", text.replace(/=+$/, ""), 0],
    ["the alphabet of URLs", text.replaceAll("+", "-").replaceAll("/", "_"), 0],
    ["each byte padded", [...valid].map((byte) => armour(Buffer.from([byte]))).join(""), 3],
    ["head and message padded", armour(valid.subarray(0, 5)) + armour(valid.subarray(5)), 3],
    ["a character too few", text.slice(0, -1), 3],
    ["a character too many", `${text}A`, 3],
    ["a line break", `${text.slice(0, 8)}\n${text.slice(8)}`, 3],
    ["a line break at the end", `${text}\n`, 3],
    ["a character of no alphabet", `${text.slice(0, 4)}*${text.slice(5)}`, 3],
    ["padding alone", "====", 3],
    ["a blank", " ", 3],
    ["bytes as they are", valid, 3],
  ].map(([name, body, code]) => ({
    name: `base64: ${name}`,
    code,
    make: () => post(AT, TEXT, [body], { accept: TEXT }),
  }));
}

/** Right bodies that come in pieces, of any length. */
function pieces(valid) {
  const text = valid.toString("base64");
  return [
    ["single bytes", BINARY, [...valid].map((byte) => Buffer.from([byte]))],
    ["single characters", TEXT, [...text]],
    ["three characters at a time", TEXT, text.match(/.{1,3}/g)],
  ].map(([name, type, parts]) => ({ name: `in ${name}`, code: 0, make: () => post(AT, type, parts) }));
}
