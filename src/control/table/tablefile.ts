// The file of one table: how it is made and mapped, and how one of another shape is found to be taken over from. It knows that a table
// is bytes; what stands in them is memory/'s, what is a file is sharedfile.ts'.

import { statSync } from "node:fs";
import type { TablePlan } from "../../config/plan.ts";
import { fixedRanges, formatTable, isTableOf, planOf, shapeOf, tableBytes } from "../../memory/sticktable/layout.ts";
import { makeShared, mapShared, sharedPath } from "../sharedfile.ts";

export function pathOf(folder: string, plan: TablePlan): string {
  return sharedPath(folder, plan.name, shapeOf(plan));
}

/** Null when there is none, or it is no table of this plan: then it is removed. */
export function mapTable(path: string, plan: TablePlan): Uint8Array | null {
  return mapShared(path, tableBytes(plan), (bytes) => isTableOf(bytes, plan));
}

/** A table of whatever plan, with that plan; null when it is of another layout, or none. */
export function mapAny(path: string): { plan: TablePlan; bytes: Uint8Array } | null {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size === 0) return null;
  const bytes = Bun.mmap(path, { shared: true });
  const plan = planOf(bytes);
  return plan === null ? null : { plan, bytes };
}

/** A new table, filled by `fill` before it has its name. It has memory for all of its entries from the beginning. */
export function makeTable(path: string, plan: TablePlan, fill: (bytes: Uint8Array) => void): Uint8Array {
  const format = (bytes: Uint8Array): void => {
    // Of chance, so that nobody outside can choose keys that meet in one bucket.
    const [low, high] = crypto.getRandomValues(new Uint32Array(2));
    formatTable(bytes, plan, (high! >>> 11) * 2 ** 32 + low!);
    fill(bytes);
  };
  return makeShared(path, tableBytes(plan), format, fixedRanges(plan));
}
