// Going through all that stands in a cache, a slice at a time, for control: to list, and to purge by what a key begins with or by
// tags. What is under way is met too: of a fetch whose tags are not known yet nobody can say that it is none of those that
// are purged, and who purges by tags removes it. The one who looks is called with the shard locked: it takes no time, and
// asks nothing of the store.

import { cacheFlag, cacheState } from "../cache.ts";
import { StoreFacts } from "./facts.ts";
import { unitBytes } from "./layout.ts";
import { node as N, wordsFor } from "./node.ts";
import type { StoreParts } from "./parts.ts";

/** `outdate`: stale from now on; what is under way is removed then, and marks are kept. */
export type StoreVerdict = "keep" | "remove" | "outdate";

/** One node, during the look; the same object for each. */
export class StoreView {
  /** What all spans are of. */
  readonly bytes: Uint8Array;
  readonly facts: StoreFacts = new StoreFacts();
  /** Both parts of its key. */
  firstStart = 0;
  firstEnd = 0;
  variantStart = 0;
  variantEnd = 0;
  headStart = 0;
  headEnd = 0;
  tagsStart = 0;
  tagsEnd = 0;
  state = 0;
  hits = 0;
  bodyBytes = 0;
  /** What it takes of the cache. */
  roomBytes = 0;
  readonly #parts: StoreParts;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.bytes = parts.shard.bytes;
  }

  show(node: number): void {
    const { shard } = this.#parts;
    const { words } = shard;
    this.facts.read(shard, node);
    this.firstStart = (node + N.key) * 4;
    this.firstEnd = this.firstStart + words[node + N.firstBytes]!;
    this.variantStart = this.firstStart + wordsFor(words[node + N.firstBytes]!) * 4;
    this.variantEnd = this.variantStart + words[node + N.variantBytes]!;
    this.headStart = words[node + N.headAt]! * 4;
    this.headEnd = this.headStart + words[node + N.headBytes]!;
    this.tagsStart = words[node + N.tagsAt]! * 4;
    this.tagsEnd = this.tagsStart + words[node + N.tagsBytes]!;
    this.state = words[node + N.state]!;
    this.hits = words[node + N.hits]!;
    this.bodyBytes = Atomics.load(words, node + N.written);
    this.roomBytes = words[node + N.weight]! * unitBytes;
  }
}

/** From a cursor (0 at first) on, looking at so many nodes and buckets. Answers where to go on; -1: that was all. */
export function walk(
  parts: StoreParts,
  view: StoreView,
  from: number,
  looksMax: number,
  visit: (view: StoreView) => StoreVerdict,
): number {
  const { shard, index } = parts;
  const { buckets, shards } = shard.layout;
  let cursor = from;
  let looks = 0;
  while (looks < looksMax && cursor < shards * buckets) {
    const number = Math.floor(cursor / buckets);
    if (!shard.open(number)) return cursor;
    try {
      do {
        looks++;
        for (let node = index.firstIn(cursor % buckets); node !== 0; looks++) {
          const next = shard.words[node + N.next]!;
          view.show(node);
          judge(parts, node, visit(view));
          node = next;
        }
        cursor++;
      } while (looks < looksMax && cursor % buckets !== 0);
    } finally {
      shard.close();
    }
  }
  return cursor < shards * buckets ? cursor : -1;
}

function judge({ nodes, shard: { words } }: StoreParts, node: number, verdict: StoreVerdict): void {
  if (verdict === "keep") return;
  if (verdict === "remove") return nodes.remove(node);
  outdate(words, node);
  const state = words[node + N.state]!;
  if (state === cacheState.fetching || state === cacheState.filling) nodes.remove(node);
}

/** Stale from now on; who asks for it anew just now does not make it fresh. */
export function outdate(words: Int32Array, node: number): void {
  words[node + N.flags]! |= cacheFlag.isPurged;
  words[node + N.claim] = 0;
}
