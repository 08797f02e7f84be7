// Keys that are taken away once more a while after they were: what another process, or another connection, was about to write then
// comes behind that, and would be found for as long as it is fresh. One timer for all; a key's turn comes after one to two of its
// periods.

/** With more keys than this they are taken away at once. */
const waitingMax = 10_000;

export class Latecomers {
  readonly #periodMs: number;
  readonly #remove: (keys: readonly string[]) => void;
  #young = new Set<string>();
  #old = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(periodMs: number, remove: (keys: readonly string[]) => void) {
    this.#periodMs = periodMs;
    this.#remove = remove;
  }

  /** They are being taken away now. */
  add(keys: readonly string[]): void {
    for (const key of keys) this.#young.add(key);
    if (this.#young.size > waitingMax) this.#turn();
    this.#wait();
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(): void {
    if (this.#timer !== null || this.#young.size + this.#old.size === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#turn();
      this.#wait();
    }, this.#periodMs);
    this.#timer.unref();
  }

  #turn(): void {
    if (this.#old.size > 0) this.#remove([...this.#old]);
    this.#old = this.#young;
    this.#young = new Set();
  }
}
