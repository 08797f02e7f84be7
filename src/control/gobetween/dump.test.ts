import { expect, test } from "bun:test";
import { isGobetween, translateGobetween } from "../../config/foreign/gobetween/gobetween.ts";
import { readToml } from "../../config/toml.ts";
import type { Gobetween } from "../../config/types.ts";
import { dumpOf, goDuration } from "./dump.ts";

const told: Gobetween = {
  metrics: false,
  settings: { "logging.level": "info", "api.basic_auth.password": "secret" },
  servers: {
    "web-1": {
      ...{ name: "web 1", pools: ["web-1"], lists: [] },
      settings: { bind: ":3000", "discovery.kind": "static", "discovery.static_list": ["a:1 weight=2"] },
    },
  },
};

test("both formats say the same, under gobetween's names, and gobetween's reader takes it", () => {
  const json: unknown = JSON.parse(dumpOf(told, "json"));
  expect(json).toMatchObject({
    logging: { level: "info" },
    servers: { "web 1": { bind: ":3000", discovery: { static_list: ["a:1 weight=2"] } } },
  });
  const toml = readToml(dumpOf(told, "toml"));
  if (!toml.ok) throw new Error("it is no TOML");
  expect(toml.value).toMatchObject({ servers: { "web 1": { protocol: "tcp" } } });
  expect(JSON.stringify(toml.value)).not.toContain("null");
  for (const tree of [json, toml.value]) {
    expect(isGobetween(tree)).toBe(true);
    const { ledger } = translateGobetween(tree as object);
    expect(ledger.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  }
});

test("a password is in neither", () => {
  for (const format of ["toml", "json"] as const) expect(dumpOf(told, format)).not.toContain("secret");
});

test("a duration is as Go writes it", () => {
  const cases = { 0: "0s", 5: "5ms", 1500: "1.5s", 62000: "1m2s", 3600000: "1h0m0s", 3723004: "1h2m3.004s" };
  for (const [ms, written] of Object.entries(cases)) expect(goDuration(Number(ms))).toBe(written);
});
