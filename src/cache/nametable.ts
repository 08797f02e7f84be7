// Names to small numbers, without strings and without regard to case: fields of a head, directives of Cache-Control. A table
// is made once, at load; a lookup is one hash of length and three bytes, one slot, one comparison. It knows nothing of what
// names mean.

const slotsCount = 256;
const slotShift = 24;
/** Knuth's multiplier; those tried after it differ in all bits. */
const firstFactor = 0x9e3779b1;
const factorsMax = 4096;

export class NameTable {
  readonly #slots: Uint8Array = new Uint8Array(slotsCount);
  readonly #names: readonly Uint8Array[];
  readonly #longest: number;
  readonly #factor: number;

  /** `names[number]`, in lower case, of token characters without "_" and "^"; "" where a number has no name. 0 is never found. */
  constructor(names: readonly string[]) {
    this.#names = names.map((name) => new TextEncoder().encode(name));
    this.#longest = Math.max(...names.map((name) => name.length));
    this.#factor = this.#fill();
  }

  /** A factor under which no two names fall into one slot. */
  #fill(): number {
    for (
      let tried = 0, factor = firstFactor | 0;
      tried < factorsMax;
      tried++, factor = Math.imul(factor, firstFactor)
    ) {
      this.#slots.fill(0);
      const isFree = this.#names.every((name, number) => {
        if (name.length === 0) return true;
        const slot = slotOf(name, 0, name.length, factor);
        if (this.#slots[slot] !== 0) return false;
        this.#slots[slot] = number;
        return true;
      });
      if (isFree) return factor;
    }
    throw new Error("no factor keeps these names apart");
  }

  /** The number of the name in bytes[start, end), which holds token characters only; 0 for any other. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 0 || length > this.#longest) return 0;
    const number = this.#slots[slotOf(bytes, start, end, this.#factor)]!;
    if (number === 0) return 0;
    const name = this.#names[number]!;
    if (name.length !== length) return 0;
    // Bit 0x20 folds letters; no token character but a letter is folded onto a letter or onto "-".
    for (let at = 0; at < length; at++) if ((bytes[start + at]! | 0x20) !== name[at]) return 0;
    return number;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number, factor: number): number {
  const middle = bytes[start + ((end - start) >> 1)]! | 0x20;
  const mix = ((end - start) << 24) | ((bytes[start]! | 0x20) << 16) | (middle << 8) | bytes[end - 1]! | 0x20;
  return Math.imul(mix, factor) >>> slotShift;
}
