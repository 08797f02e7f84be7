// What single caches and rules did in the last minutes, second by second: the figures tell of each second only, and a page that is opened
// wants to show how it came to be. It is kept for as long as the console is open, whatever page is looked at; what caches did before that,
// Sluice remembers in means of some seconds. A second of which nothing is known is a gap.

import type { CacheFigures, Figures, PastAnswer } from "../../../src/control/api/shape/figures.ts";
import { historySeconds, type Line } from "./history.ts";
import { figures, past } from "./store.ts";

/** Some numbers a second, each under a name. What a second does not name had none of it: null, or what `absent` says. */
export class Trails {
  readonly times: number[] = [];
  readonly #lines = new Map<string, (number | null)[]>();
  /** Seconds of which nothing was heard. */
  readonly #gaps = new Set<number>();
  readonly #seconds: number;
  readonly #absent: number | null;

  constructor(seconds: number, absent: number | null) {
    this.#seconds = seconds;
    this.#absent = absent;
  }

  push(at: number, values: Readonly<Record<string, number | null>>): void {
    const last = this.times.at(-1);
    if (last !== undefined && (at < last - 1 || at - last > this.#seconds)) this.#clear();
    else if (last !== undefined && at <= last) return;
    for (let second = (this.times.at(-1) ?? at - 1) + 1; second < at; second++) {
      this.#gaps.add(second);
      this.#add(second, {}, null);
    }
    this.#add(at, values, this.#absent);
  }

  /** What was before the first second that is known, and in gaps since: the means of some seconds, by the last of them. */
  fill(means: ReadonlyMap<number, Readonly<Record<string, number | null>>>, everySeconds: number): void {
    const newest = this.times.at(-1) ?? Math.max(...means.keys());
    for (const [end, values] of [...means].toSorted(([a], [b]) => b - a))
      for (let second = end; second > end - everySeconds; second--) {
        const first = this.times[0] ?? newest + 1;
        if (second < first && second > newest - this.#seconds) this.#prepend(second, values);
        else if (this.#gaps.delete(second)) this.#set(second - first, values);
      }
  }

  line(name: string): Line {
    return this.#lines.get(name) ?? this.times.map(() => this.#absent);
  }

  #know(values: Readonly<Record<string, number | null>>): void {
    for (const name of Object.keys(values))
      if (!this.#lines.has(name))
        this.#lines.set(
          name,
          this.times.map(() => this.#absent),
        );
  }

  #set(index: number, values: Readonly<Record<string, number | null>>): void {
    this.#know(values);
    for (const [name, line] of this.#lines) line[index] = Object.hasOwn(values, name) ? values[name]! : this.#absent;
  }

  /** Those between it and the first that is known stay gaps. */
  #prepend(second: number, values: Readonly<Record<string, number | null>>): void {
    this.#know(values);
    for (let gap = (this.times[0] ?? second + 1) - 1; gap > second; gap--) {
      this.#gaps.add(gap);
      this.times.unshift(gap);
      for (const line of this.#lines.values()) line.unshift(null);
    }
    this.times.unshift(second);
    for (const [name, line] of this.#lines) line.unshift(Object.hasOwn(values, name) ? values[name]! : this.#absent);
  }

  #add(second: number, values: Readonly<Record<string, number | null>>, absent: number | null): void {
    this.#know(values);
    this.times.push(second);
    for (const [name, line] of this.#lines) line.push(Object.hasOwn(values, name) ? values[name]! : absent);
    if (this.times.length <= this.#seconds) return;
    this.#gaps.delete(this.times.shift()!);
    for (const [name, line] of this.#lines) {
      line.shift();
      // One that has told nothing for so long may be of a config that is gone.
      if (line.every((value) => value === this.#absent || value === null)) this.#lines.delete(name);
    }
  }

  #clear(): void {
    this.times.length = 0;
    this.#gaps.clear();
    this.#lines.clear();
  }
}

export type CacheColumn = "ratio" | "hits" | "misses" | "fill";
export const cacheTrails: Trails = new Trails(historySeconds, null);
export const ruleTrails: Trails = new Trails(60, 0);

export function cacheLine(cache: string, column: CacheColumn): string {
  return `${column} ${cache}`;
}

function linesOf(caches: readonly CacheFigures[]): Readonly<Record<string, number | null>> {
  const lines = caches.flatMap(({ name, hits, misses, hitRatio, bytes, bytesMax }) => [
    [cacheLine(name, "ratio"), hitRatio] as const,
    [cacheLine(name, "hits"), hits] as const,
    [cacheLine(name, "misses"), misses] as const,
    [cacheLine(name, "fill"), bytesMax > 0 ? bytes / bytesMax : null] as const,
  ]);
  return Object.fromEntries(lines);
}

function secondOf(at: string): number {
  return Math.round(Date.parse(at) / 1000);
}

export function take(now: Figures): void {
  const at = secondOf(now.at);
  cacheTrails.push(at, linesOf(now.caches));
  ruleTrails.push(at, Object.fromEntries(now.rules.map(({ id, hits }) => [id, hits])));
}

export function takePast({ moments, everySeconds }: PastAnswer): void {
  if (moments.length === 0) return;
  cacheTrails.fill(new Map(moments.map(({ at, caches }) => [secondOf(at), linesOf(caches)])), everySeconds);
}

figures.subscribe((now) => {
  if (now !== null) take(now);
});

past.subscribe((told) => {
  if (told !== null) takePast(told);
});
