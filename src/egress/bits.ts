// Arithmetic on words of 32 bits: how many bits are set, and a good mix of them. Pure functions of numbers; what the words stand
// for is known to whoever asks.

export function bitsOf(word: number): number {
  word -= (word >>> 1) & 0x5555_5555;
  word = (word & 0x3333_3333) + ((word >>> 2) & 0x3333_3333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Unsigned; near words lead to unrelated ones (the finalizer of MurmurHash3). */
export function mixed(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
