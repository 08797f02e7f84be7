// What a pattern matches for other text, over the borders of pieces. A match can be told from no match only when enough is there, so
// content is looked at in windows that begin and end at places which do not depend on how it came in: what goes out is the same
// for every cutting. A match is made where it begins at least `matchBytesMax` before a window's end, or where the body ends.
//
//   |x|------------- window -------------------|
//    ^ one byte of before, for ^ and \b        |
//      |<- matches that begin here are made ->|<- matchBytesMax ->|   the next window begins behind the last match, or here
//
// Bytes are characters, as in all expressions: "." is one byte. A match that is longer than told, or of nothing, is left as it is.

import type { Emit, Progress, Replacement } from "./replacement.ts";

export interface Match {
  readonly start: number;
  readonly end: number;
  /** What stands there instead; null where that is longer than `madeBytesMax`. */
  readonly by: string | null;
}

/** The first match that begins at `from` or behind it; null without one. */
export type Finder = (text: string, from: number) => Match | null;

/** So much goes on at once; a few matches in a window may become very much. */
const pieceBytesMin = 32 * 1024;
/** Smaller windows would be more calls for nothing. */
const windowBytesMin = 8 * 1024;

export class PatternReplacement implements Replacement {
  matches = 0;
  readonly #find: Finder;
  readonly #matchBytesMax: number;
  readonly #windowBytes: number;
  /** From `#at` on it was not looked at yet; one byte before that, where there is one. */
  #text = "";
  #at = 0;
  /** What came in pieces that are no window yet. */
  readonly #pieces: string[] = [];
  #waitingBytes = 0;
  #isEnding = false;
  /** The one that is looked at, with the byte before it. Places are its own: matches are sought from the one on, all before the other has gone on. */
  #window: string | null = null;
  #seekAt = 0;
  #goneTo = 0;
  /** No match that begins here or later is made in this one. */
  #startsEnd = 0;

  constructor(find: Finder, matchBytesMax: number) {
    this.#find = find;
    this.#matchBytesMax = matchBytesMax;
    this.#windowBytes = Math.max(2 * matchBytesMax, windowBytesMin);
  }

  write(bytes: Uint8Array, start: number, end: number, emit: Emit): Progress {
    this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1"));
    this.#waitingBytes += end - start;
    if (this.#text.length - this.#at + this.#waitingBytes < this.#windowBytes) return "done";
    this.#gather();
    return this.goOn(emit);
  }

  goOn(emit: Emit): Progress {
    while (this.#window !== null || this.#open()) {
      const progress = this.#look(this.#window!, emit);
      if (progress !== "done") return progress;
    }
    return "done";
  }

  end(emit: Emit): Progress {
    this.#gather();
    this.#isEnding = true;
    return this.goOn(emit);
  }

  #gather(): void {
    this.#text += this.#pieces.join("");
    this.#pieces.length = 0;
    this.#waitingBytes = 0;
  }

  /** The next window. False: there is none yet. */
  #open(): boolean {
    const left = this.#text.length - this.#at;
    const context = this.#at > 0 ? 1 : 0;
    if (this.#isEnding ? left === 0 : left < this.#windowBytes) {
      this.#text = this.#text.slice(this.#at - context);
      this.#at = context;
      return false;
    }
    const window = this.#text.slice(this.#at - context, this.#isEnding ? undefined : this.#at + this.#windowBytes);
    this.#window = window;
    this.#seekAt = context;
    this.#goneTo = context;
    this.#startsEnd = this.#isEnding ? window.length : window.length - this.#matchBytesMax;
    return true;
  }

  /** stopped: within the window, or behind it. */
  #look(window: string, emit: Emit): Progress {
    let made = "";
    while (this.#seekAt < this.#startsEnd) {
      const match = this.#find(window, this.#seekAt);
      if (match === null || match.start >= this.#startsEnd) break;
      this.#seekAt = Math.max(match.end, match.start + 1);
      if (match.end === match.start || match.end - match.start > this.#matchBytesMax) continue;
      if (match.by === null) return "tooLong";
      made += window.slice(this.#goneTo, match.start) + match.by;
      this.#goneTo = match.end;
      this.matches++;
      if (made.length < pieceBytesMin) continue;
      if (!say(made, emit)) return "stopped";
      made = "";
    }
    const next = Math.min(Math.max(this.#startsEnd, this.#seekAt), window.length);
    made += window.slice(this.#goneTo, next);
    // Where the next one begins: behind the last match, or here.
    this.#at += next - (this.#at > 0 ? 1 : 0);
    this.#window = null;
    return made === "" || say(made, emit) ? "done" : "stopped";
  }
}

/** Written over by the next, for whoever is told copies what it keeps. */
let scratch: Buffer = Buffer.allocUnsafeSlow(2 * pieceBytesMin);

function say(made: string, emit: Emit): boolean {
  if (made.length > scratch.length) scratch = Buffer.allocUnsafeSlow(made.length);
  scratch.write(made, "latin1");
  return emit(scratch, 0, made.length);
}
