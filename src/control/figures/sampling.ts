// When there is a look: once a second while somebody looks, and a while longer for those who ask again and again instead of listening.
// All who look are shown the same. While nobody looks there is no timer, and nothing is remembered: the first look after such a time has
// nothing to compare with, so the second follows it soon, and is the first that is shown.

import type { Figures, ServerFigures } from "../api/shape/figures.ts";
import { type Sample, Sampler } from "./sampler.ts";
import type { FiguresSource } from "./source.ts";

export type Watcher = (sample: Sample) => void;

export interface SamplingOptions {
  readonly source: FiguresSource;
  /** Of tests; otherwise as below. */
  readonly everyMs?: number;
  readonly firstMs?: number;
  readonly lingerMs?: number;
}

const everyMsUsual = 1000;
/** Long enough to tell a rate from, and short enough to wait for. */
const firstMsUsual = 250;
const lingerMsUsual = 10_000;

export class Sampling {
  readonly #options: SamplingOptions;
  readonly #watchers = new Set<Watcher>();
  #sampler: Sampler | null = null;
  #sample: Sample | null = null;
  #timer: Timer | null = null;
  /** Who asked once, and has had nothing to be shown yet. */
  #asked: ((figures: Figures | null) => void)[] = [];
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SamplingOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#timer !== null;
  }

  /** Every server as it was last seen by those who look: none while nobody does. */
  servers(): Iterable<ServerFigures> {
    return this.#sampler?.servers() ?? [];
  }

  /** What was seen last. */
  get latest(): Sample | null {
    return this.#sample;
  }

  /** Shown each sample from the next on. What it answers ends that. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    this.#begin();
    return () => {
      this.#watchers.delete(watcher);
      if (!this.#isWanted()) this.#end();
    };
  }

  /** The figures of the last second; at once where somebody is looking. Null while there is no plan. */
  figures(): Promise<Figures | null> {
    this.#askedAtMs = this.#options.source.monotonicMs();
    this.#begin();
    if (this.#sample !== null) return Promise.resolve(this.#sample.figures);
    return new Promise((resolve) => this.#asked.push(resolve));
  }

  close(): void {
    this.#watchers.clear();
    this.#end();
  }

  #isWanted(): boolean {
    const { source, lingerMs = lingerMsUsual } = this.#options;
    return this.#watchers.size > 0 || source.monotonicMs() - this.#askedAtMs < lingerMs;
  }

  #begin(): void {
    if (this.#timer !== null) return;
    const { source, everyMs = everyMsUsual, firstMs = firstMsUsual } = this.#options;
    this.#sampler = new Sampler(source);
    this.#sampler.look();
    const first = setTimeout(() => {
      this.#timer = setInterval(() => this.#look(), everyMs);
      this.#look();
    }, firstMs);
    this.#timer = first;
  }

  #look(): void {
    if (!this.#isWanted()) {
      this.#end();
      return;
    }
    this.#sample = this.#sampler!.look();
    this.#answer();
    if (this.#sample !== null) for (const watcher of [...this.#watchers]) watcher(this.#sample);
  }

  #answer(): void {
    for (const answer of this.#asked.splice(0)) answer(this.#sample?.figures ?? null);
  }

  #end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#sampler = null;
    this.#sample = null;
    this.#answer();
  }
}
