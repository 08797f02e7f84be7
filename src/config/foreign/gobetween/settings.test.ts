import { expect, test } from "bun:test";
import { Ledger } from "../ledger.ts";
import { settingsOf, treeOf } from "./settings.ts";

const section = {
  bind: ":3000",
  Discovery: { kind: "static", static_list: ["a:1", "b:2"], failpolicy: null },
  healthcheck: { fails: 2, colour: "red" },
  odd: [1, 2],
};

test("a section becomes settings by their keys, and the same section again", () => {
  const ledger = new Ledger();
  ledger.unknown(["servers", "web", "healthcheck", "colour"], "is no keyword");
  const settings = settingsOf(section, ["servers", "web"], ledger);
  expect(settings).toEqual({
    bind: ":3000",
    "discovery.kind": "static",
    "discovery.static_list": ["a:1", "b:2"],
    "healthcheck.fails": 2,
  });
  expect(treeOf(settings)).toEqual({
    bind: ":3000",
    discovery: { kind: "static", static_list: ["a:1", "b:2"] },
    healthcheck: { fails: 2 },
  });
});

test("keys that are not wanted, and those that are no keys, are left out", () => {
  const tree = { servers: { a: { bind: "x" } }, "a b": 1, ["__proto__"]: { polluted: true }, api: { enabled: true } };
  expect(settingsOf(tree, [], new Ledger(), ["servers"])).toEqual({ "api.enabled": true });
  expect(treeOf({ "__proto__.polluted": true })).not.toHaveProperty("polluted");
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("a key that is a list and a section both is a section in the end", () => {
  expect(treeOf({ a: ["x"], "a.b": 1 })).toEqual({ a: { b: 1 } });
});
