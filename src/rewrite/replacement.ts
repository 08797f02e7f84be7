// Text of a body for other text, as the body passes: pieces of it come in any sizes, and the same goes out whatever they were. It
// knows bytes only, not what they mean: a text is looked for as the bytes that it has in UTF-8. How a pattern is found is told
// from outside (Finder), for expressions are another room's. A few bytes may become very many, so it stops in the middle when
// who is told has enough: what is made ahead of that is bounded, however much there would be.

/** Content that goes on; valid during the call only. False: that is enough for now. */
export type Emit = (bytes: Uint8Array, start: number, end: number) => boolean;

/**
 * done: what was written has gone on, but for what waits for more. stopped: `emit` had enough, and `goOn` is to be said. tooLong: what
 * stands in the place of one match is longer than `madeBytesMax`; there is no going on.
 */
export type Progress = "done" | "stopped" | "tooLong";

/** One body's. */
export interface Replacement {
  /** Made so far: what it has cost, where few bytes come of many. */
  readonly matches: number;
  /** Takes all of it, and keeps what it was stopped in. Said only when everything before is done; so is `end`. */
  write(bytes: Uint8Array, start: number, end: number, emit: Emit): Progress;
  goOn(emit: Emit): Progress;
  /** What was held back goes on. */
  end(emit: Emit): Progress;
}

/** In the place of one match. It is put there whole, so it has to be held whole; no page needs more. */
export const madeBytesMax: number = 1024 * 1024;
