import { expect, test } from "bun:test";
import type { ConfigInput } from "../../config/input.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import { effectsOf, type Side, sideOf } from "./effects.ts";

const usual: ConfigInput = {
  listeners: { web: { listen: "127.0.0.1:8080", use: "app" } },
  pools: { app: { servers: ["10.0.0.1:80", "10.0.0.2:80^3"] } },
};

function side(input: Partial<ConfigInput>): Side {
  const { config, findings } = judge({ ...usual, ...input });
  if (config === null) throw new Error(JSON.stringify(findings));
  return sideOf(config, noMaterials);
}

const between = (before: Partial<ConfigInput>, after: Partial<ConfigInput>): string[] =>
  effectsOf(side(before), side(after));

test("the same config has no effects", () => {
  expect(between({}, {})).toEqual([]);
});

test("listeners open, close, and stay with another name or other settings", () => {
  const web = { listen: "127.0.0.1:8080", use: "app" };
  expect(between({}, { listeners: { web: { ...web, listen: "127.0.0.1:8081" } } })).toEqual([
    "listener web opens 127.0.0.1:8081",
    "listener web closes 127.0.0.1:8080; connections that were accepted there go on",
  ]);
  expect(between({}, { listeners: { site: web } })).toEqual([
    "127.0.0.1:8080 stays open and is listener site now, where it was web",
  ]);
  expect(between({}, { listeners: { web: { ...web, via: false } } })).toEqual([
    "listener web keeps 127.0.0.1:8080 open; new settings hold from the next request or connection on",
  ]);
});

test("pools and servers come and go, and weights change", () => {
  const app = {
    servers: ["10.0.0.2:80^5", "10.0.0.3:80", { address: "10.0.0.1:80", drain: true }],
    check: { tcp: true as const },
  };
  const api = { servers: ["10.0.1.1:80"] };
  const listeners = { web: { listen: "127.0.0.1:8080", use: "app", rules: [{ if: "true", use: "api" }] } };
  expect(between({}, { listeners, pools: { app, api } })).toEqual([
    "pool api is new, with 1 server",
    "pool app: 10.0.0.3:80 comes in, each once its first check has gone well",
    "pool app: 10.0.0.2:80 has weight 5 instead of 3",
    "pool app: 10.0.0.1:80 is given nothing new",
    "pool app: new settings hold from the next request on",
    "listener web: 1 rule is new, gone or another; hits of rules that keep their name or place are kept",
  ]);
  expect(between({ listeners, pools: { app, api } }, {})).toContain(
    "pool api goes; what is under way at its servers ends there",
  );
  expect(between({}, { pools: { app: { servers: ["10.0.0.2:80^3"] } } })).toEqual([
    "pool app: 10.0.0.1:80 goes; what is under way there ends there, nothing new is sent",
  ]);
});

test("a rule that is enforced now is told by its name", () => {
  const of = (mode: "observe" | "enforce" | "off"): Partial<ConfigInput> => {
    const rules = [{ name: "abuse", if: "path == '/x'", deny: true as const, mode }];
    return { listeners: { web: { listen: "127.0.0.1:8080", use: "app", rules } } };
  };
  expect(between(of("observe"), of("enforce"))).toEqual(["listener web: rule abuse is enforced now"]);
  expect(between(of("enforce"), of("observe"))).toEqual([
    "listener web: rule abuse is only observed now: it counts, and does nothing",
  ]);
  expect(between(of("enforce"), of("off"))).toEqual(["listener web: rule abuse is off now"]);
});

test("of a table it is told what becomes of its entries", () => {
  const rules = [{ track: { table: "seen", by: "src" } }, { if: "seen[src].gpc0 > 0", deny: true as const }];
  const of = (seen: NonNullable<ConfigInput["tables"]>[string]): Partial<ConfigInput> => {
    return { tables: { seen }, listeners: { web: { listen: "127.0.0.1:8080", use: "app", rules } } };
  };
  const base = { key: "ip", size: "1k", expire: "1m", store: ["gpc0"] } as const;
  const plain = { ...base, store: ["gpc0"] };
  expect(between(of(plain), of({ ...plain, store: ["gpc0", "gpc1"] }))).toEqual([
    "table seen: its entries are kept; gpc1 starts anew",
  ]);
  expect(between(of(plain), of({ ...plain, expire: "2m" }))).toEqual(["table seen: its entries are kept"]);
  expect(between(of(plain), of({ ...plain, store: ["gpc0", "conn_cur"] }))).toEqual([
    "table seen: its entries are kept",
  ]);
  expect(between(of({ ...plain, size: "2k" }), of(plain))).toEqual([
    "table seen: its entries are kept as far as there is room: 1024 instead of 2048",
  ]);
  const counting = { ...plain, store: ["gpc0", "conn_cur"] };
  expect(between(of(counting), of({ ...counting, size: "2k" }))).toEqual(["table seen: its entries are kept"]);
  expect(between(of(counting), of({ ...counting, expire: "2m" }))).toEqual(["table seen: its entries are kept"]);
  expect(between({}, of(plain))).toContain("table seen is new, and empty");
  expect(between(of(plain), {})).toContain("table seen goes; its entries are lost");
});

test("a cache of another size starts empty, lists are made anew, and the rest is told by its section", () => {
  const pools = { app: { servers: ["10.0.0.1:80"], cache: "near" } };
  const before = { pools, caches: { near: { size: "16mb" } }, lists: { bad: { texts: ["a"] } } };
  const after = { pools, caches: { near: { size: "32mb" } }, lists: { bad: { texts: ["b"] } }, limits: { fields: 64 } };
  expect(between(before, after)).toEqual([
    "cache near: it starts empty, for its size, policy or memory is another",
    "list bad: it is made anew of what is written now",
    "limits are others from the next request on",
  ]);
});
