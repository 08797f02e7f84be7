// The board's lock, for a pool: whoever holds it already goes on, so that what takes it can be done as a part of something larger.
// Nothing that is done under it may throw, or wait.

import type { EgressBoard } from "../memory/egress.ts";

export class Latch {
  readonly #board: EgressBoard;
  #depth = 0;

  constructor(board: EgressBoard) {
    this.#board = board;
  }

  /** False: somebody does not let go; then there is nothing to leave. */
  enter(): boolean {
    if (this.#depth === 0 && !this.#board.open()) return false;
    this.#depth++;
    return true;
  }

  leave(): void {
    if (--this.#depth === 0) this.#board.close();
  }
}
