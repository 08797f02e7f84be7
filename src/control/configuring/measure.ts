// How large and how deep a tree of plain values is, found out without recursion and given up at a bound: what somebody sends may be nested
// so deep that whoever walks it by recursion has no stack left, and a few operations of a patch can double a tree again and again.

import { depthMax } from "../../config/depth.ts";

/** More than `most` sections and lists stand within each other. */
export function isDeeper(value: unknown, most: number = depthMax): boolean {
  let level: readonly unknown[] = [value].filter(isTree);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= most) return true;
    const next: unknown[] = [];
    for (const each of level) for (const item of Object.values(each as object)) if (isTree(item)) next.push(item);
    level = next;
  }
  return false;
}

/** Of each value, besides its characters. */
const valueWeight = 16;

/** About as many characters as it would be written with; not counted on once that is more than `most`. */
export function weightOf(value: unknown, most: number): number {
  const waiting: unknown[] = [value];
  let weight = 0;
  for (let each = waiting.pop(); weight <= most; each = waiting.pop()) {
    weight += valueWeight;
    if (typeof each === "string") weight += each.length;
    else if (Array.isArray(each)) for (const item of each) waiting.push(item);
    else if (typeof each === "object" && each !== null)
      for (const [key, item] of Object.entries(each)) {
        weight += key.length;
        waiting.push(item);
      }
    if (waiting.length === 0) break;
  }
  return weight;
}

function isTree(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
