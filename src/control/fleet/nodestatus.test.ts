import { expect, test } from "bun:test";
import { type NodeSummary, nodesOf, olderBy, withSelf } from "./nodestatus.ts";

const said: NodeSummary = {
  ...{ version: "1.0.0", address: "10.0.0.1:2112", state: "ready", startedAt: "2026-01-01T00:00:00.000Z" },
  ...{ workers: { up: 2, all: 2 }, connections: 3, requests: 10, requestsPerSecond: 1.5, servers: { up: 1, all: 2 } },
  ...{ config: "abc", bans: 1, exchangeAgeMs: null, isStale: false, clockAheadMs: null },
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

test("what was told a while ago is that much older, and who has said nothing since may be gone", () => {
  const told = nodesOf(["1000", "n1", "990", JSON.stringify(said), "n2", "900", JSON.stringify(said)], "n2", 5000);
  const older = olderBy(told, 4950, 5000);
  expect(older.map(({ seenMsAgo, standing }) => [seenMsAgo, standing])).toEqual([
    [4960, "here"],
    [5050, "gone"],
  ]);
});

test("a node's own row is what it knows of itself, whether or not Redis has one", () => {
  const [other] = nodesOf(["10", "n2", "9", JSON.stringify(said)], "n1", 5000);
  const rows = withSelf([other!], "n1", { ...said, bans: 7 });
  expect(rows.map(({ name, isSelf, standing, bans }) => [name, isSelf, standing, bans])).toEqual([
    ["n1", true, "here", 7],
    ["n2", false, "here", 1],
  ]);
  const gone = nodesOf(["90000", "n1", "10", JSON.stringify(said)], "n1", 5000);
  expect(withSelf(gone, "n1", { ...said, bans: 7 })).toMatchObject([{ bans: 7, standing: "here", seenMsAgo: 89_990 }]);
});

test("what a node says in other words is not believed", () => {
  for (const strange of ["", "x", "null", "[]", '{"connections":"many","workers":{"up":1},"exchangeAgeMs":"old"}'])
    expect(nodesOf(["1", "n1", "1", strange], "n2", 5000)[0]).toMatchObject({
      ...{ connections: 0, workers: { up: 0, all: 0 }, exchangeAgeMs: null, version: "?" },
    });
  expect(nodesOf(null, "n1", 5000)).toEqual([]);
  expect(nodesOf(["1", "n1"], "n1", 5000)).toEqual([]);
});
