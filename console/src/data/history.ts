// The last ten minutes of figures, second by second, as charts want them: one column of numbers per line, in the order of time. Seconds of
// which nothing is known are gaps, never zeros: a line that falls to the ground because nobody listened would frighten people. Pure.

import type { Figures, Moment } from "../../../src/control/api/shape/figures.ts";

export const historySeconds = 600;

export type Column =
  | "requests"
  | "errors"
  | "ok"
  | "refused"
  | "failed"
  | "p50"
  | "p90"
  | "p99"
  | "connections"
  | "upstreamConnections"
  | "bytesReceived"
  | "bytesSent";

/** What is kept of each second. */
const columns: Readonly<Record<Column, (figures: Moment) => number | null>> = {
  requests: (of) => of.requests,
  errors: (of) => of.errors,
  ok: (of) => of.statuses["1xx"] + of.statuses["2xx"] + of.statuses["3xx"],
  refused: (of) => of.statuses["4xx"],
  failed: (of) => of.statuses["5xx"] + of.statuses.none,
  p50: (of) => of.latency?.p50Ms ?? null,
  p90: (of) => of.latency?.p90Ms ?? null,
  p99: (of) => of.latency?.p99Ms ?? null,
  connections: (of) => of.connections,
  upstreamConnections: (of) => of.upstreamConnections,
  bytesReceived: (of) => of.bytesReceived,
  bytesSent: (of) => of.bytesSent,
};

export type Line = readonly (number | null)[];

export class History {
  /** Seconds since 1970, one apart, the newest last. */
  readonly times: number[] = [];
  readonly #lines: Map<Column, (number | null)[]>;
  readonly #seconds: number;

  constructor(seconds: number = historySeconds) {
    this.#seconds = seconds;
    this.#lines = new Map((Object.keys(columns) as Column[]).map((name) => [name, []]));
  }

  push(figures: Figures): void {
    const at = Math.round(Date.parse(figures.at) / 1000);
    const last = this.times.at(-1);
    // A clock that was set back, or another Sluice at the same address: what was known belongs to another time.
    if (last !== undefined && at < last - 1) this.clear();
    else if (last !== undefined && at <= last) return this.#replace(figures);
    for (let second = Math.max((last ?? at - 1) + 1, at - this.#seconds); second < at; second++)
      this.#add(second, null);
    this.#add(at, figures);
  }

  /** What was before the first that is known, and in gaps since: each moment is the mean of the seconds before its end. */
  fill(moments: readonly Moment[], everySeconds: number): void {
    const first = this.times[0] ?? Number.POSITIVE_INFINITY;
    const newest = this.times.at(-1) ?? Math.round(Date.parse(moments.at(-1)?.at ?? "") / 1000);
    const oldest = newest - this.#seconds + 1;
    const known = new Map<number, Moment>();
    for (const moment of moments) {
      const end = Math.round(Date.parse(moment.at) / 1000);
      for (let second = end - everySeconds + 1; second <= end; second++)
        if (second >= oldest) known.set(second, moment);
    }
    this.#fillGaps(known);
    const before = [...known.keys()].filter((second) => second < first);
    if (before.length === 0) return;
    const from = Math.min(...before);
    const to = Number.isFinite(first) ? first - 1 : Math.max(...before);
    const seconds = Array.from({ length: to - from + 1 }, (_, index) => from + index);
    this.times.unshift(...seconds);
    for (const [name, line] of this.#lines) {
      const read = columns[name];
      line.unshift(...seconds.map((second) => (known.has(second) ? read(known.get(second)!) : null)));
    }
  }

  line(name: Column): Line {
    return this.#lines.get(name)!;
  }

  /** Of the last so many seconds that are known, without the gaps. */
  recent(name: Column, seconds: number): number[] {
    return this.line(name)
      .slice(-seconds)
      .filter((value) => value !== null);
  }

  clear(): void {
    this.times.length = 0;
    for (const line of this.#lines.values()) line.length = 0;
  }

  #add(second: number, figures: Figures | null): void {
    this.times.push(second);
    for (const [name, line] of this.#lines) line.push(figures === null ? null : columns[name](figures));
    if (this.times.length <= this.#seconds) return;
    this.times.shift();
    for (const line of this.#lines.values()) line.shift();
  }

  #fillGaps(known: ReadonlyMap<number, Moment>): void {
    // Of each second that was heard of, the requests are known.
    const requests = this.#lines.get("requests")!;
    for (const [index, second] of this.times.entries()) {
      const moment = requests[index] === null ? known.get(second) : undefined;
      if (moment === undefined) continue;
      for (const [name, line] of this.#lines) line[index] = columns[name](moment);
    }
  }

  #replace(figures: Figures): void {
    for (const [name, line] of this.#lines) line[line.length - 1] = columns[name](figures);
  }
}
