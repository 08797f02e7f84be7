// What a pool's cache does for one exchange, from the request's head to the end: looks it up, shows what is there, has it wait for
// another that asks for the same, asks anew what is stale, stores what comes. It acts; what may be shown or stored is for cache/
// (RFC 9111), and where it lies for memory/cache.ts. Only exchanges of pools with a cache have one; it is used again.
//
//   lookUp ─ fresh ─> shown                  ─ nothing ─> lease ─> server ─> received ─> stored by the way
//     │ stale: shown, refreshed by an errand ─ another asks ─> waits, or reads along ─> lookUp
//     └ stale: claim ─> server, by conditions of ours ─> received ─ 304 ─> freshened, shown
//                                                           └ 5xx, none: stale-if-error ─> shown

import { type Fault, fault } from "../base/fault.ts";
import { directive } from "../cache/cachecontrol.ts";
import { freshen } from "../cache/freshen.ts";
import { invalidates, writeReference } from "../cache/invalidation.ts";
import { isServerError, mayShowOnError, reuse, reuseOf, reuseOfNothing } from "../cache/reuse.ts";
import { CacheStatus, forwarded } from "../cache/status.ts";
import { reason, reasonWords } from "../cache/storing.ts";
import { canRevalidate, isFreshenedBy } from "../cache/validators.ts";
import { writeVariant } from "../cache/vary.ts";
import { type CacheEntry, type CacheKey, cacheFlag, cacheState } from "../memory/cache.ts";
import { poolCell } from "../memory/tally.ts";
import { bodyKind, type Head } from "../wire/http1/head.ts";
import { parseResponse } from "../wire/http1/reader.ts";
import type { Output } from "../wire/http1/writer.ts";
import { Filling } from "./caching/filling.ts";
import type { Follower } from "./caching/followers.ts";
import type { PoolCaching } from "./caching/poolcaching.ts";
import { questionOf } from "./caching/question.ts";
import { Shown } from "./caching/shown.ts";
import type { Context } from "./context.ts";
import type { Wait } from "./deadline.ts";
import { Errand } from "./errand.ts";
import type { Exchange } from "./exchange.ts";

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

/** Where a look leads. */
const way = { server: 0, over: 1, wait: 2 } as const;

const cacheName = new TextEncoder().encode("Sluice");
const notCached = { status: 504, reason: "", fields: [], body: null, retryAfterS: 0 } as const;

export class Caching implements Wait, Follower {
  pool!: PoolCaching;
  word: CacheWord = "";
  readonly status: CacheStatus = new CacheStatus();
  readonly shown: Shown;
  readonly filling: Filling;
  readonly #exchange: Exchange;
  readonly #context: Context;
  /** Held: what is shown, or is asked for anew. */
  #entry: CacheEntry | null = null;
  /** Nothing of it is stored, for this reason. */
  #barred = 0;
  /** Under a list of Vary. */
  #isVaried = false;
  /** It waits with those of this name. */
  #group = "";
  /** The client's head, while a question of ours is in its place; our question has conditions. */
  #asked: Head | null = null;
  #isConditional = false;
  /** For the cache alone. */
  #isRefresh = false;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
    this.shown = new Shown(exchange, context);
    this.filling = new Filling(exchange, context, this);
  }

  /** What an exchange has from now on. */
  static of(exchange: Exchange, context: Context, pool: PoolCaching): Caching {
    exchange.caching ??= exchange.spareCaching ?? new Caching(exchange, context);
    exchange.spareCaching = exchange.caching;
    exchange.caching.pool = pool;
    exchange.caching.status.clear();
    return exchange.caching;
  }

  /** The exchange will be another. */
  reset(): void {
    this.word = "";
    this.shown.reset();
    this.filling.reset();
    this.#barred = reason.none;
    this.#isVaried = false;
    this.#isConditional = false;
    this.#isRefresh = false;
    this.#asked = null;
  }

  // ---- the request ----

  /** True: on to a server. */
  begin(): boolean {
    const { head, requestBody } = this.#exchange;
    const { request } = this.#context.desk;
    const { plan } = this.pool;
    request.read(head);
    if (!request.isLookedUp) return this.#stayOut(forwarded.method, reason.method);
    if (
      requestBody.kind !== bodyKind.none ||
      request.hasOriginCondition ||
      (head.hasUpgrade && head.upgradeIndex !== -1)
    )
      return this.#stayOut(forwarded.bypass, reason.bypass);
    if (this.pool.bypass !== null && this.pool.bypass(this.#exchange.visitNow()))
      return this.#stayOut(forwarded.bypass, reason.bypass);
    const { control } = request;
    if (plan.honorsRequests && control.has(directive.noStore) && !control.has(directive.onlyIfCached))
      return this.#stayOut(forwarded.request, reason.requestNoStore);
    return this.#act(this.#look(false));
  }

  #stayOut(why: number, barred: number): true {
    this.word = "bypass";
    this.status.forwarded = why;
    if (why !== forwarded.method) this.status.detail = reasonWords[barred]![0];
    this.#barred = barred;
    return true;
  }

  #act(where: number): boolean {
    if (where === way.wait) {
      this.#group = this.#name();
      this.#exchange.waitFor(this, this.pool.plan.collapseMs);
      this.#context.followers.wait(this.#group, this);
    }
    return where === way.server;
  }

  /** All who wait for the same, in this worker. */
  #name(): string {
    const { key } = this.#context.desk;
    const bytes = Buffer.from(key.bytes.buffer, key.bytes.byteOffset, key.end);
    return `${this.pool.plan.cache} ${key.firstEnd} ${bytes.toString("latin1")}`;
  }

  /** The desk has read the request. `isLast`: it waits for nobody. */
  #look(isLast: boolean): number {
    const { desk, port } = this.#context;
    const { key, request } = desk;
    const { cache, policy } = this.pool;
    const exchange = this.#exchange;
    const nowMs = port.wallMs;
    key.write(exchange.head, exchange.isSecure, policy);
    let entry = cache.find(key, nowMs);
    this.#isVaried = false;
    if (entry !== null && entry.state === cacheState.vary) {
      writeVariant(key, entry.bytes, entry.headStart, entry.headEnd, exchange.head, request);
      entry.release();
      this.#isVaried = true;
      entry = cache.find(key, nowMs);
    }
    if (entry === null) return this.#missed();
    switch (entry.state) {
      case cacheState.whole:
        return this.#judge(entry, isLast);
      case cacheState.filling:
        return this.#readAlong(entry);
      case cacheState.pass:
        return this.#passBy(entry);
      default:
        entry.release();
        return this.#queue(isLast);
    }
  }

  #judge(entry: CacheEntry, isLast: boolean): number {
    const { desk, port } = this.#context;
    const { request } = desk;
    const { plan, policy } = this.pool;
    const nowMs = port.wallMs;
    const { facts } = entry;
    const found = reuseOf(facts, request, policy, nowMs);
    switch (found) {
      case reuse.fresh:
        return this.#show(entry, this.#group === "" ? "hit" : "collapsed");
      case reuse.accepted:
        return this.#show(entry, "stale");
      case reuse.whileRevalidating:
        return this.#show(this.#refresh(entry), "stale");
      case reuse.gatewayTimeout:
        entry.release();
        return this.#notCached();
      default:
        break;
    }
    const isFree = entry.claim(nowMs, this.leaseMs);
    if (!isFree && !isLast && found === reuse.revalidate && plan.collapseMs > 0) {
      entry.release();
      return way.wait;
    }
    const isFresh = facts.bornMs + facts.freshForMs > nowMs && (facts.flags & cacheFlag.isPurged) === 0;
    this.word = "miss";
    this.status.forwarded = found === reuse.reload && isFresh ? forwarded.request : forwarded.stale;
    this.#entry = entry;
    this.filling.remember(desk.key);
    if (canRevalidate(facts)) this.#ask(entry);
    return way.server;
  }

  #missed(): number {
    const { request } = this.#context.desk;
    if (reuseOfNothing(request, this.pool.policy) !== 0) return this.#notCached();
    this.word = "miss";
    this.status.forwarded = this.#isVaried ? forwarded.varyMiss : forwarded.uriMiss;
    if (this.#isAlone()) return way.server;
    this.filling.lease(this.leaseMs);
    return way.server;
  }

  /** Its answer is of no use to others, or need not be: it does not keep them waiting. A range that goes on is not stored. */
  #isAlone(): boolean {
    const { request } = this.#context.desk;
    if (request.range !== -1) {
      this.#barred = reason.range;
      this.status.detail = reasonWords[reason.range]![0];
    }
    return (
      request.isHead ||
      request.range !== -1 ||
      request.hasAuthorization ||
      request.ifNoneMatch !== -1 ||
      request.ifModifiedSince !== -1
    );
  }

  /** It is being stored by another. */
  #readAlong(entry: CacheEntry): number {
    const { desk, port } = this.#context;
    const { request } = desk;
    const found = reuseOf(entry.facts, request, this.pool.policy, port.wallMs);
    const isShown = found === reuse.fresh || found === reuse.accepted;
    if (isShown && this.pool.plan.collapseMs > 0 && request.range === -1) {
      this.status.forwarded = this.#isVaried ? forwarded.varyMiss : forwarded.uriMiss;
      this.status.isCollapsed = true;
      return this.#show(entry, "collapsed");
    }
    entry.release();
    if (found === reuse.gatewayTimeout) return this.#notCached();
    return this.#goAlone(forwarded.miss);
  }

  #passBy(entry: CacheEntry): number {
    const { reason: why } = entry.facts;
    entry.release();
    if (reuseOfNothing(this.#context.desk.request, this.pool.policy) !== 0) return this.#notCached();
    this.word = "pass";
    this.status.detail = reasonWords[why]?.[0] ?? "";
    return this.#goAlone(forwarded.miss);
  }

  /** Another asks for it now. */
  #queue(isLast: boolean): number {
    const { request } = this.#context.desk;
    if (reuseOfNothing(request, this.pool.policy) !== 0) return this.#notCached();
    const isPatient = !request.isHead && request.range === -1 && !request.hasAuthorization;
    if (!isLast && isPatient && this.pool.plan.collapseMs > 0) return way.wait;
    return this.#goAlone(this.#isVaried ? forwarded.varyMiss : forwarded.uriMiss);
  }

  #goAlone(why: number): number {
    if (this.word === "") this.word = "miss";
    this.status.forwarded = why;
    this.#isAlone();
    return way.server;
  }

  #notCached(): number {
    this.word = "miss";
    this.#exchange.give(notCached, null);
    return way.over;
  }

  #show(entry: CacheEntry, word: CacheWord): number {
    const { desk, port } = this.#context;
    const { facts } = entry;
    this.#entry = entry;
    this.word = word;
    this.status.ttlS = Math.floor((facts.bornMs + facts.freshForMs - port.wallMs) / 1000);
    this.shown.start(entry, desk);
    return way.over;
  }

  /** So long others count on it that it will bring something. */
  get leaseMs(): number {
    const { timeouts, queue, retries } = this.#exchange.pool.plan;
    return queue.timeoutMs + timeouts.connectMs * (retries + 1) + timeouts.responseMs;
  }

  /** When the server was asked, of the wall clock. */
  get requestMs(): number {
    const { wallMs, nowMs } = this.#context.port;
    return wallMs - (nowMs - this.#exchange.sentMs);
  }

  // ---- waiting for another ----

  lookAgain(isLast: boolean): boolean {
    const exchange = this.#exchange;
    exchange.wait = null;
    this.#context.desk.request.read(exchange.head);
    const where = this.#look(isLast);
    if (where === way.wait) {
      exchange.wait = this;
      return false;
    }
    if (where === way.server) {
      this.#group = "";
      exchange.goOn();
    }
    return true;
  }

  timedOut(): void {
    this.#leave();
    this.lookAgain(true);
  }

  cancelled(): void {
    this.#leave();
  }

  #leave(): void {
    if (this.#group !== "") this.#context.followers.leave(this.#group, this);
  }

  // ---- asking a server ----

  /** The client's head steps back for a question of ours. */
  #ask(entry: CacheEntry | null): void {
    const exchange = this.#exchange;
    const question = questionOf(exchange, entry, this.#context.desk, false);
    if (question === null) return;
    this.#asked = exchange.head;
    this.#isConditional = entry !== null;
    this.#replaceHead(question);
  }

  #replaceHead(head: Head): void {
    const exchange = this.#exchange;
    const { forwarding } = exchange.listener;
    exchange.head = head;
    exchange.bodyStart = head.end;
    exchange.bodyEnd = head.end;
    if (forwarding.requestId !== null) exchange.requestIdIndex = forwarding.findRequestId(head);
  }

  /** It is answered: the client's own head is what counts. True: a question of ours had conditions. */
  #restore(): boolean {
    if (this.#asked === null) return false;
    this.#replaceHead(this.#asked);
    this.#asked = null;
    const was = this.#isConditional;
    this.#isConditional = false;
    return was;
  }

  /** Stale is shown while an errand asks anew, if nobody does that already. Answers what to show. */
  #refresh(entry: CacheEntry): CacheEntry {
    const context = this.#context;
    const { desk, port } = context;
    const exchange = this.#exchange;
    if (context.inquiry !== null || context.isDraining || !entry.claim(port.wallMs, this.leaseMs)) return entry;
    const shown = this.pool.cache.find(desk.key, port.wallMs);
    const question = questionOf(exchange, canRevalidate(entry.facts) ? entry : null, desk, true);
    if (shown === null || shown.state !== cacheState.whole || question === null) {
      shown?.release();
      entry.giveUp();
      return entry;
    }
    const { head, requestIdIndex } = exchange;
    exchange.head = question;
    const errand = Errand.prepare(context, exchange, exchange.route, noLines);
    exchange.head = head;
    exchange.requestIdIndex = requestIdIndex;
    if (errand === null) {
      entry.giveUp();
      shown.release();
      return entry;
    }
    Caching.of(errand, context, this.pool).#adopt(entry, desk.key);
    errand.seekServer();
    // The errand may have read heads of its own meanwhile.
    desk.request.read(head);
    return shown;
  }

  #adopt(entry: CacheEntry, key: CacheKey): void {
    this.#entry = entry;
    this.#isRefresh = true;
    this.#isConditional = canRevalidate(entry.facts);
    this.#asked = this.#exchange.head;
    this.filling.remember(key);
  }

  // ---- the answer ----

  /** First of all steps of a response. False: it is not for the client. */
  received(head: Head): boolean {
    const exchange = this.#exchange;
    const { request } = this.#context.desk;
    const wasAsked = this.#asked !== null;
    const wasConditional = this.#restore();
    this.status.forwardedStatus = 0;
    if (invalidates(exchange.head, head.status)) this.#invalidate(head);
    if (head.status === 304 && wasAsked) {
      if (wasConditional && this.#entry !== null) return this.#validated(head, this.#entry);
      // Nobody has asked for that.
      exchange.failUpstream(fault("bad_response"));
      return false;
    }
    if (this.#entry === null || !isServerError(head.status)) return true;
    if (this.#isRefresh) return this.#endRefresh(false);
    request.read(exchange.head);
    if (!mayShowOnError(this.#entry.facts, request, this.pool.policy, this.#context.port.wallMs)) return true;
    this.status.forwardedStatus = head.status;
    exchange.dismiss(false);
    this.#showStale(this.#entry);
    return false;
  }

  #validated(head: Head, entry: CacheEntry): boolean {
    const { desk, port, followers } = this.#context;
    const { request, response, stored, facts, scratch, head: output } = desk;
    const { policy } = this.pool;
    const exchange = this.#exchange;
    const responseMs = port.wallMs;
    request.read(exchange.head);
    response.read(head, responseMs);
    const isOurs = isFreshenedBy(head, response, entry.facts, entry.bytes, entry.headStart);
    parseResponse(stored, entry.bytes, entry.headStart, entry.headEnd, entry.headEnd - entry.headStart);
    facts.bodyBytes = entry.facts.bodyBytes;
    const freshening = { stored, head, response, request, policy, requestMs: this.requestMs, responseMs };
    if (!isOurs || freshen(output, freshening, scratch, facts) !== reason.none) return this.#askWhole(entry);
    facts.flags |= entry.facts.flags & cacheFlag.isUnframed;
    entry.freshen(facts, output.bytes, 0, output.length);
    followers.stir();
    if (this.#isRefresh) return this.#endRefresh(true);
    exchange.dismiss(true);
    this.status.forwardedStatus = 304;
    this.#show(entry, "revalidated");
    return false;
  }

  /** What the 304 is about is not what we have, or may not be kept any longer: once more, without conditions. */
  #askWhole(entry: CacheEntry): false {
    const exchange = this.#exchange;
    entry.remove();
    entry.release();
    this.#entry = null;
    exchange.dismiss(true);
    exchange.attempt.reset();
    exchange.upload.reset();
    exchange.sentMs = 0;
    exchange.respondedMs = 0;
    exchange.serverStatus = 0;
    exchange.status = 0;
    this.#ask(null);
    exchange.seekServer();
    return false;
  }

  /** The errand is over; the body of an error that comes with it is not read. */
  #endRefresh(isReusable: boolean): false {
    const exchange = this.#exchange;
    const downstream = exchange.downstream!;
    exchange.dismiss(isReusable);
    exchange.conclude();
    downstream.concluded(false, true);
    return false;
  }

  /** Behind the pool's steps: what it has made of the response is what is stored. */
  keep(head: Head): void {
    if (this.shown.isBegun || this.#barred !== reason.none) return;
    this.#context.desk.request.read(this.#exchange.head);
    this.filling.keep(head, this.#entry);
    this.#entry?.release();
    this.#entry = null;
  }

  /** RFC 9111 section 4.4. */
  #invalidate(head: Head): void {
    const { desk, port, followers } = this.#context;
    const { key, response } = desk;
    const exchange = this.#exchange;
    const { policy } = this.pool;
    key.write(exchange.head, exchange.isSecure, policy);
    this.#purge(key);
    response.read(head, port.wallMs);
    for (const index of [response.location, response.contentLocation]) {
      if (index !== -1 && writeReference(key, exchange.head, exchange.isSecure, head, index, policy)) this.#purge(key);
    }
    followers.stir();
  }

  #purge(key: CacheKey): void {
    this.pool.cache.purge(key, false);
    this.pool.remote?.purge(key);
  }

  /** No answer is to be had: whether something stale will do. If so it is shown. */
  rescues(what: Fault): boolean {
    const exchange = this.#exchange;
    const entry = this.#entry;
    if (entry === null || this.shown.isBegun || exchange.isAnswered || this.#isRefresh || what.side === "downstream")
      return false;
    const { port, desk } = this.#context;
    this.#restore();
    desk.request.read(exchange.head);
    if (!mayShowOnError(entry.facts, desk.request, this.pool.policy, port.wallMs)) return false;
    exchange.upstream?.reset();
    exchange.upstream = null;
    exchange.response = null;
    exchange.attempt.end();
    this.#showStale(entry);
    return true;
  }

  /** The desk has read the request. */
  #showStale(entry: CacheEntry): void {
    this.status.forwarded = forwarded.stale;
    this.status.detail = "stale-if-error";
    this.#show(entry, "stale");
  }

  /** The body of what it stores is whole. */
  finished(_key: CacheKey): void {}

  // ---- the end ----

  /** Others wait for what the server is about to say. */
  get isAwaited(): boolean {
    return this.filling.isLeading && this.#exchange.sentMs > 0 && this.#exchange.response === null;
  }

  /** What the cache says of itself, as a line of the head. */
  tell(output: Output): void {
    if (this.pool.plan.isTold) this.status.write(output, cacheName);
  }

  /** The exchange is over: let go of everything, and count. */
  end(): void {
    const exchange = this.#exchange;
    this.#leave();
    this.#group = "";
    this.shown.stop();
    this.filling.drop();
    if (this.#entry !== null) {
      const hadTask = this.#asked !== null || this.#isRefresh;
      this.#entry.release();
      this.#entry = null;
      if (hadTask) this.#context.followers.stir();
    }
    this.#restore();
    const cell = cells[this.word];
    if (cell !== -1 && exchange.downstream!.isOfClient) this.#context.tally.cells[exchange.pool.row + cell]!++;
  }
}

const noLines = new Uint8Array(0);
