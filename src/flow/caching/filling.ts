// A response on its way into the cache while it passes to its client: the lease that it was asked for under, whether it may be stored
// (cache/storing.ts), under which key (Vary), and its body as it goes by. What cannot be stored leaves a mark, so that others do
// not wait for the next one. One filling an exchange, used again with it.

import { assert } from "../../base/assert.ts";
import { cacheField, nextField } from "../../cache/fieldname.ts";
import { noDate } from "../../cache/httpdate.ts";
import { isAhead } from "../../cache/reuse.ts";
import { fillFacts, writeDate, writeStoredHead } from "../../cache/storedhead.ts";
import { isOfAll, reason, reasonWords, whyNotStored } from "../../cache/storing.ts";
import { writeTags } from "../../cache/tags.ts";
import {
  type CacheDraft,
  type CacheEntry,
  type CacheFacts,
  type CacheKey,
  cacheFlag,
  cacheState,
  draftEnd,
} from "../../memory/cache.ts";
import { responseBody } from "../../wire/http1/framing.ts";
import { bodyKind, type Head } from "../../wire/http1/head.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import type { Output } from "../../wire/http1/writer.ts";
import type { Caching } from "../caching.ts";
import type { Context } from "../context.ts";
import type { Exchange } from "../exchange.ts";
import type { Onlooker } from "../filter.ts";
import { compareHead } from "./comparing.ts";
import { groupOf } from "./followers.ts";
import { tellRemote } from "./remote.ts";
import { writeVariantKey } from "./variant.ts";

export class Filling implements Onlooker {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #caching: Caching;
  #draft: CacheDraft | null = null;
  /** The key that the lease, or what is asked for anew, stands under. */
  #keyBytes: Uint8Array = new Uint8Array(256);
  #keyEnd = 0;
  #firstEnd = 0;
  #name = "";
  #tags: Uint8Array = noTags;
  /** The head is in, the body follows. */
  #isBegun = false;
  /** Its length is known. */
  #isReadAlong = false;
  /** Content that has gone by. */
  #added = 0;
  /** What came when it could be kept no longer, for the client that was relieved: it is told it behind what was. */
  #spilt: Uint8Array[] | null = null;

  constructor(exchange: Exchange, context: Context, caching: Caching) {
    this.#exchange = exchange;
    this.#context = context;
    this.#caching = caching;
  }

  /** The exchange will be another. */
  reset(): void {
    this.#keyEnd = 0;
    this.#firstEnd = 0;
    this.#spilt = null;
  }

  /** Others wait for what it brings. */
  get isLeading(): boolean {
    return this.#draft !== null;
  }

  /** The right to fetch what the key on the desk asks for. False: another has it, or there is no room. */
  lease(forMs: number): boolean {
    const { desk, port } = this.#context;
    this.remember(desk.key);
    this.#draft = this.#caching.pool.cache.lease(desk.key, port.wallMs, forMs);
    return this.#draft !== null;
  }

  remember(key: CacheKey): void {
    if (key.end > this.#keyBytes.length) this.#keyBytes = new Uint8Array(key.end * 2);
    this.#keyBytes.set(key.bytes.subarray(0, key.end));
    this.#keyEnd = key.end;
    this.#firstEnd = key.firstEnd;
    this.#name = "";
  }

  /** What others in this worker may wait for has come further, or to its end. */
  stir(): void {
    const { followers } = this.#context;
    if (followers.size > 0) followers.stir(this.name);
  }

  /** Of the key, among those who wait. */
  get name(): string {
    if (this.#name === "") this.#name = groupOf(this.#caching.pool.plan.cache, this.key);
    return this.#name;
  }

  /** As it was remembered. */
  get key(): CacheKey {
    return { bytes: this.#keyBytes, firstEnd: this.#firstEnd, end: this.#keyEnd };
  }

  /** A final head that goes on to the client, as the pool has made it. The desk has read the request. */
  keep(head: Head, entry: CacheEntry | null): void {
    const { desk, port } = this.#context;
    const { pool, status } = this.#caching;
    const exchange = this.#exchange;
    const { request, response, freshness, names } = desk;
    response.read(head, port.wallMs);
    const vary = names.read(head, response);
    freshness.read(response, pool.policy, this.#caching.requestMs, port.wallMs);
    if (request.isHead) return compareHead(exchange, this.#context, this.#caching, head);
    const why = whyNotStored(request, response, head, freshness, pool.policy, vary, false);
    if (why !== reason.none) {
      status.detail = reasonWords[why]![0];
      if (this.#draft !== null) this.#refuse(this.#draft, why);
      // What takes the place of what is stored and cannot be stored itself ends that too.
      if (entry !== null && exchange.status < 500 && isOfAll(why)) entry.remove();
      return;
    }
    if (this.#isOutrun(entry)) {
      status.detail = reasonWords[reason.purged]![0];
      return;
    }
    const draft = this.#draftFor(vary > 0, entry);
    if (draft === null) return;
    this.#begin(draft, head);
  }

  /** What was purged since it was asked for must not come back by what was said before that. */
  #isOutrun(entry: CacheEntry | null): boolean {
    return entry === null ? this.#draft?.isLost === true : !this.#isStanding(entry);
  }

  /** Under the key that the response's own Vary makes; null where another is about to store it, or what is there is newer. */
  #draftFor(isVarying: boolean, entry: CacheEntry | null): CacheDraft | null {
    const { desk, port } = this.#context;
    const { key } = desk;
    const { cache } = this.#caching.pool;
    if (entry === null && this.#draft === null) return null;
    writeVariantKey(this.#exchange, this.#context, this.#caching.pool, isVarying);
    const isSame =
      key.end === this.#keyEnd &&
      Buffer.compare(key.bytes.subarray(0, key.end), this.#keyBytes.subarray(0, key.end)) === 0;
    if (isSame && this.#draft !== null) return this.#draft;
    this.#draft?.drop();
    this.#draft = null;
    this.stir();
    if (isSame && entry !== null) {
      if (this.#isOlder(entry)) return null;
      this.#draft = cache.replace(key, port.wallMs);
    } else this.#draft = cache.lease(key, port.wallMs, this.#caching.leaseMs);
    this.remember(key);
    return this.#draft;
  }

  /** What is asked for anew still stands where it was found, and nobody has made it stale meanwhile. */
  #isStanding(entry: CacheEntry): boolean {
    const found = this.#caching.pool.cache.find(this.key, this.#context.port.wallMs);
    if (found === null) return false;
    const isSame = found.state === cacheState.whole && found.headStart === entry.headStart;
    const isOutdated = (found.facts.flags & ~entry.facts.flags & cacheFlag.isPurged) !== 0;
    found.release();
    return isSame && !isOutdated;
  }

  /** RFC 9111 section 4: of two that will do the one with the later Date is shown; a fresh one does not give way to an older one. */
  #isOlder(entry: CacheEntry): boolean {
    const { desk, port } = this.#context;
    const { response, stored, scratchResponse } = desk;
    const { facts } = entry;
    if (response.dateMs === noDate || facts.bornMs + facts.freshForMs <= port.wallMs) return false;
    if ((facts.flags & (cacheFlag.alwaysRevalidate | cacheFlag.isPurged)) !== 0) return false;
    // The clock has been set back: of what is stored from then nothing can be said.
    if (isAhead(facts, port.wallMs)) return false;
    parseResponse(stored, entry.bytes, entry.headStart, entry.headEnd, entry.headEnd - entry.headStart);
    scratchResponse.read(stored, port.wallMs);
    return scratchResponse.dateMs !== noDate && scratchResponse.dateMs > response.dateMs;
  }

  #begin(draft: CacheDraft, head: Head): void {
    const { desk, port } = this.#context;
    const { response, freshness, facts, head: output, tags } = desk;
    const { policy } = this.#caching.pool;
    const { passage } = this.#exchange;
    const kind = responseBody(head, this.#exchange.head.method);
    output.clear();
    writeStoredHead(output, head, response, policy, facts);
    if (response.dateMs === noDate && nextField(head, cacheField.date, 0) === -1) writeDate(output, port.wallMs);
    const isFramed = head.contentLength !== -1 && !head.isChunked;
    // Who makes another body of it takes the length out of the head (bodies.ts).
    assert(!isFramed || !passage.isFiltered, "the length of a body that becomes another is not told");
    fillFacts(facts, response, freshness, policy, port.wallMs);
    const isBodiless = kind === bodyKind.none;
    facts.bodyBytes = isBodiless ? 0 : isFramed ? head.contentLength : -1;
    if (!isFramed && !isBodiless) facts.flags |= cacheFlag.isUnframed;
    tags.clear();
    writeTags(tags, head, policy);
    if (this.#caching.pool.remote !== null) this.#tags = tags.bytes.slice(0, tags.length);
    const { status } = this.#caching;
    if (!draft.begin(facts, output.bytes, 0, output.length, tags.bytes.subarray(0, tags.length)))
      return this.#failed(draft);
    this.#isBegun = true;
    this.#isReadAlong = facts.bodyBytes !== -1;
    this.#added = 0;
    status.isStored = true;
    status.detail = "";
    status.ttlS = Math.floor((facts.bornMs + facts.freshForMs - port.wallMs) / 1000);
    passage.onlooker = this;
    this.stir();
  }

  /** It cannot be stored, and others wait: they need not. What was taken away says nothing of what stands in its place. */
  #refuse(draft: CacheDraft, why: number): void {
    if (!draft.isLost) this.#mark(why);
    this.drop();
  }

  #mark(why: number): void {
    const { pool } = this.#caching;
    const { followers, port } = this.#context;
    // A server that fails now may not a moment later.
    if (this.#exchange.status >= 500) return;
    const { passMs } = pool.plan;
    // Where nobody waits nobody need be told not to.
    if (isOfAll(why) && followers.has(this.name)) pool.cache.markPass(this.key, why, port.wallMs + passMs);
    else if (this.#caching.isUnconditional) {
      const forMs = isForOne(why) ? Math.max(passMs, conditionalMs) : passMs;
      pool.cache.markPass(this.key, why, port.wallMs + forMs, cacheFlag.isForConditional);
    }
  }

  #failed(draft: CacheDraft): void {
    const caching = this.#caching;
    const why = whyEnded(draft);
    caching.status.detail = reasonWords[why]![0];
    if (why !== reason.purged) caching.word = "error";
    if (why !== reason.purged) this.#mark(why);
    this.drop();
  }

  /** The question has ended without anything to store. */
  drop(): void {
    if (this.#draft === null) return;
    this.#draft.drop();
    this.#draft = null;
    this.#isBegun = false;
    this.stir();
  }

  /** What the second level had. */
  take(facts: CacheFacts, head: Output, body: Uint8Array, tags: Uint8Array): void {
    const draft = this.#draft;
    if (draft?.begin(facts, head.bytes, 0, head.length, tags) === true && draft.append(body, 0, body.length)) {
      draft.finish();
      this.#draft = null;
      this.stir();
    } else this.drop();
  }

  // ---- said by the passage ----

  add(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#isBegun) {
      this.#spilt?.push(bytes.slice(start, end));
      return;
    }
    const { pool, shown, entry } = this.#caching;
    if (this.#isReadAlong || shown.isBegun) this.stir();
    this.#added += end - start;
    const draft = this.#draft!;
    if (draft.append(bytes, start, end)) return;
    this.#isBegun = false;
    this.#draft = null;
    const why = whyEnded(draft);
    if (why !== reason.purged) this.#caching.word = "error";
    if (shown.isBegun) this.#spilt = [bytes.slice(end - (this.#added - entry!.written), end)];
    else this.#exchange.passage.onlooker = null;
    this.stir();
    // Without room, or purged meanwhile, it may be stored the next time; and another may stand there already.
    const untilMs = this.#context.port.wallMs + pool.plan.passMs;
    if (why === reason.tooLarge) pool.cache.markPass(this.key, why, untilMs);
    else if (why === reason.noRoom) this.#mark(why);
  }

  relieve(isChunked: boolean, chunkLeft: number): boolean {
    if (!this.#isBegun) return false;
    const caching = this.#caching;
    const entry = caching.pool.cache.find(this.key, this.#context.port.wallMs);
    // It may have been purged meanwhile, and another be there.
    const isOurs = entry?.state === cacheState.filling && entry.written === this.#added && !this.#draft!.isLost;
    if (entry === null || !isOurs) {
      entry?.release();
      return false;
    }
    caching.entry = entry;
    caching.shown.takeOver(entry, this.name, isChunked, chunkLeft);
    return true;
  }

  isKept(isLast: boolean): boolean {
    const spilt = this.#spilt;
    if (spilt === null) return true;
    this.#spilt = null;
    this.#caching.shown.endEarly(Buffer.concat(spilt), isLast);
    return false;
  }

  over(isWhole: boolean): void {
    if (!this.#isBegun || !isWhole) return this.drop();
    this.#draft!.finish();
    this.#draft = null;
    this.#isBegun = false;
    const { port } = this.#context;
    this.stir();
    const { remote, cache } = this.#caching.pool;
    if (remote !== null) tellRemote(remote, cache.find(this.key, port.wallMs), this.key, this.#tags, port.wallMs);
  }
}

const noTags = new Uint8Array(0);
/** Who asks for what is kept for one alone by conditions is spared a whole answer for so long: it could be stored for nobody. */
const conditionalMs = 60 * 60 * 1000;

/** It says so, or is taken for that. */
function isForOne(why: number): boolean {
  return why === reason.private || why === reason.noStore || why === reason.cookie;
}

function whyEnded({ ending }: CacheDraft): number {
  if (ending === draftEnd.lost) return reason.purged;
  return ending === draftEnd.tooLarge ? reason.tooLarge : reason.noRoom;
}
