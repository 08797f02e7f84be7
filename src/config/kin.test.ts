import { expect, test } from "bun:test";
import { Kin } from "./kin.ts";
import type { Config, Pool } from "./types.ts";

/** As far as it is looked at. */
const kin = (pools: Readonly<Record<string, Pick<Pool, "sticky" | "stick">>>): Kin =>
  new Kin({ pools: pools as unknown as Config["pools"] });

test("the first pool with a cookie, and the first with a table, stand for all that have it", () => {
  const section = { cookie: "S", prefix: false, secure: false, httpOnly: true, path: "/" };
  const stick = (table: string): Pool["stick"] => ({ table, by: "src", store: true });
  const all = kin({
    none: {},
    one: { sticky: "S", stick: stick("b") },
    two: { sticky: section, stick: stick("a") },
    three: { sticky: "T", stick: stick("a") },
  });
  expect(["none", "one", "two", "three"].map((pool) => all.byCookie(pool))).toEqual(["none", "one", "one", "three"]);
  expect(["none", "one", "two", "three"].map((pool) => all.byTable(pool))).toEqual(["none", "one", "two", "two"]);
});
