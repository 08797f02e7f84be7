// By how many nodes the buckets of keys are used, of those keys that were heard of lately, up to a number. Kept in two generations: when the
// younger one is full the elder is let go of as a whole, since taking single keys from the front of a full map takes a walk over all
// that were taken from there before.

export class Portions {
  readonly #most: number;
  #younger = new Map<string, number>();
  #elder = new Map<string, number>();

  /** The latest half of `most` keys is there in any case. */
  constructor(most: number) {
    this.#most = most / 2;
  }

  set(key: string, nodes: number): void {
    this.#elder.delete(key);
    if (this.#younger.size >= this.#most && !this.#younger.has(key)) {
      this.#elder = this.#younger;
      this.#younger = new Map();
    }
    this.#younger.set(key, nodes);
  }

  delete(key: string): void {
    this.#younger.delete(key);
    this.#elder.delete(key);
  }

  get size(): number {
    return this.#younger.size + this.#elder.size;
  }

  each(visit: (key: string, nodes: number) => void): void {
    for (const [key, nodes] of this.#elder) visit(key, nodes);
    for (const [key, nodes] of this.#younger) visit(key, nodes);
  }
}
