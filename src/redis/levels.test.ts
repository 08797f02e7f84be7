import { afterEach, expect, test } from "bun:test";
import type { CachePlan, RedisPlan } from "../config/plan.ts";
import { RedisLevels } from "./levels.ts";

const redis: RedisPlan = { url: "redis://127.0.0.1:1", prefix: "p:", timeoutMs: 20, connectionsMax: 1 };
const cache = (name: string, own: RedisPlan | null): CachePlan => ({
  name,
  bytesMax: 1,
  objectBytesMax: 1,
  policy: "lru",
  isShared: true,
  redis: own,
});

const levels = new RedisLevels({ nowMs: () => 0, news: () => {}, tell: (call) => call() });
afterEach(() => levels.close());

test("what another process has seen of purges is known also where the plan comes later", () => {
  levels.adopt([]);
  levels.raise({ [`late ${JSON.stringify(redis)}`]: 7 });
  const [late, other] = [cache("late", redis), cache("other", redis)];
  levels.adopt([late, other]);
  expect([levels.of(late)?.count, levels.of(other)?.count]).toEqual([7, 0]);
  expect(Object.values(levels.counts())).toEqual([7, 0]);
});

test("a cache without a Redis has none, and one keeps its own over reloads until something about it is another", () => {
  const [one, two, plain] = [cache("one", redis), cache("two", redis), cache("plain", null)];
  levels.adopt([one, two, plain]);
  const first = levels.of(one);
  expect(levels.of(plain)).toBeNull();
  expect(first).not.toBe(levels.of(two));
  levels.adopt([{ ...one, bytesMax: 2 }]);
  expect(levels.of(one)).toBe(first);
  const other = cache("one", { ...redis, prefix: "q:" });
  levels.adopt([other]);
  expect(levels.of(other)).not.toBe(first);
});
