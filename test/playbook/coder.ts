// A coding that tests can read, in the place of gzip and its kind: a mark, the content with its letters' case changed, another mark.
// It works as slowly, and in such pieces, as whoever makes it says, and keeps the law of coders: nothing is told during a call.
//
//   "<gzip>" cONTENT "</gzip>"

import type { Coder, CoderFlow, CoderWork } from "../../src/flow/port.ts";

/** How much of so many bytes that wait comes out next. */
export type Pace = (bytes: number) => number;

const waitingBytesMax = 4096;

/** Letters change their case; all other bytes stay. */
function turned(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a ? byte ^ 0x20 : byte));
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a server would send of that content. */
export function coded(coding: string, content: Uint8Array | string): Uint8Array {
  const bytes = typeof content === "string" ? encode(content) : content;
  return new Uint8Array(Buffer.concat([encode(`<${coding}>`), turned(bytes), encode(`</${coding}>`)]));
}

/** The content of what was coded; null where it is not whole. */
export function uncoded(coding: string, bytes: Uint8Array): Uint8Array | null {
  const [start, end] = [encode(`<${coding}>`), encode(`</${coding}>`)];
  const whole = Buffer.from(bytes);
  const isFramed =
    whole.indexOf(start) === 0 && whole.length >= start.length + end.length && whole.subarray(-end.length).equals(end);
  return isFramed ? turned(new Uint8Array(whole.subarray(start.length, -end.length))) : null;
}

export class FakeCoder implements Coder {
  readonly #work: CoderWork;
  readonly #later: (call: () => void) => void;
  readonly #pace: Pace;
  #flow: CoderFlow | null;
  #waiting: Uint8Array = new Uint8Array(0);
  #isBegun = false;
  #isEnding = false;
  #isPaused = false;
  #isFull = false;
  #isUnderWay = false;

  /** `later`: call it when this call is over. */
  constructor(work: CoderWork, flow: CoderFlow, later: (call: () => void) => void, pace: Pace = (bytes) => bytes) {
    this.#work = work;
    this.#flow = flow;
    this.#later = later;
    this.#pace = pace;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    this.#waiting = new Uint8Array(Buffer.concat([this.#waiting, bytes.subarray(start, end)]));
    this.#isFull = this.#waiting.length >= waitingBytesMax;
    this.#goOn();
    return !this.#isFull;
  }

  end(): void {
    this.#isEnding = true;
    this.#goOn();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  close(): void {
    this.#flow = null;
  }

  #goOn(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#later(() => {
      this.#isUnderWay = false;
      if (this.#flow !== null && !this.#isPaused) this.#step(this.#flow);
    });
  }

  #step(flow: CoderFlow): void {
    const isOver = this.#work.isOpening ? this.#open(flow) : this.#make(flow);
    if (isOver || this.#flow === null) return;
    if (this.#isFull && this.#waiting.length < waitingBytesMax) {
      this.#isFull = false;
      flow.room();
    }
  }

  #make(flow: CoderFlow): boolean {
    const { coding } = this.#work;
    const piece = turned(this.#take(this.#waiting.length));
    const isLast = this.#isEnding && this.#waiting.length === 0;
    const said = `${this.#isBegun ? "" : `<${coding}>`}${Buffer.from(piece).toString("latin1")}${isLast ? `</${coding}>` : ""}`;
    this.#isBegun = true;
    if (said !== "") flow.coded(Uint8Array.from(Buffer.from(said, "latin1")));
    if (isLast) this.#flow?.ended();
    else if (this.#waiting.length > 0) this.#goOn();
    return isLast;
  }

  #open(flow: CoderFlow): boolean {
    const { coding } = this.#work;
    const [start, end] = [encode(`<${coding}>`), encode(`</${coding}>`)];
    if (!this.#isBegun) {
      if (this.#waiting.length < start.length && !this.#isEnding) return false;
      if (this.#isEnding && this.#waiting.length === 0) {
        flow.ended();
        return true;
      }
      const mark = Buffer.from(this.#waiting.subarray(0, start.length));
      this.#waiting = this.#waiting.slice(start.length);
      if (!mark.equals(start)) return this.#fail(flow);
      this.#isBegun = true;
    }
    const isWhole = this.#waiting.length >= end.length && Buffer.from(this.#waiting.subarray(-end.length)).equals(end);
    if (this.#isEnding && !isWhole) return this.#fail(flow);
    const piece = turned(this.#take(this.#waiting.length - end.length));
    if (piece.length > 0) flow.coded(piece);
    const isLast = this.#isEnding && this.#waiting.length === end.length;
    if (isLast) this.#flow?.ended();
    else if (this.#waiting.length > end.length) this.#goOn();
    return isLast;
  }

  #fail(flow: CoderFlow): boolean {
    this.#flow = null;
    flow.broken(`this is not ${this.#work.coding}`);
    return true;
  }

  #take(bytesMax: number): Uint8Array {
    if (bytesMax <= 0) return new Uint8Array(0);
    const bytes = Math.min(bytesMax, this.#waiting.length, Math.max(1, this.#pace(bytesMax)));
    const piece = this.#waiting.slice(0, bytes);
    this.#waiting = this.#waiting.slice(bytes);
    return piece;
  }
}
