// Shared words for tests, through which a process can be ended in front of any of its stores. It knows every kind of store that shared
// words have (its test asks for each), and nothing of what stands in them: who goes on sees what was stored before, and nothing
// of the store that it died at.

import { SharedWords } from "./sharedwords.ts";

export class Killed extends Error {}

/** Lets so many stores pass and then ends the process. */
export class MortalWords extends SharedWords {
  left: number = Number.POSITIVE_INFINITY;

  #spend(): void {
    if (this.left-- <= 0) throw new Killed();
  }
  override put(at: number, value: number): void {
    this.#spend();
    super.put(at, value);
  }
  override store(at: number, value: number): void {
    this.#spend();
    super.store(at, value);
  }
  override add(at: number, value: number): void {
    this.#spend();
    super.add(at, value);
  }
  override next(at: number): number {
    this.#spend();
    return super.next(at);
  }
  override exchange(at: number, expected: number, value: number): number {
    this.#spend();
    return super.exchange(at, expected, value);
  }
  override storePair(pair: number, value: bigint): void {
    this.#spend();
    super.storePair(pair, value);
  }
  override exchangePair(pair: number, expected: bigint, value: bigint): bigint {
    this.#spend();
    return super.exchangePair(pair, expected, value);
  }
}
