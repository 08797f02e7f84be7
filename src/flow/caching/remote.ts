// The second level, asked where nothing is here and the lease is ours: what it has is put into the cache, and looked up there. A
// request waits for it no longer than it says, and goes on to a server where it has nothing, or says nothing in time. What a server
// has answered whole is told to it.

import { canRevalidate } from "../../cache/validators.ts";
import { type CacheEntry, type CacheKey, cacheState } from "../../memory/cache.ts";
import type { RemoteCache, RemoteFound, RemoteQuestion } from "../../memory/remotecache.ts";
import type { Caching } from "../caching.ts";
import type { Context } from "../context.ts";
import type { Wait } from "../deadline.ts";
import type { Exchange } from "../exchange.ts";

/** For the URL, which may say what it varies by, and for the variant. */
const questionsMax = 2;

/** What can be asked for anew is kept for so long after it is stale. */
const revalidableMs = 600_000;

export class Remote implements Wait {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #caching: Caching;
  #question: RemoteQuestion | null = null;
  #asked = 0;

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
    if (this.#asked === questionsMax) return false;
    this.#asked++;
    this.#question = remote.fetch(this.#context.desk.key, (found) => this.#told(found));
    this.#exchange.waitFor(this, remote.timeoutMs);
    return true;
  }

  #told(found: RemoteFound | null): void {
    const { lookup, filling } = this.#caching;
    this.#question = null;
    this.#exchange.wait = null;
    if (found === null) return this.#exchange.goOn();
    if (found.kind === "vary") {
      const { key } = filling;
      if (key.end === key.firstEnd) this.#caching.pool.cache.markVary(key, found.names);
      filling.drop();
    } else {
      filling.take(found);
      this.#asked = questionsMax;
      this.#caching.status.detail = "remote";
    }
    lookup.again();
    if (this.#context.followers.isStirred) this.#context.followers.run();
  }

  timedOut(): void {
    this.cancelled();
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
  if (entry.state === cacheState.whole) {
    const { facts } = entry;
    const staleMs = Math.max(
      facts.staleWhileRevalidateMs,
      facts.staleIfErrorMs,
      canRevalidate(facts) ? revalidableMs : 0,
    );
    const keepMs = facts.bornMs + facts.freshForMs - nowMs + staleMs;
    if (keepMs > 0) remote.store(key, entry, tags, keepMs);
  }
  entry.release();
}
