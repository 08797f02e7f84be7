// What a node and the ledger say to each other about one table that is shared: a batch of what this node has counted since the
// last one, and the answer with what all nodes have. The ledger is a script inside of Redis in service (control/fleet) and
// ledger.ts in tests, which says what each of these means. Types only; everything is plain data that JSON can carry. All
// numbers are whole and below 2^53, but for tokens and lacking milliseconds, which have three decimals.
//
// What an entry counts is cut into *slots*, a number each: one for each element of a column, two for one of a rate (the present
// window and the former). A batch has differences for what adds up, and values for gauges and tags; an answer has totals.

import type { ColumnForm } from "../memory/column.ts";

/** One element of a column. Its slots follow those of the cell before it. */
export interface Cell {
  readonly form: ColumnForm;
  /** Its changes are told to all nodes, whether or not they have an entry: gpc, gpt and server_id. */
  readonly isMark: boolean;
  /** rate, tokens; else 0. */
  readonly periodMs: number;
  /** tokens; else 0. */
  readonly burst: number;
}

/** Pairs of a slot and its number, one behind the other; slots that are not named are as they were. */
export type Slots = readonly number[];

export interface Change {
  /** As keyName writes it (memory/tablekey.ts): a key and no other, in digits and ":". */
  readonly key: string;
  /** Since this node refreshed it last. */
  readonly ageMs: number;
  /**
   * count, bytes: what was added since, below 0 where it was set back. rate: the same, by windows. gauge: how many there are on
   * this node. tag: the value it was given here; only where it was given one. tokens: how many were taken since.
   */
  readonly slots: Slots;
}

export interface Batch {
  /** Of the config; together with `shape` it names the table of the ledger. */
  readonly table: string;
  /** 16 hexadecimal digits: tables of other keys or columns are other tables. */
  readonly shape: string;
  readonly cells: readonly Cell[];
  /** Of an entry, since its last refresh; 0 is never. */
  readonly expireMs: number;
  readonly node: string;
  /** Which row of sequences this is of: later rows have higher numbers. */
  readonly stream: number;
  /** From 1, each one more. The ledger counts each once, however often it comes. */
  readonly sequence: number;
  /** Of the ledger that this node has told everything to; 0, which is none's: this node has just begun and asks which it is. */
  readonly epoch: number;
  /** The node went on alone for so long that its limits were its own: what was taken meanwhile empties buckets, and leaves no debts. */
  readonly isLate: boolean;
  /** How often this node comes. */
  readonly intervalMs: number;
  /** Gauges of a node that has not come for so long count as 0. */
  readonly aliveMs: number;
  readonly changes: readonly Change[];
  /** Keys that somebody asked for here, and of which this node has counted nothing: their totals are wanted, and nothing is changed. */
  readonly wishes: readonly string[];
  /** Marks that changed after this one, so many at most. */
  readonly marksAfter: number;
  readonly marksMax: number;
}

export interface Total {
  /** Until it expires if nobody refreshes it; 0 is never. */
  readonly ttlMs: number;
  /** When the ledger made it, by its clock: another time says that what was counted in it before is gone. */
  readonly bornMs: number;
  /** How many nodes use this entry now, about, 1 at least: counted where the table has tokens, else 1. */
  readonly nodes: number;
  /**
   * All slots. count, bytes: the sum over nodes. rate: of the window that `nowMs` is in (it begins at a multiple of the period) and of
   * the former. gauge: the sum over all *other* nodes. tag: the last value. tokens: milliseconds until the bucket is full, which is
   * more than an empty one takes where there are debts.
   */
  readonly slots: readonly number[];
}

export interface Mark {
  readonly key: string;
  readonly total: Total;
}

export type Answer =
  | {
      readonly kind: "told";
      /** The ledger's clock, milliseconds since 1970. */
      readonly nowMs: number;
      /** When this batch was counted: earlier where it has been before. */
      readonly countedMs: number;
      /** Of each change, then of each wish: null where the ledger has no such entry. */
      readonly totals: readonly (Total | null)[];
      /** Oldest first; keys of the batch may be among them. */
      readonly marks: readonly Mark[];
      /** To be asked from next, at once where there are more. */
      readonly marksTo: number;
      readonly hasMore: boolean;
    }
  /** The ledger is not the one of the batch, and has counted nothing of it. What comes next is under a stream with the number `nowMs`. */
  | { readonly kind: "foreign"; readonly epoch: number; readonly nowMs: number }
  /** Somebody has begun a later stream under this node's name: two nodes have one name. Nothing was counted. `nowMs` is the number of a stream that is later. */
  | { readonly kind: "superseded"; readonly nowMs: number };
