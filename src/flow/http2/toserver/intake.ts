// What has come of an answer and was not taken: held here while its exchange has no use for it, and told to be taken by the window that its
// server is given (RFC 9113 section 5.2). A window is small until something was taken, and stays so while too much is held in all: who takes
// nothing holds little.

import { initialWindowBytes } from "../../../wire/http2/frame.ts";
import { Held } from "../held.ts";
import type { Untaken } from "./untaken.ts";

export const streamWindowAtFirst: number = initialWindowBytes;
export const streamWindowBytes: number = 256 * 1024;

export class Intake {
  /** What the server may still send. */
  window: number = streamWindowAtFirst;
  readonly #all: Untaken;
  /** As HTTP/1.1 has it. */
  #held: Held | null = null;
  /** Content that has come and was not taken; that was, and is not told yet. */
  #untaken = 0;
  #unacknowledged = 0;
  #windowBytes = streamWindowAtFirst;

  constructor(all: Untaken) {
    this.#all = all;
  }

  reset(): void {
    this.window = streamWindowAtFirst;
    this.#windowBytes = streamWindowAtFirst;
    this.#untaken = 0;
    this.#unacknowledged = 0;
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  /** Content has come. */
  came(bytes: number): void {
    this.#untaken += bytes;
  }

  /** bytes[0, length) are held. */
  keep(bytes: Uint8Array, length: number): void {
    if (length === 0) return;
    if (this.#held === null) this.#held = new Held(bytes, 0, length);
    else this.#held.add(bytes, 0, length);
    this.#all.add(length);
  }

  /** What is held is whose it is, or nobody's. */
  release(): Held | null {
    const held = this.#held;
    if (held === null) return null;
    this.#held = null;
    this.#all.take(held.length);
    return held;
  }

  /** All content that has come is taken, and `framing` besides. Answers what the server is to be told: that it may send so much more; 0: nothing yet. */
  take(framing = 0): number {
    this.#unacknowledged += framing === 0 ? this.#untaken : framing;
    if (framing === 0) this.#untaken = 0;
    if (this.#unacknowledged * 2 < this.#windowBytes) return 0;
    const windowBytes = this.#all.isTooMuch ? this.#windowBytes : streamWindowBytes;
    const more = this.#unacknowledged + windowBytes - this.#windowBytes;
    this.#windowBytes = windowBytes;
    this.#unacknowledged = 0;
    this.window += more;
    return more;
  }
}
