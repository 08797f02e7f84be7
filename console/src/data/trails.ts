// What single caches and rules did in the last minutes, second by second: the figures tell of each second only, and a page that is opened
// wants to show how it came to be. It is kept for as long as the console is open, from the console's first second on, whatever page is
// looked at. A second of which nothing is known is a gap.

import type { Figures } from "../../../src/control/api/shape/figures.ts";
import { historySeconds, type Line } from "./history.ts";
import { figures } from "./store.ts";

/** Some numbers a second, each under a name. What a second does not name had none of it: null, or what `absent` says. */
export class Trails {
  readonly times: number[] = [];
  readonly #lines = new Map<string, (number | null)[]>();
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
    for (let second = (this.times.at(-1) ?? at - 1) + 1; second < at; second++) this.#add(second, {}, null);
    this.#add(at, values, this.#absent);
  }

  line(name: string): Line {
    return this.#lines.get(name) ?? this.times.map(() => this.#absent);
  }

  #add(second: number, values: Readonly<Record<string, number | null>>, absent: number | null): void {
    for (const name of Object.keys(values))
      if (!this.#lines.has(name))
        this.#lines.set(
          name,
          this.times.map(() => this.#absent),
        );
    this.times.push(second);
    for (const [name, line] of this.#lines) line.push(Object.hasOwn(values, name) ? values[name]! : absent);
    if (this.times.length <= this.#seconds) return;
    this.times.shift();
    for (const [name, line] of this.#lines) {
      line.shift();
      // One that has told nothing for so long may be of a config that is gone.
      if (line.every((value) => value === this.#absent || value === null)) this.#lines.delete(name);
    }
  }

  #clear(): void {
    this.times.length = 0;
    this.#lines.clear();
  }
}

export type CacheColumn = "ratio" | "hits" | "misses" | "fill";
export const cacheTrails: Trails = new Trails(historySeconds, null);
export const ruleTrails: Trails = new Trails(60, 0);

export function cacheLine(cache: string, column: CacheColumn): string {
  return `${column} ${cache}`;
}

export function take(now: Figures): void {
  const at = Math.round(Date.parse(now.at) / 1000);
  const ofCaches = now.caches.flatMap(({ name, hits, misses, hitRatio, bytes, bytesMax }) => [
    [cacheLine(name, "ratio"), hitRatio] as const,
    [cacheLine(name, "hits"), hits] as const,
    [cacheLine(name, "misses"), misses] as const,
    [cacheLine(name, "fill"), bytesMax > 0 ? bytes / bytesMax : null] as const,
  ]);
  cacheTrails.push(at, Object.fromEntries(ofCaches));
  ruleTrails.push(at, Object.fromEntries(now.rules.map(({ id, hits }) => [id, hits])));
}

figures.subscribe((now) => {
  if (now !== null) take(now);
});
