// Keeps those of its targets that are well in a set of the registry. It probes them side by side, as servers of pools are probed, judges each with
// rise and fall, and says at each round how they are: a vote, for there may be other sentinels, and a lease, for it may die. At its
// end it takes back what it has said. It knows no plan of traffic; what a vote means is the registry's business.
//
//   adopt: names > first probe of each target > first vote        then a vote each `every`, and soon after each change

import { hostname } from "node:os";
import { isIp } from "../base/address.ts";
import type { SentinelPlan, TargetPlan } from "../config/compileregistry.ts";
import type { Address, ServerPlan } from "../config/plan.ts";
import type { ProbeResult } from "../health/probe/result.ts";
import { Verdict } from "../health/verdict.ts";
import type { Outcome, Registry } from "../registry/registry.ts";
import type { Log } from "./log.ts";
import type { Names } from "./names.ts";
import { Prober } from "./prober.ts";

export interface SentinelOptions {
  readonly registry: Registry;
  readonly log: Log;
  readonly names: Names;
}

export interface SentinelStatus {
  readonly set: string;
  readonly voter: string;
  readonly targets: readonly TargetStatus[];
  /** Why the last vote has failed; null when it has not. */
  readonly problem: string | null;
  /** Null before one was taken. */
  readonly lastVote: string | null;
  readonly counts: SentinelCounts;
}

/** Since this process started. */
export interface SentinelCounts {
  readonly probesPassed: number;
  readonly probesFailed: number;
  /** What it said was written down, or was not. */
  readonly votesTaken: number;
  readonly votesFailed: number;
  /** Members that went into the set by its votes, and that went out. */
  readonly added: number;
  readonly removed: number;
}

export interface TargetStatus {
  readonly target: string;
  readonly state: "up" | "down" | "unchecked";
  readonly reason: string;
}

interface Watched {
  readonly plan: TargetPlan;
  readonly verdict: Verdict;
  reason: string;
}

/** What changes in one moment is one vote. */
const gatherMs = 20;
/** At the end: a registry that does not answer is left to the leases. */
const farewellMs = 2000;

export class Sentinel {
  readonly #options: SentinelOptions;
  readonly #prober: Prober;
  #plan: SentinelPlan | null = null;
  #voter = "";
  #targets: Watched[] = [];
  #timers: Timer[] = [];
  #soon: Timer | null = null;
  #voting: Promise<void> | null = null;
  #isVoteOwed = false;
  #isLooking = false;
  #problem: string | null = null;
  #hasToldTwin = false;
  #lastVoteMs: number | null = null;
  readonly #counts: { -readonly [Key in keyof SentinelCounts]: number } = {
    ...{ probesPassed: 0, probesFailed: 0, votesTaken: 0, votesFailed: 0, added: 0, removed: 0 },
  };

  constructor(options: SentinelOptions) {
    this.#options = options;
    this.#prober = new Prober((slot, result) => this.#observed(slot, result), { log: options.log });
  }

  /** Null ends it. Resolves when all targets have been probed once and the vote is in, or has failed. */
  async adopt(plan: SentinelPlan | null): Promise<void> {
    if (JSON.stringify(plan) === JSON.stringify(this.#plan)) return;
    const former = this.#plan;
    this.#stop();
    if (former !== null && former.set !== plan?.set) await this.#withdraw(former.set);
    this.#plan = plan;
    if (plan === null) return;
    const known = new Map(this.#targets.map((each) => [each.plan.member, each]));
    const { rise, fall, everyMs } = plan.check;
    this.#voter = plan.id ?? `${hostname()}-${process.pid}`;
    this.#targets = plan.targets.map((target) => {
      const kept = known.get(target.member);
      const isSame = kept !== undefined && Bun.deepEquals(former?.check, plan.check);
      return isSame ? { ...kept, plan: target } : { plan: target, verdict: new Verdict(rise, fall), reason: "" };
    });
    await this.#lookUp();
    await this.#probe();
    if (this.#plan !== plan) return;
    this.#timers.push(setInterval(() => this.#round(), everyMs));
    await this.#vote();
  }

  status(): SentinelStatus | null {
    if (this.#plan === null) return null;
    const targets = this.#targets.map(({ plan: { target }, verdict: { state }, reason }) => ({
      target,
      state,
      reason,
    }));
    const lastVote = this.#lastVoteMs === null ? null : new Date(this.#lastVoteMs).toISOString();
    return {
      ...{ set: this.#plan.set, voter: this.#voter, targets, problem: this.#problem, lastVote },
      counts: { ...this.#counts },
    };
  }

  /** What it has said is taken back; the last one that ends leaves the set as it is. */
  async close(): Promise<void> {
    const plan = this.#plan;
    this.#stop();
    this.#plan = null;
    if (plan === null) return;
    const late = Bun.sleep(farewellMs);
    await Promise.race([late, (this.#voting ?? Promise.resolve()).then(() => this.#withdraw(plan.set))]);
  }

  #stop(): void {
    this.#prober.close();
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    if (this.#soon !== null) clearTimeout(this.#soon);
    this.#soon = null;
  }

  async #withdraw(set: string): Promise<void> {
    await this.#options.registry.withdraw(set, this.#voter).catch(() => {});
  }

  #round(): void {
    if (!this.#isLooking) {
      this.#isLooking = true;
      void this.#lookUp().finally(() => {
        this.#isLooking = false;
      });
    }
    for (const [slot, { plan }] of this.#targets.entries())
      if (this.#addressOf(plan) === null) this.#observed(slot, unresolved(this.#options.names, plan));
    void this.#vote();
  }

  /** Asks for the names of targets; where one has moved, its new address is probed from now on. */
  async #lookUp(): Promise<void> {
    const plan = this.#plan;
    const hosts = this.#targets.flatMap(({ plan: { address } }) =>
      address.kind === "tcp" && !isIp(address.host) ? [address.host] : [],
    );
    if (hosts.length === 0 || !(await this.#options.names.refresh([...new Set(hosts)]))) return;
    if (plan !== null && plan === this.#plan && this.#timers.length > 0) void this.#probe();
  }

  async #probe(): Promise<void> {
    const check = this.#plan!.check;
    const servers = this.#targets.map(({ plan }, slot) => serverOf(plan, slot, this.#addressOf(plan)));
    for (const [slot, { plan }] of this.#targets.entries())
      if (this.#addressOf(plan) === null) this.#observed(slot, unresolved(this.#options.names, plan));
    await this.#prober.adopt({ pems: {}, pools: [{ check, servers }] });
  }

  #addressOf({ address }: TargetPlan): Address | null {
    if (address.kind === "unix" || isIp(address.host)) return address;
    const host = this.#options.names.addressOf(address.host);
    return host === undefined ? null : { ...address, host };
  }

  #observed(slot: number, { isHealthy, reason }: ProbeResult): void {
    const target = this.#targets[slot];
    if (target === undefined) return;
    target.reason = reason;
    this.#counts[isHealthy ? "probesPassed" : "probesFailed"]++;
    if (!target.verdict.observe(isHealthy) || this.#timers.length === 0) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      void this.#vote();
    }, gatherMs);
  }

  /** One at a time: what comes meanwhile is said by one after it, however much it is. */
  #vote(): Promise<void> {
    this.#isVoteOwed = true;
    this.#voting ??= this.#castAll().finally(() => {
      this.#voting = null;
    });
    return this.#voting;
  }

  async #castAll(): Promise<void> {
    while (this.#isVoteOwed) {
      this.#isVoteOwed = false;
      await this.#cast();
    }
  }

  async #cast(): Promise<void> {
    const plan = this.#plan;
    if (plan === null) return;
    const { registry, log } = this.#options;
    const { set, leaseMs, quorum, check } = plan;
    const views = new Map<string, boolean>();
    for (const { plan: target, verdict } of this.#targets)
      if (verdict.state !== "unchecked") views.set(target.member, verdict.state === "up");
    try {
      const outcome = await registry.vote(set, { voter: this.#voter, views, leaseMs, everyMs: check.everyMs, quorum });
      this.#counts.votesTaken++;
      this.#lastVoteMs = Date.now();
      this.#tell(outcome);
      if (outcome.hasTwin === true && !this.#hasToldTwin) log.warn({ set, sentinel: this.#voter }, twin);
      this.#hasToldTwin ||= outcome.hasTwin === true;
      if (this.#problem !== null) log.info({ set }, "the registry can be written again");
      this.#problem = null;
    } catch (error) {
      const { message } = error as Error;
      this.#counts.votesFailed++;
      if (this.#problem === null)
        log.error({ set, error: message }, "the registry cannot be written: it is tried again");
      this.#problem = message;
    }
  }

  #tell({ added, removed }: Outcome): void {
    const { log } = this.#options;
    this.#counts.added += added.length;
    this.#counts.removed += removed.length;
    const byMember = new Map(this.#targets.map((each) => [each.plan.member, each]));
    for (const member of added) log.info({ target: byMember.get(member)?.plan.target ?? member }, registered);
    for (const member of removed) {
      const target = byMember.get(member);
      if (target?.verdict.state === "down")
        log.warn({ target: target.plan.target, reason: target.reason }, deregistered);
      else log.warn({ target: target?.plan.target ?? member }, aged);
    }
  }
}

const twin = "another sentinel has the same id, and they overrule each other: give each an id of its own";
const registered = "backend registered (UP)";
const deregistered = "backend deregistered (DOWN)";
const aged = "backend deregistered (no sentinel says that it is up)";

function unresolved(names: Names, { address }: TargetPlan): ProbeResult {
  const host = address.kind === "tcp" ? address.host : "";
  return { isHealthy: false, reason: names.problemOf(host) ?? "its name has no address yet", status: null };
}

/** As probes want it; of traffic nothing comes here. Port 0 is not probed. */
function serverOf({ name, member }: TargetPlan, slot: number, address: Address | null): ServerPlan {
  return {
    id: member,
    name,
    slot,
    address: address ?? { kind: "tcp", host: "", port: 0 },
    weight: 1,
    backup: false,
    isDrained: false,
    connectionsMax: 0,
    cookie: "",
    tls: null,
    isHttp2: false,
    proxyProtocol: 0,
    source: "",
  };
}
