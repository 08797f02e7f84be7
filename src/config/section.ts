// A config as it was written, for the reviews: a tree of unknown values, any of which the schema may have refused. What is not
// of the kind that is asked for reads as nothing, so that no mistake is told twice.

import { readDuration } from "../base/duration.ts";
import { readPattern } from "../rules/expression/pattern.ts";
import type { Inside } from "./caret.ts";
import type { Finding } from "./issues.ts";
import type { Path } from "./problem.ts";

export type Section = Readonly<Record<string, unknown>>;
export type Report = (
  severity: Finding["severity"],
  path: Path,
  part: Finding["part"],
  message: string,
  inside?: Inside,
) => void;
/** The path of something inside of what is reviewed. */
export type At = (...path: Path) => Path;

export function isSection(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function sectionOf(value: unknown): Section {
  return isSection(value) ? (value as Section) : {}; // An object with unknown values.
}

export function listOf(value: unknown): readonly unknown[] {
  // A hole, as a program may leave one, is an entry that is undefined: those who go through the list would pass it over.
  return Array.isArray(value) ? Array.from(value) : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** NaN, which compares as false, when the schema has refused it. */
export function msOf(value: unknown): number {
  const reading = typeof value === "string" ? readDuration(value, Number.MAX_SAFE_INTEGER) : null;
  return reading?.ok === true ? reading.value : Number.NaN;
}

/** What is wrong with a regular expression, which is RE2's or else, where it looks ahead or back, JavaScript's; or null. */
export function patternFault(pattern: string): string | null {
  const reading = readPattern(pattern, "");
  if (reading.ok) return null;
  return scriptFault(pattern) ?? reading.message.replace(/^is no regular expression: /, "");
}

/** What is wrong with one of JavaScript's, in its words, which people have seen before; or null. */
export function scriptFault(pattern: string): string | null {
  try {
    new RegExp(pattern);
    return null;
  } catch (error) {
    const { message } = error as SyntaxError; // RegExp throws nothing else for a text.
    return message.replace(/^Invalid regular expression: /, "");
  }
}
