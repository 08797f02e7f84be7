// How a list lies in its file: a header that counts, then sections of 32-bit words, then bytes. Control makes such a file
// (listdraft.ts) and workers map it (listfile.ts); once it is made nobody writes to it, and a list that changes is another file.
//
//   header    16 words
//   blocks4   radix, starts, owners    ranges of IPv4 addresses (listranges.ts); a start is one word
//   blocks6   radix, starts, owners    of IPv6 addresses; a start is four words
//   slots     2 words each             hash of a key, its row + 1 (0: free)
//   keyEnds   a word a row, before them 0; valueEnds the same, if any row has a value
//   keys, values                       bytes, one row after the other
//
// Rows are values in the order in which they were added, doubles included; only the first of equals is ever found.

import type { ListPlan } from "../config/plan.ts";

export const listKinds: readonly ListPlan["kind"][] = ["address", "text", "name", "map"];

export const listMagic = 0x51_1c_e0_02;
export const listVersion = 1;

/** Words of the header. */
export const listWord = {
  magic: 0,
  version: 1,
  kind: 2,
  /** Different values. */
  size: 3,
  rows: 4,
  ranges4: 5,
  bits4: 6,
  ranges6: 7,
  bits6: 8,
  slots: 9,
  keyBytes: 10,
  valueBytes: 11,
} as const;

const headerWords = 16;

/** Where sections begin, in words; `keys`, `values` and `end` in bytes. */
export interface ListSections {
  readonly radix4: number;
  readonly starts4: number;
  readonly owners4: number;
  readonly radix6: number;
  readonly starts6: number;
  readonly owners6: number;
  readonly slots: number;
  readonly keyEnds: number;
  readonly valueEnds: number;
  readonly keys: number;
  readonly values: number;
  readonly end: number;
}

export const headerBytes: number = headerWords * 4;

export function listSections(header: Uint32Array | Int32Array): ListSections {
  const count = (word: number): number => header[word]!;
  const rows = count(listWord.rows);
  let at = headerWords;
  const take = (words: number): number => (at += words) - words;
  const blocks = (ranges: number, bits: number, width: number): [number, number, number] =>
    ranges === 0 ? [at, at, at] : [take(2 ** bits + 1), take(ranges * width), take(ranges)];
  const [radix4, starts4, owners4] = blocks(count(listWord.ranges4), count(listWord.bits4), 1);
  const [radix6, starts6, owners6] = blocks(count(listWord.ranges6), count(listWord.bits6), 4);
  const slots = take(count(listWord.slots) * 2);
  const keyEnds = take(count(listWord.keyBytes) === 0 ? 0 : rows + 1);
  const valueEnds = take(count(listWord.valueBytes) === 0 ? 0 : rows + 1);
  const keys = at * 4;
  const values = keys + count(listWord.keyBytes);
  const end = values + count(listWord.valueBytes);
  return { radix4, starts4, owners4, radix6, starts6, owners6, slots, keyEnds, valueEnds, keys, values, end };
}
