// What a pattern matches for other text, over the borders of pieces. A match can be told from no match only when enough is there, so
// content is looked at in windows that begin and end at places which do not depend on how it came in: what goes out is the same
// for every cutting. A match is made where it begins at least `matchBytesMax` before a window's end, or where the body ends.
//
//   |x|------------- window -------------------|
//    ^ one byte of before, for ^ and \b        |
//      |<- matches that begin here are made ->|<- matchBytesMax ->|   the next window begins behind the last match, or here
//
// Bytes are characters, as in all expressions: "." is one byte. A match that is longer than told, or of nothing, is left as it is.

import type { Emit, Replacement } from "./replacement.ts";

export interface Match {
  readonly start: number;
  readonly end: number;
  /** What stands there instead. */
  readonly by: string;
}

/** The first match that begins at `from` or behind it; null without one. */
export type Finder = (text: string, from: number) => Match | null;

/** Smaller windows would be more calls for nothing. */
const windowBytesMin = 8 * 1024;

export class PatternReplacement implements Replacement {
  readonly #find: Finder;
  readonly #matchBytesMax: number;
  readonly #windowBytes: number;
  /** Not looked at yet, with the byte before it in front, where there is one. */
  #text = "";
  #contextBytes = 0;
  /** What came in pieces that are no window yet. */
  readonly #pieces: string[] = [];
  #waitingBytes = 0;

  constructor(find: Finder, matchBytesMax: number) {
    this.#find = find;
    this.#matchBytesMax = matchBytesMax;
    this.#windowBytes = Math.max(2 * matchBytesMax, windowBytesMin);
  }

  write(bytes: Uint8Array, start: number, end: number, emit: Emit): void {
    this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
    this.#waitingBytes += end - start;
    if (this.#text.length - this.#contextBytes + this.#waitingBytes < this.#windowBytes) return;
    this.#gather();
    let at = this.#contextBytes;
    while (this.#text.length - at >= this.#windowBytes) at = this.#look(at, at + this.#windowBytes, false, emit);
    this.#keep(at);
  }

  end(emit: Emit): void {
    this.#gather();
    this.#look(this.#contextBytes, this.#text.length, true, emit);
    this.#text = "";
  }

  #gather(): void {
    this.#text += this.#pieces.join("");
    this.#pieces.length = 0;
    this.#waitingBytes = 0;
  }

  #keep(at: number): void {
    this.#contextBytes = at > 0 ? 1 : 0;
    this.#text = this.#text.slice(at - this.#contextBytes);
  }

  /** The window text[start, end). Answers where the next one begins. */
  #look(start: number, end: number, isLast: boolean, emit: Emit): number {
    const context = start > 0 ? 1 : 0;
    const text = this.#text.slice(start - context, end);
    // From here on places are those of the window.
    const startsEnd = isLast ? text.length : text.length - this.#matchBytesMax;
    let at = context;
    let done = context;
    let made = "";
    while (at < startsEnd) {
      const match = this.#find(text, at);
      if (match === null || match.start >= startsEnd) break;
      at = Math.max(match.end, match.start + 1);
      if (match.end === match.start || match.end - match.start > this.#matchBytesMax) continue;
      made += text.slice(done, match.start) + match.by;
      done = match.end;
    }
    const next = Math.min(Math.max(startsEnd, at), text.length);
    made += text.slice(done, next);
    if (made !== "") emit(Buffer.from(made, "latin1"), 0, made.length);
    return start - context + next;
  }
}
