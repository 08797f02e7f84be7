// Takes lines and writes them out, one write at a time, without ever making traffic wait. It knows pages of bytes, not what
// stands in them.
//
//   page being written ── pages waiting ── page being filled          together at most bufferBytesMax
//   [ ######>.......... ]  [ ##########]    [ ####........... ]
//
// A page goes out when it holds 64 kB or its first line is flushMs old. A write that fails (disk full, no reader) is tried
// again, from the byte it came to, after a pause; meanwhile lines gather until bufferBytesMax is reached, and from then on
// new ones are dropped and counted. A file that has half a line of ours by then, and another worker's behind it, gets that line
// once more, whole, on a line of its own. So every outage heals by itself, and loses no line that was taken.

import { type LogFile, type LogOpener, openedLater } from "./file.ts";
import { lineBytesMax } from "./format.ts";

/** A page that holds as much is written; there is room for one more line above it. */
const pageBytes = 65_536;
const newline = 0x0a;
const lineEnd = Uint8Array.of(newline);
/** After a failed write. */
const retryMs = 1000;
/** After one that would have waited for a reader: one that is only a moment late has gone on by then; twice as long each time, up to the other. */
const lateRetryMs = 1;
const slowRetryMs = 20;
const warnEveryMs = 60_000;
const keeping = "lines are kept while there is room, then dropped";

export interface SinkOptions {
  readonly path: string;
  /** What warnings call it; absent: the access log. */
  readonly log?: string;
  /** What a line takes at most; absent: what the usual formats take. */
  readonly lineBytesMax?: number;
  readonly bufferBytesMax: number;
  readonly flushMs: number;
  readonly opener: LogOpener;
  /** One that cannot be opened is tried again, like a write that fails. */
  readonly isPatient?: boolean;
  /** `lines` more lines stand in the log. */
  readonly written: (lines: number) => void;
  readonly dropped: (lines: number) => void;
  readonly warn: (message: string) => void;
  /** Monotonic. */
  readonly nowMs: () => number;
  /** Calls back once after so long; must not keep the process alive. */
  readonly after: (ms: number, then: () => void) => void;
}

interface Page {
  readonly bytes: Uint8Array;
  /** Written to the log, and filled with lines, up to here. */
  written: number;
  end: number;
  lines: number;
}

export class Sink {
  readonly #options: SinkOptions;
  #file: LogFile;
  /** Opened by `reopen`; takes over as soon as no write is under way. */
  #nextFile: LogFile | null = null;
  readonly #waiting: Page[] = [];
  #filling: Page;
  /** Pages kept for use again. */
  readonly #spare: Page[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  /** Some writes are done before they return: what comes next is begun behind them, not inside, however many there are. */
  #isBeginning = false;
  #isNextOwed = false;
  /** A pause after a failed write. */
  #isPausing = false;
  /** How long it was the last time, for a reader that is slow; 0 when something has been written since. */
  #slowMs = 0;
  /** Others may have written since a write failed: the file may end inside a line, ours or theirs. */
  #isTorn = false;
  #isFlushSet = false;
  /** The page being filled was to be written while others were waiting; small pages shall not pile up behind them. */
  #isFlushOwed = false;
  #droppedSinceWarning = 0;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  /** Why the last write failed; null while writes succeed. */
  #failure: string | null = null;
  #isFailureWarned = false;
  #isClosed = false;
  /** Closed with a write under way: whoever ends it closes the file. */
  #isLeft = false;
  #whenEmpty: (() => void) | null = null;

  /** Throws when the log cannot be opened, unless it `isPatient`. */
  constructor(options: SinkOptions) {
    const { opener, path } = options;
    this.#options = options;
    this.#filling = this.#newPage();
    try {
      this.#file = opener.openNow(path);
    } catch (error) {
      if (options.isPatient !== true) throw error;
      this.#file = openedLater(opener, path);
      this.#failure = `cannot be opened (${reasonOf(error as Error)})`;
      this.#warn(this.#failure);
    }
  }

  /** Where the next line goes, which may take `lineBytesMax` bytes from `at` on; null when lines must be dropped now. */
  room(): Uint8Array | null {
    if (this.#waitingBytes + this.#filling.end < this.#options.bufferBytesMax && !this.#isClosed)
      return this.#filling.bytes;
    this.#drop(1);
    return null;
  }

  get at(): number {
    return this.#filling.end;
  }

  /** A line now ends at `end` of what `room` gave. */
  took(end: number): void {
    this.#filling.end = end;
    this.#filling.lines++;
    if (end >= pageBytes) {
      this.#turnPage();
      this.#write();
    } else if (!this.#isFlushSet) {
      this.#isFlushSet = true;
      this.#options.after(this.#options.flushMs, () => {
        this.#isFlushSet = false;
        this.flush();
      });
    }
  }

  /** Write out what there is. */
  flush(): void {
    if (this.#waiting.length === 0) this.#turnPage();
    else this.#isFlushOwed = true;
    this.#write();
  }

  /** Go on in a new file of the same name, after the old one was moved away. When it cannot be opened the old one is kept. */
  reopen(): void {
    this.#options.opener.open(this.#options.path, (error, file) => {
      if (file === null) return this.#warn(`cannot be reopened (${reasonOf(error)}); the old file is written on`);
      if (this.#isClosed) return file.close();
      this.#nextFile?.close();
      this.#nextFile = file;
      this.#swapFile();
    });
  }

  /** Take no more lines, write out what there is, close. What is not written within `withinMs` is dropped. */
  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    if (this.#filling.end > 0) this.#turnPage();
    this.#isPausing = false;
    if (this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        this.#options.after(withinMs, resolve);
        this.#write();
      });
    }
    for (const page of this.#waiting.splice(0)) this.#drop(linesIn(page.bytes, page.written, page.end));
    this.#waitingBytes = 0;
    // Nobody would be told later.
    if (this.#droppedSinceWarning > 0) this.#tell(this.#failure ?? "has not taken all lines");
    if (!this.#isWriting) return this.#file.close();
    this.#isLeft = true;
    this.#file.leave?.();
  }

  #turnPage(): void {
    const page = this.#filling;
    this.#isFlushOwed = false;
    if (page.end === 0) return;
    this.#waiting.push(page);
    this.#waitingBytes += page.end;
    this.#filling = this.#spare.pop() ?? this.#newPage();
  }

  #newPage(): Page {
    const lineMax = this.#options.lineBytesMax ?? lineBytesMax;
    return { bytes: new Uint8Array(pageBytes + lineMax), written: 0, end: 0, lines: 0 };
  }

  #write(): void {
    this.#isNextOwed = true;
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    try {
      while (this.#isNextOwed) {
        this.#isNextOwed = false;
        this.#begin();
      }
    } finally {
      this.#isBeginning = false;
    }
  }

  #begin(): void {
    const page = this.#waiting[0];
    if (page === undefined || this.#isWriting || this.#isPausing) return;
    this.#isWriting = true;
    if (this.#isTorn && this.#owesLineEnd(page)) return this.#endLine();
    this.#isTorn = false;
    let isDone = false;
    const done = (error: Error | null, written: number): void => {
      isDone = true;
      this.#isWriting = false;
      if (this.#isLeft) return this.#file.close();
      if (error === null) this.#advance(page, written);
      else this.#fail(error);
    };
    try {
      this.#file.write(page.bytes, page.written, page.end, done);
    } catch (error) {
      // A write that was refused before it began would be under way for ever.
      if (isDone) throw error;
      done(error as Error, 0);
    }
  }

  /** What was begun is gone on with where it is the file's end still, and else begun again. Whether that must end another line first. */
  #owesLineEnd(page: Page): boolean {
    const start = page.written === 0 ? 0 : page.bytes.lastIndexOf(newline, page.written - 1) + 1;
    const begun = page.bytes.subarray(start, page.written);
    // With what stands before it: a few bytes of its beginning may well end another's.
    const end = this.#file.readEnd(begun.length + 1);
    if (end === null) return false;
    const isOwn = Buffer.compare(end.subarray(-begun.length), begun) === 0;
    const isFromStart = end.length === begun.length || end[0] === newline;
    // Of a line that lacks nothing but its end, that is written: it would stand there twice.
    const isWhole = page.bytes[page.written] === newline;
    if (begun.length > 0 && (isWhole || (isOwn && isFromStart))) return false;
    page.written = start;
    return end.length > 0 && end.at(-1) !== newline;
  }

  #endLine(): void {
    this.#file.write(lineEnd, 0, 1, (error) => {
      this.#isWriting = false;
      if (this.#isLeft) return this.#file.close();
      if (error !== null) return this.#fail(error);
      this.#isTorn = false;
      this.#swapFile();
      this.#write();
    });
  }

  #advance(page: Page, written: number): void {
    this.#failure = null;
    this.#slowMs = 0;
    const isWhole = written === page.end;
    this.#options.written(isWhole ? page.lines : linesIn(page.bytes, page.written, page.written + written));
    page.written += written;
    if (page.written === page.end && this.#waiting[0] === page) this.#retire(page);
    this.#swapFile();
    if (this.#waiting.length === 0 && this.#isFlushOwed) this.#turnPage();
    if (this.#waiting.length > 0) this.#write();
    else this.#whenEmpty?.();
  }

  #retire(page: Page): void {
    this.#waiting.shift();
    this.#waitingBytes -= page.end;
    page.written = 0;
    page.end = 0;
    page.lines = 0;
    // Two pages go around when all is well; what an outage piled up is given back.
    if (this.#spare.length < 2) this.#spare.push(page);
  }

  #fail(error: Error): void {
    const isSlow = reasonOf(error) === "EAGAIN";
    // Before anybody is told: who is told may write here.
    this.#isPausing = true;
    if (!isSlow) {
      this.#isTorn = true;
      this.#failure = `cannot be written (${reasonOf(error)})`;
      this.#warn(this.#failure);
    }
    this.#swapFile();
    // At the end there is no time for another try at a disk that is full.
    if (this.#isClosed && !isSlow) {
      this.#isPausing = false;
      this.#whenEmpty?.();
      return;
    }
    if (isSlow) this.#slowMs = this.#slowMs === 0 ? lateRetryMs : Math.min(slowRetryMs, 2 * this.#slowMs);
    this.#options.after(isSlow ? this.#slowMs : retryMs, () => {
      this.#isPausing = false;
      this.#write();
    });
  }

  #swapFile(): void {
    if (this.#nextFile === null || this.#isWriting) return;
    this.#file.close();
    this.#file = this.#nextFile;
    this.#nextFile = null;
    const page = this.#waiting[0];
    if (page === undefined || page.written === 0 || page.bytes[page.written - 1] === newline) return;
    // The old file ends inside a line. Its rest must not open the new one.
    page.written = page.bytes.indexOf(newline, page.written) + 1;
    this.#drop(1);
    if (page.written === page.end) this.#retire(page);
  }

  #drop(lines: number): void {
    if (lines === 0) return;
    this.#options.dropped(lines);
    this.#droppedSinceWarning += lines;
    // At the end all of it is told at once.
    if (!this.#isClosed) this.#warn(this.#failure ?? "does not take lines as fast as they come");
  }

  #warn(what: string): void {
    const nowMs = this.#options.nowMs();
    // That lines are dropped must not hide for a minute why: the disk is full.
    const isNews = this.#failure !== null && !this.#isFailureWarned;
    if (nowMs - this.#warnedAtMs < warnEveryMs && !isNews) return;
    this.#warnedAtMs = nowMs;
    this.#isFailureWarned = this.#failure !== null;
    this.#tell(this.#failure === what ? `${what}; ${keeping}` : what);
  }

  #tell(what: string): void {
    const count = this.#droppedSinceWarning;
    this.#droppedSinceWarning = 0;
    const lost = count === 0 ? "" : `; ${count} line${count === 1 ? "" : "s"} dropped since the last warning`;
    this.#options.warn(`${this.#options.log ?? "access log"} ${this.#options.path} ${what}${lost}`);
  }
}

function linesIn(bytes: Uint8Array, start: number, end: number): number {
  let lines = 0;
  for (let at = bytes.indexOf(newline, start); at !== -1 && at < end; at = bytes.indexOf(newline, at + 1)) lines++;
  return lines;
}

function reasonOf(error: Error | null): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? String(error?.message);
}
