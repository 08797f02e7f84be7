// Strings as CEL writes them: '…' "…" '''…''' """…""", with r before it raw, and its escapes. A text is bytes here, one a
// character, as what comes over the wire is. So \xHH and \OOO are bytes (in CEL they are code points), and what is written
// beyond ASCII becomes its UTF-8 bytes; in a template that has been done before.

import { type Remark, remark } from "./syntax.ts";

export type ReadString =
  | { readonly ok: true; readonly value: string; readonly end: number }
  | { readonly ok: false; readonly error: Remark };

const simple: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "?": "?",
  '"': '"',
  "'": "'",
  "`": "`",
};
const numeric = /\\(?:[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;
const surrogates = [0xd800, 0xdfff] as const;
const codePointMax = 0x10ffff;

/** `opening`: what stands at `start`: quotes, perhaps an r. */
export function readString(text: string, start: number, opening: string, isUtf8: boolean): ReadString {
  const isRaw = /^r/i.test(opening);
  const quotes = isRaw ? opening.slice(1) : opening;
  const isLong = quotes.length > 1;
  let value = "";
  let at = start + opening.length;
  for (;;) {
    if (at >= text.length || (!isLong && text[at] === "\n"))
      return { ok: false, error: remark({ start, end: start + opening.length }, `has no closing ${quotes}`) };
    if (text.startsWith(quotes, at)) return { ok: true, value, end: at + quotes.length };
    if (text[at] === "\\" && !isRaw) {
      const escaped = readEscape(text, at);
      if (!escaped.ok) return escaped;
      value += escaped.value;
      at = escaped.end;
    } else {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      value += isUtf8 ? utf8(character) : character;
      at += character.length;
    }
  }
}

function readEscape(text: string, at: number): ReadString {
  const next = text[at + 1] ?? "";
  if (Object.hasOwn(simple, next)) return { ok: true, value: simple[next]!, end: at + 2 };
  numeric.lastIndex = at;
  const found = numeric.exec(text);
  if (found === null)
    return {
      ok: false,
      error: remark(
        { start: at, end: Math.min(at + 2, text.length) },
        `is no escape: write "\\\\" for a backslash, or r'…' for a text without escapes`,
      ),
    };
  const end = at + found[0].length;
  if (found[1] !== undefined) return { ok: true, value: String.fromCharCode(Number.parseInt(found[1], 16)), end };
  if (found[2] !== undefined) return { ok: true, value: String.fromCharCode(Number.parseInt(found[2], 8)), end };
  const point = Number.parseInt(found[3] ?? found[4]!, 16);
  if (point > codePointMax || (point >= surrogates[0] && point <= surrogates[1]))
    return { ok: false, error: remark({ start: at, end }, "is no character of Unicode") };
  return { ok: true, value: utf8(String.fromCodePoint(point)), end };
}

/** Its UTF-8 bytes, one a character. */
function utf8(character: string): string {
  return character < "\x80" ? character : Buffer.from(character).toString("latin1");
}
