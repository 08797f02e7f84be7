// What stands in a node, of words from its beginning, and in an extent. A node is what stands under a key: a response whole or on
// its way, a lease, a mark. Behind its words come the key and, where it is short, the response itself; otherwise head, tags
// and the beginning of the body are in the main extent, the rest of the body in a chain of extents, and a head that was
// brought up to date, when others were reading the former one, in an extent of its own.
//
//   node: words | key | (head | tags | body)
//     ├─ main          next 0, units | head | tags | body …
//     ├─ body ─> …     next, units | body …
//     ├─ head          next 0, units | head
//     └─ former heads  next, units | head, until nobody holds the node
//
// State goes from fetching to filling to whole, or to broken; only `isLinked` says whether it is found. `written` is stored
// after the bytes, by the writer alone and without the lock; who reads along loads it. A node that is pinned keeps its place and its
// extents, whatever becomes of the shard; it is freed with its last pin.

export const node = {
  next: 0,
  hashFirst: 1,
  hash: 2,
  firstBytes: 3,
  keyBytes: 4,
  state: 5,
  refs: 6,
  isLinked: 7,
  older: 8,
  newer: 9,
  queue: 10,
  /** Of the node and all its extents, in units. */
  weight: 11,
  units: 12,
  written: 13,
  bodyBytes: 14,
  /** A word. */
  headAt: 15,
  headBytes: 16,
  /** So long a head can take its place. */
  headRoom: 17,
  /** Extents. */
  head: 18,
  formerHeads: 19,
  formerCount: 20,
  main: 21,
  bodyFirst: 22,
  bodyLast: 23,
  /** Where the body begins, a word, and how much of it is there. */
  startAt: 24,
  startBytes: 25,
  tagsAt: 26,
  tagsBytes: 27,
  hits: 28,
  /** Lock word of who fills it. */
  writer: 29,
  /** Lock word of who asks for it anew, and which of its entries does. */
  claimer: 30,
  claim: 31,
  status: 32,
  flags: 33,
  reason: 34,
  etagStart: 35,
  etagEnd: 36,
  /** Of lfu: how often, and at which age of the shard. */
  frequency: 37,
  age: 38,
  /** Numbers of 64 bits. */
  bornMs: 40,
  storedMs: 42,
  freshForMs: 44,
  staleWhileRevalidateMs: 46,
  staleIfErrorMs: 48,
  lastModifiedMs: 50,
  /** Of a lease or a pass. */
  deadlineMs: 52,
  claimUntilMs: 54,
  key: 56,
} as const;

export const extent = { next: 0, units: 1, data: 2 } as const;
export const extentHeadBytes: number = extent.data * 4;

/** A state of nobody's `find`: what was on its way and will not come. */
export const broken = 6;
