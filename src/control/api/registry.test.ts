import { expect, test } from "bun:test";
import { readRedisPlace } from "../../base/redisplace.ts";
import { value } from "../../config/measure.ts";
import { MemoryRegistry } from "../../registry/memory.ts";
import { RedisRegistry } from "../../registry/redis.ts";
import type { Registry } from "../../registry/registry.ts";
import { registryOperations } from "./registry.ts";
import { routesOfOperations } from "./router.ts";

const path = "/api/v1/registry";

function stage(registry: Registry = new MemoryRegistry()) {
  const routes = routesOfOperations(registryOperations(registry, () => null));
  const ask = async (method: string, asked: string, body?: unknown): Promise<[number, unknown]> => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = (await routes(new Request(`http://127.0.0.1${asked}`, { method, ...content }), asked))!;
    return [response.status, await response.json()];
  };
  return { registry, ask, routes };
}

const member = "http://10.0.0.1:80";

test("a member is put in, drained, given work again and taken out", async () => {
  const { ask } = stage();
  expect(await ask("POST", `${path}/shop`, { member })).toEqual([200, { set: "shop", member, changed: true }]);
  expect(await ask("POST", `${path}/shop/drain`, { member: "10.0.0.1:80" })).toMatchObject([200, { changed: true }]);
  expect(await ask("GET", `${path}/shop`)).toMatchObject([
    200,
    { set: "shop", size: 1, members: [{ member, isMember: true, isDraining: true, leaseLeftMs: null, views: [] }] },
  ]);
  expect(await ask("GET", path)).toEqual([
    200,
    { registry: { place: "memory", notice: "at once", problem: null, outages: 0 }, sentinel: null, sets: ["shop"] },
  ]);
  expect(await ask("POST", `${path}/shop/enable`, { member })).toMatchObject([200, { changed: true }]);
  expect(await ask("DELETE", `${path}/shop/${encodeURIComponent(member)}`)).toMatchObject([200, { changed: true }]);
  expect(await ask("DELETE", `${path}/shop/${encodeURIComponent(member)}`)).toMatchObject([404, {}]);
});

test("a password in a member is not shown, and what is shown takes it out", async () => {
  const { registry, ask } = stage();
  await registry.add("shop", "http://u:s3cret@10.0.0.9:1");
  const shown = "http://***@10.0.0.9:1";
  expect(await ask("GET", `${path}/shop`)).toMatchObject([
    200,
    { members: [{ member: shown, problem: "names a user" }] },
  ]);
  expect(await ask("DELETE", `${path}/shop/${encodeURIComponent(shown)}`)).toEqual([
    200,
    { set: "shop", member: shown, changed: true },
  ]);
});

test("what cannot be done is refused with the reason", async () => {
  const { ask, routes } = stage();
  expect(await ask("POST", `${path}/shop`, { member: "nonsense" })).toMatchObject([
    422,
    { error: expect.stringContaining("must have a port") },
  ]);
  expect(await ask("POST", `${path}/shop`, { member: 5 })).toMatchObject([422, {}]);
  expect(await ask("POST", `${path}/shop`, { member, weight: 3 })).toMatchObject([
    422,
    { error: 'the key "weight" is not known; there is member' },
  ]);
  expect(await ask("POST", `${path}/shop/drain`, { member })).toMatchObject([404, {}]);
  expect(await ask("GET", `${path}/%zz`)).toMatchObject([400, {}]);
  expect(await ask("PUT", `${path}/shop`)).toMatchObject([405, {}]);
  expect(await ask("GET", `${path}/shop/drain`)).toMatchObject([405, {}]);
  for (const other of [`${path}thing`, `${path}/a/b/c`])
    expect(routes(new Request("http://127.0.0.1/"), other)).toBeNull();
});

test("a Redis that is away is 503, with its place and without its password", async () => {
  const place = value(readRedisPlace("redis://:geheim@127.0.0.1:1"));
  const registry = new RedisRegistry({ place, pollMs: 1000, timeoutMs: 1000, isNotified: true });
  const { ask } = stage(registry);
  expect(await ask("GET", `${path}/shop`)).toEqual([
    503,
    { error: "the registry at 127.0.0.1:1 cannot be asked: connection refused" },
  ]);
  registry.close();
});
