// Whether the bytes of a config are UTF-8, and if not, where and how: read as if they were, what is none would silently be another name,
// password or path. It knows bytes and lines, and nothing of what is written in them.

import type { Place } from "./problem.ts";

export interface EncodingFault {
  /** Null: it is all of the file. */
  readonly place: Place | null;
  readonly message: string;
  /** The line, as far as it can be read. */
  readonly source: string | null;
}

const newline = 0x0a;

/** Null: they are. `isHarmless`: lines in which other bytes mean nothing, such as comments of another program. */
export function encodingFault(
  bytes: Uint8Array,
  isHarmless: (line: string) => boolean = () => false,
): EncodingFault | null {
  if (isWide(bytes)) return { place: null, message: "the file is in UTF-16; save it in UTF-8", source: null };
  if (isUtf8(bytes)) return null;
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(newline, start);
    const part = bytes.subarray(start, end === -1 ? bytes.length : end);
    start = end === -1 ? bytes.length : end + 1;
    if (isUtf8(part)) continue;
    const source = new TextDecoder().decode(part).replace(/\r$/, "");
    if (isHarmless(source)) continue;
    const valid = validLength(part);
    const byte = part[valid]!.toString(16).toUpperCase().padStart(2, "0");
    const column = new TextDecoder().decode(part.subarray(0, valid)).length + 1;
    return { place: { line, column }, message: `the file is not in UTF-8: here is the byte 0x${byte}`, source };
  }
  return null;
}

/** By its mark, or by the zeros that every other byte of it is: no config begins with one. */
function isWide([first, second]: Uint8Array): boolean {
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMarked || first === 0 || second === 0;
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Of a line that is not: how many bytes of it are. */
function validLength(line: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let valid = 0;
  for (let length = 1; length <= line.length; length++)
    try {
      decoder.decode(line.subarray(valid, length));
      valid = length;
    } catch {
      // Either a character that goes on, of four bytes at most, or none.
      if (length - valid >= 4) break;
    }
  return valid;
}
