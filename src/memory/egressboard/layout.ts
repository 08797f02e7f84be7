// Who stands where in the file of an egress board, which control and all workers map. It knows offsets; the files beside it give them
// their meaning. All is counted in 32-bit words, and a row or record is named by the word it begins at (0 is none). The file of
// a large board is sparse: records, rings, texts and leases that were never used cost nothing (pages.ts), and records are used from the first on.
//
//   header     1024 words     magic (last, by who formats), layout, seeds, rooms, shape; then, each in a line of its own: the lock;
//                             what all read and hardly anybody writes (version, halt, index, rows); whose turn it is; the texts' clock; of each
//                             kind of records how many there are; and changes by state and cause. By who holds the lock; halt by who
//                             holds all up (leases.ts); turn by all
//   owners     16 words each  name and generation (../owners.ts), leases that were ever used, whether it is counting just now: by
//                             the owner, and by who recovers it when it is dead
//   index      two of them, of which one is in force: from the hash of an id to its row (rows.ts), by control when it adopts
//   rows       32 words each (../egress.ts memberWord): by who holds the lock, but for what that page says is counted by Atomics
//   times      96 words each, of the last failures of each row: by who holds the lock
//   ids        32 words each  bytes of the text, and the text: length last, by control under the lock
//   outcomes   5 words for each entry of each row (outcomes.ts): by whoever reserved the entry
//   changes    3 words for each (changes.ts), the first few of all rows before the others: by who holds the lock
//   texts      16 words each (texts.ts): by who holds the lock, but for the time of use
//   cells      of each kind of records: the number of a record and a part of its hash (records.ts), by who holds the lock
//   records    of each kind, 40 words each (../egress.ts recordWord): likewise
//   leases     for each owner 2 words each: member and pair (leases.ts). By the owner, by who holds all up
//
// A stale read costs a choice that is a little late: a member chosen that has just cooled down, a record taken for one that is gone.

import { assert } from "../../base/assert.ts";
import { type EgressShape, memberTimesMax, memberWord, type RecordKind, recordWords } from "../egress.ts";
import { ownersMax, ownerWords } from "../owners.ts";

const magic = 0x51_1c_e0_e9;
/** Changed whenever a word moves or means something else, those of ../egress.ts among them. */
export const layoutVersion = 5;

export const header = {
  magic: 0,
  layout: 1,
  seed: 2,
  owners: 3,
  leases: 4,
  nameSeed: 5,
  shape: 8,
  timeouts: 16,
  /** How often a lock was taken over. */
  repairs: 17,
  /** Not 0: counts in flight are to be made anew. */
  isUncertain: 18,
  lock: 32,
  version: 48,
  halt: 49,
  index: 50,
  /** How many rows were ever used: they are the first. */
  rows: 51,
  turn: 64,
  interned: 80,
  /** Texts that made room for others. */
  forgotten: 81,
  kinds: 96,
  /** Changes of members' states by what they came to and why, modulo 2^32, also those that no ring keeps: `changeCountAt`. */
  changes: 192,
} as const;
const headerWords = 1024;

/** A cause has 5 bits, a state 3 (changes.ts). */
export function changeCountAt(state: number, cause: number): number {
  return header.changes + state * 32 + cause;
}

/** Of each kind of records, in the header. */
export const kindWord = { fresh: 0, free: 1, used: 2, evictions: 3, refusals: 4 } as const;
const kindWords = 16;
export const kinds: readonly RecordKind[] = ["pair", "host", "session", "user"];
const sessionKind = 2;
const userKind = 3;

/** Behind what every owner has (../owners.ts). */
export const ownerWord = { leasesUsed: 3, isCounting: 4 } as const;

/** Two lines of memory: so that what is looked at of thousands of rows is in few pages. */
export const rowWords: number = memberWord.strategy + memberWord.strategyWords;
export const idWords = 32;
/** Bytes of an id: what names a proxy of somebody else holds the user's name, and those are long. */
export const idBytesMax: number = (idWords - 1) * 4;
export const outcomeWords = 5;
export const changeWords = 3;
export const textWords = 16;
/** Records and texts are looked for in sets of so many. */
export const ways = 16;
export const leaseWords = 2;

/**
 * A set in which there is no room for another record is rare where half of the cells stay free: of sets that are meant for 8 records each,
 * one in 270. Where what is kept is promised it never is: of sets for 2, one in 20 thousand million.
 */
const cellsPerRecord: Readonly<Record<RecordKind, number>> = { pair: 2, host: 2, session: 8, user: 8 };

const pageWords = 1024;
/** What is mapped at once can be no longer. */
export const boardBytesMax: number = 4 * 2 ** 30;
/** The number of a row stands in 17 bits, that of a record in 20. */
const rowsMax = 65_536;
const recordsMax = 2 ** 20 - 1;
const textsMax = 2 ** 20;

/** How many processes may have it open, and how many leases each may hold at a time. */
export interface BoardRoom {
  readonly owners: number;
  readonly leases: number;
}
/** 64 workers, as many that still drain, control. A worker holds a lease for each request and tunnel. */
export const sharedRoom: BoardRoom = { owners: 136, leases: 65_536 };
export const smallRoom: BoardRoom = { owners: 8, leases: 4096 };

export interface KindLayout {
  /** Its words in the header. */
  readonly at: number;
  /** A power of 2, or 0. */
  readonly sets: number;
  readonly cellsAt: number;
  readonly recordsAt: number;
  readonly count: number;
}

export interface BoardLayout {
  readonly shape: EgressShape;
  readonly room: BoardRoom;
  readonly ownersAt: number;
  /** Of each of the two, a power of 2. */
  readonly indexCells: number;
  readonly indexAt: number;
  readonly rowsAt: number;
  readonly timesAt: number;
  readonly idsAt: number;
  readonly outcomesAt: number;
  readonly changesAt: number;
  readonly textsAt: number;
  readonly kinds: readonly KindLayout[];
  readonly leasesAt: number;
  readonly words: number;
}

export function layoutOf(shape: EgressShape, room: BoardRoom): BoardLayout {
  assert(isPossible(shape), "a board has at most 65,536 members, and texts in powers of 2");
  let at = headerWords;
  const area = (words: number): number => {
    const start = at;
    at += Math.ceil(words / pageWords) * pageWords;
    return start;
  };
  const { members } = shape;
  const ownersAt = area(room.owners * ownerWords);
  const indexCells = powerOf2(members * 2);
  const indexAt = area(indexCells * 2);
  const rowsAt = area(members * rowWords);
  const timesAt = area(members * memberTimesMax);
  const idsAt = area(members * idWords);
  const outcomesAt = area(members * shape.entriesMax * outcomeWords);
  const changesAt = area(members * shape.changesMax * changeWords);
  const textsAt = area(shape.texts * textWords);
  const kindLayouts = [shape.pairs, shape.hosts, shape.sessions, shape.users].map((count, index): KindLayout => {
    const sets = count === 0 ? 0 : Math.max(powerOf2((count * cellsPerRecord[kinds[index]!]) / ways), 1);
    const cellsAt = area(sets * ways);
    return { at: header.kinds + index * kindWords, sets, cellsAt, recordsAt: area(count * recordWords), count };
  });
  const leasesAt = area(room.owners * room.leases * leaseWords);
  return {
    ...{ shape, room, ownersAt, indexCells, indexAt, rowsAt, timesAt, idsAt, outcomesAt, changesAt, textsAt },
    ...{ kinds: kindLayouts, leasesAt, words: at },
  };
}

/** A board of 256 members with the usual history. */
const wholeBytesMax = 8 * 2 ** 20;
/** Of sessions: as many as a pool has room for that keeps none (shape.ts). */
const smallRecords = 2048;

/** Of members, their history and what is known of them at hosts, all has its memory from the beginning. */
export function isWhole(layout: BoardLayout): boolean {
  return layout.kinds[sessionKind]!.cellsAt * 4 <= wholeBytesMax;
}

/**
 * As bytes, all that is read or written without asking. Of a large board rings, records and texts ask for memory as they are written
 * (pages.ts), of a small one sessions where there may be many. The times of last failures never do, for a board that loses them judges
 * wrongly, nor users, for a quota that cannot be counted refuses.
 */
export function firmRanges(layout: BoardLayout, rows: number): readonly (readonly [start: number, end: number])[] {
  const { rowsAt, timesAt, idsAt, outcomesAt, leasesAt } = layout;
  const [sessions, users] = [layout.kinds[sessionKind]!, layout.kinds[userKind]!];
  const bytes = (words: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] =>
    words.map(([start, end]) => [start * 4, end * 4] as const);
  if (isWhole(layout) && sessions.count <= smallRecords) return bytes([[0, leasesAt]]);
  const counted = [users.cellsAt, leasesAt] as const;
  if (isWhole(layout)) return bytes([[0, sessions.recordsAt], counted]);
  const times = [timesAt, timesAt + Math.min(rows, layout.shape.members) * memberTimesMax] as const;
  const others = layout.kinds.slice(0, userKind);
  const cells = others.map(({ cellsAt, sets }) => [cellsAt, cellsAt + sets * ways] as const);
  return bytes([[0, rowsAt], [rowsAt, timesAt], times, [idsAt, outcomesAt], ...cells, counted]);
}

/** What one member's rings take, in bytes. */
export function ringBytes({ entriesMax, changesMax }: EgressShape): number {
  return (entriesMax * outcomeWords + changesMax * changeWords + memberTimesMax) * 4;
}

/** Size of the file. Most of it may never be touched. */
export function boardBytes(shape: EgressShape, room: BoardRoom): number {
  return layoutOf(shape, room).words * 4;
}

export function powerOf2(least: number): number {
  let power = 1;
  while (power < least) power *= 2;
  return power;
}

/** Makes an empty board of a region of zeros that nobody else has seen. */
export function formatBoard(bytes: Uint8Array, shape: EgressShape, seed: number, room: BoardRoom): void {
  const size = boardBytes(shape, room);
  assert(size <= boardBytesMax, "an egress board of that size cannot be mapped");
  assert(bytes.byteLength >= size, `an egress board of that shape needs ${size} bytes`);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerWords);
  words[header.layout] = layoutVersion;
  words[header.seed] = seed;
  words[header.nameSeed] = seed;
  words[header.owners] = room.owners;
  words[header.leases] = room.leases;
  words.set(numbersOf(shape), header.shape);
  words[header.version] = 1;
  Atomics.store(words, header.magic, magic);
}

/** What a region was formatted as; null where it was not, or is cut short. */
export function layoutIn(bytes: Uint8Array): BoardLayout | null {
  if (bytes.byteLength < headerWords * 4 || bytes.byteOffset % 8 !== 0) return null;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerWords);
  if (Atomics.load(words, header.magic) !== magic || words[header.layout] !== layoutVersion) return null;
  const room = { owners: words[header.owners]!, leases: words[header.leases]! };
  const shape = shapeOf([...words.subarray(header.shape, header.shape + shapeFields.length)]);
  if (room.owners < 1 || room.owners > ownersMax || room.leases < 1 || !isPossible(shape)) return null;
  const layout = layoutOf(shape, room);
  return bytes.byteLength >= layout.words * 4 ? layout : null;
}

const shapeFields = ["members", "entriesMax", "changesMax", "pairs", "hosts", "sessions", "users", "texts"] as const;

function numbersOf(shape: EgressShape): number[] {
  return shapeFields.map((field) => shape[field]);
}

function shapeOf(numbers: readonly number[]): EgressShape {
  return Object.fromEntries(shapeFields.map((field, index) => [field, numbers[index]!])) as Record<
    (typeof shapeFields)[number],
    number
  >;
}

export function isSameShape(one: EgressShape, other: EgressShape): boolean {
  return shapeFields.every((field) => one[field] === other[field]);
}

function isPossible(shape: EgressShape): boolean {
  if (numbersOf(shape).some((number) => !Number.isInteger(number) || number < 0)) return false;
  const { members, pairs, hosts, sessions, users, texts } = shape;
  if (members < 1 || members > rowsMax || texts < ways || texts > textsMax || powerOf2(texts) !== texts) return false;
  return [pairs, hosts, sessions, users].every((count) => count <= recordsMax);
}
