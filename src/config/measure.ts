// The small conversions of the compiler, from checked texts to numbers and back to plain trees. Their inputs have been
// checked, so a text that cannot be read is our own mistake and throws.

import { AssertionError } from "../base/assert.ts";
import { readDuration } from "../base/duration.ts";
import type { Reading } from "../base/reading.ts";
import { readSize } from "../base/size.ts";

export function value<T>(reading: Reading<T>): T {
  if (!reading.ok) throw new AssertionError(`an unchecked config reached the compiler: it ${reading.message}`);
  return reading.value;
}

export function ms(duration: string): number {
  return value(readDuration(duration));
}

/** Whole seconds of a time that others keep, which may be longer than any timer of ours. */
export function seconds(duration: string): number {
  return Math.floor(value(readDuration(duration, Number.MAX_SAFE_INTEGER)) / 1000);
}

export function bytes(size: string | 0): number {
  return size === 0 ? 0 : value(readSize(size));
}

/** A single address is a block of one. */
export function block(cidr: string): string {
  if (cidr.includes("/")) return cidr.toLowerCase();
  return `${cidr.toLowerCase()}/${cidr.includes(":") ? 128 : 32}`;
}

/** Without the keys whose value is undefined, so that spreading it overrides only what is there. */
export function defined<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [K in keyof T]?: Exclude<T[K], undefined> }; // Entries lose the key's type.
}

/** What is frozen already was frozen here, to its leaves: tags that thousands of members share are gone through once. */
export function freeze<T extends object>(tree: T): T {
  if (Array.isArray(tree)) for (const branch of tree) freezeBranch(branch);
  else for (const key in tree) freezeBranch(tree[key]);
  return Object.freeze(tree);
}

function freezeBranch(branch: unknown): void {
  if (typeof branch === "object" && branch !== null && !Object.isFrozen(branch)) freeze(branch);
}
