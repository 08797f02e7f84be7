import { expect, test } from "bun:test";
import { type Family, Kin } from "./kin.ts";
import type { Config, Pool } from "./types.ts";

/** As far as it is looked at. */
const kin = (pools: Readonly<Record<string, Pick<Pool, "sticky" | "stick">>>): Kin =>
  new Kin({ pools: pools as unknown as Config["pools"] });

test("pools are named after the cookie or the table that they share, and one that is alone after itself", () => {
  const section = { cookie: "S", prefix: false, secure: false, httpOnly: true, path: "/" };
  const stick = (table: string): Pool["stick"] => ({ table, by: "src", store: true });
  const all = kin({
    none: {},
    one: { sticky: "S", stick: stick("b") },
    two: { sticky: section, stick: stick("a") },
    three: { sticky: "T", stick: stick("a") },
  });
  const family = (name: string, other: string): Family => ({ name, other });
  expect(["none", "one", "two", "three"].map((pool) => all.byCookie(pool))).toEqual([
    family("none", "none"),
    family("|S", "one"),
    family("|S", "two"),
    family("three", "|T"),
  ]);
  expect(["none", "one", "two", "three"].map((pool) => all.byTable(pool))).toEqual([
    family("none", "none"),
    family("one", "|b"),
    family("|a", "two"),
    family("|a", "three"),
  ]);
});

test("whatever pools come, leave or stand first, what a pool's servers were named after is known in the next config", () => {
  const familyIn = (names: readonly string[]): Family =>
    kin(Object.fromEntries(names.map((name) => [name, { sticky: "S" }]))).byCookie("api");
  const steps = [["api"], ["app", "api"], ["aaa", "app", "api"], ["aaa", "api"], ["api"], ["api", "app"]].map(familyIn);
  for (const [index, { name, other }] of steps.entries())
    if (index > 0) expect([name, other]).toContain(steps[index - 1]!.name);
});
