// Who stands where in the file of a cache, which control and all workers map. It knows offsets; the files beside it give them their
// meaning. All is counted in 32-bit words, and a node or an extent is named by the word it begins at (0 is none). The file is
// sparse: pins that nobody took and units that were never used cost nothing, and have no memory before somebody asks the system for it:
// a touch without that ends the process where there is none (SIGBUS). Of a shard the last `unready` units have none yet; all others do.
//
//   header     1024 words     magic (last, by who formats), layout, shape, seed; lock timeouts and whether bytes were lent (by all, by Atomics)
//   shards     480 words each, and one more of which only the lock is used: whoever holds it recovers the dead
//     0          lock         0, or generation and row of the owner. By Atomics, by all
//     8..        units without memory, whether the system had none, whether all is over: by who holds the lock
//     16..       figures, queues, lists of free runs: by who holds the lock; figures are read by all, when stale they are a report that is old
//   owners     16 words each  name and generation (../owners.ts); how many pins were ever used, by the owner, by who recovers it
//   buckets    a power of 2 in each shard: the first node whose hash of the first part ends so
//   sketch     how often what was asked for, in counters of four bits (sketch.ts)
//   map        a byte for each unit: whether a free run begins or ends there (units.ts)
//   pins       for each owner: the node that it holds, or 0. By the owner under the lock of the node's shard, by who recovers it
//   units      512 bytes each, all of a shard together, from a page on: nodes and extents (node.ts)
//
// Beside the lock word, the names of owners, `written` of a node and what says that bytes were lent, everything is written by who
// holds the shard's lock.

import { assert } from "../../base/assert.ts";
import { ownersMax, ownerWords } from "../owners.ts";

const magic = 0x51_1c_e0_cc;
/** Changed whenever a word moves or means something else. */
export const layoutVersion = 3;
/** Taken as it is, with what is stored in it: its keys were hashed by a part of the seed only, and so are those that come to it. */
const seededLayout = 2;

/** What a cache is made of; another shape is another file. */
export interface StoreShape {
  /** Of everything but the pins. */
  readonly bytesMax: number;
  /** Head and body of one response. */
  readonly objectBytesMax: number;
  readonly policy: StorePolicyName;
  /** By many processes; otherwise there is room for a few, as in tests. */
  readonly isShared: boolean;
}

export type StorePolicyName = "tinylfu" | "lru" | "lfu";
const policies: readonly StorePolicyName[] = ["tinylfu", "lru", "lfu"];

export const header = {
  magic: 0,
  layout: 1,
  policy: 2,
  seed: 3,
  owners: 4,
  pins: 5,
  /** Not 0: bytes of this file were given to the system as its pages (pages.ts), by whoever did so, before it did. */
  lent: 6,
  /** The upper half of the seed. */
  seedHigh: 7,
  /** Numbers of 64 bits. */
  bytesMax: 8,
  objectBytesMax: 10,
  timeouts: 16,
} as const;
const headerWords = 1024;

export const shardWord = {
  lock: 0,
  /** Units at the end of the shard that have no memory yet, and are in no list of free runs. 0: all have, as in files from before. */
  unready: 8,
  /** Not 0: the system had none when more was asked for last. */
  isShort: 9,
  /** Not 0: nothing new is asked of it, and what nobody held has given its memory back. */
  isClosed: 10,
  /** Units that have no memory any more, and that nobody is given: of a shard that is closed. */
  gone: 11,
  /** Nodes in a bucket, by what they are: whole, marks, under way. */
  entries: 16,
  marks: 17,
  fetching: 18,
  freeUnits: 19,
  /** Units of nodes that are in no queue: under way, or gone and still held. */
  looseUnits: 20,
  evictions: 21,
  refusals: 22,
  misfits: 23,
  wipes: 24,
  /** Of the sketch, or of the frequencies of lfu: how much was counted since they were halved. */
  counted: 25,
  /** How often frequencies were halved. */
  age: 26,
  /** How many nodes became the newest of the protected queue. */
  moves: 27,
  /** Of each queue: oldest, newest, units, and one to spare. */
  queues: 32,
  /** First free run of each length (units.ts): 1 + its unit. */
  free: 320,
} as const;
export const queueWords = 4;
/** Queue 0 is none. */
export const queue = { none: 0, window: 1, probation: 2, protected: 3, marks: 4, frequencies: 5 } as const;
/** Lists by how often, of lfu. */
export const frequencies = 64;
export const shardWords = 480;

/** Behind what every owner has (../owners.ts). */
export const ownerWord = { pinsUsed: 3 } as const;

export const unitBytes = 512;
export const unitWords: number = unitBytes / 4;
/** Of 256 KiB: the largest extent. */
export const extentUnitsMax = 512;
/** Of a page of the file. */
export const pageUnits = 8;
/** Of 32 KiB: an extent that is as long as that shares no page with others, so that its pages can be lent (pages.ts). */
export const pagedUnitsMin = 64;
/** Lists of free runs: the last one is of those of 2^20 units and more, half a gigabyte. */
export const classes = 153;

/** So many at most: more locks for more workers. */
const shardsMax = 32;
/** A shard holds so many objects of the largest size, where there is room for that: one alone must not wash out the others. */
const objectsPerShard = 8;
const shardBytesMin = 4 * 2 ** 20;
/** An object takes no more of its shard than this, whatever is asked for. */
const shareOfShardMax = 0.5;
/** What is mapped at once can be no longer. */
const fileBytesMax = 4 * 2 ** 30;
const pageWords = 1024;

/** How many processes may have it open, and how many entries each may hold at a time. */
export interface StoreRoom {
  readonly owners: number;
  readonly pins: number;
}
/** 64 workers, as many that still drain, control. A worker shows a response to each of its clients. */
const sharedRoom: StoreRoom = { owners: 136, pins: 65_536 };
const smallRoom: StoreRoom = { owners: 8, pins: 1024 };

export interface StoreLayout {
  readonly room: StoreRoom;
  readonly policy: StorePolicyName;
  readonly objectBytesMax: number;
  readonly shards: number;
  /** Of a hash, so that the highest bits are left, which name the shard; 32 where there is only one. */
  readonly shardShift: number;
  /** In a shard, each. */
  readonly units: number;
  readonly buckets: number;
  readonly sketchWords: number;
  readonly mapWords: number;
  readonly shardsAt: number;
  readonly ownersAt: number;
  readonly bucketsAt: number;
  readonly sketchAt: number;
  readonly mapAt: number;
  readonly pinsAt: number;
  readonly unitsAt: number;
  readonly words: number;
}

export function layoutOf(shape: StoreShape): StoreLayout {
  const room = shape.isShared ? sharedRoom : smallRoom;
  const shards = shardsOf(shape);
  const shardsAt = headerWords;
  const ownersAt = shardsAt + (shards + 1) * shardWords;
  const bucketsAt = wholePages(ownersAt + room.owners * ownerWords);
  // A unit with its share of buckets, sketch and map, and so that all of them fit.
  const share = Math.floor((shape.bytesMax - bucketsAt * 4) / shards);
  let units = Math.floor(share / unitBytes);
  while (units > 0 && unitBytes * units + 4 * besides(units) > share) units -= Math.ceil(units / 256);
  // Each shard begins with a page.
  units -= units % pageUnits;
  assert(units >= 128, `a cache of ${shape.bytesMax} bytes is too small`);
  const [buckets, sketchWords, mapWords] = [bucketsFor(units), sketchFor(units), mapFor(units)];
  const sketchAt = bucketsAt + shards * buckets;
  const mapAt = sketchAt + shards * sketchWords;
  const pinsAt = mapAt + shards * mapWords;
  const unitsAt = wholePages(pinsAt + room.owners * room.pins);
  const words = unitsAt + shards * units * unitWords;
  assert(words * 4 <= fileBytesMax, `a cache of ${shape.bytesMax} bytes is too large`);
  const objectBytesMax = Math.min(shape.objectBytesMax, Math.floor(units * unitBytes * shareOfShardMax));
  return {
    ...{ room, policy: shape.policy, objectBytesMax, shards, shardShift: 32 - Math.log2(shards), units, buckets },
    ...{ sketchWords, mapWords, shardsAt, ownersAt, bucketsAt, sketchAt, mapAt, pinsAt, unitsAt, words },
  };
}

/** A power of 2: as many as leave each shard room for `objectsPerShard`. */
function shardsOf({ bytesMax, objectBytesMax }: StoreShape): number {
  const least = Math.max(shardBytesMin, objectsPerShard * objectBytesMax);
  let shards = 1;
  while (shards < shardsMax && bytesMax / (shards * 2) >= least) shards *= 2;
  return shards;
}

const wholePages = (words: number): number => Math.ceil(words / pageWords) * pageWords;

function powerOf2(least: number): number {
  let power = 1;
  while (power < least) power *= 2;
  return power;
}

const besides = (units: number): number => bucketsFor(units) + sketchFor(units) + mapFor(units);
/** A node takes three units, where responses are small. */
const bucketsFor = (units: number): number => powerOf2(units / 4);
/** Two counters for each unit, eight of them in a word, sixteen words in a line that belong together. */
const sketchFor = (units: number): number => Math.max(powerOf2(units / 4), 16);
const mapFor = (units: number): number => Math.ceil(units / 4);

/** Size of the file. Most of it may never be touched. */
export function storeBytes(shape: StoreShape): number {
  return layoutOf(shape).words * 4;
}

/** What stands before pins and units: it is used from the beginning on. */
export function fixedBytes(shape: StoreShape): number {
  return layoutOf(shape).pinsAt * 4;
}

/** Memory of the cache when it is full; each entry that is shown just now takes four bytes more. */
export function fullBytes(shape: StoreShape): number {
  const { unitsAt, pinsAt, words } = layoutOf(shape);
  return (pinsAt + words - unitsAt) * 4;
}

/** What of a file has memory, as [start, end) in bytes; without pins. */
export function readyRanges(bytes: Uint8Array, shape: StoreShape): [number, number][] {
  const { shards, shardsAt, unitsAt, units, pinsAt } = layoutOf(shape);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
  const ranges: [number, number][] = [[0, pinsAt * 4]];
  for (let shard = 0; shard < shards; shard++) {
    const start = (unitsAt + shard * units * unitWords) * 4;
    const unready = words[shardsAt + shard * shardWords + shardWord.unready]!;
    ranges.push([start, start + Math.max(0, units - unready) * unitBytes]);
  }
  return ranges;
}

/** Writes the header, last the magic. The region is one of zeros that nobody else has seen, but for its free units. */
export function formatHeader(bytes: Uint8Array, shape: StoreShape, seed: number): void {
  const { room } = layoutOf(shape);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerWords);
  const doubles = new Float64Array(bytes.buffer, bytes.byteOffset, headerWords / 2);
  words[header.layout] = layoutVersion;
  words[header.policy] = policies.indexOf(shape.policy);
  words[header.seed] = seed;
  words[header.seedHigh] = Math.floor(seed / 2 ** 32);
  words[header.owners] = room.owners;
  words[header.pins] = room.pins;
  doubles[header.bytesMax / 2] = shape.bytesMax;
  doubles[header.objectBytesMax / 2] = shape.objectBytesMax;
  Atomics.store(words, header.magic, magic);
}

/** What a region was formatted as; null where it was not, or is cut short. */
export function shapeOf(bytes: Uint8Array): StoreShape | null {
  if (bytes.byteLength < headerWords * 4 || bytes.byteOffset % 8 !== 0) return null;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, headerWords);
  const doubles = new Float64Array(bytes.buffer, bytes.byteOffset, headerWords / 2);
  if (Atomics.load(words, header.magic) !== magic || !isKnown(words[header.layout]!)) return null;
  const policy = policies[words[header.policy]!];
  const [bytesMax, objectBytesMax] = [doubles[header.bytesMax / 2]!, doubles[header.objectBytesMax / 2]!];
  const isShared = words[header.owners] === sharedRoom.owners && words[header.pins] === sharedRoom.pins;
  if (policy === undefined || words[header.owners]! > ownersMax || !isSize(bytesMax) || !isSize(objectBytesMax))
    return null;
  const shape = { bytesMax, objectBytesMax, policy, isShared };
  return bytes.byteLength >= storeBytes(shape) ? shape : null;
}

const isKnown = (layout: number): boolean => layout === layoutVersion || layout === seededLayout;

/** Whether keys are hashed with a key, in a file that is one of ours. */
export function isKeyed(words: Int32Array): boolean {
  return words[header.layout] !== seededLayout;
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value > 0 && value <= fileBytesMax;

export function isSameShape(one: StoreShape, other: StoreShape): boolean {
  return (
    one.bytesMax === other.bytesMax &&
    one.objectBytesMax === other.objectBytesMax &&
    one.policy === other.policy &&
    one.isShared === other.isShared
  );
}
