// All servers of the plan, and the conclusion for each: may it be given new exchanges? It gathers what active checks found, what
// live traffic proved, what the operator ordered and whether the name has an address; it writes the conclusion on the board and
// says each change in the log, once, with its reason. It makes no checks and has no timers: it is told, with the time.
// A server keeps its record over reloads for as long as its id lives; a plan that is refused in the end is undone.
//
//   unresolved > draining > down > ejected > unchecked > up      the first that holds is the server's state; only up is
//                                                                eligible, and ejected while the pool is in panic. One
//                                                                that would be up without a weight is draining

import type { Plan, PoolPlan, ServerPlan } from "../config/plan.ts";
import type { Ejection, Evidence } from "../health/ejection.ts";
import { isPanic } from "../health/panic.ts";
import { rampPermille } from "../health/ramp.ts";
import type { Standing } from "../health/verdict.ts";
import { admin, type Board, health } from "../memory/board.ts";
import { Absent } from "./absent.ts";
import type { Order } from "./adminservice.ts";
import type { Log } from "./log.ts";
import type { ServerCounts } from "./metricssource.ts";
import { carriedOrder, hasMoved, recordOf, type ServerRecord, stateOf, withdrawalOf } from "./serverrecord.ts";
import type { Condition, ServerCondition } from "./status.ts";

export interface RosterOptions {
  readonly board: Board;
  readonly log: Log;
  /** Counters of a server at this moment. */
  readonly evidenceOf: (slot: number) => Evidence;
  /** Why a host name has no address. */
  readonly nameProblem: (server: ServerPlan) => string;
  readonly clearFailures: (slot: number) => void;
  /** Which source has told that the server is drained; null: none has. */
  readonly drainedBy: (pool: string, server: string) => string | null;
  /** For people, who are told since when. All else goes by the clock that it is told, which is never set. */
  readonly wallMs: () => number;
}

export interface CheckResult {
  readonly isHealthy: boolean;
  readonly reason: string;
}

/** One that no plan names any more. */
export interface RemovedServer {
  readonly pool: string;
  readonly server: ServerPlan;
  /** Wall clock. */
  readonly sinceMs: number;
}

const always = Number.NEGATIVE_INFINITY;
/** While a plan is being published, the one in force still names servers that the next one does not. */
const leaving: Condition = {
  ...{ state: "draining", reason: "the next plan is without it", withdrawal: "drain", sinceMs: 0, isEligible: false },
};
const weightless = "its weight is 0";
const adminWords = {
  ...{ none: admin.ready, drain: admin.drain, maintenance: admin.maintenance, weightless: admin.drain },
} as const;
const noCounts: ServerCounts = { checksPassed: 0, checksFailed: 0, ejections: {} };

export class Roster {
  readonly #options: RosterOptions;
  #records = new Map<number, ServerRecord>();
  #absent: Absent = new Absent();
  /** Pools that had a server to offer when last looked at. */
  #served = new Map<string, boolean>();
  /** Servers that come up before this are not new to their pool: the whole proxy has just started. */
  #isOpen = false;
  #isHeld = false;
  /** Pools of the plan that live by servers, which they may have none of. */
  #pools: readonly string[] = [];
  /** By their rows, until those are others': what began with them before they left the plan may go on for hours. */
  #removed: ReadonlyMap<number, RemovedServer> = new Map();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  /** Take up the servers of a plan. What it returns undoes it, for when the plan is refused by a worker. */
  adopt(plan: Plan, nowMs: number): () => void {
    const former = this.#records;
    const formerPools = this.#pools;
    const formerRemoved = this.#removed;
    this.#pools = plan.pools.filter(({ reply, targets }) => reply === null && targets === null).map(({ name }) => name);
    const byId = new Map([...former.values()].map((record) => [record.server.id, record]));
    this.#records = new Map(
      plan.pools.flatMap((pool) =>
        pool.servers.map((server) => [server.slot, this.#take(pool, server, byId.get(server.id), nowMs)] as const),
      ),
    );
    this.#removed = this.#without(former.values());
    const there = new Set([...this.#records.values()].map(({ server }) => server.id));
    this.#absent = this.#absent.after(former.values(), there, nowMs);
    this.#settle(nowMs);
    return () => {
      this.#giveBack(former, nowMs);
      this.#pools = formerPools;
      this.#removed = formerRemoved;
      this.#settle(nowMs);
    };
  }

  /** What an operator has ordered meanwhile holds, also of servers that only the refused plan has. */
  #giveBack(former: Map<number, ServerRecord>, nowMs: number): void {
    const refused = [...this.#records.values()];
    const orders = new Map(refused.map(({ server, order }) => [server.id, order]));
    const there = new Set<string>();
    for (const record of former.values()) {
      const { id } = record.server;
      there.add(id);
      const ordered = orders.has(id) ? orders.get(id) : this.#absent.orderOf(id);
      // What enables a server that this plan withdraws may have meant nothing in the refused one, and is not over by that.
      if (ordered !== undefined && (ordered !== null || record.order !== "enable"))
        record.order = carriedOrder(ordered, record.server);
    }
    this.#records = former;
    this.#absent = this.#absent.after(refused, there, nowMs);
  }

  /** Start-up is over: from now on a server that comes up starts slowly where its pool says so, and pools are watched. */
  open(nowMs: number): void {
    this.#isOpen = true;
    this.#settle(nowMs);
  }

  /** The result of an active check. */
  checked(slot: number, result: CheckResult, nowMs: number): void {
    const record = this.#records.get(slot);
    if (record === undefined || record.verdict === null) return;
    if (result.isHealthy) record.counts.checksPassed++;
    else record.counts.checksFailed++;
    const isFirst = record.verdict.state === "unchecked";
    const needed = result.isHealthy ? record.pool.check!.rise : record.pool.check!.fall;
    if (!record.verdict.observe(result.isHealthy)) return;
    record.isTrusted = false;
    record.checkReason = `${result.reason} (${isFirst ? "first check" : `${needed} of ${needed}`})`;
    this.#settle(nowMs);
  }

  /** Slow starts go on, live traffic is judged, ejections end. To be called several times a second. */
  tick(nowMs: number): void {
    let isChanged = false;
    for (const record of this.#records.values()) {
      if (record.ejection !== null && this.#judge(record, record.ejection, nowMs)) isChanged = true;
      if (record.pool.slowStartMs > 0 && this.#isRamping(record, nowMs)) isChanged = true;
    }
    if (isChanged) this.#settle(nowMs);
  }

  /** False when there is no such server. One that is away may be drained and enabled for when it comes back. */
  steer(pool: string, server: string, order: Order, nowMs: number): boolean {
    for (const record of this.#records.values()) {
      if (record.pool.name !== pool || record.server.name !== server) continue;
      record.order = carriedOrder(order, record.server);
      this.#settle(nowMs);
      return true;
    }
    const left = this.removed.findLast((each) => each.pool === pool && each.server.name === server);
    const absent =
      order === "enable"
        ? this.#absent.without(pool, server)
        : left === undefined
          ? null
          : this.#absent.withheld(pool, left.server, order, nowMs);
    this.#absent = absent ?? this.#absent;
    return absent !== null;
  }

  conditionOf(slot: number): Condition {
    const record = this.#records.get(slot);
    if (record === undefined) return leaving;
    const { state, sinceMs, isEligible } = record;
    const withdrawal = state === "draining" ? withdrawalOf(record) : null;
    const condition = { state: state ?? "unchecked", reason: this.#reasonOf(record), sinceMs, isEligible };
    return withdrawal === null ? condition : { ...condition, withdrawal };
  }

  /** Servers that have left the plan, or the one that is being published, and whose rows are nobody's yet. */
  get removed(): readonly RemovedServer[] {
    return [...this.#removed.values()];
  }

  #without(former: Iterable<ServerRecord>): ReadonlyMap<number, RemovedServer> {
    const removed = new Map(this.#removed);
    for (const { pool, server } of former)
      removed.set(server.slot, { pool: pool.name, server, sinceMs: this.#options.wallMs() });
    for (const slot of this.#records.keys()) removed.delete(slot);
    return removed;
  }

  /** What its checks come to at this moment. */
  standingOf(slot: number): Standing {
    return this.#records.get(slot)?.verdict?.standing ?? "up";
  }

  countsOf(slot: number): ServerCounts {
    return this.#records.get(slot)?.counts ?? noCounts;
  }

  #take(pool: PoolPlan, server: ServerPlan, former: ServerRecord | undefined, nowMs: number): ServerRecord {
    if (hasMoved(server, former)) this.#options.clearFailures(server.slot);
    const record = recordOf(pool, server, former, nowMs);
    return former === undefined ? this.#absent.greet(record, nowMs) : record;
  }

  #judge(record: ServerRecord, ejection: Ejection, nowMs: number): boolean {
    const { log, clearFailures, evidenceOf } = this.#options;
    const event = ejection.judge(evidenceOf(record.server.slot), nowMs);
    if (event === null) return false;
    if (event.kind === "returned") {
      log.info(`server ${record.server.id} is back: its ejection is over`);
      return true;
    }
    const name = reasonLabels[event.reason];
    record.counts.ejections[name] = (record.counts.ejections[name] ?? 0) + 1;
    const seconds = Math.round((event.untilMs - nowMs) / 100) / 10;
    record.ejectionReason = event.detail;
    clearFailures(record.server.slot);
    log.warn(`server ${record.server.id} is EJECTED for ${seconds} s: ${event.detail}`);
    return true;
  }

  #isRamping(record: ServerRecord, nowMs: number): boolean {
    return record.isEligible && nowMs - record.eligibleSinceMs < record.pool.slowStartMs + 1000;
  }

  /** Conclude for every server, and tell workers when any of it is new to them. */
  #settle(nowMs: number): void {
    const panics = this.#panics();
    let isChanged = false;
    for (const record of this.#records.values())
      if (this.#conclude(record, panics.has(record.pool.name), nowMs)) isChanged = true;
    if (isChanged) this.#options.board.publish();
    if (this.#isOpen && !this.#isHeld) this.#watchPools();
  }

  /** A plan is on its way: of its servers little is known yet, and workers still go by the former. No pool is called unserved meanwhile. */
  hold(): void {
    this.#isHeld = true;
  }

  /** It has arrived, or has been refused. */
  release(): void {
    this.#isHeld = false;
    if (this.#isOpen) this.#watchPools();
  }

  #conclude(record: ServerRecord, isInPanic: boolean, nowMs: number): boolean {
    const { board } = this.#options;
    const { server, verdict, pool } = record;
    const state = stateOf(record);
    const isEligible = state === "up" || (state === "ejected" && isInPanic && server.weight > 0);
    const withdrawal = withdrawalOf(record);
    if (state !== record.state || (state === "draining" && withdrawal !== record.withdrawal)) this.#say(record, state);
    record.withdrawal = withdrawal;
    if (isEligible && !record.isEligible) record.eligibleSinceMs = this.#isOpen ? nowMs : always;
    record.isEligible = isEligible;
    const row = {
      health: verdict === null || verdict.state === "unchecked" ? health.unchecked : health[verdict.state],
      admin: adminWords[withdrawal ?? "none"],
      isEjected: record.ejection?.isEjected ?? false,
      rampPermille: rampPermille(record.eligibleSinceMs, nowMs, pool.slowStartMs),
      isEligible,
    };
    if (Bun.deepEquals(row, board.read(server.slot))) return false;
    board.write(server.slot, row);
    return true;
  }

  #say(record: ServerRecord, state: ServerCondition): void {
    const { log, wallMs } = this.#options;
    const former = record.state;
    record.state = state;
    record.sinceMs = wallMs();
    const name = `server ${record.server.id}`;
    const reason = this.#reasonOf(record);
    if (state === "down" || state === "unresolved") log.warn(event("down", record), `${name} is DOWN: ${reason}`);
    else if (state === "draining")
      log.info(
        withdrawalOf(record) === "maintenance"
          ? `${name} is in MAINTENANCE: it gets no new requests${isBinding(record.pool) ? ", and clients that a cookie or a table binds to it get another" : ""}`
          : `${name} is DRAINING: ${withdrawalOf(record) === "weightless" ? `${weightless}, and ` : ""}it gets no new requests${isBinding(record.pool) ? " but of clients that a cookie or a table binds to it" : ""}`,
      );
    else if (former === "draining") log.info(`${name} is enabled again`);
    // Without a check there is nothing to say of a server that is simply there.
    else if (
      state === "up" &&
      (former === "down" || former === "unresolved" || (former === "unchecked" && this.#isOpen))
    )
      log.info(
        event(former === "unchecked" ? "up" : "recovered", record),
        `${name} is UP${record.checkReason === "" ? "" : `: ${record.checkReason}`}`,
      );
  }

  #reasonOf(record: ServerRecord): string | null {
    switch (record.state) {
      case "unresolved":
        return this.#options.nameProblem(record.server);
      case "draining":
        if (withdrawalOf(record) === "weightless") return weightless;
        if (record.order === "maintain") return "in maintenance by an operator";
        return `drained by ${record.order === "drain" ? "an operator" : this.#drainerOf(record)}`;
      case "ejected":
        return record.isEligible
          ? `${record.ejectionReason}; serves all the same: too few are left`
          : record.ejectionReason;
      case "unchecked":
        return "waits for its first check";
      case "down":
        return record.checkReason;
      case "up":
        // So that nobody takes it for a verdict.
        return record.verdict === null ? "no check" : null;
      case null:
        return null;
    }
  }

  #drainerOf({ pool, server }: ServerRecord): string {
    return this.#options.drainedBy(pool.name, server.name) ?? "the config";
  }

  #panics(): Set<string> {
    const pools = new Map<PoolPlan, { servers: number; available: number; ejected: number }>();
    for (const record of this.#records.values()) {
      if (record.server.backup || record.server.weight === 0) continue;
      const sums = pools.get(record.pool) ?? { servers: 0, available: 0, ejected: 0 };
      pools.set(record.pool, sums);
      sums.servers++;
      const state = stateOf(record);
      if (state === "up" || state === "ejected") sums.available++;
      if (state === "ejected") sums.ejected++;
    }
    const inPanic = [...pools].filter(([pool, { servers, available, ejected }]) =>
      isPanic(servers, available, ejected, pool.panicThreshold),
    );
    return new Set(inPanic.map(([pool]) => pool.name));
  }

  /** A pool without any server is what an operator must hear first. */
  #watchPools(): void {
    const serves = new Map(this.#pools.map((name) => [name, false]));
    for (const { pool, isEligible } of this.#records.values())
      serves.set(pool.name, (serves.get(pool.name) ?? false) || isEligible);
    for (const [name, isServed] of serves) {
      const before = this.#served.get(name);
      const isNew = before === undefined;
      // Whose servers are still to be told of begins so: nothing is wrong yet.
      if (isNew && !isServed && !this.#hasRecord(name))
        this.#options.log.warn(`pool ${name} has no server yet: requests are answered 503 until one is found`);
      else if (before !== false && !isServed)
        this.#options.log.error(
          `pool ${name} has no server left: requests are answered 503, connections and datagrams refused`,
        );
      else if (before === false && isServed) this.#options.log.info(`pool ${name} serves again`);
    }
    this.#served = serves;
  }

  #hasRecord(name: string): boolean {
    return [...this.#records.values()].some(({ pool }) => pool.name === name);
  }
}

/** For readers of the log that are programs. */
function event(what: "up" | "recovered" | "down", { pool, server }: ServerRecord): object {
  return { event: `server_${what}`, pool: pool.name, server: server.name, tls: server.tls !== null };
}

/** Label values of metrics, in the case of metrics. */
const reasonLabels = {
  consecutiveFailures: "consecutive_failures",
  errorRatio: "error_ratio",
  latency: "latency",
} as const;

/** A client may be bound to a server of it, by a cookie or by a table. */
function isBinding({ balance, stick }: PoolPlan): boolean {
  return balance.sticky !== null || stick !== null;
}
