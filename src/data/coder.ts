// The codings of content over node:zlib, whose streams work on threads of their own. A stream takes some hundred kB or more, so
// it is made when there is something to do, and what has come to its end before that is coded at once, if it is short: a stream and
// its thread would cost more than the work. Only so much is coded in one turn of the event loop; the rest waits for the next. Input is handed over one piece at a time, all that has come meanwhile together; when nothing
// more has, what is still inside is flushed out. Output waits inside of the stream while the flow does not take it (bounded:
// test/runtime/coding.test.ts).

import type { Transform } from "node:stream";
import {
  brotliCompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  createZstdCompress,
  createZstdDecompress,
  zstdCompressSync,
} from "node:zlib";
import type { Coding } from "../config/plan.ts";
import type { Coder, CoderFlow, CoderWork } from "../flow/port.ts";
import { CodingStream, type ZlibStream } from "./codingstream.ts";
import { ZstdEnd } from "./zstdend.ts";

/** Input that waits for the stream; the flow is told to pause at this. */
const waitingBytesMax = 64 * 1024;
/** Output is told in pieces of at most this, and only one of them waits (codingstream.ts). */
const pieces = { chunkSize: 32 * 1024, readableHighWaterMark: 1 };
/** What is coded at once is no longer than this, by level: half a millisecond for markup (docs/profile), less for most else. */
const briefKilobytes: Readonly<Record<Coding, readonly number[]>> = {
  gzip: [64, 48, 48, 32, 32, 32, 24, 16, 16],
  br: [64, 48, 32, 24, 16, 16, 12, 12, 8],
  zstd: [64, 64, 64, 64, 48, 24, 12, 8, 4],
};
/** Of the longest that are coded at once, in one turn of the event loop: others are kept waiting for a millisecond at most. */
const briefOfTurnMax = 2;

/** Levels 1 to 9 of a config, as each coding has them. Those of brotli beyond 9 and of zstd beyond 15 take a second a MB. */
const brotliQualities = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const zstdLevels = [1, 1, 2, 3, 5, 7, 9, 12, 15];
/** A receiver has to have room for windows of 8 MiB, and for no larger ones (RFC 9659). We need less, and there may be many of us. */
const zstdWindowLogMax = 23;
const zstdWindowLog = 19;
const brotliWindowLog = 19;

/** What has been coded at once in this turn, as a part of the longest. */
let briefOfTurn = 0;

type ZlibLevel = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** What the driver does around each call into a flow. */
export type Telling = (call: () => void) => void;

export class ZlibCoder implements Coder {
  readonly #work: CoderWork;
  readonly #tell: Telling;
  /** Null when it is closed. */
  #flow: CoderFlow | null;
  #stream: CodingStream | null = null;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** The stream has a piece, or flushes. */
  #isBusy = false;
  /** The flow was told to wait. */
  #isFull = false;
  #isEnding = false;
  #isPaused = false;
  /** Something has gone in since the last flush. */
  #isHolding = false;
  #isScheduled = false;
  /** Where the stream itself does not see that its input was cut off. */
  readonly #end: ZstdEnd | null;
  /** A whole coding, made at once, that could not be told yet. */
  #brief: Uint8Array | null = null;

  constructor(work: CoderWork, flow: CoderFlow, tell: Telling) {
    this.#work = work;
    this.#flow = flow;
    this.#tell = tell;
    this.#end = work.isOpening && work.coding === "zstd" ? new ZstdEnd() : null;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#waiting.push(bytes.slice(start, end));
    this.#waitingBytes += end - start;
    this.#schedule();
    this.#isFull = this.#waitingBytes >= waitingBytesMax;
    return !this.#isFull;
  }

  end(): void {
    this.#isEnding = true;
    this.#schedule();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#stream?.resume();
    if (this.#brief !== null) this.#schedule();
  }

  close(): void {
    this.#flow = null;
    this.#waiting = [];
    this.#brief = null;
    this.#stream?.destroy();
    this.#stream = null;
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isBusy) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#flow !== null) this.#go();
    });
  }

  #go(): void {
    if (this.#isBusy) return;
    if (this.#brief !== null) return this.#tellBrief();
    const { isOpening, coding } = this.#work;
    if (this.#stream === null) {
      if (this.#isEnding && !isOpening) {
        const part = this.#waitingBytes / (briefKilobytes[coding as Coding][this.#work.level - 1]! * 1024);
        if (part <= 1) return this.#codeAtOnce(part);
      }
      if (this.#isEnding && this.#waitingBytes === 0) return this.#told((flow) => flow.ended());
      // Two kinds of deflate are told apart by their first two bytes.
      if (coding === "deflate" && this.#waitingBytes < 2 && !this.#isEnding) return;
      this.#stream = this.#open();
    }
    if (this.#waitingBytes > 0) this.#feed(this.#stream);
    else if (this.#isEnding) this.#finish(this.#stream);
    else if (this.#isHolding && !isOpening) this.#flush(this.#stream);
  }

  #open(): CodingStream {
    const { isOpening, coding, level } = this.#work;
    const made = isOpening ? opener(coding, this.#waiting) : maker(coding as Coding, level);
    const stream = new CodingStream(made as ZlibStream, {
      data: (bytes) => this.#told((flow) => flow.coded(bytes)),
      end: () => {
        const isWhole = this.#end === null || this.#end.isWhole;
        this.#told((flow) => (isWhole ? flow.ended() : flow.broken("unexpected end of file")));
      },
      error: ({ message }) => {
        const flow = this.#flow;
        this.#flow = null;
        if (flow !== null) this.#tell(() => flow.broken(message));
      },
    });
    if (this.#isPaused) stream.pause();
    return stream;
  }

  #feed(stream: CodingStream): void {
    const piece = this.#take();
    this.#end?.add(piece);
    this.#isBusy = true;
    this.#isHolding = true;
    stream.write(piece, () => {
      this.#isBusy = false;
      if (this.#flow === null) return;
      if (this.#isFull && this.#waitingBytes < waitingBytesMax) {
        this.#isFull = false;
        this.#told((flow) => flow.room());
      }
      // The next read of who writes comes before this, if there is one.
      this.#schedule();
    });
  }

  /** Its end is told by the stream. */
  #finish(stream: CodingStream): void {
    this.#isBusy = true;
    stream.end();
  }

  #take(): Uint8Array {
    const piece = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return piece;
  }

  #flush(stream: CodingStream): void {
    this.#isBusy = true;
    this.#isHolding = false;
    stream.flush(flushes[this.#work.coding as Coding], () => {
      this.#isBusy = false;
      if (this.#waitingBytes > 0 || this.#isEnding) this.#schedule();
    });
  }

  #codeAtOnce(part: number): void {
    // What is put off is scheduled behind what begins the next turn, so nobody overtakes it.
    if (briefOfTurn + part > briefOfTurnMax) return this.#schedule();
    if (briefOfTurn === 0) setImmediate(beginTurn);
    briefOfTurn += part;
    this.#brief = atOnce(this.#work.coding as Coding, this.#take(), this.#work.level);
    this.#tellBrief();
  }

  #tellBrief(): void {
    if (this.#isPaused) return;
    const bytes = this.#brief!;
    this.#brief = null;
    this.#told((flow) => flow.coded(bytes));
    this.#told((flow) => flow.ended());
  }

  #told(tell: (flow: CoderFlow) => void): void {
    this.#tell(() => {
      if (this.#flow !== null) tell(this.#flow);
    });
  }
}

function beginTurn(): void {
  briefOfTurn = 0;
}

const flushes: Readonly<Record<Coding, number>> = {
  gzip: constants.Z_SYNC_FLUSH,
  br: constants.BROTLI_OPERATION_FLUSH,
  zstd: constants.ZSTD_e_flush,
};

function brotliParams(level: number): Record<number, number> {
  return {
    [constants.BROTLI_PARAM_QUALITY]: brotliQualities[level - 1]!,
    [constants.BROTLI_PARAM_LGWIN]: brotliWindowLog,
  };
}

function zstdParams(level: number): Record<number, number> {
  return {
    [constants.ZSTD_c_compressionLevel]: zstdLevels[level - 1]!,
    [constants.ZSTD_c_windowLog]: zstdWindowLog,
  };
}

function maker(coding: Coding, level: number): Transform {
  switch (coding) {
    case "gzip":
      return createGzip({ level, ...pieces });
    case "br":
      return createBrotliCompress({ params: brotliParams(level), ...pieces });
    case "zstd":
      return createZstdCompress({ params: zstdParams(level), ...pieces });
  }
}

function atOnce(coding: Coding, bytes: Uint8Array, level: number): Uint8Array {
  switch (coding) {
    case "gzip":
      // The same format by another library, in two thirds of the time; what it makes is no longer.
      return Bun.gzipSync(bytes as Uint8Array<ArrayBuffer>, { level: level as ZlibLevel, library: "libdeflate" });
    case "br":
      return brotliCompressSync(bytes, { params: brotliParams(level) });
    case "zstd":
      return zstdCompressSync(bytes, { params: zstdParams(level) });
  }
}

function opener(coding: CoderWork["coding"], waiting: readonly Uint8Array[]): Transform {
  switch (coding) {
    case "gzip":
      return createGunzip(pieces);
    case "br":
      return createBrotliDecompress(pieces);
    case "zstd":
      return createZstdDecompress({ ...pieces, params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLogMax } });
    case "deflate":
      return isWrapped(waiting) ? createInflate(pieces) : createInflateRaw(pieces);
  }
}

/** "deflate" is zlib's format (RFC 9110 section 8.4.1.2); some send what is inside of it. By the first bytes of RFC 1950 section 2.2. */
function isWrapped(waiting: readonly Uint8Array[]): boolean {
  const first = Buffer.concat(waiting.slice(0, 2));
  const isDeflate = ((first[0] ?? 0) & 0x0f) === 8;
  return isDeflate && (((first[0] ?? 0) << 8) | (first[1] ?? 0)) % 31 === 0;
}
