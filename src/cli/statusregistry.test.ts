import { expect, test } from "bun:test";
import { registryLines } from "./statusregistry.ts";

test("where neither is used, nothing is said", () => {
  expect(registryLines({ registry: null, sentinel: null })).toEqual([]);
});

test("where the registry is, how changes are heard of, and which targets are not well", () => {
  const registry = { place: "10.0.0.9:6379", notice: "tracking", problem: null, outages: 0 } as const;
  const targets = [
    { target: "10.0.0.1:80", state: "up", reason: "status 200" },
    { target: "10.0.0.2:80", state: "down", reason: "status 500" },
  ] as const;
  const counts = { probesPassed: 0, probesFailed: 0, votesTaken: 0, votesFailed: 0, added: 0, removed: 0 };
  const sentinel = { set: "shop", voter: "host-1", targets, problem: null, lastVote: null, counts };
  expect(registryLines({ registry, sentinel })).toEqual([
    "",
    "registry at 10.0.0.9:6379: changes are heard of by tracking",
    "sentinel host-1 of shop: 1 of 2 targets up",
    "  10.0.0.2:80 down: status 500",
  ]);
  const away = { ...registry, problem: "connection refused" };
  expect(
    registryLines({ registry: away, sentinel: { ...sentinel, targets: [], problem: "connection refused" } }),
  ).toEqual([
    "",
    "registry at 10.0.0.9:6379: connection refused",
    "sentinel host-1 of shop: 0 of 0 targets up; its vote is not taken: connection refused",
  ]);
  const memory = { place: "memory", notice: "at once", problem: null, outages: 0 } as const;
  expect(registryLines({ registry: memory, sentinel: null })).toEqual([
    "",
    "registry in memory: changes are heard of at once",
  ]);
});
