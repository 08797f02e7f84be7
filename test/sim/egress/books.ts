// What the simulation itself knows of requests, beside the board: who is in flight where, when a member was last used at a host, what users
// have had. By these books it is said whether a choice may be.

import type { EgressPlan } from "../../../src/config/plan.ts";
import { trialPatienceMs } from "../../../src/egress/cooling.ts";
import type { EgressHeld, EgressWhy } from "../../../src/egress/words.ts";
import { memberState } from "../../../src/memory/egress.ts";
import { Violation } from "../world.ts";

export interface Begun {
  readonly member: string;
  readonly host: string;
  readonly key: string;
  readonly user: string;
  readonly held: EgressHeld;
  readonly beganMs: number;
}

export class Books {
  readonly inFlight: Set<Begun> = new Set();
  /** Of members that an operator has banned, until when; 0 for ever. */
  readonly banned: Map<string, number> = new Map();
  readonly told: Map<string, number> = new Map();
  begun = 0;
  readonly #usedMs: Map<string, number> = new Map();
  readonly #tried: Map<string, Begun> = new Map();
  #isClockMoved = false;
  readonly #quotas: Map<string, { beganMs: number; requests: number }> = new Map();

  /** The clock was moved: what was to be kept in time is not told any more. */
  forgetTimes(): void {
    this.#usedMs.clear();
    this.#tried.clear();
    this.#isClockMoved = true;
  }

  /** A period begins with a user's first request, whatever becomes of it. */
  asked({ quota }: EgressPlan, user: string, nowMs: number): void {
    if (quota === null || user === "") return;
    const period = this.#quotas.get(user);
    if (period === undefined || nowMs - period.beganMs >= quota.periodMs)
      this.#quotas.set(user, { beganMs: nowMs, requests: 0 });
  }

  begin(plan: EgressPlan, begun: Begun, why: EgressWhy, state: number): void {
    const { member, host, beganMs } = begun;
    const until = this.banned.get(member);
    if (until !== undefined && (until === 0 || until > beganMs)) throw new Violation(`${member} is banned and chosen`);
    if (why !== "soonest") this.#checkState(plan, begun, state);
    this.#checkPace(plan, member, host, beganMs);
    this.#checkQuota(plan, begun);
    this.inFlight.add(begun);
    this.begun++;
  }

  end(begun: Begun): void {
    this.inFlight.delete(begun);
    if (this.#tried.get(begun.member) === begun) this.#tried.delete(begun.member);
  }

  activeOf(member: string): number {
    let active = 0;
    for (const begun of this.inFlight) if (begun.member === member) active++;
    return active;
  }

  #checkState(plan: EgressPlan, begun: Begun, state: number): void {
    if (state !== memberState.available && state !== memberState.trial)
      throw new Violation(`${begun.member} is chosen in state ${state}`);
    if (state !== memberState.trial) return;
    const other = this.#tried.get(begun.member);
    if (!plan.judge.coolDown.isTrial) throw new Violation(`${begun.member} is on trial, and there are none`);
    // Of what a log tells nobody knows when it began: it may decide a trial that another request is. The last resort takes who it finds.
    if (!plan.isOwnEvidence || plan.whenNone === "soonest") return;
    if (other !== undefined && begun.beganMs - other.beganMs < trialPatienceMs)
      throw new Violation(`${begun.member} is tried by two requests at a time`);
    this.#tried.set(begun.member, begun);
  }

  #checkPace({ pace }: EgressPlan, member: string, host: string, atMs: number): void {
    const place = `${member} ${host}`;
    const usedMs = this.#usedMs.get(place);
    if (pace.intervalMs > 0 && usedMs !== undefined && atMs - usedMs < pace.intervalMs - 1e-6)
      throw new Violation(`${place} is used again after ${atMs - usedMs} ms`);
    this.#usedMs.set(place, atMs);
    if (pace.concurrencyMax === 0) return;
    let active = 1;
    for (const begun of this.inFlight) if (begun.member === member && begun.host === host) active++;
    if (active > pace.concurrencyMax) throw new Violation(`${active} requests are at ${place}`);
  }

  #checkQuota({ quota }: EgressPlan, { user }: Begun): void {
    const period = this.#quotas.get(user);
    if (quota === null || period === undefined || this.#isClockMoved) return;
    if (++period.requests > quota.requestsMax) throw new Violation(`${user} has had ${period.requests} requests`);
  }
}
