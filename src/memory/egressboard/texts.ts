// Texts by number, so that outcomes need no room for them: a slot of 64 bytes for each, found by its hash in a set of 16. A number is
// the slot and which of its texts in succession it is, so that a number outlives its text and is known to. A process keeps the numbers
// that it met (known.ts), and so takes the lock only for texts that are new to it, and looks at the slot only once texts were new to
// anybody: then it may be another text's by now, and has to be told that it was asked for.
//
//   hash       32 bits
//   facts      26 which of the slot's texts it is, from 1 on; 6 how many bytes it has (63: it is being written, or was when who wrote it died)
//   used       when it was last asked for, by how many texts were new since
//   bytes      52
//
// Room is made by the text of the set that was not asked for longest.

import { hashBytes } from "../../base/hash.ts";
import { textBytesMax } from "../egress.ts";
import type { BoardFile } from "./file.ts";
import { KnownNumbers } from "./known.ts";
import { header, textWords, ways } from "./layout.ts";

const lengthBits = 6;
const lengthMask = 63;
const beingWritten = 63;
const generationBitsMax = 25;
const slotWord = { hash: 0, facts: 1, used: 2, bytes: 3 } as const;
/** So many new texts are one tick of the clock of use: who asks for the same text over and over writes that seldom. */
const tickBits = 4;
/** Numbers that a process remembers. */
const rememberedMax = 16_384;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class BoardTexts {
  readonly #file: BoardFile;
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #slots: number;
  readonly #slotBits: number;
  readonly #generationMask: number;
  readonly #scratch: Uint8Array = new Uint8Array(textBytesMax);
  readonly #known: KnownNumbers;

  constructor(file: BoardFile) {
    this.#file = file;
    this.#words = file.words;
    this.#at = file.layout.textsAt;
    this.#slots = file.layout.shape.texts;
    this.#slotBits = Math.log2(this.#slots);
    this.#generationMask = 2 ** Math.min(31 - this.#slotBits, generationBitsMax) - 1;
    this.#known = new KnownNumbers(Math.min(rememberedMax, this.#slots), file.seed);
  }

  numberOf(text: string): number {
    if (text === "") return 0;
    // No text has fewer bytes than it has here.
    if (text.length > textBytesMax) text = text.slice(0, textBytesMax);
    const known = this.#known.find(text);
    if (known === 0) return this.#intern(text);
    const { interned } = this;
    if (this.#known.seenAt === interned) return known;
    if (!this.#isCurrent(known)) return this.#intern(text);
    this.#known.seenAt = interned;
    const used = this.#slotAt(known & (this.#slots - 1)) + slotWord.used;
    const clock = this.#clock;
    if (this.#words[used] !== clock) this.#file.memory.put(used, clock);
    return known;
  }

  text(number: number): string | null {
    if (number === 0) return "";
    if (number < 0 || !this.#isCurrent(number)) return null;
    const slot = this.#slotAt(number & (this.#slots - 1));
    const length = this.#words[slot + slotWord.facts]! & lengthMask;
    if (length > textBytesMax) return null;
    const start = (slot + slotWord.bytes) * 4;
    const text = decoder.decode(this.#file.bytes.subarray(start, start + length));
    return this.#isCurrent(number) ? text : null;
  }

  /** How many were ever new. */
  get interned(): number {
    return this.#words[header.interned]! >>> 0;
  }

  get forgotten(): number {
    return this.#words[header.forgotten]! >>> 0;
  }

  #intern(text: string): number {
    const file = this.#file;
    const { written } = encoder.encodeInto(text, this.#scratch);
    const isOurs = file.isOpen;
    if (!isOurs && !file.open()) return 0;
    const number = this.#place(written);
    // Still with the lock: what others make new from here on may be in its place.
    if (number !== 0) this.#known.keep(number, this.interned);
    if (!isOurs) file.close();
    return number;
  }

  // ---- with the lock ----

  /** Of what stands in the scratch; 0 where there is no memory for its set. */
  #place(length: number): number {
    const words = this.#words;
    const { memory } = this.#file;
    const hash = hashBytes(this.#scratch, 0, length, this.#file.seed) | 0;
    const first = hash & (this.#slots - 1) & -ways;
    if (!this.#file.pages.has(this.#slotAt(first), ways * textWords)) return 0;
    const clock = this.#clock;
    let best = first;
    let bestAge = -1;
    for (let slot = first; slot < first + ways; slot++) {
      const at = this.#slotAt(slot);
      const facts = words[at + slotWord.facts]!;
      if (words[at] === hash && (facts & lengthMask) === length && this.#isText(at, length)) {
        memory.put(at + slotWord.used, clock);
        return (facts >>> lengthBits) * this.#slots + slot;
      }
      const isFree = facts === 0 || (facts & lengthMask) === beingWritten;
      const age = isFree ? Number.POSITIVE_INFINITY : (clock - words[at + slotWord.used]!) >>> 0;
      if (age > bestAge) [best, bestAge] = [slot, age];
    }
    if (bestAge !== Number.POSITIVE_INFINITY) memory.put(header.forgotten, words[header.forgotten]! + 1);
    return this.#write(best, hash, length, clock);
  }

  #write(slot: number, hash: number, length: number, clock: number): number {
    const { memory } = this.#file;
    const at = this.#slotAt(slot);
    const generation = ((this.#words[at + slotWord.facts]! >>> lengthBits) + 1) & this.#generationMask || 1;
    memory.store(at + slotWord.facts, (generation << lengthBits) | beingWritten);
    memory.put(at, hash);
    memory.put(at + slotWord.used, clock);
    this.#file.bytes.set(this.#scratch.subarray(0, length), (at + slotWord.bytes) * 4);
    memory.store(at + slotWord.facts, (generation << lengthBits) | length);
    memory.put(header.interned, this.#words[header.interned]! + 1);
    return generation * this.#slots + slot;
  }

  #isText(at: number, length: number): boolean {
    const start = (at + slotWord.bytes) * 4;
    for (let index = 0; index < length; index++)
      if (this.#file.bytes[start + index] !== this.#scratch[index]) return false;
    return true;
  }

  #isCurrent(number: number): boolean {
    const at = this.#slotAt(number & (this.#slots - 1));
    if (!this.#file.pages.has(at, textWords)) return false;
    const facts = Atomics.load(this.#words, at + slotWord.facts);
    // Of what is being written nobody has the number yet.
    return facts >>> lengthBits === number >>> this.#slotBits;
  }

  #slotAt(slot: number): number {
    return this.#at + slot * textWords;
  }

  get #clock(): number {
    return this.#words[header.interned]! >>> tickBits;
  }
}
