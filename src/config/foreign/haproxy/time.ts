// Times in the middle of a rule, where an objection is thrown rather than told. What duration.ts
// reads is a statement of its own, and what is wrong with it is told there and then.

import { quote } from "../../../base/reading.ts";
import { durationOf } from "./duration.ts";
import { fault } from "./objection.ts";
import type { Word } from "./scene.ts";

/** Milliseconds, rounded up. */
export function readUnits(word: Word, bareUnit: "ms" | "s"): number {
  const found = durationOf(word.text, bareUnit);
  return found === null ? fault(word, `must be a time such as 10s, not ${quote(word.text)}`) : found.ms;
}
