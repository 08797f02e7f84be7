// Two hashes of a text at once, by a number that was drawn: 64 bits, for who remembers what stands for a text and not the text itself. Every
// character counts whole, and the text is gone through once. The two have nothing in common but the text: one is xored and multiplied, the
// other multiplied, added and turned. Texts that differ in one place never share either. Not for what processes share or
// files keep (hash.ts): nobody else's numbers are these.

const [prime1, prime2, prime3, prime4] = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x27d4_eb2f];

export class PairHash {
  /** Of the text that was asked for last; signed. */
  first = 0;
  second = 0;
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  of(text: string): this {
    const { length } = text;
    let one = (this.#seed ^ prime1) | 0;
    let other = (Math.imul(this.#seed, prime4) + length) | 0;
    let at = 0;
    for (; at + 2 <= length; at += 2) {
      const word = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
      one = Math.imul(one ^ word, prime3);
      one ^= one >>> 15;
      other = (other + Math.imul(word, prime2)) | 0;
      other = Math.imul((other << 13) | (other >>> 19), prime1);
    }
    if (at < length) {
      const word = text.charCodeAt(at);
      one = Math.imul(one ^ word, prime3);
      one ^= one >>> 15;
      other = (other + Math.imul(word, prime2)) | 0;
      other = Math.imul((other << 13) | (other >>> 19), prime1);
    }
    this.first = ended(one ^ length);
    this.second = ended(other);
    return this;
  }
}

function ended(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return hash ^ (hash >>> 16);
}
