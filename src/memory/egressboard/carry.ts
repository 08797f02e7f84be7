// What one board knows, into another of another shape: of the members that both have their rows, what is known of them at each host, their
// sessions and their rings; of hosts everything, and of users those that there still are, who might not find room beside the others. Texts get other numbers. Nobody else has the new board yet; the old
// one may still be in use, and what is written to it meanwhile may be missed.

import { memberTimesMax, memberWord, type RecordKind, recordWord, recordWords } from "../egress.ts";
import { header, kinds, rowWords } from "./layout.ts";
import type { BoardParts } from "./parts.ts";

/** Whether the record of a user, by its first word, is of one that there is. */
export type IsUser = (first: number) => boolean;

/** False: the lock is not to be had. */
export function carry(to: BoardParts, from: BoardParts, isUser: IsUser): boolean {
  if (!to.file.open()) return false;
  const carrying = new Carrying(to, from);
  // What names the records that are carried.
  to.file.memory.put(header.nameSeed, from.file.words[header.nameSeed]!);
  from.rows.visit((fromRow, id) => {
    const row = to.rows.find(id);
    if (row !== 0) carrying.row(fromRow, row);
  });
  for (const kind of kinds)
    from.records[kind].visit((record) => {
      if (kind !== "user" || isUser(from.file.words[record]!)) carrying.record(kind, record);
    });
  to.file.memory.add(header.version, 1);
  to.file.close();
  return true;
}

/** Of a pair that is in flight: its record there, with what is known of it where that is not there yet; 0 without room. With the lock. */
export function carryPair(to: BoardParts, from: BoardParts, pair: number, row: number): number {
  const { words } = from.file;
  const host = words[pair + recordWord.second]!;
  const found = to.records.pair.find(row, host);
  if (found !== 0) return found;
  new Carrying(to, from).pair(pair, row);
  return to.records.pair.find(row, host);
}

class Carrying {
  readonly #to: BoardParts;
  readonly #from: BoardParts;
  readonly #rows = new Map<number, number>();
  readonly #texts = new Map<number, number>();

  constructor(to: BoardParts, from: BoardParts) {
    this.#to = to;
    this.#from = from;
  }

  row(fromRow: number, row: number): void {
    const to = this.#to;
    const { words } = this.#from.file;
    this.#rows.set(fromRow, row);
    to.outcomes.wipe(row);
    to.changes.wipe(row);
    for (let word = 0; word < rowWords; word++)
      if (!ownRowWords.has(word)) to.file.memory.put(row + word, words[fromRow + word]!);
    // Where there are none the pages of the ring were never touched.
    if (to.file.words[row + memberWord.timesCount] !== 0) {
      const timesAt = this.#from.rows.timesOf(fromRow);
      to.file.words.set(words.subarray(timesAt, timesAt + memberTimesMax), to.rows.timesOf(row));
    }
    to.file.memory.put(row + memberWord.causeText, this.#textOf(words[fromRow + memberWord.causeText]!));
    to.outcomes.carry(this.#from.outcomes, fromRow, row, (number) => this.#textOf(number));
    to.changes.carry(this.#from.changes, fromRow, row, (number) => this.#textOf(number));
  }

  pair(fromRecord: number, row: number): void {
    this.#rows.set(this.#from.file.words[fromRecord]!, row);
    this.record("pair", fromRecord);
  }

  record(kind: RecordKind, fromRecord: number): void {
    const { memory } = this.#to.file;
    const { words } = this.#from.file;
    const state = words[fromRecord + recordWord.state]!;
    let first = words[fromRecord]!;
    if (kind === "pair") first = this.#rows.get(first) ?? 0;
    const member = kind === "session" && state !== 0 ? (this.#rows.get(state - 1) ?? -1) : 0;
    if (first === 0 || member < 0) return;
    const record = this.#to.records[kind].take(first, words[fromRecord + recordWord.second]!, 0);
    if (record === 0) return;
    for (let word: number = recordWord.usedS; word < recordWords; word++)
      if (word !== recordWord.active) memory.put(record + word, words[fromRecord + word]!);
    memory.put(record + recordWord.text, this.#textOf(words[fromRecord + recordWord.text]!));
    if (member > 0) memory.put(record + recordWord.state, member + 1);
  }

  #textOf(number: number): number {
    if (number === 0) return 0;
    let found = this.#texts.get(number);
    if (found === undefined) {
      const text = this.#from.texts.text(number);
      found = text === null ? 0 : this.#to.texts.numberOf(text);
      this.#texts.set(number, found);
    }
    return found;
  }
}

/** What the new row counts by itself. */
const ownRowWords: ReadonlySet<number> = new Set([memberWord.active, memberWord.outcomes, memberWord.changes]);
