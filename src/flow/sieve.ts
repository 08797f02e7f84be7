// A response's body on its way through a filter: content out of the framing that it came in, through the filter, and whatever the
// filter says into framing of our own. The filter may take its time; while it has enough, or the client has, the server is not
// read on. One sieve a body.

import type { Fault } from "../base/fault.ts";
import type { Body, Plain } from "../wire/http1/body.ts";
import type { Output } from "../wire/http1/writer.ts";
import { Trailers } from "./bodies/trailers.ts";
import type { Filter, FilterSink } from "./filter.ts";
import { lastChunk } from "./relay.ts";

/** Where it goes: the passage. */
export interface SieveOutlet {
  /** The one that heads and bodies are written into; cleared by `flush`. */
  readonly output: Output;
  /** What stands in the output goes to the client. False: it cannot take more now, or it is all over. */
  flush(): boolean;
  /** Content, as the client will see it. */
  look(bytes: Uint8Array, start: number, end: number): void;
  /** All has been said. */
  sieved(): void;
  broken(what: Fault): void;
  /** The filter takes content again. */
  hasRoom(): void;
}

/** What stands in the output at once; a filter that has more is told to wait until that is sent. */
export const insideBytesMax: number = 64 * 1024;
const crlf = new Uint8Array([0x0d, 0x0a]);
/** The last chunk, without the trailers and the empty line behind it. */
const lastSize = lastChunk.subarray(0, 3);

export class Sieve implements FilterSink, Plain {
  readonly #filter: Filter;
  readonly #outlet: SieveOutlet;
  readonly #isChunked: boolean;
  /** Null where they do not go on. */
  readonly #trailers: Trailers | null;
  /** Output of our own making is sent by whoever called us. */
  #isInside = false;
  #isRoomy = true;
  /** The filter was told to wait, for there is enough in the output. */
  #isFull = false;
  /** What it says of room is seen by who settles. */
  #isSettling = false;
  /** All has gone in, and all has come out. */
  #isSpent = false;
  #isEnded = false;
  #fault: Fault | null = null;

  /**
   * `make` gives the filter its sink. `isChunked`: the client is told the end by chunks, or else by FIN. `isTrailed`: and behind the
   * last chunk what stood behind the server's.
   */
  constructor(outlet: SieveOutlet, isChunked: boolean, make: (sink: FilterSink) => Filter, isTrailed: boolean = false) {
    this.#outlet = outlet;
    this.#isChunked = isChunked;
    this.#trailers = isTrailed && isChunked ? new Trailers() : null;
    this.#filter = make(this);
  }

  /** The filter can take more. */
  get isRoomy(): boolean {
    return this.#isRoomy;
  }

  /** The filter waits for more, and there is more to come. */
  get isIdle(): boolean {
    return this.#isRoomy && !this.#isSpent;
  }

  /** Follow the body as `Body.advance` does. What the filter says at once stands in the output when this returns. */
  advance(body: Body, bytes: Uint8Array, start: number, end: number): number {
    this.#isInside = true;
    const next = body.advance(bytes, start, end, this);
    this.#isInside = false;
    return next;
  }

  /** The body has come to its end, which may be told by more than one. */
  end(): void {
    if (this.#isSpent) return;
    this.#isSpent = true;
    this.#isInside = true;
    this.#filter.end();
    this.#isInside = false;
  }

  /** What has been told during `advance` or `end` comes to this, once the output is sent. `isTaken`: and the client can take more. */
  settle(isTaken: boolean): void {
    const isFull = this.#isFull;
    this.#isFull = false;
    if (this.#fault !== null) this.#outlet.broken(this.#fault);
    else if (this.#isEnded) this.#outlet.sieved();
    else if (isFull && isTaken) {
      this.#isSettling = true;
      this.#filter.resume();
      this.#isSettling = false;
    }
  }

  /** The client takes bytes again. */
  resume(): void {
    this.#filter.resume();
  }

  stop(): void {
    this.#filter.stop();
  }

  // ---- said by the body ----

  add(bytes: Uint8Array, start: number, end: number): void {
    if (this.#fault === null) this.#isRoomy = this.#filter.write(bytes, start, end);
  }

  trailer(value: number): void {
    this.#trailers?.add(value);
  }

  // ---- said by the filter ----

  passed(bytes: Uint8Array, start: number, end: number): boolean {
    if (end === start) return true;
    const { output } = this.#outlet;
    this.#outlet.look(bytes, start, end);
    if (!this.#isInside) output.clear();
    if (this.#isChunked) {
      output.latin1((end - start).toString(16));
      output.put(crlf);
    }
    output.copy(bytes, start, end);
    if (this.#isChunked) output.put(crlf);
    if (!this.#isInside) return this.#outlet.flush();
    this.#isFull = output.length >= insideBytesMax;
    return !this.#isFull;
  }

  ended(): void {
    this.#isEnded = true;
    const { output } = this.#outlet;
    if (!this.#isInside) output.clear();
    if (this.#isChunked) this.#putLast(output);
    if (this.#isInside) return;
    if (output.length > 0) this.#outlet.flush();
    this.#outlet.sieved();
  }

  failed(what: Fault): void {
    this.#fault = what;
    if (!this.#isInside) this.#outlet.broken(what);
  }

  room(): void {
    this.#isRoomy = true;
    if (!this.#isSettling) this.#outlet.hasRoom();
  }

  #putLast(output: Output): void {
    output.put(lastSize);
    // A filter that ends before its body does leaves them where they are.
    if (this.#isSpent) this.#trailers?.put(output);
    output.put(crlf);
  }
}
