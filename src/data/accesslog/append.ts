// Writing of numbers, names and untrusted bytes into a buffer, without strings: each function takes the place to write at and
// returns the place after. Room is the caller's business (`lineBytesMax` in format.ts says how much a line may take).
// Loops over bytes are used where a copy call would be expected: a line is made of pieces of a few bytes, for which a call
// into the engine costs more than the copy.

const encoder = new TextEncoder();
const hexDigits: Uint8Array = encoder.encode("0123456789abcdef");
const upperHexDigits: Uint8Array = encoder.encode("0123456789ABCDEF");

const quote = 0x22;
const backslash = 0x5c;

/** 1 for a byte that neither format can take as it is: controls, quote, backslash, DEL and above. */
const special = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === quote || byte === backslash || byte >= 0x7f ? 1 : 0,
);

export function ascii(text: string): Uint8Array {
  return encoder.encode(text);
}

export function appendBytes(out: Uint8Array, at: number, bytes: Uint8Array): number {
  const length = bytes.length;
  for (let index = 0; index < length; index++) out[at + index] = bytes[index]!;
  return at + length;
}

/** A non-negative integer; anything below 0 is written as 0. */
export function appendInteger(out: Uint8Array, at: number, value: number): number {
  if (value < 10) {
    out[at] = 0x30 + (value > 0 ? value | 0 : 0);
    return at + 1;
  }
  let end = at + 1;
  for (let power = 10; power <= value; power *= 10) end++;
  let place = end;
  // Above 2^31 division has to be that of doubles, which is slower.
  while (value >= 0x7fffffff) {
    const rest = Math.floor(value / 10);
    out[--place] = 0x30 + (value - rest * 10);
    value = rest;
  }
  let small = value | 0;
  while (place > at) {
    const rest = (small / 10) | 0;
    out[--place] = 0x30 + (small - rest * 10);
    small = rest;
  }
  return end;
}

/** Milliseconds with three decimals. */
export function appendMilliseconds(out: Uint8Array, at: number, ms: number): number {
  const us = ms > 0 ? Math.round(ms * 1000) : 0;
  const whole = Math.floor(us / 1000);
  at = appendInteger(out, at, whole);
  out[at++] = 0x2e;
  return appendThreeDigits(out, at, us - whole * 1000);
}

export function appendThreeDigits(out: Uint8Array, at: number, value: number): number {
  const hundreds = (value / 100) | 0;
  const tens = ((value - hundreds * 100) / 10) | 0;
  out[at] = 0x30 + hundreds;
  out[at + 1] = 0x30 + tens;
  out[at + 2] = 0x30 + (value - hundreds * 100 - tens * 10);
  return at + 3;
}

/** How bytes that a format cannot take are written. */
export type Escape = (out: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number) => number;

/**
 * bytes[start, end), escaped where needed. Copies first, four bytes a turn, and looks at the sum of what it saw at the end:
 * that takes half the time of a test for each byte, and values that need an escape are rare.
 */
export function appendUntrusted(
  out: Uint8Array,
  at: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  escaping: Escape,
): number {
  let seen = 0;
  let from = start;
  let to = at;
  for (const last = end - 4; from <= last; from += 4, to += 4) {
    const a = bytes[from]!;
    const b = bytes[from + 1]!;
    const c = bytes[from + 2]!;
    const d = bytes[from + 3]!;
    seen |= special[a]! | special[b]! | special[c]! | special[d]!;
    out[to] = a;
    out[to + 1] = b;
    out[to + 2] = c;
    out[to + 3] = d;
  }
  for (; from < end; from++, to++) {
    const byte = bytes[from]!;
    seen |= special[byte]!;
    out[to] = byte;
  }
  return seen === 0 ? to : escaping(out, at, bytes, start, end);
}

/** A string that is nearly always short and plain ASCII; others take a detour. */
export function appendString(out: Uint8Array, at: number, text: string, textMax: number, escaping: Escape): number {
  const length = Math.min(text.length, textMax);
  const first = at;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7e || special[code] !== 0) {
      const bytes = encoder.encode(text.slice(0, length));
      return appendUntrusted(out, first, bytes, 0, bytes.length, escaping);
    }
    out[at++] = code;
  }
  return at;
}

/** A string that is bytes, one a character, as texts of requests are. */
export function appendLatin1(out: Uint8Array, at: number, text: string, textMax: number, escaping: Escape): number {
  const bytes = Buffer.from(text.slice(0, textMax), "latin1");
  return appendUntrusted(out, at, bytes, 0, bytes.length, escaping);
}

/**
 * The inside of a JSON string (RFC 8259 section 7). Valid UTF-8 passes, C1 controls excepted, which terminals obey; a byte
 * that is no part of valid UTF-8 becomes the \u00XX of its value, so that nothing is lost. At most six bytes for one.
 */
export function escapeJson(out: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): number {
  while (start < end) {
    const byte = bytes[start]!;
    if (special[byte] === 0) {
      out[at++] = byte;
      start++;
      continue;
    }
    if (byte === quote || byte === backslash) {
      out[at++] = backslash;
      out[at++] = byte;
      start++;
      continue;
    }
    const length = byte < 0x80 ? 1 : sequenceLength(bytes, start, end);
    if (length === 1) {
      at = appendUnicodeEscape(out, at, byte);
    } else if (byte === 0xc2 && bytes[start + 1]! < 0xa0) {
      at = appendUnicodeEscape(out, at, bytes[start + 1]!);
    } else {
      for (let index = 0; index < length; index++) out[at++] = bytes[start + index]!;
    }
    start += length;
  }
  return at;
}

/** As nginx does in its default escaping: quote, backslash, controls, DEL and all above become \xXX. */
export function escapeHex(out: Uint8Array, at: number, bytes: Uint8Array, start: number, end: number): number {
  for (; start < end; start++) {
    const byte = bytes[start]!;
    if (special[byte] === 0) {
      out[at++] = byte;
      continue;
    }
    out[at] = backslash;
    out[at + 1] = 0x78;
    out[at + 2] = upperHexDigits[byte >> 4]!;
    out[at + 3] = upperHexDigits[byte & 15]!;
    at += 4;
  }
  return at;
}

function appendUnicodeEscape(out: Uint8Array, at: number, byte: number): number {
  out[at] = backslash;
  out[at + 1] = 0x75;
  out[at + 2] = 0x30;
  out[at + 3] = 0x30;
  out[at + 4] = hexDigits[byte >> 4]!;
  out[at + 5] = hexDigits[byte & 15]!;
  return at + 6;
}

/** Length of the well-formed UTF-8 sequence that starts here (Unicode table 3-7), 1 when there is none. */
function sequenceLength(bytes: Uint8Array, start: number, end: number): number {
  const lead = bytes[start]!;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || start + length > end) return 1;
  const second = bytes[start + 1]!;
  // Refused: overlong forms, surrogates, and what lies above U+10FFFF.
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 1;
  for (let index = 2; index < length; index++) if ((bytes[start + index]! & 0xc0) !== 0x80) return 1;
  return length;
}
