// Who stands where in a table's file, which control and all workers map; it knows offsets, and sticktable.ts their meaning. All is
// counted in 32-bit words. The file is sparse: entries that were never used and holds that nobody took cost nothing. An entry
// is named by the word it begins at (0 is none), so following a link costs no arithmetic.
//
//   header     1024 words     magic (last, by who formats), layout, shape, seed, rooms; lock timeouts (whoever meets one, by
//                             Atomics); of a table that is shared the state of telling (told.ts), by control, who alone reads
//                             it, but for `heardAt`, which says workers how old news of other nodes are: when stale, limits
//                             trust them for a moment longer; from byte 1024 on the plan as JSON. Else written once, read by all
//   shards     128 words each, and one more of which only the lock is used: whoever holds it recovers the dead
//     0          lock         0, or generation and row of the owner and whether the journal counts. By Atomics, by all
//     16..       used, fresh, free, oldest, newest, evictions, refusals: by who holds the lock; read by all, when stale a
//                             figure in a report is old
//     32..       the journal  count, then pairs of address and value; by who holds the lock
//   owners     16 words each  name (process and its start, one 64-bit word), generation, free hold, fresh hold: by the owner,
//                             by who recovers it when it is dead; read by all
//   buckets    a power of 2 in each shard: the first entry whose hash ends so
//   entries    all of a shard together, of `entryWords` each
//     flags      used (31), IPv4 (30), references (29..0)
//     next       entry in the same bucket; of a free entry the next free one
//     stamp      when it was refreshed
//     older, newer             neighbours in the order of stamps
//     key        ip 2 (prefixes above 64: 4), integer 1, text ceil((n + 1) / 4)
//     columns    column.ts
//     told       of a table that is shared: what other nodes have been told of this entry (told.ts), by control
//   holds      for each owner: the entry it holds, or a free cell: minus the next free one, minus 1
//   wishes     of the table of others of one that is shared: a seed, then cells (wishes.ts draws them): keys that workers looked up
//              and control is to ask for. By Atomics, by all; a stale read costs a key that is asked for an interval later
//
// Buckets, entries and cells that hold one are written by who holds the lock of the entry's shard, always through its journal.

import { assert } from "../../base/assert.ts";
import { hashString } from "../../base/hash.ts";
import type { TablePlan } from "../../config/plan.ts";
import { type Column, readColumn } from "../column.ts";
import { ownersMax, ownerWords } from "../owners.ts";
import { keyBytes } from "../tablekey.ts";
import { sharedDebtMs } from "../tokenbucket.ts";
import { isOthers } from "./othersplan.ts";

const magic = 0x51_1c_e0_7a;
/** Raised whenever a word moves or means something else. Tables that look as in the first are told to be of that. */
export const layoutVersion = 2;
/** In which keys that clients choose freely were hashed as all others (hash.ts). Such a table is opened to be copied from. */
const firstLayout = 1;

export const header = {
  magic: 0,
  layout: 1,
  shape: 2,
  seed: 4,
  owners: 5,
  holds: 6,
  planBytes: 7,
  /** Of the seed, where keys are hashed by a longer one. */
  seedHigh: 8,
  timeouts: 16,
  heardAt: 17,
  /** Of telling; pairs are low and high. */
  epoch: 32,
  stream: 34,
  marksTo: 36,
  sequence: 38,
  generation: 39,
} as const;
const headerWords = 1024;
const planStart = 1024;

export const shardWord = {
  lock: 0,
  used: 16,
  /** How many entries have ever been used: they are the first. */
  fresh: 17,
  free: 18,
  oldest: 19,
  newest: 20,
  evictions: 21,
  refusals: 22,
  journal: 32,
} as const;
export const shardWords = 128;

/** Behind what every owner has (../owners.ts). */
export const ownerWord = { holdFree: 3, holdFresh: 4 } as const;

export const entryWord = { flags: 0, next: 1, stamp: 2, older: 3, newer: 4, key: 5 } as const;
export const usedBit: number = 1 << 31;
export const ipv4Bit: number = 1 << 30;
export const refsMask: number = ipv4Bit - 1;

/** What an entry of a shared table has behind its columns, before what each element has been told of. */
export const toldWord = { generation: 0, stamp: 1, sequence: 2, heard: 3, born: 4 } as const;
export const toldWords = 5;
/** For each element of a column: what has been told; of a rate also what of it stands in the ledger's windows; of tokens first what was taken. */
export const toldElementWords = { count: 1, bytes: 2, gauge: 1, rate: 6, tag: 1, tokens: 4 } as const;

/** Keys that are asked for in one interval, at most: each is a question to the fleet's Redis. And words for them, where keys are long. */
const wishCellsMax = 256;
const wishWordsMax = 16_384;
/** State and length. */
const wishHeadWords = 2;

/** From here on a table has so many shards; below, one, so that the order of eviction is exact. */
const shardedEntries = 65_536;
const shardsMany = 16;
/** The index of a word is a positive 32-bit number. */
const wordsMax = 2 ** 31;
/** The least that systems give. */
const pageBytes = 4096;

/** How many processes may have the table open, and how many entries each may hold. */
export interface StickRoom {
  readonly owners: number;
  readonly holds: number;
}
/** 64 workers, as many that still drain, control. */
const sharedRoom: StickRoom = { owners: 136, holds: 131_072 };
export const smallRoom: StickRoom = { owners: 8, holds: 8192 };

export interface StickLayout {
  readonly room: StickRoom;
  readonly columns: readonly Column[];
  /** Of each column, from the beginning of an entry. */
  readonly columnAt: readonly number[];
  readonly keyWords: number;
  /** Of a table that is shared, likewise: what has been told of the entry, and of each column; 0 and none otherwise. */
  readonly toldAt: number;
  readonly toldColumnAt: readonly number[];
  readonly entryWords: number;
  readonly shards: number;
  /** Entries in a shard. */
  readonly share: number;
  /** Buckets in a shard. */
  readonly buckets: number;
  readonly shardsAt: number;
  readonly ownersAt: number;
  readonly bucketsAt: number;
  readonly entriesAt: number;
  readonly holdsAt: number;
  /** None where `wishCells` is 0. */
  readonly wishesAt: number;
  readonly wishCells: number;
  readonly wishWords: number;
  readonly words: number;
}

export function layoutOf(plan: TablePlan, room: StickRoom): StickLayout {
  const columns = plan.store.map((text) => {
    const column = readColumn(text);
    assert(column.ok, `table ${plan.name} stores ${text}, which is no column`);
    return plan.share === null ? column.value : { ...column.value, debtMs: sharedDebtMs };
  });
  const keyWords = keyWordsOf(plan);
  const columnAt: number[] = [];
  let entryWords = entryWord.key + keyWords;
  for (const column of columns) {
    columnAt.push(entryWords);
    entryWords += column.words;
  }
  const toldAt = plan.share === null ? 0 : entryWords;
  const toldColumnAt: number[] = [];
  if (toldAt > 0) {
    entryWords += toldWords;
    for (const column of columns) {
      toldColumnAt.push(entryWords);
      entryWords += toldElementWords[column.form] * column.length;
    }
  }
  const shards = plan.entriesMax < shardedEntries ? 1 : shardsMany;
  const share = Math.ceil(plan.entriesMax / shards);
  const buckets = bucketsFor(share);
  const shardsAt = headerWords;
  const ownersAt = shardsAt + (shards + 1) * shardWords;
  const bucketsAt = ownersAt + room.owners * ownerWords;
  const entriesAt = bucketsAt + shards * buckets;
  const holdsAt = entriesAt + shards * share * entryWords;
  const wishesAt = holdsAt + room.owners * room.holds;
  const wishWords = wishHeadWords + Math.ceil(keyBytes(plan.key) / 4);
  const wishCells = isOthers(plan) ? Math.max(Math.min(wishCellsMax, Math.floor(wishWordsMax / wishWords)), 1) : 0;
  const words = wishesAt + (wishCells === 0 ? 0 : 1 + wishCells * wishWords);
  return {
    ...{ room, columns, columnAt, keyWords, toldAt, toldColumnAt, entryWords, shards, share, buckets },
    ...{ shardsAt, ownersAt, bucketsAt, entriesAt, holdsAt, wishesAt, wishCells, wishWords, words },
  };
}

/** A text ends with a byte of 1, then zeros, so that texts which end in zeros are told apart. */
function keyWordsOf(plan: TablePlan): number {
  const bytes = keyBytes(plan.key);
  return plan.key.kind === "string" || plan.key.kind === "binary" ? Math.ceil((bytes + 1) / 4) : bytes / 4;
}

/** Three quarters to one and a half entries in a bucket when the shard is full. */
function bucketsFor(share: number): number {
  let buckets = 1;
  while (buckets * 1.5 < share) buckets *= 2;
  return buckets;
}

/** Size of the table's file. Most of it may never be touched: see `fullBytes`. */
export function tableBytes(plan: TablePlan): number {
  return bytesOf(layoutOf(plan, sharedRoom));
}

/** Memory of an entry when the table is full, its buckets and links among it. */
export function entryBytes(plan: TablePlan): number {
  const { entryWords, buckets, share } = layoutOf(plan, sharedRoom);
  return 4 * (entryWords + buckets / share);
}

/** Memory of the table when it is full, in whole pages, as the system gives it; each entry that is held takes four bytes more. */
export function fullBytes(plan: TablePlan): number {
  return Math.ceil((layoutOf(plan, sharedRoom).holdsAt * 4) / pageBytes) * pageBytes;
}

/** What has memory from the beginning, as [start, end) in bytes: all but holds, for which a process asks when it comes to have them. */
export function fixedRanges(plan: TablePlan): [number, number][] {
  const { holdsAt, wishesAt, words } = layoutOf(plan, sharedRoom);
  return [
    [0, holdsAt * 4],
    [wishesAt * 4, Math.ceil(words / 2) * 8],
  ];
}

export function bytesOf(layout: StickLayout): number {
  assert(layout.words < wordsMax, "a table of that size cannot be addressed");
  return Math.ceil(layout.words / 2) * 8;
}

/** What two plans have in common whose tables look alike, in 16 hexadecimal digits. How long entries live is no part of it. */
export function shapeOf(plan: TablePlan): string {
  return shapeIn(plan, versionOf(plan));
}

/** Another layout is another shape, and another file: what stood in the former one is taken over. */
function shapeIn(plan: TablePlan, version: number): string {
  // A table that is not shared looks as it did before there were any that are.
  const more = [...(plan.share === null ? [] : ["shared"]), ...(version === firstLayout ? [] : [version])];
  const text = JSON.stringify([plan.key, plan.entriesMax, plan.store, ...more]);
  return [1, 2].map((seed) => hashString(text, seed).toString(16).padStart(8, "0")).join("");
}

/** Which layout a table of this plan has when it is made. */
function versionOf({ key }: TablePlan): number {
  const isChosen = key.kind === "string" || key.kind === "binary" || (key.kind === "ip" && key.prefix6 > 64);
  return isChosen ? layoutVersion : firstLayout;
}

function shapeWords(shape: string): [number, number] {
  return [Number.parseInt(shape.slice(0, 8), 16) | 0, Number.parseInt(shape.slice(8), 16) | 0];
}

/**
 * Makes an empty table of a region of zeros that nobody else has seen, `tableBytes` long. The seed, of 53 bits, keeps strangers from
 * choosing keys that meet in one bucket: draw it.
 */
export function formatTable(bytes: Uint8Array, plan: TablePlan, seed: number, room: StickRoom = sharedRoom): void {
  const layout = layoutOf(plan, room);
  assert(bytes.byteLength >= bytesOf(layout), `table ${plan.name} needs ${bytesOf(layout)} bytes`);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerWords);
  const text = new TextEncoder().encode(JSON.stringify(plan));
  const planBytesMax = layout.shardsAt * 4 - planStart;
  if (text.length <= planBytesMax) {
    bytes.set(text, planStart);
    words[header.planBytes] = text.length;
  }
  words[header.layout] = versionOf(plan);
  words.set(shapeWords(shapeOf(plan)), header.shape);
  words[header.seed] = seed;
  words[header.seedHigh] = Math.floor(seed / 2 ** 32);
  words[header.owners] = room.owners;
  words[header.holds] = room.holds;
  Atomics.store(words, header.magic, magic);
}

/** Whether keys of this table are hashed by all of the seed. */
export function isKeyed(words: Int32Array): boolean {
  return words[header.layout] !== firstLayout;
}

/** Whether these bytes are a table that can be opened with this plan, be it of the first layout. */
export function isTableOf(bytes: Uint8Array, plan: TablePlan): boolean {
  const words = formattedWords(bytes);
  if (words === null) return false;
  const [high, low] = shapeWords(shapeIn(plan, words[header.layout]!));
  if (words[header.shape] !== high || words[header.shape + 1] !== low) return false;
  return bytes.byteLength >= bytesOf(layoutOf(plan, roomOf(words)));
}

/** The plan that a table was made for, whichever it was: with it an older one is opened to be copied from. Null: not a table of ours. */
export function planOf(bytes: Uint8Array): TablePlan | null {
  const length = formattedWords(bytes)?.[header.planBytes] ?? 0;
  if (length === 0) return null;
  try {
    // The first tables knew of no others to share with.
    const plan: TablePlan = {
      share: null,
      ...JSON.parse(new TextDecoder().decode(bytes.slice(planStart, planStart + length))),
    };
    return isTableOf(bytes, plan) ? plan : null;
  } catch {
    return null;
  }
}

export function roomOf(words: Int32Array): StickRoom {
  return { owners: words[header.owners]!, holds: words[header.holds]! };
}

function formattedWords(bytes: Uint8Array): Int32Array | null {
  if (bytes.byteLength < headerWords * 4 || bytes.byteOffset % 8 !== 0) return null;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerWords);
  if (Atomics.load(words, header.magic) !== magic) return null;
  if (words[header.layout] !== layoutVersion && words[header.layout] !== firstLayout) return null;
  const room = roomOf(words);
  return room.owners > 0 && room.owners <= ownersMax && room.holds > 0 ? words : null;
}
