// The Huffman code of HPACK (RFC 7541, 5.2 and appendix B), read only: what we send is not compressed. The code is canonical:
// codes of one length are neighbours in the order of their symbols, and longer ones are greater, so the lengths say it all.
// Bits are gathered in a word of 32. The next eight decide at one look for every symbol that has a code of up to 8 bits, which
// is nearly all text; the others, of 10 to 30 bits, are found by length. A string is refused that holds EOS, or whose padding
// is longer than 7 bits or has a zero in it.

/** Bits of the code of each byte, and of EOS, which is 256. */
const lengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6,
  5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23,
  22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22,
  23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26,
  20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27,
  27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27,
  27, 27, 27, 26, 30,
];
const endOfString = 256;
const shortBitsMax = 8;
const longBitsMax = 30;
const longMask = (1 << longBitsMax) - 1;

const symbols = lengths.map((_, symbol) => symbol).sort((one, other) => lengths[one]! - lengths[other]! || one - other);

/** By the next 8 bits: the symbol, and above it the length of its code; 0 where the code is longer. */
const short = new Uint16Array(1 << shortBitsMax);
/** Each length above 8 that there is, in order. */
const longLengths = Uint8Array.from(new Set(lengths.filter((length) => length > shortBitsMax)).values()).sort();
/** Where the codes of this length end when they are filled up to 30 bits: the last is 2^30, which no window reaches. */
const longEnds = new Int32Array(longLengths.length);
/** What to add to a code of this length for its place in `longSymbols`. */
const longShifts = new Int32Array(longLengths.length);
const longSymbols = Uint16Array.from(symbols.filter((symbol) => lengths[symbol]! > shortBitsMax));

let code = 0;
let codeBits = 0;
let longCount = 0;
for (const symbol of symbols) {
  const length = lengths[symbol]!;
  code <<= length - codeBits;
  codeBits = length;
  if (length <= shortBitsMax) {
    const free = shortBitsMax - length;
    short.fill((length << 8) | symbol, code << free, (code + 1) << free);
  } else {
    const place = longLengths.indexOf(length);
    if (longEnds[place] === 0) longShifts[place] = longCount - code;
    longEnds[place] = (code + 1) << (longBitsMax - length);
    longCount++;
  }
  code++;
}

/** The most bytes that `size` bytes of Huffman code can stand for: the shortest code has 5 bits. */
export function decodedBytesMax(size: number): number {
  return Math.floor((size * 8) / 5);
}

/**
 * Decodes source[start, end) to target[at, …) and returns where the text ends, or -1 if it is refused. Nothing is written from
 * `limit` on: if the end lies behind it the text is not whole.
 */
export function decodeHuffman(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
  limit: number,
): number {
  let from = start;
  let to = at;
  /** The low `count` bits are still to be read; what is above has been. */
  let bits = 0;
  let count = 0;
  for (;;) {
    while (count <= 24 && from < end) {
      bits = (bits << 8) | source[from++]!;
      count += 8;
    }
    if (count < shortBitsMax) break;
    let entry = short[(bits >>> (count - shortBitsMax)) & 0xff]!;
    while (entry !== 0) {
      count -= entry >>> 8;
      if (to < limit) target[to] = entry & 0xff;
      to++;
      if (count < shortBitsMax) break;
      entry = short[(bits >>> (count - shortBitsMax)) & 0xff]!;
    }
    // A long code is looked at with the word full, so that one more byte has all that may be missing.
    if (entry !== 0 || (count <= 24 && from < end)) continue;

    const window = windowOf(bits, count, from < end ? source[from]! : 0xff);
    let place = 0;
    while (window >= longEnds[place]!) place++;
    const length = longLengths[place]!;
    const symbol = longSymbols[(window >>> (longBitsMax - length)) + longShifts[place]!]!;
    if (symbol === endOfString) return -1;
    if (length > count) {
      if (from === end) return -1;
      bits = (bits << 8) | source[from++]!;
      count += 8;
    }
    count -= length;
    if (to < limit) target[to] = symbol;
    to++;
  }
  // Fewer than 8 bits are left: one more symbol at most, then padding, which is the beginning of EOS.
  const entry = short[((bits << (shortBitsMax - count)) | (0xff >>> count)) & 0xff]!;
  if (entry !== 0 && entry >>> 8 <= count) {
    count -= entry >>> 8;
    if (to < limit) target[to] = entry & 0xff;
    to++;
  }
  const padding = (1 << count) - 1;
  return (bits & padding) === padding ? to : -1;
}

/** The next 30 of `count` bits, from 8 to 32. Where they do not do, bits of the next byte follow, and then ones. */
function windowOf(bits: number, count: number, next: number): number {
  const missing = longBitsMax - count;
  if (missing <= 0) return (bits >>> -missing) & longMask;
  const rest = missing <= 8 ? next >>> (8 - missing) : (1 << missing) - 1;
  return ((bits << missing) | rest) & longMask;
}
