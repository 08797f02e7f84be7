import { expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { Owners } from "./owners.ts";
import { SharedWords } from "./sharedwords.ts";
import { bytesOf, formatTable, layoutOf } from "./sticktable/layout.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 10,
  expireMs: 10_000,
  isEvicting: true,
  share: null,
  store: ["gpc0"],
};
const layout = layoutOf(plan, { owners: 2, holds: 8 });

test("what a former owner of a row has locked is not taken for the present one's", () => {
  const bytes = new Uint8Array(bytesOf(layout));
  formatTable(bytes, plan, 1, layout.room);
  const isAlive = (id: number): boolean => id !== 3;
  const claimed = (id: number): Owners => {
    const owners = new Owners(new SharedWords(bytes), layout, { id, startedAt: 0, isAlive, relax() {} });
    expect(owners.claim()).toBe(true);
    return owners;
  };
  const watching = claimed(1);
  const former = claimed(2);
  const { row } = former;
  const left = former.lockWord(row);
  expect([row, watching.isAbandoned(left)]).toEqual([1, false]);
  former.free(row);
  expect(watching.isAbandoned(left)).toBe(true);
  const present = claimed(2);
  expect([present.row, watching.isAbandoned(left), watching.isAbandoned(present.lockWord(row))]).toEqual([
    row,
    true,
    false,
  ]);
  present.free(row);
  const dead = claimed(3);
  expect(watching.isAbandoned(dead.lockWord(row))).toBe(true);
});
