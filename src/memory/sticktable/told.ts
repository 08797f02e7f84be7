// What other nodes have been told of an element of a shared table, in words behind the columns of its entry; it lives and dies with
// the entry, so that an entry made anew has told nothing. Only control reads and writes these words, always under the lock of
// the entry's shard and through its journal; but what was taken of tokens is counted by whoever takes.
//
//   every entry  generation (of telling; another than the table's: nothing was told), stamp and sequence when it was last told,
//                the sequence that was last answered, when the ledger's entry was born (low word; 0 is not known)
//   count, gauge, tag    the value that was told        bytes    likewise, two words
//   rate         its three words as they were when told; the ledger's window in which ours was last counted, and how much of
//                ours stands in that window and in the former
//   tokens       thousandths taken since the entry was made, and how many of them were told: two words each, with a sign
//
// It decides on words only; teller.ts has the lock.

import type { Column } from "../column.ts";
import type { WordSink } from "../freqcounter.ts";
import { assignLacking } from "../tokenbucket.ts";
import { assignCell, readCell } from "./cells.ts";

/** Where an element stands, and what has been told of it. */
export interface Place {
  readonly column: Column;
  readonly at: number;
  readonly told: number;
  /** The first of its slots among those of the table. */
  readonly slot: number;
}

/** What is heard of an entry, for each of its elements. */
export interface Heard {
  /** All slots, as fleet/batch.ts has them. */
  readonly slots: readonly number[];
  /** What was told in the batch that this answers, by slot; null where nothing was, or the entry is another by now. */
  readonly told: ReadonlyMap<number, number> | null;
  /** Nothing of what was told before that stands in there. */
  readonly isReborn: boolean;
  /** The entry that we have now has told nothing yet. */
  readonly isNew: boolean;
  readonly nowMs: number;
  readonly ledgerMs: number;
  readonly countedMs: number;
}

const wordValues = 2 ** 32;
const thousandths = 1000;

/** `at`: first word of what is told of the column. */
export function countTaken(sink: WordSink, at: number, tokens: number): void {
  setWide(sink, at, readWide(sink.words, at) + Math.round(tokens * thousandths));
}

/** Tells what is new of an element: pairs of slot and number go to `out`. `isAnew`: nothing of it counts as told. */
export function tellElement(sink: WordSink, place: Place, isAnew: boolean, nowMs: number, out: number[]): void {
  const { column, at, told, slot } = place;
  const { words } = sink;
  switch (column.form) {
    case "rate":
      return tellRate(sink, place, isAnew, nowMs, out);
    case "tokens": {
      const taken = readWide(words, told);
      const fresh = taken - readWide(words, told + 2);
      if (fresh === 0) return;
      out.push(slot, fresh / thousandths);
      return setWide(sink, told + 2, taken);
    }
    case "bytes": {
      const value = readCell(words, at, column, nowMs);
      const former = readCell(words, told, column, nowMs);
      if (value !== (isAnew ? 0 : former)) out.push(slot, value - (isAnew ? 0 : former));
      if (value !== former) assignCell(sink, told, column, value, nowMs);
      return;
    }
    case "count":
    case "gauge":
    case "tag": {
      const value = words[at]! >>> 0;
      const former = isAnew ? 0 : words[told]! >>> 0;
      if (value !== former) out.push(slot, column.form === "count" ? value - former : value);
      if (words[told] !== words[at]) sink.set(told, words[at]!);
    }
  }
}

/** Takes up what is heard of an element. What others have of it goes to `others`, by slot. True: it is to be told once more. */
export function hearElement(sink: WordSink, place: Place, heard: Heard, others: number[]): boolean {
  const { column, at, told, slot } = place;
  const { words } = sink;
  const total = heard.slots[slot]!;
  const fresh = heard.told?.get(slot);
  switch (column.form) {
    case "rate":
      return hearRate(sink, place, heard, others);
    case "tokens": {
      const untold = (readWide(words, told) - readWide(words, told + 2)) / thousandths;
      assignLacking(sink, at, column, total + untold * column.periodMs, heard.nowMs);
      return false;
    }
    case "gauge":
      others[slot] = total;
      if (heard.isNew || !heard.isReborn || fresh !== undefined) return false;
      sink.set(told, 0);
      return words[at] !== 0;
    case "tag":
      others[slot] = total;
      if (heard.isNew) return false;
      if (heard.isReborn && fresh === undefined) {
        sink.set(told, 0);
        return words[at] !== 0;
      }
      // Given another value here since: that is the last one.
      if (words[at] !== words[told]) return false;
      sink.set(at, total);
      sink.set(told, total);
      return false;
    case "count":
    case "bytes": {
      const part = heard.isNew
        ? 0
        : heard.isReborn
          ? Math.max(fresh ?? 0, 0)
          : readCell(words, told, column, heard.nowMs);
      others[slot] = Math.max(total - part, 0);
      if (heard.isNew || !heard.isReborn) return false;
      assignCell(sink, told, column, part, heard.nowMs);
      return readCell(words, at, column, heard.nowMs) !== part;
    }
  }
}

/** What happened in the window that lasts goes to the ledger's present one, what is older to the former. */
function tellRate(
  sink: WordSink,
  { column, at, told, slot }: Place,
  isAnew: boolean,
  nowMs: number,
  out: number[],
): void {
  const { words } = sink;
  const { periodMs } = column;
  const [tick, current, past] = [words[at]!, words[at + 1]! >>> 0, words[at + 2]! >>> 0];
  const moved = (tick - words[told]!) >>> 0;
  const former = words[told + 1]! >>> 0;
  let fresh = current;
  let older = past;
  if (!isAnew && moved === 0) [fresh, older] = [current - former, 0];
  // One window on: the rest of the one that was told of, which is no older than that.
  else if (!isAnew && former > 0 && moved < 2 * periodMs) [fresh, older] = [current + past - former, 0];
  const elapsedMs = (nowMs - tick) | 0;
  if (elapsedMs >= periodMs) [fresh, older] = [0, elapsedMs >= 2 * periodMs ? 0 : fresh];
  if (fresh > 0) out.push(slot, fresh);
  if (older > 0) out.push(slot + 1, older);
  for (let word = 0; word < 3; word++)
    if (words[told + word] !== words[at + word]) sink.set(told + word, words[at + word]!);
}

function hearRate(sink: WordSink, { column, told, slot }: Place, heard: Heard, others: number[]): boolean {
  const { words } = sink;
  const { periodMs } = column;
  const window = Math.floor(heard.countedMs / periodMs);
  let [now, before] = [0, 0];
  if (!heard.isNew) {
    if (!heard.isReborn) {
      const gone = (window - words[told + 3]!) | 0;
      if (gone === 0) [now, before] = [words[told + 4]! >>> 0, words[told + 5]! >>> 0];
      else if (gone === 1) before = words[told + 4]! >>> 0;
    }
    now += heard.told?.get(slot) ?? 0;
    before += heard.told?.get(slot + 1) ?? 0;
    sink.set(told + 3, window);
    sink.set(told + 4, now);
    sink.set(told + 5, before);
  }
  const gone = Math.floor(heard.ledgerMs / periodMs) - window;
  if (gone > 0) [now, before] = [0, gone === 1 ? now : 0];
  others[slot] = Math.max(heard.slots[slot]! - now, 0);
  others[slot + 1] = Math.max(heard.slots[slot + 1]! - before, 0);
  return false;
}

/** Whole, with a sign, below 2^53. */
export function readWide(words: Int32Array, at: number): number {
  return words[at + 1]! * wordValues + (words[at]! >>> 0);
}

export function setWide(sink: WordSink, at: number, value: number): void {
  sink.set(at, value | 0);
  sink.set(at + 1, Math.floor(value / wordValues));
}
