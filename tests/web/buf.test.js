// buf curl: a client that knows nothing but the contract, or not even that.
import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "./support/run.js";
import { attach, droppedChat } from "./support/sim.js";
import { SERVICE, stage, url } from "./support/stage.js";

const SCHEMA = ["--schema", "../../proto"];
const H2 = "--http2-prior-knowledge";

async function buf(words, target) {
  return run(stage.buf, ["curl", "-H", `x-api-key: ${stage.keys.service}`, ...words, target]);
}

async function call(words, method, body) {
  const said = await buf([...words, "-d", JSON.stringify(body)], url(method));
  assert.equal(said.code, 0, said.stderr);
  return JSON.parse(said.stdout);
}

for (const words of [
  ["--protocol", "connect", ...SCHEMA],
  ["--protocol", "connect", H2, ...SCHEMA],
  ["--protocol", "grpc", H2, ...SCHEMA],
  // The contract comes from the service itself.
  ["--protocol", "grpc", H2, "--reflect-protocol", "grpc-v1"],
  ["--protocol", "grpcweb", ...SCHEMA],
  ["--protocol", "grpcweb", H2, ...SCHEMA],
]) {
  test(`${words.slice(1).join(" ")}: a chat is brought back`, async () => {
    const chat = await droppedChat();
    const validated = await call(words, "ValidateSession", { ...chat, clientInstanceId: "tab-1" });
    assert.deepEqual([validated.decision, validated.tabRole], ["RESUMABLE", "ACTIVE"]);
    await attach(chat);
    const handshake = { ...chat, handshakeId: validated.handshakeId };
    const confirmed = await call(words, "ConfirmReattach", handshake);
    assert.deepEqual([confirmed.outcome, confirmed.resumptionCount], ["CONFIRMED", 1]);
    const injected = await call(words, "InjectContext", { ...handshake, marker: "[back]" });
    assert.equal(injected.outcome, "COMPLETE");
  });

  test(`${words.slice(1).join(" ")}: an error comes with its details`, async () => {
    const said = await buf([...words, "-d", '{"conversationId": "a/b"}'], url("ConfirmReattach"));
    // Eight times the code, so that it is no exit code of buf's own.
    assert.equal(said.code, 3 * 8, said.stderr);
    const error = JSON.parse(said.stderr);
    assert.equal(error.code, "invalid_argument");
    const types = error.details.map((detail) => detail.type);
    assert.deepEqual(types.toSorted(), ["google.rpc.BadRequest", "google.rpc.ErrorInfo"]);
  });
}

test("the service tells what it serves", async () => {
  const said = await buf(["--protocol", "grpc", H2, "--reflect-protocol", "grpc-v1", "--list-services"], stage.service);
  assert.equal(said.code, 0, said.stderr);
  assert.ok(said.stdout.toString().split("\n").includes(SERVICE), said.stdout.toString());
});
