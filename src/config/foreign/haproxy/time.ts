// Times in the middle of a rule, where an objection is thrown rather than told. What duration.ts
// reads is a statement of its own, and what is wrong with it is told there and then.

import { quote } from "../../../base/reading.ts";
import { fault } from "./objection.ts";
import type { Word } from "./scene.ts";

const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, rounded up. */
export function readUnits(word: Word, bareUnit: "ms" | "s"): number {
  const found = /^(\d{1,12})(us|ms|s|m|h|d)?$/.exec(word.text);
  if (found === null) return fault(word, `must be a time such as 10s, not ${quote(word.text)}`);
  return Math.ceil(Number(found[1]) * unitMs[found[2] ?? bareUnit]!);
}
