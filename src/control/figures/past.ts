// The last hour in steps of ten seconds, for who comes to look when something has gone wrong already: requests, errors, latency, connections
// and bytes, of all listeners together, and what caches did. It is remembered whether somebody looks or not, which costs control a look at
// its routes and caches every ten seconds, some 100 kB, and as much again for each few caches; who wants more keeps metrics.

import { workerCell } from "../../memory/tally.ts";
import type { Moment, PastAnswer } from "../api/shape/figures.ts";
import { Differences } from "./differences.ts";
import { cachesOf } from "./holdings.ts";
import type { FiguresSource } from "./source.ts";
import { trafficOf } from "./traffic.ts";

export const pastSeconds = 10;
const momentsMax = 360;
/** Of which is remembered what they did; a config has one or two. */
export const cachesMax = 16;

export class Past {
  readonly #source: FiguresSource;
  readonly #differences = new Differences();
  readonly #moments: Moment[] = [];
  #lookedAtMs: number | null = null;

  constructor(source: FiguresSource) {
    this.#source = source;
  }

  /** Said every ten seconds. */
  look(): void {
    const source = this.#source;
    const plan = source.plan();
    if (plan === null) return;
    const nowMs = source.monotonicMs();
    const former = this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    const seconds = Math.max(0.001, (nowMs - (former ?? nowMs)) / 1000);
    this.#differences.begin();
    const look = { plan, source, seconds };
    const { all, bytesReceived, bytesSent } = trafficOf(look, this.#differences);
    const caches = cachesOf(look, this.#differences).slice(0, cachesMax);
    // The first has nothing to compare with.
    if (former === null) return;
    this.#moments.push({
      ...all,
      at: new Date(source.nowMs()).toISOString(),
      connections: source.totals.worker(workerCell.connections),
      upstreamConnections: source.totals.worker(workerCell.upstreamConnections),
      ...{ bytesReceived, bytesSent, caches },
    });
    if (this.#moments.length > momentsMax) this.#moments.shift();
  }

  answer(): PastAnswer {
    return { everySeconds: pastSeconds, moments: this.#moments };
  }
}
