// A seeded generator of numbers, for whatever must be drawn and yet repeatable: tests, the simulator, a worker's own choices.
// It knows no clock and no entropy; who wants chance gives it a random seed. Not for secrets: its output can be predicted.
// Algorithm: xoshiro128** 1.1 (Blackman and Vigna), 128 bits of state, period 2^128 - 1. The state is filled from a 32-bit
// seed by splitmix32, so that near seeds give unrelated sequences and the state is never all zeros.

export class Prng {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor(seed: number) {
    this.#a = splitmix(seed, 1);
    this.#b = splitmix(seed, 2);
    this.#c = splitmix(seed, 3);
    this.#d = splitmix(seed, 4);
    // The mix is a bijection and its four inputs differ: at most one of the words is zero.
  }

  /** The generator in a given state, for the published vectors. */
  static fromState(a: number, b: number, c: number, d: number): Prng {
    const prng = new Prng(0);
    prng.#a = a | 0;
    prng.#b = b | 0;
    prng.#c = c | 0;
    prng.#d = d | 0;
    return prng;
  }

  /** Uniform over the integers from 0 to 2^32 - 1. */
  u32(): number {
    const times5 = Math.imul(this.#b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), in steps of 2^-32. */
  next(): number {
    return this.u32() / 4294967296;
  }

  /** Uniform over the integers from 0 to `bound` - 1; the bias is below bound / 2^32. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }
}

function splitmix(seed: number, step: number): number {
  let z = (seed + Math.imul(step, 0x9e3779b9)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return z ^ (z >>> 16);
}
