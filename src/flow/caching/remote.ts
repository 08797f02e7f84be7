// The second level, asked where nothing is here and the lease is ours: what it has is looked at (remotehead.ts), put into the cache, and
// looked up there. A request waits for it no longer than it says, all questions together, and goes on to a server where it has
// nothing, or says nothing in time. What a server has answered whole is told to it.

import { writeTags } from "../../cache/tags.ts";
import { canRevalidate } from "../../cache/validators.ts";
import { type CacheEntry, type CacheKey, cacheState } from "../../memory/cache.ts";
import type { RemoteCache, RemoteFound, RemoteQuestion } from "../../memory/remotecache.ts";
import { poolCell } from "../../memory/tally.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import type { Caching } from "../caching.ts";
import type { Context } from "../context.ts";
import type { Wait } from "../deadline.ts";
import type { Exchange } from "../exchange.ts";
import type { PoolCaching } from "./poolcaching.ts";
import { admitRemote } from "./remotehead.ts";

const missed = { away: poolCell.remoteAway, late: poolCell.remoteLate } as const;

/** For the URL, which may say what it varies by, and for the variant. */
const questionsMax = 2;

/** What Cache-Status says of an answer that was there. */
export const remoteDetail = "redis";

/** What can be asked for anew is kept for so long after it is stale. */
const revalidableMs = 600_000;

export class Remote implements Wait {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #caching: Caching;
  #question: RemoteQuestion | null = null;
  #asked = 0;
  /** When the first question was asked. */
  #askedMs = 0;

  constructor(exchange: Exchange, context: Context, caching: Caching) {
    this.#exchange = exchange;
    this.#context = context;
    this.#caching = caching;
  }

  reset(): void {
    this.#asked = 0;
  }

  /** For the key on the desk, whose lease is ours. False: it is not asked. */
  ask(remote: RemoteCache): boolean {
    const { desk, port } = this.#context;
    if (this.#asked === 0) this.#askedMs = port.nowMs;
    const leftMs = this.#askedMs + remote.timeoutMs - port.nowMs;
    if (this.#asked === questionsMax || leftMs <= 0) return false;
    this.#asked++;
    this.#question = remote.fetch(desk.key, leftMs, (found) => this.#told(found));
    this.#exchange.waitFor(this, leftMs);
    return true;
  }

  #told(found: RemoteFound | null): void {
    this.#question = null;
    this.#exchange.wait = null;
    if (found?.kind === "whole") this.#take(found);
    else if (found?.kind === "vary") this.#mark(found.names);
    else {
      this.#count(found === null ? poolCell.remoteMiss : missed[found.kind]);
      this.#exchange.goOn();
    }
  }

  /** What it varies by is known now: there is more to ask for. */
  #mark(names: Uint8Array): void {
    const { lookup, filling, pool } = this.#caching;
    const { key } = filling;
    if (key.end === key.firstEnd) pool.cache.markVary(key, names);
    filling.drop();
    this.#lookAgain(lookup);
  }

  #take(found: RemoteFound & { readonly kind: "whole" }): void {
    const { lookup, filling, pool, status } = this.#caching;
    const { desk, port } = this.#context;
    this.#asked = questionsMax;
    if (!admitRemote(found, desk, pool.policy, port.wallMs)) {
      this.#count(poolCell.remoteInvalid);
      return this.#exchange.goOn();
    }
    this.#count(poolCell.remoteHit);
    filling.take(desk.facts, desk.head, found.body, found.tags);
    status.detail = remoteDetail;
    this.#lookAgain(lookup);
  }

  #lookAgain(lookup: Caching["lookup"]): void {
    lookup.again();
    if (this.#context.followers.isStirred) this.#context.followers.run();
  }

  #count(cell: number): void {
    this.#context.tally.cells[this.#exchange.pool.row + cell]!++;
  }

  timedOut(): void {
    this.cancelled();
    this.#count(poolCell.remoteLate);
    this.#exchange.goOn();
  }

  cancelled(): void {
    this.#question?.cancel();
    this.#question = null;
  }
}

/** What stands under the key is whole now: the second level is told. */
export function tellRemote(
  remote: RemoteCache,
  entry: CacheEntry | null,
  key: CacheKey,
  tags: Uint8Array,
  nowMs: number,
): void {
  if (entry === null) return;
  if (entry.state === cacheState.whole) storeRemote(remote, entry, key, tags, nowMs);
  entry.release();
}

/** A server has said that it is still good: others are spared the question. Its tags stand in its head. */
export function tellFreshened(
  { desk, port }: Context,
  { remote, policy }: PoolCaching,
  entry: CacheEntry,
  key: CacheKey,
): void {
  if (remote === null) return;
  const { stored, tags } = desk;
  const { bytes, headStart, headEnd } = entry;
  if (parseResponse(stored, bytes, headStart, headEnd, headEnd - headStart) < 0) return;
  tags.clear();
  writeTags(tags, stored, policy);
  storeRemote(remote, entry, key, tags.bytes.slice(0, tags.length), port.wallMs);
}

function storeRemote(remote: RemoteCache, entry: CacheEntry, key: CacheKey, tags: Uint8Array, nowMs: number): void {
  const { facts } = entry;
  const staleMs = Math.max(
    facts.staleWhileRevalidateMs,
    facts.staleIfErrorMs,
    canRevalidate(facts) ? revalidableMs : 0,
  );
  const keepMs = facts.bornMs + facts.freshForMs - nowMs + staleMs;
  if (keepMs > 0) remote.store(key, entry, tags, keepMs);
}
