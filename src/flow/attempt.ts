// The tries of one exchange or stream at servers: which server, and whether to try again; connecting is left to whom the
// server is sought for. Only this file decides on a retry. The rules: another server when a connection was refused, for then
// no byte of a client can have arrived; the same request again when the server closed without a byte of an answer and the
// request is idempotent (RFC 9110 section 9.2.2) and whole in our hands; nothing else. `retries` bounds the tries, the pool's
// budget how often servers are sent a request again.

import { type Fault, fault } from "../base/fault.ts";
import { poolCell, serverCell, sharedServerWord } from "../memory/tally.ts";
import type { Context } from "./context.ts";
import { isOurs } from "./egress/blame.ts";
import type { Requester } from "./requester.ts";
import type { PoolSite, ServerSite } from "./site.ts";

/** Whom a server is sought for: an exchange (exchange.ts), or a connection that is carried as it is (stream.ts). */
export interface Seeker {
  readonly pool: PoolSite;
  /** Whose connections to servers may be its alone (pinned.ts); absent where none are kept. */
  readonly downstream?: Requester | null;
  /** What a server was sent and has not answered may be sent again. */
  readonly isReplayable: boolean;
  /** What a hashing policy hashes. */
  balanceKey(): number;
  /** Index of the server that the client names by the pool's sticky cookie, -1 when it names none. */
  namedServer(): number;
  /** Index of the server that the pool's table remembers for it, -1 for none. Only asked where the pool has such a table. */
  stuckServer(): number;
  /** Index of the server that a hook has picked, -1 where the policy is to. Only asked where the pool has hooks. */
  hookedServer?(): number;
  /** This server it is: connect, and tell the attempt how that ends. `isFreshWanted`: not by a connection that was idle. */
  connect(server: ServerSite, isFreshWanted: boolean): void;
  /**
   * What did not get through may by another way to the same server: by another outbound address. True: it is looked for, and then it
   * says `again`, or fails.
   */
  seekAgain?(what: Fault, isReused: boolean): boolean;
  /** It waits for a server; it keeps the time, and says `waitedInVain`. */
  queued(): void;
  /** No (further) attempt helps. */
  fail(what: Fault): void;
}

export class Attempt {
  readonly context: Context;
  readonly #seeker: Seeker;
  /** Tries begun. */
  count = 0;
  /** The server of the try under way, as an index into the pool; stays for the report. -1 before the first. */
  index = -1;
  isQueued = false;
  /** The server was named by the client's sticky cookie. */
  isSticky = false;
  /** The server is the one that the pool's table remembers. */
  isStuck = false;
  /** The server is the one that a hook has picked. */
  isHooked = false;
  /** The server is the one that a connection of the client's own leads to. */
  isPinned = false;
  /** When a server was first sought, and when one was first had; 0: not yet. */
  soughtMs = 0;
  chosenMs = 0;
  /** It counts as in flight at its server. */
  #isActive = false;
  #key = 0;
  #tried: Uint8Array | null = null;
  /** An idle connection was lost under this request: the others to that server may be as dead, and tries are few. */
  #isFreshWanted = false;
  /** The next try is at another server than the last one. */
  #isElsewhere = false;

  constructor(seeker: Seeker, context: Context) {
    this.#seeker = seeker;
    this.context = context;
  }

  reset(): void {
    this.count = 0;
    this.index = -1;
    this.isQueued = false;
    this.isSticky = false;
    this.isStuck = false;
    this.isHooked = false;
    this.isPinned = false;
    this.soughtMs = 0;
    this.chosenMs = 0;
    this.#key = 0;
    this.#tried = null;
    this.#isFreshWanted = false;
    this.#isElsewhere = false;
  }

  begin(): void {
    const { pool } = this.#seeker;
    this.soughtMs = this.context.port.nowMs;
    pool.budget.noteRequest();
    if (pool.backends.isKeyed) this.#key = this.#seeker.balanceKey();
    // What has come free elsewhere is for those who wait already.
    if (pool.queue.length > 0) pool.queue.serve();
    const index = this.#choose();
    if (index !== -1) this.#go(index);
    else this.#waitOrFail(fault("no_server"));
  }

  /** Another way to the server is there. */
  again(): void {
    const index = this.#choose();
    if (index !== -1) this.#go(index);
    else this.#waitOrFail(fault("no_server"));
  }

  /** The server did not accept, or was not asked, for want of room here. */
  refused(what: Fault): void {
    if (!isOurs(what)) {
      const { cells } = this.context.tally;
      const { row } = this.#seeker.pool.servers[this.index]!;
      cells[row + serverCell.connectFailures]!++;
      if (what.code === "tls_refused") cells[row + serverCell.handshakeFailures]!++;
      this.#noteFailure();
    }
    this.#retryOrFail(what);
  }

  /** The connection was lost before any byte of an answer. `isReused`: it had carried exchanges before. */
  lost(what: Fault, isReused: boolean): void {
    // A connection that has stood idle may be closed at any time, which is nobody's failure; a fresh one is one that was not answered.
    if (isReused) this.#isFreshWanted = true;
    else this.failed();
    if (this.#seeker.isReplayable) this.#retryOrFail(what, isReused);
    else this.#seeker.fail(what);
  }

  /** Any other failure of the server: its answer did not come, or not whole. */
  failed(): void {
    const server = this.#seeker.pool.servers[this.index];
    if (server === undefined) return;
    this.context.tally.cells[server.row + serverCell.responseFailures]!++;
    this.#noteFailure();
  }

  /** The server answered well. Reading first spares the write to a word that all workers share. */
  succeeded(): void {
    const { words } = this.context.tally;
    const word = this.#seeker.pool.servers[this.index]!.sharedRow + sharedServerWord.consecutiveFailures;
    if (words[word] !== 0) Atomics.store(words, word, 0);
  }

  /** The server is no longer occupied; someone who waits may go. */
  end(): void {
    if (this.isQueued) this.#seeker.pool.queue.leave(this);
    this.isQueued = false;
    if (!this.#isActive) return;
    this.#isActive = false;
    const { pool } = this.#seeker;
    pool.backends.finish(this.index);
    if (pool.queue.length > 0) pool.queue.serve();
  }

  /** Some servers have refused it: only the others will do. */
  get isChoosy(): boolean {
    return this.#tried !== null;
  }

  hasTried(index: number): boolean {
    return this.#tried !== null && this.#tried[index] === 1;
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
    this.context.tally.cells[this.#seeker.pool.row + poolCell.queueTimeouts]!++;
    this.#seeker.fail(fault("queue_timeout"));
  }

  /** A server that has a place, counted in flight there; -1 when none can. */
  #choose(): number {
    const { backends, isPreferring } = this.#seeker.pool;
    const preferred = isPreferring || this.context.pinned.count > 0 ? this.#choosePreferred() : -1;
    if (preferred !== -1) return this.#taken(preferred);
    // Another worker may fill a server between the pick and its taking.
    for (let races = 0; races < 4; races++) {
      const index = this.#tried === null ? backends.pick(this.#key) : backends.pickExcept(this.#tried, this.#key);
      if (index === -1) return -1;
      if (backends.tryBegin(index)) return this.#taken(index);
    }
    return -1;
  }

  /** The one that something but the policy names, counted in flight there; -1 where none is named, or that one cannot be had. */
  #choosePreferred(): number {
    const seeker = this.#seeker;
    const { backends, plan, sticking, hooks } = seeker.pool;
    this.isSticky = false;
    this.isStuck = false;
    this.isHooked = false;
    this.isPinned = false;
    if (plan.balance.sticky !== null && this.#tried === null) {
      const named = seeker.namedServer();
      this.isSticky = named !== -1 && backends.tryBegin(named);
      if (this.isSticky) return named;
    }
    if (sticking !== null && this.#tried === null) {
      const stuck = seeker.stuckServer();
      this.isStuck = stuck !== -1 && backends.isKept(stuck) && backends.tryBegin(stuck);
      if (this.isStuck) return stuck;
    }
    if (hooks !== null && seeker.hookedServer !== undefined) {
      const picked = seeker.hookedServer();
      this.isHooked = picked !== -1 && backends.tryBegin(picked);
      if (this.isHooked) return picked;
    }
    const { pinned } = this.context;
    if (pinned.count > 0 && seeker.downstream) {
      const own = pinned.serverFor(seeker.downstream, seeker.pool);
      this.isPinned = own !== -1 && !this.hasTried(own) && backends.isOpen(own) && backends.tryBegin(own);
      if (this.isPinned) return own;
    }
    return -1;
  }

  #taken(index: number): number {
    this.#isActive = true;
    return index;
  }

  #go(index: number): void {
    const server = this.#seeker.pool.servers[index]!;
    this.index = index;
    if (this.count++ === 0) this.chosenMs = this.context.port.nowMs;
    else this.#countRetry();
    this.context.tally.cells[server.row + serverCell.calls]!++;
    this.#seeker.connect(server, this.#isFreshWanted);
  }

  /** What was to be tried again, and found no server, is none. */
  #countRetry(): void {
    const { cells } = this.context.tally;
    const { row } = this.#seeker.pool;
    cells[row + poolCell.retries]!++;
    if (this.#isElsewhere) cells[row + poolCell.redispatches]!++;
    this.#isElsewhere = false;
  }

  #retryOrFail(what: Fault, isReused = false): void {
    const { pool } = this.#seeker;
    this.#release();
    if (this.count > pool.plan.retries) return this.#seeker.fail(what);
    // A request that was refused has cost no server anything: going on elsewhere adds no load, and is not what a budget is for.
    // Neither does a connection that was closed while it was idle: the next try is over a fresh one, so that there is one such try at most.
    if (what.retry !== "elsewhere" && !isReused && !pool.budget.spend()) {
      this.context.tally.cells[pool.row + poolCell.retryBudgetExhausted]!++;
      return this.#seeker.fail(what);
    }
    if (this.#seeker.seekAgain?.(what, isReused) === true) return;
    // A reused connection that turns out closed says nothing about its server: that one may be picked again.
    if (!pool.plan.redispatch) {
      // Its place may have been taken in another worker; to go elsewhere for that is not what was asked for.
      if (pool.backends.tryBegin(this.index)) return this.#go(this.#taken(this.index));
      return this.#seeker.fail(what);
    }
    if (!isReused) {
      this.#tried ??= new Uint8Array(pool.servers.length);
      this.#tried[this.index] = 1;
      this.#isElsewhere = true;
    }
    const index = this.#choose();
    if (index !== -1) this.#go(index);
    else this.#waitOrFail(what);
  }

  /** No server can be had now: wait if one that was not tried yet is only full. */
  #waitOrFail(what: Fault): void {
    const { backends, queue, row } = this.#seeker.pool;
    let isWorthWaiting = false;
    for (let at = 0; at < backends.eligibleCount; at++) isWorthWaiting ||= this.#tried?.[backends.eligible[at]!] !== 1;
    if (!isWorthWaiting) {
      if (backends.eligibleCount === 0) this.context.tally.cells[row + poolCell.noServer]!++;
      return this.#seeker.fail(what);
    }
    if (!queue.enter(this)) return this.#seeker.fail(fault("queue_full"));
    this.isQueued = true;
    this.#seeker.queued();
  }

  #release(): void {
    if (!this.#isActive) return;
    this.#isActive = false;
    this.#seeker.pool.backends.finish(this.index);
  }

  #noteFailure(): void {
    const server = this.#seeker.pool.servers[this.index]!;
    Atomics.add(this.context.tally.words, server.sharedRow + sharedServerWord.consecutiveFailures, 1);
  }
}
