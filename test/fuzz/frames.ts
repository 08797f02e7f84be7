// What must hold of the frames of a client, whatever they are: they are told or refused, never thrown at; what is told, in which
// order, and where it ends does not depend on how the bytes were cut or on rests between; behind a refusal nothing is told; what
// lies before and behind the bytes is not looked at, and nothing that was told has to stay; and frames that are right are told in full.

import { Prng } from "../../src/base/prng.ts";
import { errorCode } from "../../src/wire/http2/frame.ts";
import { FrameReader, type FrameSink } from "../../src/wire/http2/framereader.ts";
import { Disagreement } from "./codec.ts";
import type { Inputs } from "./inputs.ts";
import { lastly, makeFrames, pick, spoiled, withAnother } from "./madeframes.ts";

/** What the one who is told does: rests behind every so many lines (0: never), and refuses at a line (-1: at none). */
export interface Manner {
  readonly blockBytesMax: number;
  readonly restEach: number;
  readonly refuseAt: number;
  /** Nobody reads on behind a rest. */
  readonly isLeft?: boolean;
}

export interface Verdict {
  readonly lines: readonly string[];
  readonly error: number;
  readonly reason: string;
  readonly taken: number;
  readonly isInside: boolean;
}

export const usual: Manner = { blockBytesMax: 32 * 1024, restEach: 0, refuseAt: -1 };
const shift = 11;

const hexOf = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.subarray(start, end)).toString("hex");

/** Writes down what it is told, a line each; pieces of one content are one line. */
class Scribe implements FrameSink {
  readonly lines: string[] = [];
  readonly reader: FrameReader;
  isRested = false;
  readonly #manner: Manner;

  constructor(manner: Manner) {
    this.#manner = manner;
    this.reader = new FrameReader(this, manner.blockBytesMax);
  }

  #note(line: string): void {
    if (this.reader.error !== -1) throw new Disagreement(`${line} is told behind a refusal (${this.reader.reason})`);
    const { refuseAt, restEach } = this.#manner;
    if (this.lines.length === refuseAt) this.reader.refuse(errorCode.internalError, "told enough");
    this.lines.push(line);
    if (restEach === 0 || this.lines.length % restEach > 0) return;
    this.reader.rest();
    this.isRested = true;
  }

  dataBegins(stream: number, length: number): void {
    this.#note(`data ${stream} of ${length}`);
  }

  data(stream: number, bytes: Uint8Array, start: number, end: number): void {
    if (start === end) throw new Disagreement("content of no bytes is told");
    const line = `content ${stream} `;
    const text = hexOf(bytes, start, end);
    if (this.lines.at(-1)!.startsWith(line)) this.lines[this.lines.length - 1] += text;
    else this.#note(line + text);
  }

  dataEnds(stream: number, length: number, contentBytes: number, isEndStream: boolean): void {
    this.#note(`data ${stream} ends, ${contentBytes} of ${length}${lastly(isEndStream)}`);
  }

  headers(
    stream: number,
    isEndStream: boolean,
    dependency: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    this.#note(`headers ${stream} on ${dependency} ${hexOf(bytes, start, end)}${lastly(isEndStream)}`);
  }

  priority(stream: number, dependency: number): void {
    this.#note(`priority ${stream} on ${dependency}`);
  }

  rstStream(stream: number, code: number): void {
    this.#note(`reset ${stream} ${code}`);
  }

  setting(name: number, value: number): void {
    this.#note(`setting ${name} ${value}`);
  }

  settings(isAck: boolean): void {
    this.#note(isAck ? "settings taken" : "settings");
  }

  ping(isAck: boolean, bytes: Uint8Array, at: number): void {
    this.#note(`${isAck ? "pong" : "ping"} ${hexOf(bytes, at, at + 8)}`);
  }

  goaway(lastStream: number, code: number): void {
    this.#note(`goaway ${lastStream} ${code}`);
  }

  windowUpdate(stream: number, increment: number): void {
    this.#note(`window ${stream} ${increment}`);
  }

  oddity(): void {
    this.#note("oddity");
  }

  broken(stream: number, code: number): void {
    this.#note(`broken ${stream} ${code}`);
  }
}

/** What comes of bytes that are shown in pieces with these ends: what was not understood is shown again, elsewhere, with more behind it. */
export function readFrames(bytes: Uint8Array, cuts: readonly number[], manner: Manner = usual): Verdict {
  const scribe = new Scribe(manner);
  const { reader } = scribe;
  const room = new Uint8Array(bytes.length + 2 * shift);
  let at = 0;
  const show = (cut: number): void => {
    scribe.isRested = false;
    room.set(bytes.subarray(at, cut), shift);
    const end = shift + cut - at;
    room.fill(1, end, end + shift);
    const next = reader.read(room, shift, end);
    if (next < shift || next > end) throw new Disagreement(`${next - shift} of ${end - shift} bytes were understood`);
    room.fill(0xee, 0, next);
    at += next - shift;
  };
  for (const cut of cuts) {
    do show(cut);
    while (scribe.isRested && manner.isLeft !== true);
  }
  const { error, reason, isInside } = reader;
  return { lines: scribe.lines, error, reason, taken: at, isInside };
}

export function checkFrames(inputs: Inputs): Verdict {
  const prng = new Prng(inputs.choice(2 ** 31));
  const made = makeFrames(prng);
  const isSpoiled = prng.below(2) === 0;
  const bytes = isSpoiled ? spoiled(prng, withAnother(prng, made)) : made.bytes;
  const blockBytesMax = isSpoiled ? pick(prng, [20, 300, usual.blockBytesMax]) : usual.blockBytesMax;
  const refuseAt = prng.below(4) === 0 ? prng.below(12) : -1;
  const whole = readFrames(bytes, [bytes.length], { blockBytesMax, restEach: 0, refuseAt });
  const where = (): string => hexOf(bytes, 0, bytes.length);
  if (refuseAt === -1 && !isSpoiled && whole.lines.join("\n") !== made.lines.join("\n"))
    throw new Disagreement(`${where()} is told as ${whole.lines.join(", ")} and not as ${made.lines.join(", ")}`);
  const cuts = inputs.cuts(bytes.length);
  const pieces = readFrames(bytes, cuts, { blockBytesMax, restEach: prng.below(4), refuseAt });
  if (JSON.stringify(withoutCut(pieces)) !== JSON.stringify(withoutCut(whole)))
    throw new Disagreement(`${where()}: as a whole ${JSON.stringify(whole)}, in pieces ${JSON.stringify(pieces)}`);
  return whole;
}

/** Who refuses while content is told has been told as much of it as had come. */
function withoutCut(verdict: Verdict): Verdict {
  const last = verdict.lines.at(-1) ?? "";
  if (verdict.error !== errorCode.internalError || !last.startsWith("content")) return verdict;
  return { ...verdict, lines: verdict.lines.slice(0, -1), taken: -1 };
}
