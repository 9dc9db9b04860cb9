// Our gRPC-Web and Envoy's, side by side: the same request goes to both, and both have to say the same. Where they do not,
// `envoy/differences.js` says why that is right.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import { cases } from "./envoy/cases.js";
import { differences } from "./envoy/differences.js";
import { read, send } from "./support/grpc_web.js";
import { clearFaults } from "./support/sim.js";
import { stage } from "./support/stage.js";

const all = (await cases()).flatMap((one) =>
  [1, 2].map((version) => ({ ...one, version, name: `${one.name}, HTTP/${version}` })),
);
const found = [];

/** The parts of two answers that are not the same. */
function unlike(ours, envoys) {
  const parts = new Set([...Object.keys(ours), ...Object.keys(envoys)]);
  return [...parts].filter((part) => !isDeepStrictEqual(ours[part], envoys[part])).toSorted();
}

async function ask(door, { make, version }) {
  const answer = read(await send(door, await make(), version));
  await clearFaults();
  return answer;
}

for (const one of all) {
  test(one.name, async () => {
    const ours = await ask(stage.service, one);
    const envoys = await ask(stage.envoy, one);
    const parts = unlike(ours, envoys);
    if (parts.length > 0) found.push(one.name);
    const told = (answer) => JSON.stringify(Object.fromEntries(parts.map((part) => [part, answer[part]])));
    const both = `\n  ours:   ${told(ours)}\n  envoy:  ${told(envoys)}`;
    if (parts.length > 0) console.log(`differs: ${one.name}: ${parts}${both}`);
    if (one.code !== undefined) assert.equal(ours.code, String(one.code), JSON.stringify(ours));
    const listed = differences.find(({ covers }) => covers(one.name));
    assert.deepEqual(parts, (listed?.parts ?? []).toSorted(), both);
    listed?.ours(ours);
  });
}

test("every listed difference is there", () => {
  for (const { why, covers } of differences) assert.ok(found.some(covers), `no longer so: ${why}`);
  console.log(`${all.length} cases, ${found.length} with a difference, of ${differences.length} kinds`);
});
