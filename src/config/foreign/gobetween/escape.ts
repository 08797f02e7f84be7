// Texts of probes: gobetween reads them as Go reads what stands between double quotes, with all of Go's escapes; our checks know
// fewer, but one of them stands for any byte. So every byte that is not printable ASCII becomes \xHH.

import { misread, quote, type Reading, read } from "../../../base/reading.ts";

const single: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, "\\": 92, '"': 34 };
const token = /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\"\n]+)/y;

/** The same bytes as `check.send` writes them. */
export function readGoText(text: string): Reading<string> {
  const bytes: number[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const found = token.exec(text);
    const code = found === null ? Number.NaN : codeOf(found);
    if (found === null || code > 0x10ffff || (found[3] !== undefined && code > 0xff))
      return misread(`has something that Go does not read between double quotes: ${quote(text.slice(at, at + 10))}`);
    const [, , , , short, long, plain] = found;
    if (plain !== undefined) bytes.push(...Buffer.from(plain, "utf8"));
    else if (short !== undefined || long !== undefined) bytes.push(...Buffer.from(String.fromCodePoint(code), "utf8"));
    else bytes.push(code);
  }
  return read(bytes.map(spelled).join(""));
}

function codeOf([, letter, hexadecimal, octal, short, long]: RegExpExecArray): number {
  if (letter !== undefined) return single[letter]!;
  if (octal !== undefined) return Number.parseInt(octal, 8);
  const digits = hexadecimal ?? short ?? long;
  return digits === undefined ? 0 : Number.parseInt(digits, 16);
}

const own: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r", 92: "\\\\" };

function spelled(byte: number): string {
  if (own[byte] !== undefined) return own[byte];
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
}
