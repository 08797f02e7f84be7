// The one door through which a file that processes share is written under a lock: plain words, and words that all processes agree on at once (Atomics).
// That there is only one lets a test stand in it and stop a process in front of any store.

export class SharedWords {
  /** For reading. Whoever writes says `put` or `store`. */
  readonly words: Int32Array;
  /** The same bytes in pairs of words, for the names of owners. */
  readonly pairs: BigInt64Array;

  constructor(bytes: Uint8Array) {
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
    this.pairs = new BigInt64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 8));
  }

  /** Ordered only by the stores and exchanges before and after it. */
  put(at: number, value: number): void {
    this.words[at] = value;
  }

  store(at: number, value: number): void {
    Atomics.store(this.words, at, value);
  }

  add(at: number, value: number): void {
    Atomics.add(this.words, at, value);
  }

  /** Adds 1, and answers what was there. */
  next(at: number): number {
    return Atomics.add(this.words, at, 1);
  }

  exchange(at: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.words, at, expected, value);
  }

  storePair(pair: number, value: bigint): void {
    Atomics.store(this.pairs, pair, value);
  }

  exchangePair(pair: number, expected: bigint, value: bigint): bigint {
    return Atomics.compareExchange(this.pairs, pair, expected, value);
  }
}
