// The characters of HTTP/1.1 (RFC 9110 section 5.6, RFC 9112) as lookup tables, one byte of meaning for each byte of input.
// Where a rule here is stricter than the RFC, the reason stands beside it.

function tableOf(isMember: (byte: number) => boolean): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = isMember(byte) ? 1 : 0;
  return table;
}

const marks = new Set([..."!#$%&'*+-.^_`|~"].map((mark) => mark.charCodeAt(0)));
const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isAlpha = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

/** tchar: what methods and field names are made of. */
export const isToken: Uint8Array = tableOf((byte) => isDigit(byte) || isAlpha(byte) || marks.has(byte));

/** field-vchar, obs-text, SP and HTAB: what a field value is made of. No CR, LF, NUL or other control. */
export const isValue: Uint8Array = tableOf((byte) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f));

/**
 * What a request target is made of: visible ASCII but "#". Bytes from 0x80 on and fragments have no place in a target
 * (RFC 9112 section 3.2), and servers disagree about what they mean.
 */
export const isTarget: Uint8Array = tableOf((byte) => byte > 0x20 && byte < 0x7f && byte !== 0x23);

/**
 * What a host's name is made of: unreserved, sub-delims, pct-encoded (RFC 3986 section 3.2.2). No "@", for userinfo in
 * Host is read differently by different servers; no "," for the same reason, though sub-delims hold it.
 */
export const isHost: Uint8Array = tableOf(
  (byte) => isDigit(byte) || isAlpha(byte) || [..."-._~!$&'()*+;=%"].some((mark) => mark.charCodeAt(0) === byte),
);

/** Value of a hexadecimal digit, 255 for anything else. */
export const hexValue: Uint8Array = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  hexValue[digit.toString(16).charCodeAt(0)] = digit;
  hexValue[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

export const byte = {
  tab: 0x09,
  lf: 0x0a,
  cr: 0x0d,
  space: 0x20,
  comma: 0x2c,
  slash: 0x2f,
  zero: 0x30,
  colon: 0x3a,
  semicolon: 0x3b,
} as const;
