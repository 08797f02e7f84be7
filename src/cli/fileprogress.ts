// How far the reading of files is, for work that takes long, on stderr: one line that is written over where somebody watches, a line every ten seconds where nobody does.
// It knows no clock but what it is shown.

import { bytesText } from "./bytes.ts";

const watchedMs = 200;
const unwatchedMs = 10_000;
/** Back to the begin of the line, which is then cleared. */
const anew = "\r\x1b[K";

export class FileProgress {
  readonly #size: number | null;
  readonly #noun: string;
  readonly #isWatched: boolean;
  readonly #write: (text: string) => void;
  #bytes = 0;
  #startedMs: number | null = null;
  #shownMs = 0;

  /** `size`: of all that is read, in bytes; null where that is not known. `noun`: what is counted, in the plural. */
  constructor(size: number | null, noun: string, isWatched: boolean, write: (text: string) => void) {
    this.#size = size;
    this.#noun = noun;
    this.#isWatched = isWatched;
    this.#write = write;
  }

  took(bytes: number): void {
    this.#bytes += bytes;
  }

  see(count: number, nowMs: number): void {
    this.#startedMs ??= nowMs;
    if (nowMs - this.#shownMs < (this.#isWatched ? watchedMs : unwatchedMs)) return;
    this.#shownMs = nowMs;
    const seconds = Math.max(0.001, (nowMs - this.#startedMs) / 1000);
    const line = `${this.#part(seconds)}  ${count.toLocaleString("en")} ${this.#noun}, ${Math.round(count / seconds).toLocaleString("en")}/s`;
    this.#write(this.#isWatched ? `${anew}${line}` : `${line}\n`);
  }

  #part(seconds: number): string {
    const size = this.#size;
    if (size === null || size === 0) return bytesText(this.#bytes);
    const share = Math.min(1, this.#bytes / size);
    const left = share > 0.02 ? `, ${Math.ceil((seconds / share) * (1 - share))} s left` : "";
    return `${Math.floor(share * 100)} % of ${bytesText(size)}${left}`;
  }

  end(): void {
    if (this.#isWatched && this.#startedMs !== null) this.#write(anew);
  }
}
