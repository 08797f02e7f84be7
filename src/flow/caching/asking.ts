// Asking a server anew for what is stored: by a question of our own in the place of the client's (question.ts), for a client that waits
// or by an errand while it is shown stale; and what a 304 makes of it (RFC 9111 sections 4.3.1 and 4.3.4). The client's own head
// steps back for as long as the question is under way.

import { fault } from "../../base/fault.ts";
import { freshen } from "../../cache/freshen.ts";
import { reason } from "../../cache/storing.ts";
import { canRevalidate, isFreshenedBy } from "../../cache/validators.ts";
import { type CacheEntry, cacheFlag, cacheState } from "../../memory/cache.ts";
import type { Head } from "../../wire/http1/head.ts";
import { parseResponse } from "../../wire/http1/reader.ts";
import { Caching } from "../caching.ts";
import type { Context } from "../context.ts";
import { Errand } from "../errand.ts";
import type { Exchange } from "../exchange.ts";
import { questionOf } from "./question.ts";
import { tellFreshened } from "./remote.ts";

/** `whole`: without conditions. */
export type Question = "conditional" | "whole";

const noLines = new Uint8Array(0);

export class Asking {
  readonly #exchange: Exchange;
  readonly #context: Context;
  readonly #caching: Caching;
  /** The client's head while a server is asked, by a question of ours in its place or by what others make of it. */
  #asked: Head | null = null;
  #question: Question | null = null;

  constructor(exchange: Exchange, context: Context, caching: Caching) {
    this.#exchange = exchange;
    this.#context = context;
    this.#caching = caching;
  }

  /** It goes on to a server as it came. What is stored goes by what the client has said. */
  begin(): void {
    this.#asked = this.#exchange.head;
  }

  /** From now on a server is asked whether `entry` is still good; null: for all of it, whatever the client's conditions are. It goes on as it came where `entry` has nothing to ask by. */
  ask(entry: CacheEntry | null): void {
    const exchange = this.#exchange;
    this.begin();
    if (entry !== null && !canRevalidate(entry.facts)) return;
    const question = questionOf(exchange, entry, this.#context.desk, false);
    if (question === null) return;
    this.#question = entry === null ? "whole" : "conditional";
    this.#putHead(question);
  }

  #putHead(head: Head): void {
    const exchange = this.#exchange;
    const { forwarding } = exchange.listener;
    exchange.head = head;
    exchange.bodyStart = head.end;
    exchange.bodyEnd = head.end;
    if (forwarding.requestId !== null) exchange.requestIdIndex = forwarding.findRequestId(head);
  }

  /** It is answered, or will not be: the client's own head is what counts again. What was asked; null where nothing was. */
  end(): Question | null {
    const question = this.#question;
    if (this.#asked !== null && this.#exchange.head !== this.#asked) this.#putHead(this.#asked);
    this.#asked = null;
    this.#question = null;
    return question;
  }

  /** For all of it, where the client would have a 304 of its own, which nobody else could be shown. */
  askForAll(): void {
    const { ifNoneMatch, ifModifiedSince, isHead, range, hasAuthorization } = this.#context.desk.request;
    if ((ifNoneMatch === -1 && ifModifiedSince === -1) || isHead || range !== -1 || hasAuthorization) return;
    this.ask(null);
    this.#caching.isUnconditional = this.#question !== null;
  }

  // ---- behind a stale one that is shown ----

  /** An errand asks anew, if nobody does that already. Answers what to show. */
  refresh(entry: CacheEntry): CacheEntry {
    const context = this.#context;
    const { desk, port } = context;
    // Where all is an explanation nothing is asked for.
    if (context.isExplaining || context.isDraining) return entry;
    if (!entry.claim(port.wallMs, this.#caching.leaseMs)) return entry;
    // The claim is the errand's: what is shown is held once more.
    const shown = this.#caching.pool.cache.find(desk.key, port.wallMs);
    const errand = shown?.state === cacheState.whole ? this.#errandFor(entry) : null;
    if (shown === null || errand === null) {
      shown?.release();
      entry.giveUp();
      return entry;
    }
    Caching.of(errand, context, this.#caching.pool).asking.#adopt(entry);
    errand.seekServer();
    // It may have read heads of its own meanwhile.
    desk.request.read(this.#exchange.head);
    return shown;
  }

  #errandFor(entry: CacheEntry): Exchange | null {
    const exchange = this.#exchange;
    const { head, requestIdIndex } = exchange;
    const question = questionOf(exchange, canRevalidate(entry.facts) ? entry : null, this.#context.desk, true);
    if (question === null) return null;
    exchange.head = question;
    const errand = Errand.prepare(this.#context, exchange, exchange.route, noLines);
    exchange.head = head;
    exchange.requestIdIndex = requestIdIndex;
    return errand;
  }

  #adopt(entry: CacheEntry): void {
    const caching = this.#caching;
    caching.entry = entry;
    caching.isRefresh = true;
    caching.filling.remember(this.#context.desk.key);
    this.#question = canRevalidate(entry.facts) ? "conditional" : "whole";
    this.begin();
  }

  /** The errand is over. `isDone`: its server has nothing more to say. */
  endRefresh(isDone: boolean): false {
    const exchange = this.#exchange;
    const downstream = exchange.downstream!;
    exchange.descent.dismiss(isDone);
    exchange.conclude();
    downstream.concluded(false, true);
    return false;
  }

  // ---- the answer ----

  /** A 304 to our question. */
  notModified(head: Head, isConditional: boolean): false {
    const { desk } = this.#context;
    const { facts, head: output } = desk;
    const caching = this.#caching;
    const { entry } = caching;
    if (entry === null || !isConditional) {
      // Nobody has asked for that.
      this.#exchange.failUpstream(fault("bad_response"));
      return false;
    }
    if (!this.#isGood(head, entry)) return this.#askWhole(entry);
    facts.flags |= entry.facts.flags & cacheFlag.isUnframed;
    entry.freshen(facts, output.bytes, 0, output.length);
    tellFreshened(this.#context, caching.pool, entry, caching.filling.key);
    caching.filling.stir();
    if (caching.isRefresh) return this.endRefresh(true);
    this.#exchange.descent.dismiss(true);
    caching.status.forwardedStatus = 304;
    caching.show(entry, "revalidated");
    return false;
  }

  /** What the 304 makes of it stands on the desk then. It may be about another one, or say that it is to be kept no longer. */
  #isGood(head: Head, entry: CacheEntry): boolean {
    const { desk, port } = this.#context;
    const { request, response, stored, facts, scratch, head: output } = desk;
    const { pool, requestMs } = this.#caching;
    const { bytes, headStart, headEnd } = entry;
    this.#caching.readAsker();
    response.read(head, port.wallMs);
    if (!isFreshenedBy(head, response, entry.facts, bytes, headStart)) return false;
    if (parseResponse(stored, bytes, headStart, headEnd, headEnd - headStart) < 0) return false;
    facts.bodyBytes = entry.facts.bodyBytes;
    const { policy } = pool;
    const freshening = { stored, head, response, request, policy, requestMs, responseMs: port.wallMs };
    return freshen(output, freshening, scratch, facts) === reason.none;
  }

  /** Once more, without conditions. */
  #askWhole(entry: CacheEntry): false {
    const exchange = this.#exchange;
    const caching = this.#caching;
    entry.remove();
    entry.release();
    caching.entry = null;
    exchange.descent.dismiss(true);
    exchange.attempt.reset();
    exchange.upload.reset();
    exchange.sentMs = 0;
    exchange.respondedMs = 0;
    exchange.serverStatus = 0;
    exchange.status = 0;
    this.ask(null);
    exchange.seekServer();
    return false;
  }
}
