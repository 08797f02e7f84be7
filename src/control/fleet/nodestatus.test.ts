import { expect, test } from "bun:test";
import { type NodeSummary, nodesOf } from "./nodestatus.ts";

const said: NodeSummary = {
  ...{ version: "1.0.0", address: "10.0.0.1:2112", state: "ready", startedAt: "2026-01-01T00:00:00.000Z" },
  ...{ workers: { up: 2, all: 2 }, connections: 3, requests: 10, requestsPerSecond: 1.5, servers: { up: 1, all: 2 } },
  ...{ config: "abc", bans: 1, exchangeAgeMs: null, isStale: false },
};

test("nodes are told by name, with who is here and who is gone", () => {
  const reply = [
    "10000",
    "n2",
    "9990",
    JSON.stringify(said),
    "n1",
    "4000",
    JSON.stringify({ ...said, exchangeAgeMs: 5 }),
  ];
  const [one, two] = nodesOf(reply, "n2", 5000);
  expect(one).toEqual({ ...said, exchangeAgeMs: 5, name: "n1", isSelf: false, standing: "gone", seenMsAgo: 6000 });
  expect(two).toMatchObject({ name: "n2", isSelf: true, standing: "here", seenMsAgo: 10 });
});

test("what a node says in other words is not believed", () => {
  for (const strange of ["", "x", "null", "[]", '{"connections":"many","workers":{"up":1},"exchangeAgeMs":"old"}'])
    expect(nodesOf(["1", "n1", "1", strange], "n2", 5000)[0]).toMatchObject({
      ...{ connections: 0, workers: { up: 0, all: 0 }, exchangeAgeMs: null, version: "?" },
    });
  expect(nodesOf(null, "n1", 5000)).toEqual([]);
  expect(nodesOf(["1", "n1"], "n1", 5000)).toEqual([]);
});
