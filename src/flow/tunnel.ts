// An upgraded connection: bytes both ways until both sides have ended, each half closed on its own. A side that is slow to
// take bytes stops the other side's reading, so that at most one read is held for each direction.

import type { Line } from "./port.ts";

export class Tunnel {
  readonly #downstream: Line;
  readonly #upstream: Line;
  bytesUp = 0;
  bytesDown = 0;
  #isUpEnded = false;
  #isDownEnded = false;

  constructor(downstream: Line, upstream: Line) {
    this.#downstream = downstream;
    this.#upstream = upstream;
  }

  /** From the client to the server. */
  sendUp(bytes: Uint8Array, start: number, end: number): void {
    this.bytesUp += end - start;
    if (!this.#upstream.send(bytes, start, end)) this.#downstream.pause();
  }

  /** From the server to the client. */
  sendDown(bytes: Uint8Array, start: number, end: number): void {
    this.bytesDown += end - start;
    if (!this.#downstream.send(bytes, start, end)) this.#upstream.pause();
  }

  drainedUp(): void {
    if (!this.#isDownEnded) this.#downstream.resume();
  }

  drainedDown(): void {
    if (!this.#isUpEnded) this.#upstream.resume();
  }

  /** The client's FIN goes on to the server. */
  endedDown(): void {
    this.#isDownEnded = true;
    this.#upstream.end();
  }

  endedUp(): void {
    this.#isUpEnded = true;
    this.#downstream.end();
  }

  /** Both sides have ended, and have taken all that the other said before. */
  get isOver(): boolean {
    if (!this.#isUpEnded || !this.#isDownEnded) return false;
    return this.#upstream.heldBytes === 0 && this.#downstream.heldBytes === 0;
  }
}
