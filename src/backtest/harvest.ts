// What came of the traffic, by client and in all: who was hit how often, and how high the measured term went. Memory grows with the
// number of clients, not of requests.

import type { Measure } from "./measure.ts";

export interface ClientRow {
  readonly client: string;
  requests: number;
  hits: number;
  /** The highest; NaN: it was never asked for. */
  peak: number;
  firstHitMs: number;
  lastHitMs: number;
}

/** A request, seen. */
export interface Seen {
  readonly client: string;
  readonly atMs: number;
  readonly isReached: boolean;
  readonly isHit: boolean;
  /** NaN where it was not asked for. */
  readonly value: number;
}

export class Harvest {
  requests = 0;
  /** Of those, how many came to the rule at all. */
  reached = 0;
  hits = 0;
  firstMs: number = Number.NaN;
  lastMs: number = Number.NaN;
  readonly #rows = new Map<string, ClientRow>();
  /** How many requests came to which value. */
  readonly #values = new Map<number, number>();

  add({ client, atMs, isReached, isHit, value }: Seen): void {
    this.requests++;
    if (Number.isNaN(this.firstMs)) this.firstMs = atMs;
    this.lastMs = atMs;
    let row = this.#rows.get(client);
    if (row === undefined) {
      row = { client, requests: 0, hits: 0, peak: Number.NaN, firstHitMs: Number.NaN, lastHitMs: Number.NaN };
      this.#rows.set(client, row);
    }
    row.requests++;
    if (isReached) this.reached++;
    if (!Number.isNaN(value)) {
      const kept = rounded(value);
      this.#values.set(kept, (this.#values.get(kept) ?? 0) + 1);
      if (!(row.peak >= value)) row.peak = value;
    }
    if (!isHit) return;
    this.hits++;
    row.hits++;
    if (Number.isNaN(row.firstHitMs)) row.firstHitMs = atMs;
    row.lastHitMs = atMs;
  }

  get clients(): number {
    return this.#rows.size;
  }

  /** Those that were hit, most often first. */
  hitClients(): ClientRow[] {
    return [...this.#rows.values()]
      .filter(({ hits }) => hits > 0)
      .sort((a, b) => b.hits - a.hits || (a.client < b.client ? -1 : 1));
  }

  /** Of each client of which there is one, in ascending order. */
  peaks(): Float64Array {
    const peaks = [...this.#rows.values()].map(({ peak }) => peak).filter((peak) => !Number.isNaN(peak));
    return Float64Array.from(peaks).sort();
  }

  /** Requests at which the measured term was beyond that. */
  requestsBeyond(threshold: number, operator: Measure["operator"]): number {
    let sum = 0;
    for (const [value, count] of this.#values)
      if (operator === ">" ? value > threshold : value >= threshold) sum += count;
    return sum;
  }
}

/** Whole up to a thousand, three digits above: rates of bytes have no end of values. */
function rounded(value: number): number {
  return Math.abs(value) <= 1000 ? value : Number(value.toPrecision(3));
}
