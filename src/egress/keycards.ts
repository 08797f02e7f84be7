// What is known of keys that were asked for: the member that a key meets first, its row, and the number that the key's text has in the
// history. A card of half a line of memory for each key of a list, two cards in a line, found by the hash of the session's name: with
// thousands of keys each comes up seldom, and then each line that is looked at for it has to be fetched.
//
//   hash list │ place: index of the member, and at which of the key's tries it is met │ row │ two hashes of the key's text, its number, as of
//
// The first four say what placing.ts would answer, which is the same for ever. The last four belong together, whoever's card it is: two keys
// that share the first hash share the member, but never a text. A number is in force as long as the board's texts stand where they
// stood. Until a request ends, its lease remembers its card: what it remembers is true of its key, even if the card is another's by then.

import { PairHash } from "../base/pairhash.ts";
import type { EgressBoard } from "../memory/egress.ts";

const word = { hash: 0, list: 1, place: 2, row: 3, first: 4, second: 5, text: 6, clock: 7 } as const;
const cardWords = 8;
const setWords = 2 * cardWords;
/** Half a megabyte, of pools that keys come to. */
const sets = 8192;
/** Leases that remember their cards; of others the number is looked for. */
const leasesMax = 4096;
const leaseWords = 4;
const golden = 0x9e37_79b9;
const none = new Int32Array(0);

export class KeyCards {
  readonly #board: EgressBoard;
  readonly #pair: PairHash;
  readonly #isKept: boolean;
  #cells: Int32Array = none;
  /** Of what was found last; -1 nothing. */
  #at = -1;
  /** Which card of a full set makes room next. */
  #turn = 0;
  /** By lease: its card, and the two hashes of the key that stands beside. */
  #leases: Int32Array = none;
  #keys: string[] = [];
  /** What the lease remembered whose request has ended. */
  #key = "";
  #card = 0;
  #first = 0;
  #second = 0;

  constructor(board: EgressBoard) {
    this.#board = board;
    this.#pair = new PairHash(board.nameSeed);
    this.#isKept = board.entriesMax > 0;
  }

  /** `hash` of the session's name, never 0; `list` its number. */
  find(hash: number, list: number): boolean {
    if (this.#cells === none) this.#cells = new Int32Array(sets * setWords);
    const cells = this.#cells;
    let at = setOf(hash, list);
    if (cells[at] !== hash || cells[at + word.list] !== list) {
      at += cardWords;
      if (cells[at] !== hash || cells[at + word.list] !== list) at = -1;
    }
    this.#at = at;
    return at >= 0;
  }

  /** Of what was found: which try of the key that is. */
  get number(): number {
    return this.#cells[this.#at + word.place]! >>> 16;
  }

  get member(): number {
    return this.#cells[this.#at + word.place]! & 0xffff;
  }

  get row(): number {
    return this.#cells[this.#at + word.row]!;
  }

  /** Of what was looked for just now, and not found. `number`: of the try, below 2^15. */
  keep(hash: number, list: number, number: number, member: number, row: number): void {
    const cells = this.#cells;
    let at = setOf(hash, list);
    if (cells[at] !== 0) at += cells[at + cardWords] === 0 ? cardWords : (this.#turn ^= cardWords);
    cells[at + word.hash] = hash;
    cells[at + word.list] = list;
    cells[at + word.place] = (number << 16) | member;
    cells[at + word.row] = row;
    this.#at = at;
  }

  /** The key's request holds that: what was found or kept last is remembered of it. */
  hold(lease: number, key: string): void {
    const at = this.#at;
    if (!this.#isKept || at < 0 || lease < 0 || lease >= leasesMax) return;
    if (this.#leases === none) {
      this.#leases = new Int32Array(leasesMax * leaseWords);
      this.#keys = new Array<string>(leasesMax).fill("");
    }
    const cells = this.#cells;
    const { first, second } = this.#pair.of(key);
    if (cells[at + word.first] !== first || cells[at + word.second] !== second) {
      cells[at + word.first] = first;
      cells[at + word.second] = second;
      cells[at + word.text] = 0;
    }
    const leases = this.#leases;
    leases[lease * leaseWords] = at;
    leases[lease * leaseWords + 1] = first;
    leases[lease * leaseWords + 2] = second;
    this.#keys[lease] = key;
  }

  /** Its request has ended. */
  recall(lease: number): void {
    this.#key = "";
    if (lease < 0 || lease >= this.#keys.length) return;
    const leases = this.#leases;
    this.#key = this.#keys[lease]!;
    this.#keys[lease] = "";
    this.#card = leases[lease * leaseWords]!;
    this.#first = leases[lease * leaseWords + 1]!;
    this.#second = leases[lease * leaseWords + 2]!;
  }

  /** As the board's, and quicker of the key of the request that was recalled. */
  textOf(key: string): number {
    if (key === "" || key !== this.#key) return this.#board.textOf(key);
    const cells = this.#cells;
    const at = this.#card;
    const isIts = cells[at + word.first] === this.#first && cells[at + word.second] === this.#second;
    // Before the number: if others are new meanwhile it is asked for again.
    const clock = this.#board.textsClock;
    if (isIts && cells[at + word.text] !== 0 && cells[at + word.clock] === clock) return cells[at + word.text]!;
    const text = this.#board.textOf(key);
    if (isIts) {
      cells[at + word.text] = text;
      cells[at + word.clock] = clock;
    }
    return text;
  }
}

function setOf(hash: number, list: number): number {
  return (((hash ^ Math.imul(list, golden)) >>> 8) & (sets - 1)) * setWords;
}
