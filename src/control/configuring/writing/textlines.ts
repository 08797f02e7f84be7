// Lines of a config's text, and the comments among them: a comment belongs to what it stands behind, or right above. So it goes with
// that, and nothing new comes in between. Above a line that others follow without one it may be about all of them, and stays. For
// formats whose comments begin with "#".

import { spliced } from "./change.ts";

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

/** Behind its line break. */
export function lineEndOf(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

/** Whether what stands there begins a line, and nothing but a comma and a comment is behind it. A comma in front of the next is none of it. */
export function isAlone(text: string, start: number, end: number): boolean {
  const isLed = /^(?:[ \t]*(?:#.*)?\r?\n)+[ \t]*,/.test(text.slice(end));
  return (
    !isLed &&
    text.slice(lineStart(text, start), start).trim() === "" &&
    /^[ \t]*,?[ \t]*(?:#.*)?\r?\n?$/.test(text.slice(end, lineEndOf(text, end)))
  );
}

/** Where the comments begin that stand right above a line, and are indented as it is; its own start without any. */
export function aboveComments(text: string, start: number): number {
  const indent = indentAt(text, start);
  let from = start;
  while (from > 0) {
    const before = lineStart(text, from - 1);
    if (!text.slice(before, from).startsWith(`${indent}#`)) break;
    from = before;
  }
  return from;
}

/** Without the lines in which it begins and ends, and without the comment above it where that is about nothing else. */
export function withoutLines(text: string, from: number, to: number): string {
  const start = lineStart(text, from);
  const end = lineEndOf(text, to);
  const isOneOfSeveral = !text.slice(from, to).includes("\n") && isAlike(text, start, end);
  return spliced(text, isOneOfSeveral ? start : aboveComments(text, start), end, "");
}

/** A line of its own for an item of a list in brackets, each of which has one: above the first, or below the one that ends there. */
export function itemLine(text: string, item: string, first: number, after: number | null): string {
  const start = lineStart(text, first);
  const line = `${indentAt(text, start)}${item},\n`;
  if (after === null) {
    const place = aboveComments(text, start);
    return spliced(text, place, place, line);
  }
  const comma = /^\s*,/.test(text.slice(after)) ? "" : ",";
  const place = lineEndOf(text, after) + comma.length;
  return spliced(spliced(text, after, after, comma), place, place, line);
}

/** Whether the line at `next` goes on with the same as that at `start`. */
function isAlike(text: string, start: number, next: number): boolean {
  const [own, other] = [indentAt(text, start), indentAt(text, next)];
  const [mark, otherMark] = [text[start + own.length], text[next + other.length]];
  if (own !== other || otherMark === undefined || /[#\]}[\r\n]/.test(otherMark)) return false;
  return (mark === "-") === (otherMark === "-");
}

function indentAt(text: string, start: number): string {
  return /^[ \t]*/.exec(text.slice(start, lineEndOf(text, start)))![0];
}
