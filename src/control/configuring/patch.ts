// Changes a tree of plain values as RFC 7396 (merge patch) and RFC 6902 (operations) say. It knows neither configs nor secrets; a tree
// that is given is never changed itself, and an operation that does not fit leaves nothing done. Copies of copies are bounded: twenty
// operations would make a million of one.

import type { Reading } from "../../base/reading.ts";
import type { Path } from "../../config/problem.ts";
import { isSection } from "./difference.ts";
import { weightOf } from "./measure.ts";
import type { PatchOperation } from "./service.ts";

type Section = Record<string, unknown>;

/** RFC 7396, section 2. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isSection(patch)) return structuredClone(patch);
  const merged = new Map(isSection(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch))
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  return Object.fromEntries(merged);
}

/** What "test" asks of the value at a path. */
export type IsSame = (actual: unknown, value: unknown, path: Path) => boolean;

/** What a copy of a value, or the value itself, would come to at another place; a sentence where it must not stand there. */
export type Judge = (value: unknown, from: Path, to: Path) => string | null;

export interface PatchRules {
  readonly isSame?: IsSame;
  readonly judge?: Judge;
}

/** All that one patch may copy: more than the largest pools have. */
const copiedMax = 500_000;

/** The message tells which operation does not fit, and why. */
export function applyOperations(
  target: unknown,
  operations: readonly PatchOperation[],
  { isSame = (actual, value) => Bun.deepEquals(actual, value), judge = () => null }: PatchRules = {},
): Reading<unknown> {
  // In a section of its own, so that the whole is a value like any other.
  const holder: Section = { root: structuredClone(target) };
  let left = copiedMax;
  const copied = (value: unknown): boolean => {
    left -= weightOf(value, left);
    return left >= 0;
  };
  for (const [index, operation] of operations.entries()) {
    const message = applyOne(holder, operation, { isSame, judge, copied });
    if (message !== null)
      return { ok: false, message: `operation ${index + 1} (${operation.op} ${operation.path}): ${message}` };
  }
  return { ok: true, value: holder["root"] };
}

interface Rules extends Required<PatchRules> {
  /** Counts it; false: it is too much. */
  readonly copied: (value: unknown) => boolean;
}

function applyOne(holder: Section, operation: PatchOperation, { isSame, judge, copied }: Rules): string | null {
  const parts = partsOf(operation.path);
  if (parts === null) return 'the path must be "" or begin with /';
  switch (operation.op) {
    case "add":
      return put(holder, parts, structuredClone(operation.value));
    case "remove":
      return take(holder, parts).message;
    case "replace": {
      const found = find(holder, parts);
      if (!found.ok) return found.message;
      return set(holder, parts, structuredClone(operation.value));
    }
    case "test": {
      const found = find(holder, parts);
      if (!found.ok) return found.message;
      return isSame(found.value, operation.value, pathOf(parts)) ? null : "there is another value";
    }
    case "move":
    case "copy": {
      const from = partsOf(operation.from);
      if (from === null) return 'from must be "" or begin with /';
      const isInside = from.length < parts.length && from.every((part, index) => parts[index] === part);
      if (operation.op === "move" && isInside) return "nothing can be moved into itself";
      const found = operation.op === "move" ? take(holder, from) : find(holder, from);
      if (!found.ok) return found.message;
      const refusal = judge(found.value, pathOf(from), pathOf(parts));
      if (refusal !== null) return refusal;
      if (operation.op === "copy" && !copied(found.value)) return "all copies together are too large";
      return put(holder, parts, structuredClone(found.value));
    }
    default:
      return operation satisfies never;
  }
}

/** RFC 6901; the holder's key first. Null for what is no pointer. */
function partsOf(pointer: string): string[] | null {
  if (pointer !== "" && !pointer.startsWith("/")) return null;
  const parts = pointer.split("/").slice(1);
  return ["root", ...parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))];
}

/** As a config's, in which items have numbers. */
function pathOf(parts: readonly string[]): Path {
  return parts.slice(1).map((part) => (/^(?:\d+|-)$/.test(part) ? Number.parseInt(part, 10) || 0 : part));
}

type Found = { readonly ok: true; readonly value: unknown; readonly message: null } | Missing;
type Missing = { readonly ok: false; readonly message: string };

function find(holder: Section, parts: readonly string[]): Found {
  let value: unknown = holder;
  for (const [depth, part] of parts.entries()) {
    const key = Array.isArray(value) ? indexOf(part, value.length - 1) : part;
    if (key === null || typeof value !== "object" || value === null || !Object.hasOwn(value, key))
      return { ok: false, message: `there is nothing at /${parts.slice(1, depth + 1).join("/")}` };
    value = (value as Record<string | number, unknown>)[key]; // Its own, as was just asked.
  }
  return { ok: true, value, message: null };
}

function put(holder: Section, parts: readonly string[], value: unknown): string | null {
  const above = find(holder, parts.slice(0, -1));
  if (!above.ok) return above.message;
  const last = parts.at(-1)!;
  if (!Array.isArray(above.value)) return set(holder, parts, value);
  const index = last === "-" ? above.value.length : indexOf(last, above.value.length);
  if (index === null) return `the list has ${above.value.length} items, and no place ${last}`;
  above.value.splice(index, 0, value);
  return null;
}

function set(holder: Section, parts: readonly string[], value: unknown): string | null {
  const above = find(holder, parts.slice(0, -1));
  if (!above.ok) return above.message;
  const last = parts.at(-1)!;
  if (typeof above.value !== "object" || above.value === null) return "what is above it is no section";
  if (last === "__proto__") return "that name cannot be used";
  (above.value as Section)[last] = value; // An index of a list works the same.
  return null;
}

function take(holder: Section, parts: readonly string[]): Found {
  if (parts.length === 1) return { ok: false, message: "the whole config cannot be taken away" };
  const found = find(holder, parts);
  const above = find(holder, parts.slice(0, -1));
  if (!found.ok || !above.ok) return found;
  if (Array.isArray(above.value)) above.value.splice(Number(parts.at(-1)), 1);
  else delete (above.value as Section)[parts.at(-1)!]; // What has a key and is no list.
  return found;
}

function indexOf(text: string, max: number): number | null {
  return /^(0|[1-9]\d{0,8})$/.test(text) && Number(text) <= max ? Number(text) : null;
}
