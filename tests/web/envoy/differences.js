// Where the two doors do not say the same, and why that is right.
import assert from "node:assert/strict";

/** @type {{why: string, covers: (name: string) => boolean, parts: string[], ours: (answer: object) => void}[]} */
export const differences = [
  {
    why: "What is no base64 is an error of the request to us, with its reason. Envoy gives HTTP 400 and INTERNAL.",
    covers: (name) => name.startsWith("base64: ") && !/without padding|alphabet of URLs/.test(name),
    parts: ["http", "code", "message", "details"],
    ours: (answer) => {
      assert.equal(answer.http, 200);
      assert.equal(answer.code, "3");
      assert.equal(answer.details[0].reason, "MALFORMED_REQUEST");
    },
  },
  {
    why: "What is not posted is no call of gRPC-Web: we say so in plain HTTP, which Envoy puts into a header.",
    covers: (name) => /^method (GET|PUT|DELETE|OPTIONS)/.test(name),
    parts: ["type", "place", "rest", "code", "message"],
    ours: (answer) => {
      assert.equal(answer.http, 405);
      assert.equal(JSON.parse(answer.rest).code, "unimplemented");
    },
  },
  {
    why: "The same, without a body.",
    covers: (name) => name.startsWith("method HEAD"),
    parts: ["type"],
    ours: (answer) => assert.equal(answer.http, 405),
  },
  {
    why: "A preflight has no answer to show to the page, so we do not tell what could be seen of it.",
    covers: (name) => /^preflight(,| for| without)/.test(name),
    parts: ["cors"],
    ours: (answer) => {
      assert.equal(answer.http, 200);
      assert.ok(answer.cors["access-control-allow-origin"]);
      assert.equal(answer.cors["access-control-allow-methods"], "delete, get, post");
      assert.ok(!answer.cors["access-control-allow-headers"].includes("x-other"));
      assert.equal(answer.cors["access-control-expose-headers"], undefined);
    },
  },
];
