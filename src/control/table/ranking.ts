// The entries of a table that come first by some of their numbers, found in one walk over all of them: of a million entries a few are
// kept, and the last of these says what is not worth a closer look. Entries that are equal in all of these numbers stay in the order in
// which they were met. It knows numbers and rows, not where they come from.

import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { type Field, findField } from "./query.ts";

/** What to compare; expires: how long until it expires, never being the longest. */
export type Criterion = {
  readonly of: Field | "uses" | "expires";
  /** The largest first. */
  readonly isDescending: boolean;
};

/** What is compared of an entry. */
export interface Ranked {
  readonly uses: number;
  /** Null: never. */
  readonly expiresMs: number | null;
  value(field: Field): number;
}

const criteriaMax = 8;

/** "-http_req_rate,gpc0": the largest rates first, and of those that are equal the smallest gpc0. */
export function readCriteria(text: string, fields: readonly Field[], table: string): Reading<readonly Criterion[]> {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > criteriaMax) return misread(`entries can be sorted by at most ${criteriaMax} numbers`);
  const criteria: Criterion[] = [];
  for (const part of parts) {
    const isDescending = part.startsWith("-");
    const name = isDescending ? part.slice(1) : part;
    if (name === "") return misread(`sort is written like -gpc0, several are joined by commas, not ${quote(text)}`);
    if (name === "uses" || name === "expires") {
      criteria.push({ of: name, isDescending });
      continue;
    }
    const field = findField(fields, name, table);
    if (!field.ok) return misread(`${field.message}; entries can be sorted by uses and expires too`);
    criteria.push({ of: field.value, isDescending });
  }
  return read(criteria);
}

interface Kept<Row> {
  readonly row: Row;
  /** Smaller comes first. */
  readonly values: readonly number[];
  readonly order: number;
}

export class Ranking<Row> {
  readonly #criteria: readonly Criterion[];
  readonly #most: number;
  /** A heap: whoever is first in it comes last. */
  readonly #heap: Kept<Row>[] = [];
  #added = 0;

  constructor(criteria: readonly Criterion[], most: number) {
    this.#criteria = criteria;
    this.#most = most;
  }

  /** Whether it comes before the last of those that are kept. */
  isWanted(ranked: Ranked): boolean {
    if (this.#heap.length < this.#most) return true;
    const worst = this.#heap[0]!.values;
    for (let index = 0; index < this.#criteria.length; index++) {
      const value = rankOf(ranked, this.#criteria[index]!);
      if (value !== worst[index]!) return value < worst[index]!;
    }
    return false;
  }

  add(ranked: Ranked, row: Row): void {
    if (!this.isWanted(ranked)) return;
    const values = this.#criteria.map((criterion) => rankOf(ranked, criterion));
    if (this.#heap.length === this.#most) this.#removeWorst();
    this.#heap.push({ row, values, order: this.#added++ });
    this.#rise();
  }

  /** The first one first. */
  rows(): Row[] {
    return [...this.#heap].sort((one, other) => (isBehind(one, other) ? 1 : -1)).map(({ row }) => row);
  }

  #rise(): void {
    const heap = this.#heap;
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBehind(heap[index]!, heap[parent]!)) return;
      [heap[index], heap[parent]] = [heap[parent]!, heap[index]!];
      index = parent;
    }
  }

  #removeWorst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ; ) {
      let behind = index;
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < heap.length && isBehind(heap[child]!, heap[behind]!)) behind = child;
      if (behind === index) return;
      [heap[index], heap[behind]] = [heap[behind]!, heap[index]!];
      index = behind;
    }
  }
}

function rankOf(ranked: Ranked, { of, isDescending }: Criterion): number {
  const value =
    of === "uses" ? ranked.uses : of === "expires" ? (ranked.expiresMs ?? Number.POSITIVE_INFINITY) : ranked.value(of);
  return isDescending ? -value : value;
}

function isBehind(one: Kept<unknown>, other: Kept<unknown>): boolean {
  for (let index = 0; index < one.values.length; index++) {
    const difference = one.values[index]! - other.values[index]!;
    if (difference > 0) return true;
    if (difference < 0) return false;
  }
  return one.order > other.order;
}
