// What a text of a record is compared with, on the bytes of the record: as it is shown (base/shownbytes.ts), without making a string of
// it where its bytes are shown as what they are, which is almost always. UTF-8 lets bytes be compared in place of characters: no
// character's bytes stand inside of another's.

import { shownBytes } from "../../base/shownbytes.ts";
import { recordBytes } from "../../memory/recorderlayout.ts";
import type { RecorderReader, TextName } from "../../memory/recorderreader.ts";

/** Of bytes[start, end). */
export type TextTest = (bytes: Uint8Array, start: number, end: number) => boolean;

const encoder = new TextEncoder();
const backslash = 0x5c;
const lowered = new Uint8Array(recordBytes);

/** Of the record that was read last. */
export function isText(reader: RecorderReader, name: TextName, test: TextTest): boolean {
  const { bytes } = reader;
  const start = reader.startOf(name);
  const end = start + reader.sizeOf(name);
  for (let at = start; at < end; at++) if (!isPlain(bytes[at]!)) return testShown(bytes, start, end, test);
  return test(bytes, start, end);
}

/** The same, in small letters. */
export function isLowerText(reader: RecorderReader, name: TextName, test: TextTest): boolean {
  const { bytes } = reader;
  const start = reader.startOf(name);
  const size = reader.sizeOf(name);
  for (let at = 0; at < size; at++) {
    const byte = bytes[start + at]!;
    if (!isPlain(byte)) return test(...whole(shownBytes(bytes.subarray(start, start + size)).toLowerCase()));
    lowered[at] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
  }
  return test(lowered, 0, size);
}

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== backslash;
}

function testShown(bytes: Uint8Array, start: number, end: number, test: TextTest): boolean {
  return test(...whole(shownBytes(bytes.subarray(start, end))));
}

function whole(text: string): [Uint8Array, number, number] {
  const bytes = encoder.encode(text);
  return [bytes, 0, bytes.length];
}

export function exactly(text: string): TextTest {
  const wanted = encoder.encode(text);
  return (bytes, start, end) => end - start === wanted.length && standsAt(wanted, bytes, start);
}

/** A star stands for anything. Without backtracking: each part is found at its first place behind the one before. */
export function glob(pattern: string): TextTest {
  const parts = pattern.split("*").map((part) => encoder.encode(part));
  if (parts.length === 1) return exactly(pattern);
  const [first, last, between] = [parts[0]!, parts.at(-1)!, parts.slice(1, -1)];
  return (bytes, start, end) => {
    if (end - start < first.length + last.length) return false;
    const to = end - last.length;
    if (!standsAt(first, bytes, start) || !standsAt(last, bytes, to)) return false;
    let at = start + first.length;
    for (let index = 0; index < between.length; index++) {
      const part = between[index]!;
      while (at + part.length <= to && !standsAt(part, bytes, at)) at++;
      if (at + part.length > to) return false;
      at += part.length;
    }
    return true;
  };
}

function standsAt(part: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false;
  return true;
}
