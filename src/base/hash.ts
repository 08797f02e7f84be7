// Thirty-two bit hashes for rings, sticky choices and tables: xxHash32 (Yann Collet, the algorithm's specification 0.1.1).
// Chosen over FNV-1a, whose high bits are weak on short inputs that differ in their last bytes, which is just what server
// names and addresses do; a ring made with it is lopsided. Bytes are put together by hand, so the result is the same on any
// machine. Not for secrets: whoever knows the seed can make collisions.

const prime1 = 0x9e3779b1 | 0;
const prime2 = 0x85ebca77 | 0;
const prime3 = 0xc2b2ae3d | 0;
const prime4 = 0x27d4eb2f | 0;
const prime5 = 0x165667b1 | 0;

/** The hash of bytes[start, end), unsigned. */
export function hashBytes(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  const length = end - start;
  let at = start;
  let hash = (seed + prime5) | 0;
  if (length >= 16) {
    let a = (seed + prime1 + prime2) | 0;
    let b = (seed + prime2) | 0;
    let c = seed | 0;
    let d = (seed - prime1) | 0;
    for (const last = end - 16; at <= last; at += 16) {
      a = round(a, word(bytes, at));
      b = round(b, word(bytes, at + 4));
      c = round(c, word(bytes, at + 8));
      d = round(d, word(bytes, at + 12));
    }
    hash = merge(a, b, c, d);
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= end; at += 4) hash = tailWord(hash, word(bytes, at));
  for (; at < end; at++) hash = tailByte(hash, bytes[at]!);
  return avalanche(hash);
}

/**
 * The hash of a string, unsigned: equal to `hashBytes` of its characters as bytes when all are below 0x100 (ASCII, and field
 * values read as Latin-1). Higher characters are folded into a byte; they hash well, but as no encoding would.
 */
export function hashString(text: string, seed = 0): number {
  const length = text.length;
  let at = 0;
  let hash = (seed + prime5) | 0;
  if (length >= 16) {
    let a = (seed + prime1 + prime2) | 0;
    let b = (seed + prime2) | 0;
    let c = seed | 0;
    let d = (seed - prime1) | 0;
    for (const last = length - 16; at <= last; at += 16) {
      a = round(a, textWord(text, at));
      b = round(b, textWord(text, at + 4));
      c = round(c, textWord(text, at + 8));
      d = round(d, textWord(text, at + 12));
    }
    hash = merge(a, b, c, d);
  }
  hash = (hash + length) | 0;
  for (; at + 4 <= length; at += 4) hash = tailWord(hash, textWord(text, at));
  for (; at < length; at++) hash = tailByte(hash, textByte(text, at));
  return avalanche(hash);
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function textWord(text: string, at: number): number {
  return (
    textByte(text, at) | (textByte(text, at + 1) << 8) | (textByte(text, at + 2) << 16) | (textByte(text, at + 3) << 24)
  );
}

function textByte(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return (code ^ (code >>> 8)) & 0xff;
}

function round(lane: number, input: number): number {
  lane = (lane + Math.imul(input, prime2)) | 0;
  return Math.imul((lane << 13) | (lane >>> 19), prime1);
}

function merge(a: number, b: number, c: number, d: number): number {
  return (((a << 1) | (a >>> 31)) + ((b << 7) | (b >>> 25)) + ((c << 12) | (c >>> 20)) + ((d << 18) | (d >>> 14))) | 0;
}

function tailWord(hash: number, input: number): number {
  hash = (hash + Math.imul(input, prime3)) | 0;
  return Math.imul((hash << 17) | (hash >>> 15), prime4);
}

function tailByte(hash: number, input: number): number {
  hash = (hash + Math.imul(input, prime5)) | 0;
  return Math.imul((hash << 11) | (hash >>> 21), prime1);
}

function avalanche(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}
