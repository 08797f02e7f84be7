// How HAProxy writes bytes of a peer in its lines: "#" and two digits for what would end a text or a list, speak to a terminal, or is no
// ASCII. What stands in captures has more of these than a request line.

import { appendBytes, ascii, type Escape } from "./append.ts";

const digits = ascii("0123456789ABCDEF");
const hash = 0x23;

/** `marks` besides controls and what is not ASCII. */
function escaping(marks: string): Escape {
  const isMarked = Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < 0x20 || byte >= 0x7f || byte === hash || marks.includes(String.fromCharCode(byte)) ? 1 : 0,
  );
  return (out, at, bytes, start, end) => {
    for (; start < end; start++) {
      const byte = bytes[start]!;
      if (isMarked[byte] === 0) {
        out[at++] = byte;
        continue;
      }
      out[at] = hash;
      out[at + 1] = digits[byte >> 4]!;
      out[at + 2] = digits[byte & 15]!;
      at += 3;
    }
    return at;
  };
}

export const escapeRequest: Escape = escaping('"');
export const escapeCapture: Escape = escaping('"{|}');

/** A string of any kind; nearly all are ASCII. */
export function appendEscaped(out: Uint8Array, at: number, text: string, textMax: number, escaped: Escape): number {
  const cut = text.length > textMax ? text.slice(0, textMax) : text;
  const bytes = Buffer.from(cut, "utf8");
  return escaped(out, at, bytes, 0, bytes.length);
}

/** A name that the config has; it has no bytes that need an escape, or few. */
export function appendName(out: Uint8Array, at: number, text: string): number {
  const length = Math.min(text.length, 256);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x21 || code >= 0x7f || code === 0x22) return appendEscaped(out, at, text, 256, escapeRequest);
    out[at + index] = code;
  }
  return at + length;
}

const nothing = ascii("-");
const emptyQuotes = ascii('""');

/** What stands where there is nothing. */
export function appendNothing(out: Uint8Array, at: number, isQuoted: boolean): number {
  return appendBytes(out, at, isQuoted ? emptyQuotes : nothing);
}
