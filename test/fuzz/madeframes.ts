// Frames of a client that keeps the rules, with what they are told as, and the same spoiled: by a frame more, and by bytes that
// are missing, doubled or others.

import type { Prng } from "../../src/base/prng.ts";
import { errorCode, frameBytesMax } from "../../src/wire/http2/frame.ts";
import {
  continuation,
  Flag,
  frame,
  goaway,
  headers,
  preface,
  priority,
  resetStream,
  settings,
  Type,
  windowUpdate,
  word,
} from "../e2e/harness/http2/frames.ts";

export interface Made {
  readonly bytes: Uint8Array;
  /** What they are told as. */
  readonly lines: readonly string[];
  /** Where frames end. */
  readonly ends: readonly number[];
}

/** A client that keeps the rules. */
export function makeFrames(prng: Prng): Made {
  const lines: string[] = [];
  const parts: Uint8Array[] = [preface, makeSettings(prng, lines)];
  for (let count = prng.below(10); count > 0; count--) parts.push(...pick(prng, makers)(prng, lines));
  let end = 0;
  const ends = parts.map((part) => (end += part.length));
  return { bytes: Uint8Array.from(Buffer.concat(parts)), lines, ends };
}

const makers: readonly ((prng: Prng, lines: string[]) => Uint8Array[])[] = [
  (prng, lines) => [makeData(prng, lines)],
  makeHeaders,
  (prng, lines) => [makeSettings(prng, lines)],
  (prng, lines) => [makeControl(prng, lines)],
];

function makeData(prng: Prng, lines: string[]): Uint8Array {
  const stream = 1 + prng.below(9);
  const isLast = prng.below(2) === 0;
  const padding = prng.below(2) === 0 ? pick(prng, [0, 1, 7, 255]) : -1;
  const framing = padding === -1 ? 0 : padding + 1;
  const contentBytes = prng.below(40) === 0 ? frameBytesMax - framing : pick(prng, [0, 1, 2, 30, 500]);
  const content = anyBytes(prng, contentBytes);
  const length = contentBytes + framing;
  lines.push(`data ${stream} of ${length}`);
  if (contentBytes > 0) lines.push(`content ${stream} ${content.toString("hex")}`);
  else if (!isLast) lines.push("oddity");
  lines.push(`data ${stream} ends, ${contentBytes} of ${length}${lastly(isLast)}`);
  const flags = (isLast ? Flag.endStream : 0) | (padding === -1 ? 0 : Flag.padded);
  return frame(Type.data, flags | noise(prng, 0x06), stream | reserved(prng), paddedWith(padding, content));
}

function makeHeaders(prng: Prng, lines: string[]): Uint8Array[] {
  const stream = 1 + prng.below(9);
  const isLast = prng.below(2) === 0;
  const block = anyBytes(prng, prng.below(pick(prng, [1, 30, 600])));
  const isDependent = prng.below(3) === 0;
  const dependency = isDependent ? prng.below(2 ** 31) : -1;
  const padding = prng.below(3) === 0 ? prng.below(256) : -1;
  const cuts = Array.from({ length: pick(prng, [0, 0, 1, 4]) }, () => prng.below(block.length + 1));
  const pieces = [0, ...cuts.sort((one, other) => one - other)].map((from, index, all) =>
    block.subarray(from, all[index + 1] ?? block.length),
  );
  const first = isDependent
    ? Buffer.concat([word(dependency | reserved(prng)), Buffer.from([200]), pieces[0]!])
    : pieces[0]!;
  const flags =
    (isLast ? Flag.endStream : 0) |
    (padding === -1 ? 0 : Flag.padded) |
    (isDependent ? Flag.priority : 0) |
    (cuts.length === 0 ? Flag.endHeaders : 0);
  for (const piece of pieces.slice(1)) if (piece.length === 0) lines.push("oddity");
  lines.push(`headers ${stream} on ${dependency} ${block.toString("hex")}${lastly(isLast)}`);
  return [
    headers(stream | reserved(prng), paddedWith(padding, first), flags | noise(prng, 0xd2)),
    ...pieces
      .slice(1)
      .map((piece, index) =>
        continuation(stream, piece, (index === cuts.length - 1 ? Flag.endHeaders : 0) | noise(prng, 0xfb)),
      ),
  ];
}

function makeSettings(prng: Prng, lines: string[]): Uint8Array {
  // The first, by which a connection begins, is no ACK.
  if (lines.length > 0 && prng.below(3) === 0) {
    lines.push("settings taken");
    return frame(Type.settings, Flag.ack | noise(prng, 0xfe), 0);
  }
  const pairs = Array.from({ length: prng.below(4) }, () => [prng.below(65_536), prng.u32()] as const);
  for (const [name, value] of pairs) lines.push(`setting ${name} ${value}`);
  lines.push("settings");
  return settings(...pairs);
}

function makeControl(prng: Prng, lines: string[]): Uint8Array {
  const stream = 1 + prng.below(2 ** 31 - 1);
  const [code, number] = [prng.u32(), prng.below(2 ** 31)];
  switch (prng.below(7)) {
    case 0:
      lines.push(`priority ${stream} on ${number}`);
      return priority(stream | reserved(prng), number | reserved(prng), prng.below(256));
    case 1:
      lines.push(`reset ${stream} ${code}`);
      return resetStream(stream | reserved(prng), code);
    case 2: {
      const isAck = prng.below(2) === 0;
      const said = anyBytes(prng, 8).toString("hex");
      lines.push(`${isAck ? "pong" : "ping"} ${said}`);
      return frame(Type.ping, (isAck ? Flag.ack : 0) | noise(prng, 0xfe), 0, Buffer.from(said, "hex"));
    }
    case 3:
      lines.push(`goaway ${number} ${code}`);
      return goaway(number | reserved(prng), code);
    case 4:
      lines.push(`window ${number % 9} ${number}`);
      return windowUpdate((number % 9) | reserved(prng), number | reserved(prng));
    case 5: {
      const length = pick(prng, [0, 1, 4, 6, 100]);
      lines.push(`broken ${stream} ${errorCode.frameSizeError}`);
      return frame(Type.priority, 0, stream, anyBytes(prng, length));
    }
    default:
      lines.push("oddity");
      return frame(10 + prng.below(246), prng.below(256), stream - 1, anyBytes(prng, prng.below(50)));
  }
}

/** Some frame between two, or none. */
export function withAnother(prng: Prng, { bytes, ends }: Made): Uint8Array {
  if (prng.below(2) === 0) return bytes;
  const at = pick(prng, ends);
  const flags = pick(prng, [0, Flag.padded, Flag.priority, prng.below(256)]);
  const payload = anyBytes(prng, pick(prng, [0, 0, 4, 5, 8, prng.below(20)]));
  const length = prng.below(20) === 0 ? frameBytesMax + 1 : payload.length;
  const another = frame(prng.below(11), flags, prng.below(3), payload, length);
  return Buffer.concat([bytes.subarray(0, at), another, bytes.subarray(at)]);
}

export function spoiled(prng: Prng, from: Uint8Array): Uint8Array {
  let bytes = Buffer.from(from);
  for (let times = prng.below(4); times > 0; times--) {
    // Mostly behind the preface.
    const first = prng.below(20) === 0 ? 0 : Math.min(bytes.length, preface.length);
    const at = first + prng.below(bytes.length + 1 - first);
    const end = Math.min(bytes.length, at + prng.below(12));
    const [before, behind] = [bytes.subarray(0, at), bytes.subarray(at)];
    switch (prng.below(5)) {
      case 0:
        bytes = Buffer.concat([before, Buffer.from([prng.below(256)]), bytes.subarray(at + 1)]);
        break;
      case 1:
        bytes = Buffer.concat([before, bytes.subarray(end)]);
        break;
      case 2:
        bytes = Buffer.concat([before, anyBytes(prng, prng.below(12)), behind]);
        break;
      case 3:
        bytes = Buffer.concat([bytes.subarray(0, end), behind]);
        break;
      default:
        bytes = Buffer.from(before);
    }
  }
  return Uint8Array.from(bytes);
}

const paddedWith = (padding: number, content: Uint8Array): Uint8Array =>
  padding === -1 ? content : Buffer.concat([Buffer.from([padding]), content, Buffer.alloc(padding)]);

/** Of those bits that mean nothing. */
const noise = (prng: Prng, bits: number): number => (prng.below(3) === 0 ? prng.below(256) & bits : 0);

const reserved = (prng: Prng): number => (prng.below(4) === 0 ? 1 << 31 : 0);

const anyBytes = (prng: Prng, length: number): Buffer => Buffer.from(Array.from({ length }, () => prng.below(256)));

export function pick<T>(prng: Prng, choices: readonly T[]): T {
  return choices[prng.below(choices.length)]!;
}

export const lastly = (isLast: boolean): string => (isLast ? " last" : "");
