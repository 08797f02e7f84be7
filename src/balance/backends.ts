// One pool as one worker sees it now: which servers may be picked, what they weigh and carry. It joins the plan (what is
// configured), the board (what control decided) and the counts of all workers, and asks the pool's policy.
// The lists are rebuilt only when control has changed the board; in-flight counts are read anew each time.
// In flight: each worker adds to a word of its own, and the sum over workers is the truth. So a limit is exact without a lock:
// a worker adds first, then sums; of those that together exceed it, the last one to add sees all the others and steps back.
// A worker that dies leaves a word that only control clears, and no one else's count is touched.

import { assert } from "../base/assert.ts";
import type { PoolPlan } from "../config/plan.ts";
import { type Arena, offset, rowCells, rowWords, workerOffsets } from "../memory/arena.ts";
import { Board, type ServerState } from "../memory/board.ts";
import { serverCell, sharedPoolWord } from "../memory/tally.ts";
import { Latency } from "./latency.ts";
import { createFailoverPolicy, createPolicy } from "./policies.ts";
import type { Policy } from "./policy.ts";
import { Remainder, type Source } from "./remainder.ts";
import { Roster } from "./roster.ts";

/** Between the servers of several pools in one sticky cookie; HAProxy has dates of its own behind it. */
export const cookieSeparator = "|";

/** Two workers that step back from the last place together try again, this often. */
const beginsMax = 3;

export class Backends implements Source {
  readonly count: number;
  readonly eligible: Int32Array;
  readonly isEligible: Uint8Array;
  readonly isBackupWell: Uint8Array;
  readonly isOneBackup: boolean;
  readonly weights: Float64Array;
  readonly arrivals: Int32Array;
  eligibleCount = 0;
  version = 0;
  /** Whether `pick` wants a key. */
  readonly isKeyed: boolean;

  readonly #arena: Arena;
  readonly #board: Board;
  readonly #words: Int32Array;
  readonly #roster: Roster;
  readonly #random: () => number;
  readonly #policy: Policy;
  readonly #failover: Policy;
  readonly #remainder: Remainder;
  readonly #latency: Latency;
  readonly #slots: Int32Array;
  readonly #limits: Float64Array;
  readonly #hasLimits: boolean;
  /** Index in the arena's words of each worker's count for slot 0, and of ours. */
  readonly #active: Int32Array;
  readonly #ownActive: number;
  /** Index in the arena's cells of each worker's calls of slot 0. */
  readonly #calls: Int32Array;
  readonly #turnWord: number;
  readonly #cookies = new Map<string, number>();
  #boardVersion: number;

  /** `workers` is how many blocks are summed over; `worker` is the one that is ours. */
  constructor(plan: PoolPlan, arena: Arena, worker: number, workers: number, random: () => number) {
    assert(worker < workers, `worker ${worker} of ${workers}`);
    const servers = plan.servers;
    this.#arena = arena;
    this.#board = new Board(arena);
    this.#words = arena.words;
    this.#random = random;
    this.#policy = createPolicy(plan.balance, servers);
    this.#failover = createFailoverPolicy(plan.balance, servers, this.#policy);
    this.isKeyed = this.#policy.isKeyed;
    this.isOneBackup = plan.isOneBackup;
    // Read before the rows: a change that is published while they are read shows in the next refresh.
    this.#boardVersion = arena.boardVersion;
    this.#roster = new Roster(plan, arena, !this.isKeyed);
    this.eligible = this.#roster.eligible;
    this.isEligible = this.#roster.isEligible;
    this.isBackupWell = this.#roster.isBackupWell;
    this.weights = this.#roster.weights;
    this.arrivals = this.#roster.arrivals;
    this.count = servers.length;
    this.#slots = Int32Array.from(servers, (server) => server.slot);
    this.#limits = Float64Array.from(servers, (server) => server.connectionsMax || Number.POSITIVE_INFINITY);
    this.#hasLimits = servers.some((server) => server.connectionsMax > 0);
    const blocks = Array.from({ length: workers }, (_, block) => workerOffsets(block));
    this.#active = Int32Array.from(blocks, (block) => block.active / 4);
    this.#ownActive = this.#active[worker]!;
    this.#calls = Int32Array.from(blocks, (block) => block.servers / 8 + serverCell.calls);
    this.#turnWord = offset.sharedPools / 4 + plan.slot * rowWords + sharedPoolWord.turn;
    const ownServers = workerOffsets(worker).servers / 8;
    this.#latency = new Latency(
      arena.cells,
      this.#slots.map((slot) => ownServers + slot * rowCells + serverCell.latency),
    );
    for (const word of ["cookie", "formerCookie"] as const)
      servers.forEach((server, index) => {
        const value = server[word] ?? "";
        if (value !== "" && !this.#cookies.has(value)) this.#cookies.set(value, index);
      });
    this.#remainder = new Remainder(this, worker);
    this.#adopt();
  }

  /** Take over what control has published since; costs one load when that is nothing. */
  refresh(): void {
    const version = this.#arena.boardVersion;
    if (version === this.#boardVersion) return;
    this.#boardVersion = version;
    this.#roster.rebuild();
    this.#adopt();
  }

  /**
   * The server for a new exchange, or -1: then no server may be picked when `eligibleCount` is 0, and otherwise all that may
   * are at their limit. The caller goes on with `tryBegin`, for a limit may be reached in between.
   */
  pick(key: number): number {
    this.refresh();
    const index = this.#policy.pick(this, key);
    if (!this.#hasLimits || index < 0 || !this.isFull(index)) return index;
    this.#remainder.select(null);
    return this.#failover.pick(this.#remainder, key);
  }

  /** As `pick`, among the servers whose place in `tried` is not 1; backups too when all others were tried. */
  pickExcept(tried: Uint8Array, key: number): number {
    this.refresh();
    this.#remainder.select(tried);
    return this.#failover.pick(this.#remainder, key);
  }

  /**
   * The server that a sticky cookie names, or -1 when there is none or it is down. A server being drained keeps its own
   * sessions. It may be at its limit: whether to wait for it is the caller's to say. Of several in it the first that is known
   * holds: by another, which no answer would set, the client would go back and forth with that one's health.
   */
  byCookie(value: string): number {
    this.refresh();
    const index = this.#cookies.get(value);
    if (index !== undefined) return this.#roster.isKept[index] === 1 ? index : -1;
    if (!value.includes(cookieSeparator)) return -1;
    for (const word of value.split(cookieSeparator)) {
      const named = this.#cookies.get(word);
      if (named !== undefined) return this.#roster.isKept[named] === 1 ? named : -1;
    }
    return -1;
  }

  /** Whether a server keeps the sessions that it has: it is up, or being drained. */
  isKept(index: number): boolean {
    this.refresh();
    return this.#roster.isKept[index] === 1;
  }

  /** Whether a server may be picked for whoever comes. */
  isOpen(index: number): boolean {
    this.refresh();
    return this.isEligible[index] === 1;
  }

  /** What the board says of a server now; null while its name has no address. For traces. */
  stateOf(index: number): ServerState | null {
    return this.#roster.stateOf(index);
  }

  /** An exchange begins, whatever the limit. Each `begin` and each true `tryBegin` is followed by one `finish`. */
  begin(index: number): void {
    Atomics.add(this.#words, this.#ownActive + this.#slots[index]!, 1);
  }

  /**
   * An exchange begins, unless the server is at its limit, counted over all workers. Never one too many; one too few for a
   * moment, when workers meet at the last place and all step back.
   */
  tryBegin(index: number): boolean {
    if (this.#limits[index] === Number.POSITIVE_INFINITY) {
      this.begin(index);
      return true;
    }
    for (let attempt = 0; attempt < beginsMax; attempt++) {
      if (this.isFull(index)) return false;
      this.begin(index);
      if (this.#inFlight(index) <= this.#limits[index]!) return true;
      this.finish(index);
    }
    return false;
  }

  finish(index: number): void {
    const before = Atomics.sub(this.#words, this.#ownActive + this.#slots[index]!, 1);
    assert(before > 0, "an exchange finished that had not begun");
  }

  isFull(index: number): boolean {
    const limit = this.#limits[index]!;
    return limit !== Number.POSITIVE_INFINITY && this.activeOf(index) >= limit;
  }

  /** A response took this long; moves the average that peakEwma goes by. */
  observe(index: number, latencyMs: number, nowMs: number): void {
    this.#latency.observe(index, latencyMs, nowMs);
  }

  /** By plain loads, which cost half: a policy compares counts that may move before it is done. Limits are not kept by them. */
  activeOf(index: number): number {
    const slot = this.#slots[index]!;
    let sum = 0;
    for (let worker = 0; worker < this.#active.length; worker++) sum += this.#words[this.#active[worker]! + slot]!;
    return sum;
  }

  callsOf(index: number): number {
    const row = this.#slots[index]! * rowCells;
    let sum = 0;
    for (let worker = 0; worker < this.#calls.length; worker++) sum += this.#arena.cells[this.#calls[worker]! + row]!;
    return sum;
  }

  bandwidthOf(index: number): number {
    return this.#board.bandwidth(this.#slots[index]!);
  }

  latencyOf(index: number): number {
    return this.#latency.of(index);
  }

  nextTurn(): number {
    return Atomics.add(this.#words, this.#turnWord, 1) >>> 0;
  }

  random(): number {
    return this.#random();
  }

  /** By atomic loads, none of which can move before the `begin` that went before. */
  #inFlight(index: number): number {
    const slot = this.#slots[index]!;
    let sum = 0;
    for (let worker = 0; worker < this.#active.length; worker++)
      sum += Atomics.load(this.#words, this.#active[worker]! + slot);
    return sum;
  }

  #adopt(): void {
    this.eligibleCount = this.#roster.eligibleCount;
    this.version = this.#roster.version;
  }
}
