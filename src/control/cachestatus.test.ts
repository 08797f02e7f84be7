import { expect, test } from "bun:test";
import { cachePlan } from "../../test/playbook/caching.ts";
import { CacheStore } from "../memory/cachestore.ts";
import { cacheStatus } from "./cachestatus.ts";

const nowMs = Date.UTC(2026, 0, 1, 0, 1);
const address = "10.0.0.1:6379";

test("a cache is told with what it holds, and what is behind it with since when it is away", () => {
  const figures = CacheStore.inMemory(cachePlan).figures();
  const away = { forMs: 60_000, reason: "no answer within 50 ms" };
  expect(cacheStatus(cachePlan, figures, { state: { address, away, refusal: null }, isOwing: true }, nowMs)).toEqual({
    name: "pages",
    memory: "worker",
    holds: { responses: 0, bytes: figures.bytesUsed, bytesMax: figures.bytesMax },
    redis: {
      address,
      state: "away",
      reason: away.reason,
      since: "2026-01-01T00:00:00.000Z",
      refusal: null,
      isOwing: true,
    },
  });
});

test("what answers has no reason, and a cache that nobody can look into tells nothing of what it holds", () => {
  const remote = { state: { address, away: null, refusal: "it is full" }, isOwing: false };
  expect(cacheStatus({ ...cachePlan, isShared: true }, null, remote, nowMs)).toMatchObject({
    memory: "shared",
    holds: null,
    redis: { state: "up", reason: null, since: null, refusal: "it is full" },
  });
  expect(cacheStatus(cachePlan, null, null, nowMs).redis).toBeNull();
});
