// What a response's body goes through between its server and the client, as passage.ts sees it: content in, content out, perhaps
// much later, perhaps more or less of it. One filter may stand behind another; a chain of them is a filter again.

import type { Fault } from "../base/fault.ts";

/** What a filter does with content. Bytes are read during the call only. */
export interface Filter {
  /** False: it has enough for now; `room` will be told. It takes what it is given all the same. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** That was all: what is still inside goes on, then `ended` is told. */
  end(): void;
  /** What it has written is taken again: it may go on. One whose `write` has answered false tells `room`, at once or when it has some. */
  resume(): void;
  /** Nobody wants it any more: it tells nothing after this. */
  stop(): void;
}

/** Makes the filter of one body, which says what it has to say to `sink`; nothing of that while it is being made. */
export type FilterMaker = (sink: FilterSink) => Filter;

/** Sees a body's content go by, as the client gets it. */
export interface Onlooker {
  /** It is no reason to go on for a client that has left. */
  readonly isIncidental?: boolean;
  add(bytes: Uint8Array, start: number, end: number): void;
  /**
   * The client, which was given all content up to here, takes no more for now. True: it gets the rest from who looks on, in its own
   * time, and the server need not wait for it. Only asked where the content goes on unchanged. `isChunked`: it goes in chunks, of
   * which the one that was begun lacks `chunkLeft` bytes of content and its end; -1: none was.
   */
  relieve?(isChunked: boolean, chunkLeft: number): boolean;
  /**
   * Told after `add` by who was relieved. True: all is well. False: it cannot be kept any longer, and the server is to wait until who
   * looks on has given the client what was added. `isLast`: the body has come to its end.
   */
  isKept?(isLast: boolean): boolean;
  /** Said once, when the body is over; `isWhole`: to its end. */
  over(isWhole: boolean): void;
}

/** What a filter tells, during calls or later. What it has failed in is over: it tells nothing more. */
export interface FilterSink {
  /** Content. False: no more for now, until `resume`. */
  passed(bytes: Uint8Array, start: number, end: number): boolean;
  ended(): void;
  /** What went in makes no sense (not gzip), or what works on it has failed: the body is broken off. */
  failed(what: Fault): void;
  room(): void;
}
