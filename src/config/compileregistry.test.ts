import { expect, test } from "bun:test";
import { readRedisPlace } from "../base/redisplace.ts";
import { compileRegistry, compileSentinel } from "./compileregistry.ts";
import { judge } from "./judge.ts";
import { value } from "./measure.ts";

function configOf(more: object) {
  const { config } = judge({
    listeners: { w: { listen: ":80", use: "a" } },
    pools: { a: { servers: ["s:1"] } },
    ...more,
  });
  return config!;
}

test("without a section the registry is in memory; an address alone is a section", () => {
  expect(compileRegistry(undefined)).toBeNull();
  expect(compileRegistry(configOf({ registry: "redis://r:1" }).registry)).toEqual({
    place: value(readRedisPlace("redis://r:1")),
    pollMs: 5000,
    timeoutMs: 3000,
    isNotified: true,
  });
  expect(compileRegistry(configOf({ registry: "r:1" }).registry)?.place.url).toBe("redis://r:1");
  const registry = { redis: "redis://r:1", poll: "1s", notify: "off", timeout: "50ms" };
  expect(compileRegistry(configOf({ registry }).registry)).toMatchObject({
    pollMs: 1000,
    timeoutMs: 50,
    isNotified: false,
  });
});

test("targets become members, and a sentinel looks as the original does where it is not told otherwise", () => {
  const targets = ["10.0.0.1:80", "App:8080^3"];
  const { sentinel } = configOf({ registry: "redis://r:1", sentinel: { targets } });
  const plan = compileSentinel(sentinel!);
  expect(plan).toMatchObject({ set: "gopher_backends", id: null, leaseMs: 15_000, quorum: "majority" });
  expect(plan.check).toMatchObject({ kind: "tcp", everyMs: 2000, timeoutMs: 1000, rise: 1, fall: 2, tls: null });
  expect(plan.targets.map(({ target, member, name }) => [target, member, name])).toEqual([
    ["10.0.0.1:80", "http://10.0.0.1:80", "10.0.0.1:80"],
    ["App:8080^3", "http://App:8080^3", "app:8080"],
  ]);
});

test("targets that are https are probed over TLS; without a scheme they are written as they are", () => {
  const plan = (more: object) => {
    const { sentinel } = configOf({ registry: "redis://r:1", sentinel: { targets: ["a:1"], ...more } });
    return compileSentinel(sentinel!);
  };
  expect(plan({ scheme: "https" }).check.tls).toBeTrue();
  expect(plan({ scheme: "https", check: { exec: "true" } }).check.tls).toBeNull();
  expect(plan({ scheme: "" }).targets[0]!.member).toBe("a:1");
});
