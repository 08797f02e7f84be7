import { expect, test } from "bun:test";
import { readRedisPlace } from "../../base/redisplace.ts";
import { value } from "../../config/measure.ts";
import { MemoryRegistry } from "../../registry/memory.ts";
import { RedisRegistry } from "../../registry/redis.ts";
import { RegistrySource } from "./registrysource.ts";
import type { Answer } from "./source.ts";

test("a set is told as it is, and no more after the end", async () => {
  const registry = new MemoryRegistry();
  const source = new RegistrySource("app", registry);
  const told: Answer[] = [];
  source.start((answer) => told.push(answer));
  await registry.add("app", "http://10.0.0.1:80^2");
  await registry.add("app", "nonsense");
  expect(told.at(-1)).toMatchObject({ ok: true, servers: [{ address: "10.0.0.1:80", weight: 2 }] });
  source.stop();
  const count = told.length;
  await registry.remove("app", "nonsense");
  expect([source.name, told.length]).toEqual(["registry app", count]);
  registry.close();
});

test("a Redis that is away is told with its place, and without its password", async () => {
  const place = value(readRedisPlace("redis://:geheim@127.0.0.1:1"));
  const registry = new RedisRegistry({ place, pollMs: 1000, timeoutMs: 1000, isNotified: true });
  const source = new RegistrySource("app", registry);
  const { promise, resolve } = Promise.withResolvers<Answer>();
  source.start(resolve);
  expect(await promise).toEqual({ ok: false, problem: "cannot be asked at 127.0.0.1:1: connection refused" });
  source.stop();
  registry.close();
});
