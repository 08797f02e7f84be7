// Where two normalised configs differ, as a list of edits that are also a script: done one after another to the first config, they make
// the second. Lists are compared by what their items are: servers by address, what has a name by that, other items by being the
// same, and what is left between two that match is taken for changed where it stands. It knows trees, and nothing of what they mean.

import type { Path } from "../../config/problem.ts";

export interface Edit {
  readonly kind: "added" | "removed" | "changed";
  /** As it is when all edits before this one are done. */
  readonly path: Path;
  /** Undefined for what is not there. */
  readonly before: unknown;
  readonly after: unknown;
}

type Section = Readonly<Record<string, unknown>>;

export function differences(before: unknown, after: unknown, path: Path = []): Edit[] {
  if (isSection(before) && isSection(after)) return sectionEdits(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return listEdits(before, after, path);
  return Bun.deepEquals(before, after) ? [] : [{ kind: "changed", path, before, after }];
}

/** What stands at that path; undefined where nothing does. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part]; // Its own, as was just asked.
  }
  return value;
}

function sectionEdits(before: Section, after: Section, path: Path): Edit[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key): Edit[] => {
    const [old, now] = [own(before, key), own(after, key)];
    const at = [...path, key];
    if (old === undefined) return now === undefined ? [] : [{ kind: "added", path: at, before: old, after: now }];
    return now === undefined ? [{ kind: "removed", path: at, before: old, after: now }] : differences(old, now, at);
  });
}

function listEdits(before: readonly unknown[], after: readonly unknown[], path: Path): Edit[] {
  const pairs = aligned(before, after);
  const [kept, met] = [new Set(pairs.map(([old]) => old)), new Set(pairs.map(([, now]) => now))];
  const edits: Edit[] = [];
  // From the back, so that those before stay where they are.
  for (let index = before.length - 1; index >= 0; index--)
    if (!kept.has(index))
      edits.push({ kind: "removed", path: [...path, index], before: before[index], after: undefined });
  for (const [index, item] of after.entries())
    if (!met.has(index)) edits.push({ kind: "added", path: [...path, index], before: undefined, after: item });
  for (const [old, now] of pairs) edits.push(...differences(before[old], after[now], [...path, now]));
  return edits;
}

type Pair = readonly [before: number, after: number];

/** Pairs of indices, both rising. */
function aligned(before: readonly unknown[], after: readonly unknown[]): Pair[] {
  const anchors = common(before.map(identityOf), after.map(identityOf));
  const pairs: Pair[] = [];
  let [old, now] = [0, 0];
  for (const [nextOld, nextNow] of [...anchors, [before.length, after.length] as const]) {
    // Between two that match: sections without a name, in their order.
    const [left, right] = [nameless(before, old, nextOld), nameless(after, now, nextNow)];
    for (let index = 0; index < Math.min(left.length, right.length); index++) pairs.push([left[index]!, right[index]!]);
    if (nextOld < before.length || nextNow < after.length) pairs.push([nextOld, nextNow]);
    [old, now] = [nextOld + 1, nextNow + 1];
  }
  return pairs;
}

function nameless(items: readonly unknown[], from: number, to: number): number[] {
  const found: number[] = [];
  for (let index = from; index < to; index++)
    if (typeof items[index] === "object" && nameOf(items[index]) === null) found.push(index);
  return found;
}

/** Two items that have the same are the same thing, changed or not. */
function identityOf(item: unknown): string {
  if (typeof item === "string") return `name ${item.replace(/\^\d+$/, "")}`;
  const name = nameOf(item);
  return name === null ? `value ${JSON.stringify(item)}` : `name ${name}`;
}

function nameOf(item: unknown): string | null {
  if (!isSection(item)) return null;
  const name = own(item, "name") ?? own(item, "address");
  return typeof name === "string" ? name.replace(/\^\d+$/, "") : null;
}

/** Beyond so many comparisons a list is gone through once, in its order. */
const comparisonsMax = 4_000_000;

/** The longest common part, in order. */
function common(before: readonly string[], after: readonly string[]): Pair[] {
  let from = 0;
  while (from < before.length && from < after.length && before[from] === after[from]) from++;
  let ends = 0;
  const rest = Math.min(before.length, after.length) - from;
  while (ends < rest && before[before.length - 1 - ends] === after[after.length - 1 - ends]) ends++;
  const [left, right] = [before.slice(from, before.length - ends), after.slice(from, after.length - ends)];
  const middle = left.length * right.length > comparisonsMax ? inOrder(left, right) : longest(left, right);
  return [
    ...Array.from({ length: from }, (_, index): Pair => [index, index]),
    ...middle.map(([old, now]): Pair => [old + from, now + from]),
    ...Array.from({ length: ends }, (_, index): Pair => {
      return [before.length - ends + index, after.length - ends + index];
    }),
  ];
}

function longest(left: readonly string[], right: readonly string[]): Pair[] {
  const width = right.length + 1;
  const lengths = new Uint32Array((left.length + 1) * width);
  for (let old = left.length - 1; old >= 0; old--)
    for (let now = right.length - 1; now >= 0; now--) {
      const isSame = left[old] === right[now];
      const [below, beside] = [lengths[(old + 1) * width + now]!, lengths[old * width + now + 1]!];
      lengths[old * width + now] = isSame ? lengths[(old + 1) * width + now + 1]! + 1 : Math.max(below, beside);
    }
  const pairs: Pair[] = [];
  for (let old = 0, now = 0; old < left.length && now < right.length; ) {
    if (left[old] === right[now]) pairs.push([old++, now++]);
    else if (lengths[(old + 1) * width + now]! >= lengths[old * width + now + 1]!) old++;
    else now++;
  }
  return pairs;
}

function inOrder(left: readonly string[], right: readonly string[]): Pair[] {
  const places = new Map<string, number>();
  for (const [index, identity] of right.entries()) if (!places.has(identity)) places.set(identity, index);
  const pairs: Pair[] = [];
  let last = -1;
  for (const [index, identity] of left.entries()) {
    const place = places.get(identity);
    if (place === undefined || place <= last) continue;
    pairs.push([index, place]);
    last = place;
  }
  return pairs;
}

function own(section: Section, key: string): unknown {
  return Object.hasOwn(section, key) ? section[key] : undefined;
}

export function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
