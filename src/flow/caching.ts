// What a pool's cache does for one exchange, from the request's head to the end: what is found is shown, what is not is asked for and
// stored. This is the face that exchanges see, and what its parts share. It acts; what may be shown or stored is for cache/
// (RFC 9111), and where it lies for memory/cache.ts. Only exchanges of pools with a cache have one; it is used again.
//
//   lookup.ts ─ fresh ─> shown.ts               ─ nothing ─> lease ─> server ─> filling.ts stores it by the way
//     │ stale: shown, refreshed by an errand    ─ another asks ─> waits (followers.ts), or reads along ─> lookup.ts
//     └ stale: asking.ts ─> server, by conditions of ours ─ 304 ─> freshened, shown
//                                              └ 5xx, no answer: stale-if-error ─> shown

import type { Fault } from "../base/fault.ts";
import { invalidates, writeReference } from "../cache/invalidation.ts";
import { isServerError, mayShowOnError } from "../cache/reuse.ts";
import { CacheStatus, forwarded } from "../cache/status.ts";
import { reason } from "../cache/storing.ts";
import { type CacheEntry, cacheFlag } from "../memory/cache.ts";
import { purgeTimeouts } from "../memory/remotecache.ts";
import { poolCell } from "../memory/tally.ts";
import type { Head } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { Asking } from "./caching/asking.ts";
import { Filling } from "./caching/filling.ts";
import { Lookup } from "./caching/lookup.ts";
import type { PoolCaching } from "./caching/poolcaching.ts";
import { Remote } from "./caching/remote.ts";
import { isStoredAsSecure, writeKey } from "./caching/scheme.ts";
import { Shown } from "./caching/shown.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { changeResponse, fieldNames, isOneOf } from "./fieldlines.ts";

/** What was done for a request: a word of the access log, and a cell of the pool. "" for what no client has asked for. */
export type CacheWord = "" | "hit" | "miss" | "stale" | "revalidated" | "bypass" | "pass" | "collapsed" | "error";

const cells: Readonly<Record<CacheWord, number>> = {
  "": -1,
  hit: poolCell.cacheHit,
  miss: poolCell.cacheMiss,
  stale: poolCell.cacheStale,
  revalidated: poolCell.cacheRevalidated,
  bypass: poolCell.cacheBypass,
  pass: poolCell.cachePass,
  collapsed: poolCell.cacheCollapsed,
  error: poolCell.cacheError,
};

const cacheName = new TextEncoder().encode("Sluice");

const setCookie = fieldNames("set-cookie", "set-cookie2");

export class Caching {
  pool!: PoolCaching;
  word: CacheWord = "";
  readonly status: CacheStatus = new CacheStatus();
  /** When something stored was begun to be shown; 0: not yet. */
  shownMs = 0;
  /** Held: what is shown, or is asked for anew. */
  entry: CacheEntry | null = null;
  /** Why nothing of it is stored, whatever it will be; `reason.none`: that is for what comes to say. */
  barred: number = reason.none;
  /** The client's own conditions were left out of what the server is asked: an answer that is not stored has cost it a 304. */
  isUnconditional = false;
  /** For the cache alone: nobody waits for it. */
  isRefresh = false;
  readonly lookup: Lookup;
  readonly asking: Asking;
  readonly filling: Filling;
  readonly remote: Remote;
  readonly shown: Shown;
  readonly #exchange: Exchange;
  readonly #context: Context;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
    this.lookup = new Lookup(exchange, context, this);
    this.asking = new Asking(exchange, context, this);
    this.filling = new Filling(exchange, context, this);
    this.remote = new Remote(exchange, context, this);
    this.shown = new Shown(exchange, context);
  }

  /** What an exchange has from now on. */
  static of(exchange: Exchange, context: Context, pool: PoolCaching): Caching {
    exchange.spareCaching ??= new Caching(exchange, context);
    const caching = exchange.spareCaching;
    exchange.caching = caching;
    caching.pool = pool;
    return caching;
  }

  /** The exchange will be another. */
  reset(): void {
    this.word = "";
    this.status.clear();
    this.shownMs = 0;
    this.barred = reason.none;
    this.isUnconditional = false;
    this.isRefresh = false;
    this.lookup.reset();
    this.filling.reset();
    this.remote.reset();
    this.shown.reset();
  }

  /** So long others count on it that what it asks for will come. */
  get leaseMs(): number {
    const { timeouts, queue, retries } = this.#exchange.pool.plan;
    return queue.timeoutMs + timeouts.connectMs * (retries + 1) + timeouts.responseMs;
  }

  /** When the server was asked, of the wall clock. */
  get requestMs(): number {
    const { wallMs, nowMs } = this.#context.port;
    return wallMs - (nowMs - this.#exchange.sentMs);
  }

  /** Others wait for what the server is about to say. */
  get isAwaited(): boolean {
    return this.filling.isLeading && this.#exchange.sentMs > 0 && this.#exchange.descent.head === null;
  }

  // ---- the answer ----

  /** Give the client what is stored. The desk has read the request; it may all be over when this returns. */
  show(entry: CacheEntry, word: CacheWord): void {
    const { facts } = entry;
    this.entry = entry;
    this.word = word;
    this.shownMs = this.#context.port.nowMs;
    // What was purged softly is stale, however long it would have been fresh.
    const isPurged = (facts.flags & cacheFlag.isPurged) !== 0;
    const leftMs = facts.bornMs + facts.freshForMs - this.#context.port.wallMs;
    this.status.ttlS = isPurged && leftMs > 0 ? Number.NaN : Math.floor(leftMs / 1000);
    this.shown.start(entry, this.#context.desk);
  }

  /** First of all steps of a response. False: it is not for the client. */
  received(head: Head): boolean {
    const exchange = this.#exchange;
    const { entry, asking } = this;
    const question = asking.end();
    if (invalidates(exchange.head, head.status)) this.#invalidate(head);
    if (head.status === 304 && question !== null) return asking.notModified(head, question === "conditional");
    if (entry === null || !isServerError(head.status)) return true;
    if (this.isRefresh) return asking.endRefresh(false);
    if (!this.#mayShow(entry)) return true;
    this.status.forwardedStatus = head.status;
    exchange.descent.dismiss(false);
    this.#showStale(entry);
    return false;
  }

  /** The request onto the desk, by which it is decided what may be kept of the answer: a login holds for all that comes over its connection. */
  readAsker(): void {
    const { request } = this.#context.desk;
    request.read(this.#exchange.head);
    if (this.#exchange.upstream?.isPinned === true) request.hasAuthorization = true;
  }

  /** Behind the pool's steps: what it has made of the response is what is stored. */
  keep(head: Head): void {
    if (this.barred !== reason.none) return;
    this.readAsker();
    this.filling.keep(head, this.entry);
    this.entry?.release();
    this.entry = null;
    // The client that it was fetched for gets what all the others will get.
    if (this.status.isStored && this.pool.plan.dropsCookies && this.#context.desk.response.hasSetCookie)
      changeResponse(this.#exchange, this.#context, head, (index) => isOneOf(head, index, setCookie), "");
  }

  /** No answer is to be had: whether something stale will do. If so it is shown. */
  rescues(what: Fault): boolean {
    const exchange = this.#exchange;
    const { entry } = this;
    if (entry === null || this.shown.isBegun || this.isRefresh || what.side === "downstream") return false;
    this.asking.end();
    if (!this.#mayShow(entry)) return false;
    exchange.upstream?.reset();
    exchange.upstream = null;
    exchange.descent.reset();
    exchange.attempt.end();
    this.#showStale(entry);
    return true;
  }

  /** The desk has read the request after this. */
  #mayShow({ facts }: CacheEntry): boolean {
    const { desk, port } = this.#context;
    desk.request.read(this.#exchange.head);
    return mayShowOnError(facts, desk.request, this.pool.policy, port.wallMs);
  }

  #showStale(entry: CacheEntry): void {
    this.status.forwarded = forwarded.stale;
    this.status.detail = "stale-if-error";
    this.show(entry, "stale");
  }

  /** RFC 9111 section 4.4. */
  #invalidate(head: Head): void {
    const { desk, port } = this.#context;
    const { key, response } = desk;
    const { head: asked } = this.#exchange;
    const isSecure = isStoredAsSecure(this.#exchange);
    const { cache, policy, remote } = this.pool;
    const purge = (): void => {
      cache.purge(key, false);
      if (remote === null) return;
      remote.purge(key);
      // Another process may ask it before that has come there.
      cache.markPass(key, reason.invalidated, port.wallMs + remote.timeoutMs * purgeTimeouts);
    };
    writeKey(key, this.#exchange, policy);
    purge();
    response.read(head, port.wallMs);
    for (const index of [response.location, response.contentLocation])
      if (index !== -1 && writeReference(key, asked, isSecure, head, index, policy)) purge();
  }

  /** What the cache says of itself, as a line of the head. */
  tell(output: Output): void {
    if (this.pool.plan.isTold) this.status.write(output, cacheName);
  }

  // ---- the end ----

  /** The exchange is over: let go of everything, and count. */
  end(): void {
    const { entry } = this;
    this.lookup.cancelled();
    this.shown.stop();
    this.filling.drop();
    const question = this.asking.end();
    if (entry !== null) {
      entry.release();
      this.entry = null;
      // Those who wait for the answer may ask themselves now.
      if (question !== null) this.filling.stir();
    }
    const cell = cells[this.word];
    if (cell !== -1 && this.#exchange.downstream!.isOfClient)
      this.#context.tally.cells[this.#exchange.pool.row + cell]!++;
  }
}
