// What is kept about a response beside its bytes, in a node and out of it. An entry has an object of its own for it, that is filled
// anew each time.

import type { CacheFacts } from "../cache.ts";
import { StoredFacts } from "../cachefacts.ts";
import { node as N } from "./node.ts";
import type { StoreShard } from "./shard.ts";

export class StoreFacts extends StoredFacts {
  read({ words, doubles }: StoreShard, node: number): void {
    const numbers = node / 2;
    this.status = words[node + N.status]!;
    this.flags = words[node + N.flags]!;
    this.bornMs = doubles[numbers + N.bornMs / 2]!;
    this.storedMs = doubles[numbers + N.storedMs / 2]!;
    this.freshForMs = doubles[numbers + N.freshForMs / 2]!;
    this.staleWhileRevalidateMs = doubles[numbers + N.staleWhileRevalidateMs / 2]!;
    this.staleIfErrorMs = doubles[numbers + N.staleIfErrorMs / 2]!;
    this.lastModifiedMs = doubles[numbers + N.lastModifiedMs / 2]!;
    this.etagStart = words[node + N.etagStart]!;
    this.etagEnd = words[node + N.etagEnd]!;
    this.reason = words[node + N.reason]!;
    this.bodyBytes = words[node + N.bodyBytes]!;
  }
}

/** All but how long the body is. */
export function writeFacts({ words, doubles }: StoreShard, node: number, facts: CacheFacts): void {
  const numbers = node / 2;
  words[node + N.status] = facts.status;
  words[node + N.flags] = facts.flags;
  doubles[numbers + N.bornMs / 2] = facts.bornMs;
  doubles[numbers + N.storedMs / 2] = facts.storedMs;
  doubles[numbers + N.freshForMs / 2] = facts.freshForMs;
  doubles[numbers + N.staleWhileRevalidateMs / 2] = facts.staleWhileRevalidateMs;
  doubles[numbers + N.staleIfErrorMs / 2] = facts.staleIfErrorMs;
  doubles[numbers + N.lastModifiedMs / 2] = facts.lastModifiedMs;
  words[node + N.etagStart] = facts.etagStart;
  words[node + N.etagEnd] = facts.etagEnd;
  words[node + N.reason] = facts.reason;
}
