// A stream of node:zlib that works only while it has a place (places.ts): what is written, flushed or ended waits for one, and it is
// given back when the runtime's job is over, also where that is over because nobody takes the output. A stream that stands still
// therefore holds up no other, and one that makes much of little lets the others have their turns. It stands on what the runtime does
// with a `readableHighWaterMark` of 1: output that is not taken at once ends the work behind the piece (test/runtime/coding.test.ts).

import { availableParallelism } from "node:os";
import type { Transform } from "node:stream";
import { Places, type Waiter } from "./places.ts";

export type ZlibStream = Transform & { flush(kind: number, told: () => void): void };

export interface StreamEvents {
  data(bytes: Uint8Array): void;
  end(): void;
  error(error: Error): void;
}

/** As many as the runtime has threads where nobody tells it otherwise. */
const codingPlaces: Places = new Places(Math.max(2, availableParallelism()));

export class CodingStream implements Waiter {
  readonly #stream: ZlibStream;
  readonly #places: Places;
  /** What waits for a place. */
  #job: (() => void) | null = null;
  #hasPlace = false;
  #isPaused = false;
  /** Its work stands still until what it made is taken. */
  #isStalled = false;
  /** It has a place to go on with, and does so when the piece that it made last is taken, in a moment. */
  #isResuming = false;
  /** It stops behind the next piece, for others to have their turns. */
  #isYielding = false;

  constructor(stream: ZlibStream, events: StreamEvents, places: Places = codingPlaces) {
    this.#stream = stream;
    this.#places = places;
    const push = stream.push.bind(stream);
    stream.push = (bytes: unknown, encoding?: BufferEncoding): boolean => {
      const goesOn = push(bytes, encoding);
      if (!goesOn) this.#stop(bytes !== null);
      return goesOn;
    };
    stream.on("data", (bytes: Uint8Array) => {
      this.#isResuming = false;
      events.data(bytes);
      this.#yield();
    });
    stream.on("end", () => {
      this.#stop(false);
      events.end();
    });
    stream.on("error", (error: Error) => {
      this.#stop(false);
      events.error(error);
    });
  }

  /** One thing at a time: it is done when `done` is called, and the next may be asked for. */
  write(piece: Uint8Array, done: () => void): void {
    this.#seek(() => this.#stream.write(piece, () => this.#did(done)));
  }

  flush(kind: number, done: () => void): void {
    this.#seek(() => this.#stream.flush(kind, () => this.#did(done)));
  }

  /** Over with the last piece; what the runtime calls its callback comes before that. */
  end(): void {
    this.#seek(() => this.#stream.end());
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
    if (this.#isResuming) return this.#stop(true);
    if (!this.#isStalled || this.#job === null) return;
    this.#job = null;
    this.#places.forgo(this);
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isStalled) this.#stream.resume();
    else if (this.#job === null) this.#continue();
  }

  /** A job that runs has its place until it is over. Nothing is called any more. */
  destroy(): void {
    this.#job = null;
    this.#places.forgo(this);
    this.#stream.destroy();
    if (this.#isResuming) this.#stop(false);
  }

  placed(): void {
    const job = this.#job!;
    this.#job = null;
    this.#hasPlace = true;
    job();
  }

  #seek(job: () => void): void {
    this.#job = job;
    if (this.#places.take(this)) this.placed();
  }

  #continue(): void {
    this.#seek(() => {
      this.#isStalled = false;
      this.#isResuming = true;
      this.#stream.resume();
    });
  }

  #did(done: () => void): void {
    this.#stop(false);
    if (!this.#stream.destroyed) done();
  }

  #yield(): void {
    if (!this.#hasPlace || this.#isPaused || !this.#places.isAwaited) return;
    this.#isYielding = true;
    this.#stream.pause();
  }

  /** `isStalled`: there is more to do once what was made is taken. */
  #stop(isStalled: boolean): void {
    this.#isStalled = isStalled;
    this.#isResuming = false;
    const wasYielding = this.#isYielding;
    this.#isYielding = false;
    this.#leave();
    if (!wasYielding || this.#isPaused) return;
    if (isStalled) this.#continue();
    else this.#stream.resume();
  }

  #leave(): void {
    if (!this.#hasPlace) return;
    this.#hasPlace = false;
    this.#places.leave();
  }
}
