// HalfSipHash-1-3 (Jean-Philippe Aumasson and Daniel J. Bernstein; as Linux has it) over whole words, for keys that clients choose freely:
// nobody who does not know its key finds words that meet. Hashes of the kind of xxHash do not keep that, whatever their seed is:
// differences of two neighbouring words cancel there.

/** HalfSipHash-1-3 of the words without the zeros at their end, which say nothing: how long a key is, is for the caller to say. */
export function keyedHash(words: Int32Array, at: number, count: number, low: number, high: number): number {
  let end = at + count;
  while (end > at && words[end - 1] === 0) end--;
  let a = low;
  let b = high;
  let c = 0x6c796765 ^ low;
  let d = 0x74656462 ^ high;
  // Behind the last word the length in bytes; then three rounds without any.
  for (let index = at; index <= end + 3; index++) {
    const word = index < end ? words[index]! : index === end ? (end - at) << 26 : 0;
    if (index === end + 1) c ^= 0xff;
    d ^= word;
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
    a ^= word;
  }
  return (b ^ d) >>> 0;
}
