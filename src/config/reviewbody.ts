// What contradicts itself in what is done to bodies, and in who may read them: replacements without anything to replace, or of
// nothing that can be read, copies that a pool would send to itself, cross-origin answers that no browser takes.

import { madeBytesMax } from "../rewrite/replacement.ts";
import { readPattern, readReplacement } from "../rules/expression/pattern.ts";
import type { Path } from "./problem.ts";
import { mirroredBy } from "./reviewuse.ts";
import { isSection, listOf, type Report, type Section, sectionOf, textOf } from "./section.ts";

/** Of a listener or a pool. */
export function reviewReplacements(replace: unknown, path: Path, report: Report): void {
  for (const [index, value] of listOf(replace).entries())
    if (isSection(value)) reviewReplacement(sectionOf(value), [...path, index], report);
}

function reviewReplacement(own: Section, path: Path, report: Report): void {
  const { find, pattern, longest } = own;
  if (find === undefined && pattern === undefined)
    report("error", path, "value", "must say what is replaced: find, a text, or pattern, a regular expression");
  if (find !== undefined && pattern !== undefined)
    report("error", [...path, "pattern"], "key", "cannot stand beside find: write one of them");
  if (longest !== undefined && pattern === undefined)
    report("warning", [...path, "longest"], "key", "is of no use: only what a pattern matches is of any length");
  if (Buffer.byteLength(textOf(own.by) ?? "") > madeBytesMax)
    report("error", [...path, "by"], "value", "must be at most 1mb long");
  if (pattern === undefined) return;
  const text = textOf(pattern);
  const read = text === null ? null : readPattern(text, "");
  if (read?.ok === true && read.pattern.test(""))
    report("error", [...path, "pattern"], "value", "must not match the empty text, which stands everywhere");
  reviewSubstitution(own, path, report);
}

/** What a regular expression matches, and what stands there instead. */
export function reviewSubstitution({ pattern, by }: Section, path: Path, report: Report): void {
  const text = textOf(pattern);
  const read = text === null ? null : readPattern(text, "");
  if (read?.ok === false) report("error", [...path, "pattern"], "value", read.message);
  else if (read?.isSlow === true)
    report(
      "warning",
      [...path, "pattern"],
      "value",
      "has a repetition within a repetition: some texts take it a time that doubles with every character",
    );
  const replacement = textOf(by);
  if (replacement !== null && readReplacement(replacement) === null)
    report(
      "error",
      [...path, "by"],
      "value",
      "has a $ that names nothing: $1 is the first group, $& all that was matched, $$ the sign itself",
    );
}

export function reviewMirror(name: string, pool: Section, report: Report): void {
  const [mirror] = mirroredBy(["pools", name], pool);
  if (mirror?.pool === name) report("error", mirror.path, "value", "is this pool itself: copies go to another");
}

export function reviewCors(cors: unknown, path: Path, report: Report): void {
  const { origins, credentials } = sectionOf(cors);
  const isAnybody = listOf(origins).includes("*");
  if (isAnybody && credentials === true)
    report(
      "error",
      [...path, "credentials"],
      "value",
      'cannot be true with the origin "*", which no browser takes (Fetch 3.2.5): name the origins',
    );
  if (isAnybody && listOf(origins).length > 1)
    report("warning", [...path, "origins"], "value", 'has "*", so that the others change nothing');
}
