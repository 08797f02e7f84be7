import { expect, test } from "bun:test";
import { capacity } from "../memory/arena.ts";
import { compile } from "./compile.ts";
import { type FoundServer, foundLeftOut, withFound } from "./found.ts";
import type { ListenerInput, PoolInput } from "./input.ts";
import { judge } from "./judge.ts";
import { noMaterials } from "./materials.ts";
import { keyText } from "./problem.ts";
import { Slots } from "./slots.ts";
import type { Config } from "./types.ts";

const discover = { file: "servers.txt" };

function configOf(listener: Partial<ListenerInput>, pools: Record<string, PoolInput> = { app: { discover } }): Config {
  const { config, findings } = judge({ listeners: { web: { listen: ":443", mode: "tcp", ...listener } }, pools });
  if (config === null) throw new Error(JSON.stringify(findings));
  return config;
}

const found: readonly FoundServer[] = [
  { address: "10.0.0.1:1" },
  { address: "10.0.0.2:1", serverName: "b.test" },
  { address: "10.0.0.3:1", serverName: "a.test", weight: 3 },
  { address: "10.0.0.4:1", serverName: "b.test" },
];
const serversOf = (config: Config): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(config.pools).map(([name, { servers }]) => [
      name,
      servers.map((server) => (typeof server === "string" ? server : server.address)),
    ]),
  );

test("servers with a name stand apart, each name in a pool of its own, and clients who ask for it go there", () => {
  const whole = withFound(configOf({ use: "app", sni: [{ found: "apart", use: "app" }] }), () => found);
  expect(serversOf(whole)).toEqual({
    app: ["10.0.0.1:1"],
    "app.a.test": ["10.0.0.3:1"],
    "app.b.test": ["10.0.0.2:1", "10.0.0.4:1"],
  });
  expect(whole.listeners["web"]!.sni).toEqual([
    { name: "a.test", use: "app.a.test" },
    { name: "b.test", use: "app.b.test" },
  ]);
  const { listeners, pools } = compile(whole, new Slots(), () => undefined, 1, noMaterials);
  expect(listeners[0]!.names.map(({ match }) => match)).toEqual(["a.test", "b.test"]);
  expect(pools.map(({ name }) => name)).toEqual(["app", "app.a.test", "app.b.test"]);
});

test("with also the pool has them all", () => {
  const whole = withFound(configOf({ use: "app", sni: [{ found: "also", use: "app" }] }), () => found);
  expect(serversOf(whole)["app"]).toHaveLength(4);
  expect(serversOf(whole)["app.b.test"]).toHaveLength(2);
});

test("a pool for a name is as its pool, but for the servers that are written", () => {
  const pools = { app: { discover, servers: ["a:1"], retries: 3, check: { tcp: true as const } } };
  const whole = withFound(configOf({ use: "app", sni: [{ found: "apart", use: "app" }] }, pools), () => found);
  expect(whole.pools["app.a.test"]).toMatchObject({ retries: 3, check: { tcp: true } });
  expect(whole.pools["app.a.test"]!.discover).toBeUndefined();
  expect(serversOf(whole)).toMatchObject({ app: ["a:1", "10.0.0.1:1"], "app.a.test": ["10.0.0.3:1"] });
});

test("what is written counts: a name that has its own pool, and a pool that is called so", () => {
  const sni = [
    { name: "A.test", use: "app.b.test" },
    { found: "apart", use: "app" },
  ] as const;
  const pools = { app: { discover }, "app.b.test": { servers: ["w:1"] } };
  const whole = withFound(configOf({ use: "app", sni: [...sni] }, pools), () => found);
  expect(whole.listeners["web"]!.sni).toEqual([
    { name: "A.test", use: "app.b.test" },
    { name: "b.test", use: "app.b.test.found" },
  ]);
  expect(serversOf(whole)["app.b.test"]).toEqual(["w:1"]);
});

test("two pools whose names and found names make the same word are two", () => {
  const { config } = judge({
    listeners: {
      a: { listen: ":443", mode: "tcp", sni: [{ found: "apart", use: "app" }] },
      b: { listen: ":8443", mode: "tcp", sni: [{ found: "apart", use: "app.eu" }] },
    },
    pools: { app: { discover }, "app.eu": { discover } },
  });
  const whole = withFound(config!, (pool) => [
    pool === "app"
      ? { address: "10.0.0.1:1", serverName: "eu.a.test" }
      : { address: "10.0.0.2:1", serverName: "a.test" },
  ]);
  expect([whole.listeners["a"]!.sni, whole.listeners["b"]!.sni]).toEqual([
    [{ name: "eu.a.test", use: "app.eu.a.test" }],
    [{ name: "a.test", use: "app.eu.a.test.found" }],
  ]);
  expect(serversOf(whole)).toMatchObject({ "app.eu.a.test": ["10.0.0.1:1"], "app.eu.a.test.found": ["10.0.0.2:1"] });
});

test("while nothing is found there is no name, and other names go where they went", () => {
  const config = configOf({ sni: [{ found: "apart", use: "app" }] });
  const plans = [config, withFound(config, () => [])].map((each) =>
    compile(each, new Slots(), () => undefined, 1, noMaterials),
  );
  for (const { listeners, routes } of plans)
    expect([listeners[0]!.names, routes[listeners[0]!.route]!.pool]).toEqual([[], null]);
});

test("no more names than there is room for, and what is left out is counted", () => {
  const config = configOf({ use: "app", sni: [{ found: "apart", use: "app" }] });
  const many = Array.from({ length: capacity.pools }, (_, index): FoundServer => {
    return { address: `10.1.0.1:${index + 1}`, serverName: `n${String(index).padStart(4, "0")}.test` };
  });
  const whole = withFound(config, () => many);
  expect(Object.keys(whole.pools).length).toBe(1 + capacity.pools / 2);
  expect(foundLeftOut(config, () => many)).toEqual([
    expect.stringContaining(
      `pool app: of ${capacity.pools} names that sources tell of only ${capacity.pools / 2} count`,
    ),
  ]);
  expect(foundLeftOut(config, () => found)).toEqual([]);
});

test("names are found for pools that have a source, and beside no other name", () => {
  const told = (listener: object, pools: object = { app: { discover } }): string[] =>
    judge({ listeners: { web: { listen: ":443", mode: "tcp", use: "app", ...listener } }, pools }).findings.map(
      ({ path, message }) => `${keyText(path)} ${message}`,
    );
  expect(told({ sni: [{ found: "apart", use: "app" }] })).toEqual([]);
  expect(told({ sni: [{ found: "apart", use: "app" }] }, { app: { servers: ["a:1"] } })).toEqual([
    "listeners.web.sni[0].found needs a pool with discover, and app has none",
  ]);
  expect(told({ sni: [{ found: "apart", name: "a.test", use: "app" }] })).toEqual([
    "listeners.web.sni[0].found cannot stand beside name or pattern: write one of them",
  ]);
});
