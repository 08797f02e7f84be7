// What stands in the cache for a request, and what is to be done about it: shown, waited for, asked for. The step up before a server is
// sought, and the waiting for what another exchange asks for (followers.ts).

import { directive } from "../../cache/cachecontrol.ts";
import { reuse, reuseOf, reuseOfNothing } from "../../cache/reuse.ts";
import { forwarded } from "../../cache/status.ts";
import { reason, reasonWords } from "../../cache/storing.ts";
import { canRevalidate } from "../../cache/validators.ts";
import { writeVariant } from "../../cache/vary.ts";
import { type CacheEntry, cacheFlag, cacheState } from "../../memory/cache.ts";
import { authorityStart } from "../../wire/http1/framing.ts";
import { bodyKind } from "../../wire/http1/head.ts";
import type { Caching } from "../caching.ts";
import type { Context } from "../context.ts";
import type { Wait } from "../deadline.ts";
import type { Exchange } from "../exchange.ts";
import { type Follower, groupOf, looked } from "./followers.ts";
import { isToldMore, writeKey } from "./scheme.ts";

/** Where a look leads: on to a server, to its end (shown, answered, or waiting for the second level), or it waits for another. */
const way = { server: 0, over: 1, wait: 2 } as const;

/** For the URL, and for the variant, once it is known that there are such: whose names change all the time are not waited for again. */
const waitsMax = 2;

const notCached = { status: 504, reason: "", fields: [], body: null, retryAfterS: 0 } as const;
/** As a detail: the request has kept us from asking a server. */
export const onlyIfCached = "only-if-cached";

export class Lookup implements Wait, Follower {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #caching: Caching;
  /** Under a list of Vary. */
  #isVaried = false;
  /** It waits with those of this name; "" while it does not. */
  #group = "";
  /** So many groups it has waited with, and until when it may. */
  #waits = 0;
  #untilMs = 0;
  /** It has waited: why it would have gone on to a server (`forwarded`). */
  #wouldGo: number = forwarded.hit;

  constructor(exchange: Exchange, context: Context, caching: Caching) {
    this.#exchange = exchange;
    this.#context = context;
    this.#caching = caching;
  }

  reset(): void {
    this.#isVaried = false;
    this.#waits = 0;
    this.#wouldGo = forwarded.hit;
  }

  /** True: on to a server. */
  begin(): boolean {
    const { request } = this.#context.desk;
    request.read(this.#exchange.head);
    if (!request.isLookedUp) return this.#stayOut(forwarded.method, reason.method, "");
    if (this.#isBypassing()) return this.#stayOut(forwarded.bypass, reason.bypass, reasonWords[reason.bypass]![0]);
    const { control } = request;
    const isOut = control.has(directive.noStore) && !control.has(directive.onlyIfCached);
    if (isOut && this.#caching.pool.plan.honorsRequests)
      return this.#stayOut(forwarded.request, reason.requestNoStore, reasonWords[reason.requestNoStore]![0]);
    const where = this.#look(false);
    if (where === way.wait) this.#wait();
    return where === way.server;
  }

  /** A body that belongs to the question, a condition that only an origin can judge, another protocol, what no key holds, or the pool's word. */
  #isBypassing(): boolean {
    const exchange = this.#exchange;
    const { head } = exchange;
    if (exchange.requestBody.kind !== bodyKind.none || this.#context.desk.request.hasOriginCondition) return true;
    if (head.hasUpgrade && head.upgradeIndex !== -1) return true;
    // HTTP/1.0 need not say which host is meant; each server is told its own name then.
    if (head.hostIndex === -1 && authorityStart(head) === -1) return true;
    if (isToldMore(exchange)) return true;
    const { bypass } = this.#caching.pool;
    return bypass?.(exchange.visitNow()) === true;
  }

  #stayOut(why: number, barred: number, detail: string): true {
    const { status } = this.#caching;
    this.#caching.word = "bypass";
    this.#caching.barred = barred;
    status.forwarded = why;
    status.detail = detail;
    return true;
  }

  /** The desk has read the request. `isLast`: what it has waited for has come to its end. */
  #look(isLast: boolean): number {
    const { desk, port } = this.#context;
    const { key } = desk;
    const { cache, policy } = this.#caching.pool;
    const { head } = this.#exchange;
    const nowMs = port.wallMs;
    writeKey(key, this.#exchange, policy);
    let entry = cache.find(key, nowMs);
    this.#isVaried = false;
    if (entry !== null && entry.state === cacheState.vary) {
      writeVariant(key, entry.bytes, entry.headStart, entry.headEnd, head, desk.request);
      entry.release();
      this.#isVaried = true;
      entry = cache.find(key, nowMs);
    }
    return entry === null ? this.#missed(isLast) : this.#found(entry, isLast);
  }

  #found(entry: CacheEntry, isLast: boolean): number {
    switch (entry.state) {
      case cacheState.whole:
        return this.#judge(entry, isLast);
      case cacheState.filling:
        // How long it will be nobody may know, or there may be no room for it yet: it could break off for who reads it along.
        if (entry.isRoomy) return this.#readAlong(entry);
        entry.release();
        return this.#stopFor(isLast);
      case cacheState.pass:
        if (this.#isForOthers(entry)) return this.#missed(isLast);
        return this.#passBy(entry);
      default:
        entry.release();
        return this.#stopFor(isLast);
    }
  }

  #judge(entry: CacheEntry, isLast: boolean): number {
    const { desk, port } = this.#context;
    const caching = this.#caching;
    const { policy } = caching.pool;
    const { facts } = entry;
    const found = reuseOf(facts, desk.request, policy, port.wallMs);
    switch (found) {
      case reuse.fresh:
        return this.#show(entry);
      case reuse.accepted:
        caching.show(entry, "stale");
        return way.over;
      case reuse.whileRevalidating:
        caching.show(caching.asking.refresh(entry), "stale");
        return way.over;
      case reuse.gatewayTimeout: {
        const why = isStillFresh(facts, port.wallMs) ? forwarded.request : forwarded.stale;
        entry.release();
        return this.#notCached(why);
      }
      default:
        break;
    }
    const isFree = entry.claim(port.wallMs, caching.leaseMs);
    const isUnwanted = found === reuse.reload && isStillFresh(facts, port.wallMs);
    caching.status.forwarded = isUnwanted ? forwarded.request : forwarded.stale;
    if (!isFree && found === reuse.revalidate && this.#mayWait(isLast)) {
      entry.release();
      return way.wait;
    }
    caching.word = "miss";
    caching.entry = entry;
    caching.filling.remember(desk.key);
    caching.asking.ask(entry);
    if (isFree && !canRevalidate(facts)) caching.asking.askForAll();
    return way.server;
  }

  /** Fresh. Who has waited for it was spared a question of its own. */
  #show(entry: CacheEntry): number {
    const { status } = this.#caching;
    const hasWaited = this.#wouldGo !== forwarded.hit;
    status.forwarded = this.#wouldGo;
    status.isCollapsed = hasWaited;
    this.#caching.show(entry, hasWaited ? "collapsed" : "hit");
    return way.over;
  }

  #missed(isLast: boolean): number {
    const { desk } = this.#context;
    if (reuseOfNothing(desk.request, this.#caching.pool.policy) !== 0) return this.#notCached(this.#missedBy);
    this.#goOn("miss");
    const { asking, filling, leaseMs, pool, remote } = this.#caching;
    if (this.#isAlone()) return way.server;
    if (!filling.lease(leaseMs)) return this.#cameSecond(isLast);
    asking.askForAll();
    return pool.remote !== null && remote.ask(pool.remote) ? way.over : way.server;
  }

  /** Another process has been there between a look and the next: what it does counts. Nothing there: there is no room. */
  #cameSecond(isLast: boolean): number {
    const { desk, port } = this.#context;
    const entry = this.#caching.pool.cache.find(desk.key, port.wallMs);
    if (entry === null) return way.server;
    if (entry.state !== cacheState.vary) return this.#found(entry, isLast);
    entry.release();
    // It is known now what it varies by. That stands under a key without a variant only.
    return this.#isVaried ? way.server : this.#look(isLast);
  }

  #goOn(word: "miss" | "pass"): number {
    this.#caching.word = word;
    this.#caching.status.forwarded = this.#missedBy;
    this.#caching.asking.begin();
    return way.server;
  }

  get #missedBy(): number {
    return this.#isVaried ? forwarded.varyMiss : forwarded.uriMiss;
  }

  /** Its answer is not stored: it keeps nobody waiting. */
  #isAlone(): boolean {
    const { request } = this.#context.desk;
    if (request.range !== -1) {
      this.#caching.barred = reason.range;
      this.#caching.status.detail = reasonWords[reason.range]![0];
    }
    return request.isHead || request.range !== -1;
  }

  /** It is being stored by another. A range would have to wait for where it begins. */
  #readAlong(entry: CacheEntry): number {
    const { desk, port } = this.#context;
    const { status, pool } = this.#caching;
    const found = reuseOf(entry.facts, desk.request, pool.policy, port.wallMs);
    const isShown = found === reuse.fresh || found === reuse.accepted;
    if (isShown && pool.plan.collapseMs > 0 && desk.request.range === -1) {
      if (this.#wouldGo === forwarded.hit) this.#wouldGo = this.#missedBy;
      status.forwarded = this.#wouldGo;
      status.isCollapsed = true;
      this.#caching.show(entry, "collapsed");
      return way.over;
    }
    entry.release();
    if (found === reuse.gatewayTimeout) return this.#notCached(forwarded.miss);
    this.#isAlone();
    return this.#goOn("miss");
  }

  /** A mark that is not about a request without conditions; the entry is released then. */
  #isForOthers(entry: CacheEntry): boolean {
    const { ifNoneMatch, ifModifiedSince } = this.#context.desk.request;
    const isForConditional = (entry.facts.flags & cacheFlag.isForConditional) !== 0;
    if (!isForConditional || ifNoneMatch !== -1 || ifModifiedSince !== -1) return false;
    entry.release();
    return true;
  }

  #passBy(entry: CacheEntry): number {
    const { reason: why } = entry.facts;
    entry.release();
    if (reuseOfNothing(this.#context.desk.request, this.#caching.pool.policy) !== 0)
      return this.#notCached(forwarded.miss);
    this.#goOn("pass");
    this.#caching.status.forwarded = forwarded.miss;
    this.#caching.status.detail = reasonWords[why]?.[0] ?? "";
    this.#isAlone();
    return way.server;
  }

  /** Another asks for it now. */
  #stopFor(isLast: boolean): number {
    const { request } = this.#context.desk;
    if (reuseOfNothing(request, this.#caching.pool.policy) !== 0) return this.#notCached(this.#missedBy);
    this.#goOn("miss");
    const isPatient = !request.isHead && request.range === -1 && !request.hasAuthorization;
    if (isPatient && this.#mayWait(isLast)) return way.wait;
    this.#isAlone();
    return way.server;
  }

  /** For what the key on the desk asks for: not again for what it has waited for, but for its own variant once that has turned out to be another's. */
  #mayWait(isLast: boolean): boolean {
    const { desk, port } = this.#context;
    const { plan } = this.#caching.pool;
    if (plan.collapseMs === 0) return false;
    if (this.#group === "" ? isLast : this.#group === groupOf(plan.cache, desk.key)) return !isLast;
    return this.#waits === 0 || (this.#waits < waitsMax && port.nowMs < this.#untilMs);
  }

  /** Nothing is asked of a server (only-if-cached). `why`: of `forwarded`, what would have been asked for otherwise. */
  #notCached(why: number): number {
    const { status } = this.#caching;
    this.#caching.word = "miss";
    status.forwarded = why;
    status.detail = onlyIfCached;
    this.#exchange.give(notCached, null);
    return way.over;
  }

  // ---- waiting for another ----

  #wait(): void {
    const { plan } = this.#caching.pool;
    const { desk, followers, port } = this.#context;
    if (this.#waits++ === 0) this.#untilMs = port.nowMs + plan.collapseMs;
    this.#group = groupOf(plan.cache, desk.key);
    this.#wouldGo = this.#caching.status.forwarded;
    this.#exchange.waitFor(this, this.#untilMs - port.nowMs);
    followers.wait(this.#group, this);
  }

  lookAgain(isLast: boolean): number {
    const exchange = this.#exchange;
    exchange.wait = null;
    this.#context.desk.request.read(exchange.head);
    const where = this.#look(isLast);
    if (where === way.wait) {
      exchange.wait = this;
      const name = groupOf(this.#caching.pool.plan.cache, this.#context.desk.key);
      if (name === this.#group) return looked.same;
      // What it varies by has become known: it waits for its own variant now.
      this.#waits++;
      this.#group = name;
      this.#context.followers.wait(name, this);
      return looked.other;
    }
    this.#group = "";
    if (where === way.server) exchange.goOn();
    return looked.gone;
  }

  /** There may be something now. */
  again(): void {
    this.#caching.asking.end();
    this.#caching.isUnconditional = false;
    this.#context.desk.request.read(this.#exchange.head);
    const where = this.#look(false);
    if (where === way.wait) this.#wait();
    else if (where === way.server) this.#exchange.goOn();
  }

  timedOut(): void {
    this.cancelled();
    this.lookAgain(true);
  }

  cancelled(): void {
    if (this.#group === "") return;
    this.#context.followers.leave(this.#group, this);
    this.#group = "";
  }
}

function isStillFresh({ bornMs, freshForMs, flags }: CacheEntry["facts"], wallMs: number): boolean {
  return bornMs + freshForMs > wallMs && (flags & cacheFlag.isPurged) === 0;
}
