// An edit as it is done to a text that an operator wrote: values in the words of a file, and what the file does not spell out yet written
// whole. It knows trees; how a text is changed, each format knows.

import type { Path } from "../../../config/problem.ts";
import { partAsWritten } from "../../../config/written.ts";
import { differences, type Edit, valueAt } from "../difference.ts";

/** What is to stand at a path of the tree that the text is; undefined: nothing. */
export interface TextChange {
  readonly path: Path;
  readonly value: unknown;
  /** It takes a place of its own in a list, and those behind it move on. */
  readonly isInserted: boolean;
}

/** `written`: the tree that the text is now. In an order in which each can be done to what those before it have left. */
export function textChanges(written: unknown, before: unknown, after: unknown): TextChange[] {
  const changes: TextChange[] = [];
  const tree = structuredClone(written);
  const whole: Path[] = [];
  for (const edit of differences(before, after)) {
    const list = missingList(tree, edit);
    // A list that is only there as what it would be anyway is written as a whole, once.
    if (whole.some((each) => each.every((part, depth) => edit.path[depth] === part))) continue;
    if (list !== null) whole.push(list);
    const path = list ?? edit.path;
    const value = list === null ? edit.after : valueAt(after, list);
    const isInserted = list === null && edit.kind === "added" && typeof path.at(-1) === "number";
    const change = { path, value: value === undefined ? undefined : escaped(partAsWritten(value, path)), isInserted };
    changeTree(tree, change);
    changes.push(change);
  }
  return changes;
}

function missingList(written: unknown, { path }: Edit): Path | null {
  const index = path.findIndex((part, depth) => {
    return typeof part === "number" && !Array.isArray(valueAt(written, path.slice(0, depth)));
  });
  return index === -1 ? null : path.slice(0, index);
}

/** Texts in which ${ stands for itself, as text formats write them. */
function escaped(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("${", () => "$${");
  if (Array.isArray(value)) return value.map(escaped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
}

/** The same change done to a tree. */
export function changeTree(tree: unknown, { path, value, isInserted }: TextChange): void {
  if (value === undefined && valueAt(tree, path) === undefined) return;
  let above = tree as Record<string | number, unknown>; // A config is a section.
  for (const part of path.slice(0, -1)) {
    if (!Object.hasOwn(above, part)) above[part] = {};
    above = above[part] as Record<string | number, unknown>; // What stands above something is a section or a list.
  }
  const last = path.at(-1)!;
  if (!Array.isArray(above)) {
    if (value === undefined) delete above[last];
    else above[last] = value;
  } else above.splice(Number(last), isInserted ? 0 : 1, ...(value === undefined ? [] : [value]));
}

export function spliced(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}
