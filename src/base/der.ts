// Writes ASN.1 in its distinguished encoding (X.690), as much as requests for certificates and certificates of our own need. It knows
// tags and lengths and nothing of what the values mean. Writing is all that is done here: what others have written is read by the
// runtime's own parser, never by ours.

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** Context-specific, as in [0]; constructed holds other values, primitive holds bytes. */
export function context(number: number, parts: readonly Uint8Array[], isConstructed = true): Uint8Array {
  return wrap((isConstructed ? 0xa0 : 0x80) | number, parts);
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return wrap(tag.sequence, parts);
}

export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return wrap(tag.set, parts);
}

/** Big-endian, not negative. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const value = bytes.subarray(start);
  return wrap(tag.integer, value.length === 0 || value[0]! >= 0x80 ? [new Uint8Array(1), value] : [value]);
}

export function boolean(value: boolean): Uint8Array {
  return wrap(tag.boolean, [Uint8Array.of(value ? 0xff : 0)]);
}

/** Whole bytes, or without so many of the last one's bits. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return wrap(tag.bitString, [Uint8Array.of(unusedBits), bytes]);
}

export function octetString(bytes: Uint8Array): Uint8Array {
  return wrap(tag.octetString, [bytes]);
}

export function utf8String(text: string): Uint8Array {
  return wrap(tag.utf8String, [new TextEncoder().encode(text)]);
}

/** Of a dotted name: "1.2.840.10045.4.3.2". */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...others] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...others].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return wrap(tag.objectIdentifier, [Uint8Array.from(bytes)]);
}

/** In whole seconds; from 2050 on it is written otherwise (RFC 5280 4.1.2.5). */
export function time(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  const isLate = new Date(ms).getUTCFullYear() >= 2050;
  const text = isLate ? digits : digits.slice(2);
  return wrap(isLate ? tag.generalizedTime : tag.utcTime, [new TextEncoder().encode(text)]);
}

export function pem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString("base64")
    .match(/.{1,64}/g);
  return `-----BEGIN ${label}-----\n${(lines ?? []).join("\n")}\n-----END ${label}-----\n`;
}

function wrap(kind: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 0x80 ? [length] : lengthOf(length);
  return Buffer.concat([Uint8Array.of(kind, ...size), ...parts]);
}

function lengthOf(length: number): number[] {
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left & 0xff);
  return [0x80 | bytes.length, ...bytes];
}
