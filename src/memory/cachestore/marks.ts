// What is said of a key, or of all variants of its first part, at once: do not wait for it, its variants are chosen by these
// fields, it is no longer good. For the key that was opened. What is under way meanwhile is not stored when it comes: it may be
// older than what is said here.

import { cacheState } from "../cache.ts";
import { node as N } from "./node.ts";
import type { StoreParts } from "./parts.ts";
import { isUnderWay } from "./standing.ts";
import { outdate } from "./walk.ts";

/** A mark is small, and takes what is left to marks: nobody who is dead is looked for (sweep.ts). */
const never = 0;

export function markPass({ shard, index, nodes }: StoreParts, reason: number, untilMs: number, flags: number): void {
  for (let node = index.find(); node !== 0; node = index.find()) nodes.remove(node);
  const node = nodes.create(cacheState.pass, 0, never);
  if (node === 0) return;
  shard.words[node + N.reason] = reason;
  shard.words[node + N.flags] = flags;
  shard.doubles[(node + N.deadlineMs) / 2] = untilMs;
}

export function markVary(parts: StoreParts, names: Uint8Array): void {
  const { shard, index, nodes, queues } = parts;
  const { words } = shard;
  const marked = markOf(parts, names);
  for (let node = index.findFirst(), next = 0; node !== 0; node = next) {
    next = index.findFirst(node);
    const isVariant = words[node + N.variantBytes] !== 0;
    if (node !== marked && (marked === 0 || !isVariant)) nodes.remove(node);
  }
  if (marked !== 0) return queues.renew(marked);
  const node = nodes.create(cacheState.vary, names.length, never);
  if (node === 0) return;
  shard.bytes.set(names, words[node + N.headAt]! * 4);
  words[node + N.headBytes] = names.length;
}

export function purge({ shard, index, nodes }: StoreParts, isSoft: boolean): number {
  const { words } = shard;
  let count = 0;
  for (let node = index.findFirst(), next = 0; node !== 0; node = next) {
    next = index.findFirst(node);
    const state = words[node + N.state]!;
    if (state === cacheState.whole || state === cacheState.filling) count++;
    if (!isSoft || isUnderWay(words, node)) nodes.remove(node);
    else outdate(words, node);
  }
  return count;
}

/** The mark with just these names; 0 without. */
function markOf({ shard, index }: StoreParts, names: Uint8Array): number {
  const { words } = shard;
  for (let node = index.find(); node !== 0; node = index.find(node)) {
    if (words[node + N.state] !== cacheState.vary || words[node + N.headBytes] !== names.length) continue;
    const at = words[node + N.headAt]! * 4;
    if (names.every((byte, index) => shard.bytes[at + index] === byte)) return node;
  }
  return 0;
}
