import { expect, test } from "bun:test";
import { judge } from "../../config/judge.ts";
import type { Status } from "../status.ts";
import { digestOf, Summing } from "./summary.ts";

function statusOf(requests: number): Status {
  const server = { isEligible: true };
  const listener = { requests, sessions: 2 };
  return {
    ...{ version: "1.0.0", state: "ready", startedAt: "2026-01-01T00:00:00.000Z" },
    workers: [
      { state: "up", connections: 3 },
      { state: "waiting", connections: 4 },
    ],
    listeners: [listener, { requests: 0, sessions: 5 }],
    pools: [{ servers: [server, { isEligible: false }] }, { servers: [server] }],
  } as unknown as Status;
}

const of = { address: "10.0.0.1:2112", config: "abc", bans: 4 };

test("a summary adds up what status tells", () => {
  expect(new Summing().summary(statusOf(10), { ...of, nowMs: 1000 })).toEqual({
    ...{ version: "1.0.0", state: "ready", startedAt: "2026-01-01T00:00:00.000Z", ...of },
    ...{ workers: { up: 1, all: 2 }, connections: 7, requests: 17, requestsPerSecond: 0, servers: { up: 2, all: 3 } },
  });
});

test("requests a second are those since the summary before", () => {
  const summing = new Summing();
  const rate = (requests: number, nowMs: number): number =>
    summing.summary(statusOf(requests), { ...of, nowMs }).requestsPerSecond;
  expect([rate(0, 0), rate(1234, 2000), rate(1234, 3000), rate(0, 4000)]).toEqual([0, 617, 0, 0]);
});

test("the digest is of what nodes have in common", () => {
  const digest = (more: object): string => {
    const pools = { a: { servers: ["s:1"] } };
    return digestOf(judge({ listeners: { w: { listen: ":80", use: "a" } }, pools, ...more }).config!);
  };
  const redis = "redis://127.0.0.1:6379";
  const fleet = { redis, node: "n1" };
  const one = digest({ fleet });
  expect(one).toMatch(/^[0-9a-f]{16}$/);
  expect(digest({ fleet: { redis, node: "n2" }, admin: { listen: "127.0.0.1:9" } })).toBe(one);
  expect(digest({ fleet: { redis, interval: "1s" } })).not.toBe(one);
});
