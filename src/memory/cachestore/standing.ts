// What counts under the key that was opened. A lease whose owner is dead or late is nothing, and neither is what will not become
// whole, or a pass whose time is over: who meets such a node takes it away.

import { cacheFlag, cacheState } from "../cache.ts";
import { node as N } from "./node.ts";
import type { StoreParts } from "./parts.ts";

/** The first node under the key that counts; those before it are gone after this. 0 without. */
export function standing(parts: StoreParts, nowMs: number): number {
  const { index, nodes } = parts;
  let node = index.find();
  while (node !== 0 && !counts(parts, node, nowMs)) {
    nodes.remove(node);
    node = index.find();
  }
  return node;
}

function counts({ shard, writers }: StoreParts, node: number, nowMs: number): boolean {
  const { words } = shard;
  switch (words[node + N.state]) {
    case cacheState.whole:
    case cacheState.vary:
      return true;
    case cacheState.pass:
      return shard.doubles[(node + N.deadlineMs) / 2]! > nowMs;
    case cacheState.filling:
      return !writers.isGone(words[node + N.writer]!);
    case cacheState.fetching:
      return shard.doubles[(node + N.deadlineMs) / 2]! > nowMs && !writers.isGone(words[node + N.writer]!);
    default:
      return false;
  }
}

/** Whether something else may be fetched in its place: a pass, or what is stale and nobody asks for anew just now. Below names there are variants. */
export function isSuperable(parts: StoreParts, node: number, nowMs: number): boolean {
  const { words, doubles } = parts.shard;
  if (isUnderWay(words, node)) return false;
  if (words[node + N.state] !== cacheState.whole) return words[node + N.state] === cacheState.pass;
  if (isClaimed(parts, node, nowMs)) return false;
  if (words[node + N.flags]! & (cacheFlag.isPurged | cacheFlag.alwaysRevalidate)) return true;
  return doubles[(node + N.bornMs) / 2]! + doubles[(node + N.freshForMs) / 2]! <= nowMs;
}

export function isUnderWay(words: Int32Array, node: number): boolean {
  const state = words[node + N.state]!;
  return state === cacheState.fetching || state === cacheState.filling;
}

/** Somebody asks for it anew, alone, or fetches what is to take its place. */
export function isClaimed(parts: StoreParts, node: number, nowMs: number): boolean {
  const { shard, writers, index } = parts;
  const { words, doubles } = shard;
  const isTaken = words[node + N.claim] !== 0 && doubles[(node + N.claimUntilMs) / 2]! > nowMs;
  if (isTaken && !writers.isGone(words[node + N.claimer]!)) return true;
  for (let other = index.sibling(node); other !== 0; other = index.sibling(node, other))
    if (isUnderWay(words, other) && counts(parts, other, nowMs)) return true;
  return false;
}
