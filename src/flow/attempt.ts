// One exchange's tries at servers: which server, over which connection, and whether to try again. Only this file decides on
// a retry. The rules: another server when a connection was refused, for then no byte of the request can have arrived; the
// same request again when the server closed without a byte of an answer and the request is idempotent (RFC 9110 section
// 9.2.2) and whole in our hands; nothing else. `retries` bounds the tries of an exchange, the pool's budget how often
// servers are sent a request again.

import { type Fault, fault } from "../base/fault.ts";
import { poolCell, serverCell, sharedServerWord } from "../memory/tally.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { stickyCookie } from "./sticky.ts";
import { Upstream } from "./upstream.ts";

export class Attempt {
  readonly context: Context;
  readonly #exchange: Exchange;
  /** Tries begun. */
  count = 0;
  /** The server of the try under way, as an index into the pool; stays for the report. -1 before the first. */
  index = -1;
  upstream: Upstream | null = null;
  isQueued = false;
  /** The server was named by the client's sticky cookie. */
  isSticky = false;
  /** This exchange counts as in flight at its server. */
  #isActive = false;
  #key = 0;
  #tried: Uint8Array | null = null;
  /** An idle connection was lost under this exchange: the others to that server may be as dead, and tries are few. */
  #isFreshWanted = false;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.context = context;
  }

  reset(): void {
    this.count = 0;
    this.index = -1;
    this.upstream = null;
    this.isQueued = false;
    this.isSticky = false;
    this.#key = 0;
    this.#tried = null;
    this.#isFreshWanted = false;
  }

  begin(): void {
    const { pool } = this.#exchange;
    pool.budget.noteRequest();
    if (pool.backends.isKeyed) this.#key = this.#exchange.balanceKey();
    // What has come free elsewhere is for those who wait already.
    if (pool.queue.length > 0) pool.queue.serve();
    const index = this.#choose();
    if (index !== -1) this.#go(index);
    else this.#waitOrFail(fault("no_server"));
  }

  /** The server did not accept: told by the connection that was dialed. */
  refused(what: Fault): void {
    const server = this.#exchange.pool.servers[this.index]!;
    this.context.tally.cells[server.row + serverCell.connectFailures]!++;
    this.#noteFailure();
    this.#retryOrFail(what);
  }

  /** The connection was lost before any byte of an answer. `isReused`: it had carried exchanges before. */
  lost(what: Fault, isReused: boolean): void {
    if (isReused) this.#isFreshWanted = true;
    else this.#noteFailure();
    if (this.#exchange.isReplayable) this.#retryOrFail(what, isReused);
    else this.#fail(what);
  }

  /** Any other failure of the server during this exchange. */
  failed(): void {
    const server = this.#exchange.pool.servers[this.index];
    if (server === undefined) return;
    this.context.tally.cells[server.row + serverCell.responseFailures]!++;
    this.#noteFailure();
  }

  /** The server answered well. Reading first spares the write to a word that all workers share. */
  succeeded(): void {
    const { words } = this.context.tally;
    const word = this.#exchange.pool.servers[this.index]!.sharedRow + sharedServerWord.consecutiveFailures;
    if (words[word] !== 0) Atomics.store(words, word, 0);
  }

  /** The exchange no longer occupies its server; someone who waits may go. */
  end(): void {
    if (this.isQueued) this.#exchange.pool.queue.leave(this);
    this.isQueued = false;
    this.upstream = null;
    if (!this.#isActive) return;
    this.#isActive = false;
    const { pool } = this.#exchange;
    pool.backends.finish(this.index);
    if (pool.queue.length > 0) pool.queue.serve();
  }

  /** Asked by the queue: whether a server can be had now. If so it is taken. */
  canGoOn(): boolean {
    const index = this.#choose();
    if (index === -1) return false;
    this.index = index;
    return true;
  }

  /** Said by the queue after `canGoOn`. */
  goOn(): void {
    this.isQueued = false;
    this.#go(this.index);
  }

  /** The time in the waiting room is over. */
  waitedInVain(): void {
    this.context.tally.cells[this.#exchange.pool.row + poolCell.queueTimeouts]!++;
    this.#fail(fault("queue_timeout"));
  }

  /** A server that takes the exchange, counted in flight there; -1 when none can. */
  #choose(): number {
    const { backends, plan } = this.#exchange.pool;
    if (plan.balance.sticky !== null && this.#tried === null) {
      const named = backends.byCookie(stickyCookie(this.#exchange.head, plan.balance.sticky));
      if (named !== -1 && backends.tryBegin(named)) {
        this.isSticky = true;
        return this.#taken(named);
      }
    }
    this.isSticky = false;
    // Another worker may fill a server between the pick and its taking.
    for (let races = 0; races < 4; races++) {
      const index = this.#tried === null ? backends.pick(this.#key) : backends.pickExcept(this.#tried, this.#key);
      if (index === -1) return -1;
      if (backends.tryBegin(index)) return this.#taken(index);
    }
    return -1;
  }

  #taken(index: number): number {
    this.#isActive = true;
    return index;
  }

  #go(index: number): void {
    const exchange = this.#exchange;
    const server = exchange.pool.servers[index]!;
    this.index = index;
    this.count++;
    this.context.tally.cells[server.row + serverCell.calls]!++;
    const idle = this.#isFreshWanted ? undefined : server.idle.take();
    if (idle !== undefined) {
      this.upstream = idle;
      idle.carry(exchange);
      exchange.send(idle);
      return;
    }
    this.upstream = new Upstream(this.context, exchange.pool, server);
    exchange.holdBody();
    this.upstream.dial(exchange);
  }

  #retryOrFail(what: Fault, isReused = false): void {
    const { pool } = this.#exchange;
    this.upstream = null;
    this.#release();
    const cells = this.context.tally.cells;
    if (this.count > pool.plan.retries) return this.#fail(what);
    // A request that was refused has cost no server anything: going on elsewhere adds no load, and is not what a budget is for.
    if (what.retry !== "elsewhere" && !pool.budget.spend()) {
      cells[pool.row + poolCell.retryBudgetExhausted]!++;
      return this.#fail(what);
    }
    cells[pool.row + poolCell.retries]!++;
    // A reused connection that turns out closed says nothing about its server: that one may be picked again.
    if (!pool.plan.redispatch) {
      // Its place may have gone to another worker's exchange; to go elsewhere for that is not what was asked for.
      if (pool.backends.tryBegin(this.index)) return this.#go(this.#taken(this.index));
      return this.#fail(what);
    }
    if (!isReused) {
      this.#tried ??= new Uint8Array(pool.servers.length);
      this.#tried[this.index] = 1;
      cells[pool.row + poolCell.redispatches]!++;
    }
    const index = this.#choose();
    if (index !== -1) this.#go(index);
    else this.#waitOrFail(what);
  }

  /** No server can be had now: wait if one that was not tried yet is only full. */
  #waitOrFail(what: Fault): void {
    const { backends, queue, row } = this.#exchange.pool;
    let isWorthWaiting = false;
    for (let at = 0; at < backends.eligibleCount; at++) isWorthWaiting ||= this.#tried?.[backends.eligible[at]!] !== 1;
    if (!isWorthWaiting) {
      if (backends.eligibleCount === 0) this.context.tally.cells[row + poolCell.noServer]!++;
      return this.#fail(what);
    }
    if (!queue.enter(this)) return this.#fail(fault("queue_full"));
    this.isQueued = true;
    this.#exchange.queued();
  }

  #fail(what: Fault): void {
    this.upstream = null;
    this.#exchange.fail(what);
  }

  #release(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#exchange.pool.backends.finish(this.index);
  }

  #noteFailure(): void {
    const server = this.#exchange.pool.servers[this.index]!;
    Atomics.add(this.context.tally.words, server.sharedRow + sharedServerWord.consecutiveFailures, 1);
  }
}
