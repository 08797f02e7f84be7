import { expect, test } from "bun:test";
import { capacity } from "../memory/arena.ts";
import { type FoundServer, foundLeftOut, withFound } from "./found.ts";
import type { PoolInput } from "./input.ts";
import { judge } from "./judge.ts";
import { pool } from "./poolschema.ts";
import type { Config } from "./types.ts";

function configOf(pools: Record<string, PoolInput>): Config {
  const { config, findings } = judge({
    listeners: { web: { listen: ":8080", use: Object.keys(pools)[0]! } },
    pools,
  });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

const discover = { file: "servers.txt" };
const named = (config: Config, pool: string): string[] =>
  config.pools[pool]!.servers.map((server) => (typeof server === "string" ? server : server.address));

test("servers that were found stand behind those that are written, which count where both are", () => {
  const config = configOf({ app: { servers: ["a:1", "B:2^3"], discover } });
  const found: FoundServer[] = [{ address: "b:2", weight: 9 }, { address: "c:3" }, { address: "c:3", weight: 2 }];
  const whole = withFound(config, () => found);
  expect(named(whole, "app")).toEqual(["a:1", "B:2^3", "c:3"]);
  expect(config.pools["app"]!.servers).toHaveLength(2);
});

test("what a source says of a server becomes its options", () => {
  const config = configOf({ app: { tls: true, discover }, plain: { discover } });
  const found: FoundServer[] = [
    { address: "a:1", weight: 3, backup: true, maxConnections: 7, drain: true, serverName: "a.test" },
    { address: "b:1", weight: 0 },
    { address: "c:1", tls: true },
    { address: "d:1", tls: true, serverName: "d.test" },
  ];
  const whole = withFound(config, () => found);
  expect(whole.pools["app"]!.servers).toMatchObject([
    { address: "a:1", weight: 3, backup: true, maxConnections: 7, drain: true, tls: { serverName: "a.test" } },
    { address: "b:1", weight: 1, backup: false, maxConnections: 0, drain: false },
    { address: "c:1" },
    { address: "d:1" },
  ]);
  const tlsOf = (name: string): unknown[] =>
    whole.pools[name]!.servers.map((server) => (typeof server === "string" ? null : (server.tls ?? null)));
  // No source takes a pool's TLS away, and one may ask for it where the pool has none.
  expect(tlsOf("app")).toEqual([{ serverName: "a.test" }, null, null, { serverName: "d.test" }]);
  expect(tlsOf("plain")).toEqual([null, null, true, { serverName: "d.test" }]);
  // They are what the schema makes of the same words.
  for (const { servers } of Object.values(whole.pools))
    expect(servers).toEqual(pool.parse({ servers: structuredClone(servers) }).servers);
});

test("a config without sources is the same one, and pools without are left alone", () => {
  const plain = configOf({ app: { servers: ["a:1"] } });
  expect(withFound(plain, () => [{ address: "b:1" }])).toBe(plain);
  const mixed = configOf({ app: { servers: ["a:1"] }, other: { discover } });
  expect(
    named(
      withFound(mixed, () => [{ address: "b:1" }]),
      "app",
    ),
  ).toEqual(["a:1"]);
});

test("there are never more than shared memory has rows for, and those left out are counted", () => {
  const config = configOf({ app: { servers: ["a:1", "a:2"], discover }, other: { discover }, more: { discover } });
  const many = Array.from({ length: capacity.servers - 100 }, (_, index) => ({ address: `s${index}:1` }));
  const foundOf = (pool: string): FoundServer[] => (pool === "more" ? [{ address: "z:1" }] : many);
  const whole = withFound(config, foundOf);
  expect(Object.values(whole.pools).reduce((sum, { servers }) => sum + servers.length, 0)).toBe(capacity.servers);
  expect(named(whole, "more")).toEqual([]);
  expect(foundLeftOut(config, foundOf)).toEqual([
    `${2 + 2 * many.length + 1 - capacity.servers} servers that sources tell of are left out: shared memory has no room for them`,
  ]);
  expect(foundLeftOut(config, () => [])).toEqual([]);
});
