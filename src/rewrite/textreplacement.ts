// A text for another, over the borders of pieces. Occurrences are found from the left and do not overlap. What is held back at the
// end of a piece is only what an occurrence may begin with, so that a line of a slow stream goes on at once. It can be stopped behind
// each occurrence.
//
//   held "<bo"  piece "dy><p>..."   ->  the border is looked at alone first, so that a piece is not copied to stand behind what was held

import type { Emit, Progress, Replacement } from "./replacement.ts";

export class TextReplacement implements Replacement {
  matches = 0;
  readonly #find: Buffer;
  readonly #by: Buffer;
  /** The beginning of `find` that the last piece has ended with. */
  #held = 0;
  /** For each beginning of `find`, how long the longest shorter one is that it ends with (Knuth, Morris, Pratt). */
  readonly #shorter: Int32Array;
  /** What it was stopped in, from `#restAt` on. */
  #rest: Buffer | null = null;
  #restAt = 0;

  constructor(find: Uint8Array, by: Uint8Array) {
    this.#find = Buffer.from(find);
    this.#by = Buffer.from(by);
    this.#shorter = shorterOf(this.#find);
  }

  write(bytes: Uint8Array, start: number, end: number, emit: Emit): Progress {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = this.#held > 0 ? this.#cross(view, start, end, emit) : start;
    if (at === -1) return "done";
    const stoppedAt = this.#replace(view, at, end, emit);
    if (stoppedAt === -1) return "done";
    this.#rest = Buffer.from(view.subarray(stoppedAt, end));
    this.#restAt = 0;
    return "stopped";
  }

  goOn(emit: Emit): Progress {
    const rest = this.#rest;
    if (rest === null) return "done";
    this.#restAt = this.#replace(rest, this.#restAt, rest.length, emit);
    if (this.#restAt !== -1) return "stopped";
    this.#rest = null;
    return "done";
  }

  end(emit: Emit): Progress {
    if (this.#held > 0) emit(this.#find, 0, this.#held);
    this.#held = 0;
    return "done";
  }

  /** Nothing is held. Answers the place where it was stopped; -1 when it was not. */
  #replace(bytes: Buffer, start: number, end: number, emit: Emit): number {
    const find = this.#find;
    const within = bytes.subarray(0, end);
    let at = start;
    this.#held = 0;
    for (;;) {
      const found = within.indexOf(find, at);
      if (found === -1) break;
      if (found > at) emit(bytes, at, found);
      at = found + find.length;
      if (!this.#put(emit) && at < end) return at;
    }
    this.#held = this.#tail(bytes, Math.max(at, end - find.length + 1), end);
    if (end - this.#held > at) emit(bytes, at, end - this.#held);
    return -1;
  }

  /** Go on with what is held, byte by byte, until nothing of that is. Answers the place behind; -1 when the piece was too short. */
  #cross(bytes: Buffer, start: number, end: number, emit: Emit): number {
    const find = this.#find;
    let held = this.#held;
    for (let at = start; at < end; at++) {
      const before = held;
      while (held > 0 && bytes[at] !== find[held]) held = this.#shorter[held]!;
      // What is no beginning any more was held, and equals that part of the text that is looked for.
      if (held < before) emit(find, 0, before - held);
      if (bytes[at] !== find[held]) {
        this.#held = 0;
        return at;
      }
      held++;
      if (held === find.length) {
        this.#put(emit);
        this.#held = 0;
        return at + 1;
      }
    }
    this.#held = held;
    return -1;
  }

  /** The longest beginning of `find`, but not all of it, that bytes[start, end) ends with. */
  #tail(bytes: Buffer, start: number, end: number): number {
    const find = this.#find;
    let held = 0;
    for (let at = start; at < end; at++) {
      while (held > 0 && bytes[at] !== find[held]) held = this.#shorter[held]!;
      if (bytes[at] === find[held]) held++;
    }
    return held;
  }

  #put(emit: Emit): boolean {
    this.matches++;
    return this.#by.length === 0 || emit(this.#by, 0, this.#by.length);
  }
}

/** At `length`: for the beginning of that length. */
function shorterOf(find: Uint8Array): Int32Array {
  const shorter = new Int32Array(find.length + 1);
  let held = 0;
  for (let at = 1; at < find.length; at++) {
    while (held > 0 && find[at] !== find[held]) held = shorter[held]!;
    if (find[at] === find[held]) held++;
    shorter[at + 1] = held;
  }
  return shorter;
}
