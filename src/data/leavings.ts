// Files that were mapped for a plan that is past. They can be unmapped only by the collector, which finds out that nobody holds them:
// what began under that plan reads through the same view, and so may what keeps a part of it for its next use, so that
// nobody here could say when a view is read no more; one that is unmapped too soon ends the process. But the collector comes when there
// is much garbage, which a worker with little traffic never makes. So it is called here, where the files are large: it takes some
// ms. What is held by connections that last is looked for less and less often.

import { fullGC } from "bun:jsc";

/** Less may lie for as long as the runtime pleases. */
const easyBytes = 8 * 2 ** 20;
/** Until what was under way with the former plan is over. */
const firstPauseMs = 1000;

interface Left {
  readonly buffer: WeakRef<ArrayBufferLike>;
  readonly bytes: number;
}

export class Leavings {
  readonly #collect: () => unknown;
  #left: Left[] = [];
  #pauseMs = firstPauseMs;
  #dueMs = Number.POSITIVE_INFINITY;

  /** `collect` is given by tests. */
  constructor(collect: () => unknown = fullGC) {
    this.#collect = collect;
  }

  add(bytes: Uint8Array): void {
    this.#left.push({ buffer: new WeakRef(bytes.buffer), bytes: bytes.byteLength });
    this.#pauseMs = firstPauseMs;
    // From the next look on.
    this.#dueMs = Number.NEGATIVE_INFINITY;
  }

  /** To be called now and then. */
  look(nowMs: number): void {
    if (nowMs < this.#dueMs) return;
    const isNews = this.#dueMs === Number.NEGATIVE_INFINITY;
    if (!isNews) {
      this.#collect();
      this.#pauseMs *= 2;
    }
    this.#left = this.#left.filter(({ buffer }) => buffer.deref() !== undefined);
    const bytes = this.#left.reduce((sum, left) => sum + left.bytes, 0);
    this.#dueMs = bytes < easyBytes ? Number.POSITIVE_INFINITY : nowMs + this.#pauseMs;
  }
}
