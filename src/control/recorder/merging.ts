// Records of several workers in one order, by when they ended: each worker's are in order, and a reader for each holds the one that comes
// next. Backwards for a list that ends when it is long enough; forwards for a stream, without any objects.

import type { RecorderReader } from "../../memory/recorderreader.ts";

/** All that there are, of each worker in front of `ends`, the newest first: the worker whose reader has read the next one. */
export function* backwards(readers: readonly RecorderReader[], ends: readonly number[] = []): Generator<number> {
  const numbers = readers.map((reader, worker) =>
    Math.min(reader.next(worker), ends[worker] ?? Number.POSITIVE_INFINITY),
  );
  const isThere = readers.map(() => false);
  const step = (worker: number): void => {
    const reader = readers[worker]!;
    isThere[worker] = false;
    while (!isThere[worker] && --numbers[worker]! >= reader.oldest(worker))
      isThere[worker] = reader.read(worker, numbers[worker]!);
  };
  for (const worker of readers.keys()) step(worker);
  for (;;) {
    let newest = -1;
    for (const worker of readers.keys())
      if (isThere[worker] && (newest === -1 || readers[worker]!.endedMs > readers[newest]!.endedMs)) newest = worker;
    if (newest === -1) return;
    yield newest;
    step(newest);
  }
}

export class Forwards {
  readonly #readers: readonly RecorderReader[];
  /** Of each worker: the number of the record that its reader holds, where it goes to, and when the one that is held has ended. */
  readonly #numbers: Float64Array;
  readonly #ends: Float64Array;
  readonly #endedMs: Float64Array;
  #lost = 0;

  constructor(readers: readonly RecorderReader[]) {
    this.#readers = readers;
    this.#numbers = new Float64Array(readers.length);
    this.#ends = new Float64Array(readers.length);
    this.#endedMs = new Float64Array(readers.length);
  }

  /**
   * All behind the cursor; where there are more, `most` of them: of each worker the newest, as many as its share of them is, and one at
   * least. The cursor goes behind them. Answers how many were lost.
   */
  pass(cursor: number[], most: number, visit: (reader: RecorderReader, worker: number) => void): number {
    const readers = this.#readers;
    this.#lost = 0;
    let all = 0;
    for (let worker = 0; worker < readers.length; worker++) all += this.#ahead(cursor, worker);
    const share = all <= most ? 1 : most / all;
    for (let worker = 0; worker < readers.length; worker++) this.#begin(cursor, worker, share);
    for (;;) {
      let oldest = -1;
      let endedMs = Number.POSITIVE_INFINITY;
      for (let worker = 0; worker < readers.length; worker++)
        if (this.#endedMs[worker]! < endedMs) {
          oldest = worker;
          endedMs = this.#endedMs[worker]!;
        }
      if (oldest === -1) return this.#lost;
      visit(readers[oldest]!, oldest);
      this.#step(oldest);
    }
  }

  /** How many of a worker are there behind the cursor. */
  #ahead(cursor: readonly number[], worker: number): number {
    const reader = this.#readers[worker]!;
    const end = reader.next(worker);
    return Math.max(0, end - Math.max(cursor[worker] ?? reader.first(worker), reader.oldest(worker)));
  }

  #begin(cursor: number[], worker: number, share: number): void {
    const reader = this.#readers[worker]!;
    const end = reader.next(worker);
    // Who began where there was no file has all of this one before it.
    const from = cursor[worker] ?? reader.first(worker);
    const oldest = Math.max(from, reader.oldest(worker));
    const first = share === 1 ? oldest : Math.max(oldest, end - Math.max(1, Math.floor((end - oldest) * share)));
    // Of numbers between two files nothing is lost.
    if (first > from) this.#lost += Math.min(first - from, first - Math.max(from, reader.first(worker)));
    cursor[worker] = Math.max(from, end);
    this.#numbers[worker] = first - 1;
    this.#ends[worker] = end;
    this.#step(worker);
  }

  /** To the next one that can be read; behind the last one it has ended never. */
  #step(worker: number): void {
    const reader = this.#readers[worker]!;
    const end = this.#ends[worker]!;
    for (let number = this.#numbers[worker]! + 1; number < end; number++) {
      if (reader.read(worker, number)) {
        this.#numbers[worker] = number;
        this.#endedMs[worker] = reader.endedMs;
        return;
      }
      this.#lost++;
    }
    this.#endedMs[worker] = Number.POSITIVE_INFINITY;
  }
}
