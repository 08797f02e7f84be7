// Bytes both ways between two lines until both sides have ended, each half closed on its own: an upgraded connection, or one
// that is carried as it is. A side that is slow to take bytes stops the other side's reading, so that at most one read is held
// for each direction. Which failure ends it all is decided by whom it belongs to.

import type { Line } from "./port.ts";

export class Tunnel {
  readonly #downstream: Line;
  readonly #upstream: Line;
  bytesUp = 0;
  bytesDown = 0;
  #isUpEnded = false;
  #isDownEnded = false;
  /** Of that line nothing more will be told, and nothing may be said to it. */
  isUpGone = false;
  isDownGone = false;

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

  /** The client's FIN goes on to the server, behind what is held for it; at once with all the rest when it was the last. */
  endedDown(): void {
    if (this.#isDownEnded) return;
    this.#isDownEnded = true;
    if (!this.isUpGone && !this.isOver) this.#upstream.end();
  }

  endedUp(): void {
    if (this.#isUpEnded) return;
    this.#isUpEnded = true;
    if (!this.isDownGone && !this.isOver) this.#downstream.end();
  }

  /** The client's connection is gone without a RST: its FIN, if it was not told before. */
  goneDown(): void {
    this.isDownGone = true;
    this.endedDown();
  }

  goneUp(): void {
    this.isUpGone = true;
    this.endedUp();
  }

  /** Bytes that the client has not taken. */
  get heldDown(): number {
    return this.isDownGone ? 0 : this.#downstream.heldBytes;
  }

  get heldUp(): number {
    return this.isUpGone ? 0 : this.#upstream.heldBytes;
  }

  /** It is the client's turn: to take what is held for it, or to say something that we would read. */
  get isClientAwaited(): boolean {
    return this.heldDown > 0 || (!this.#isDownEnded && this.heldUp === 0);
  }

  get isServerAwaited(): boolean {
    return this.heldUp > 0 || (!this.#isUpEnded && this.heldDown === 0);
  }

  /** Both sides have ended, and have taken all that the other said before. */
  get isOver(): boolean {
    return this.#isUpEnded && this.#isDownEnded && this.heldUp === 0 && this.heldDown === 0;
  }
}
