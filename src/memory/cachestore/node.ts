// What stands in a node, of words from its beginning, and in an extent. A node is what stands under a key: a response whole or on
// its way, a lease, a mark. Behind its words come the key and, where it is short, the response itself. Otherwise the beginning of
// the body is in the main extent, and before it head and tags if they are not behind the key; the rest of the body is in a chain
// of extents, and a head that was brought up to date, when others were reading the former one, in an extent of its own.
//
//   node: words | key | (head | tags | body)
//     ├─ main          next 0, units | (head | tags) | body …
//     ├─ body ─> …     next, units | body …
//     ├─ head          next 0, units | head
//     └─ former heads  next, units | head, until nobody holds the node
//
// State goes from fetching to filling to whole, or to broken; only `isLinked` says whether it is found. `written` is stored
// after the bytes, by the writer alone and without the lock; who reads along loads it. A node that is pinned keeps its place and its
// extents, whatever becomes of the shard; it is freed with its last pin.

import { unitBytes } from "./layout.ts";

export const node = {
  // What is looked at when it is found, in lines of 64 bytes: first what every look and every move in a queue wants.
  next: 0,
  hashFirst: 1,
  hash: 2,
  /** Of both parts of the key. */
  firstBytes: 3,
  variantBytes: 4,
  state: 5,
  refs: 6,
  isLinked: 7,
  older: 8,
  newer: 9,
  queue: 10,
  /** Of the node and all its extents, in units. */
  weight: 11,
  hits: 12,
  formerHeads: 13,
  /** Of the protected queue: how many had moved there when it last did. */
  moved: 14,
  units: 15,
  /** A word. */
  headAt: 16,
  headBytes: 17,
  /** Where the body begins, a word, and how much of it is there. */
  startAt: 18,
  startBytes: 19,
  bodyBytes: 20,
  written: 21,
  status: 22,
  flags: 23,
  reason: 24,
  etagStart: 25,
  etagEnd: 26,
  /** So long a head can take its place. */
  headRoom: 27,
  /** Numbers of 64 bits. */
  bornMs: 28,
  storedMs: 30,
  freshForMs: 32,
  staleWhileRevalidateMs: 34,
  staleIfErrorMs: 36,
  lastModifiedMs: 38,
  /** Of a lease or a pass. */
  deadlineMs: 40,
  claimUntilMs: 42,
  /** Lock word of who fills it. */
  writer: 44,
  /** Lock word of who asks for it anew, and which of its entries does. */
  claimer: 45,
  claim: 46,
  /** Extents. */
  head: 47,
  formerCount: 48,
  main: 49,
  bodyFirst: 50,
  bodyLast: 51,
  tagsAt: 52,
  tagsBytes: 53,
  /** Of lfu: how often, and at which age of the shard. */
  frequency: 54,
  age: 55,
  /** Not 0: bytes of its extents were lent (pages.ts). By whoever lends, who holds it, by Atomics and before it does. */
  lent: 56,
  /** Both parts, each in whole words. */
  key: 57,
} as const;

export const extent = { next: 0, units: 1, data: 2 } as const;
export const extentHeadBytes: number = extent.data * 4;

/** Of an extent for so many bytes. */
export const unitsFor = (bytes: number): number => Math.ceil((bytes + extentHeadBytes) / unitBytes);
export const wordsFor = (bytes: number): number => (bytes + 3) >>> 2;

/** A state of nobody's `find`: what was on its way and will not come. */
export const broken = 6;
