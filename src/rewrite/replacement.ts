// Text of a body for other text, as the body passes: pieces of it come in any sizes, and the same goes out whatever they were. It
// knows bytes only, not what they mean: a text is looked for as the bytes that it has in UTF-8. How a pattern is found is told
// from outside (Finder), for expressions are another room's.

/** Content that goes on; valid during the call only. */
export type Emit = (bytes: Uint8Array, start: number, end: number) => void;

/** One body's. */
export interface Replacement {
  write(bytes: Uint8Array, start: number, end: number, emit: Emit): void;
  /** What was held back goes on. */
  end(emit: Emit): void;
}

/** All of them, in their order: each sees what those before it have made. */
export class Replacements implements Replacement {
  readonly #first: Replacement;
  readonly #rest: Replacements | null;

  constructor([first, ...rest]: readonly [Replacement, ...Replacement[]]) {
    this.#first = first;
    this.#rest = rest.length === 0 ? null : new Replacements([rest[0]!, ...rest.slice(1)]);
  }

  write(bytes: Uint8Array, start: number, end: number, emit: Emit): void {
    const rest = this.#rest;
    if (rest === null) return this.#first.write(bytes, start, end, emit);
    this.#first.write(bytes, start, end, (made, from, to) => rest.write(made, from, to, emit));
  }

  end(emit: Emit): void {
    const rest = this.#rest;
    if (rest === null) return this.#first.end(emit);
    this.#first.end((made, from, to) => rest.write(made, from, to, emit));
    rest.end(emit);
  }
}
