// An egress pool: asked for a member for each request, told how it ended, told by control what logs say and what an operator wants. All
// that it knows of members stands on the board, which other processes share; here are only the plan, lists made of both, and what
// is being chosen. A pool whose plan has been followed by another still ends what was begun under it; where another board has taken the
// place of its own (EgressBoard.successor), by another pool of the same plan on that one.
// It knows no clock, no sockets, and no requests but their wishes and outcomes.

import type { EgressPlan } from "../config/plan.ts";
import { changeCause, type EgressBoard, type MemberState, memberState } from "../memory/egress.ts";
import { Books } from "./books.ts";
import { type CandidateList, Candidates } from "./candidates.ts";
import { Choosing } from "./choosing.ts";
import { clockSlackMs, isOver } from "./cooling.ts";
import { DryHosts } from "./dryhosts.ts";
import { Judge } from "./judging.ts";
import { KeyCards } from "./keycards.ts";
import { Latch } from "./latch.ts";
import { Leasing, noScout } from "./leasing.ts";
import { type HostDown, hostsDown, type MemberStanding, type PairStanding, pairsOf, standingOf } from "./listing.ts";
import { busyMs } from "./pacing.ts";
import { Quota } from "./quota.ts";
import { Roster } from "./roster.ts";
import { SessionChoice } from "./sessionchoice.ts";
import { Sessions } from "./sessions.ts";
import { Standing } from "./standing.ts";
import type { EgressChoice, EgressHeld, EgressOutcome, EgressRefusal, EgressWhy, EgressWish, Scout } from "./words.ts";

const whyOf: Readonly<Record<EgressPlan["choose"], EgressWhy>> = {
  random: "chance",
  roundRobin: "turn",
  leastUsed: "leastUsed",
};

export class EgressPool {
  readonly plan: EgressPlan;
  readonly board: EgressBoard;
  readonly #latch: Latch;
  readonly #roster: Roster;
  readonly #candidates: Candidates;
  readonly #judge: Judge;
  readonly #leasing: Leasing;
  readonly #cards: KeyCards;
  readonly #choosing: Choosing;
  readonly #quota: Quota | null;
  readonly #sessions: Sessions | null;
  readonly #sessionChoice: SessionChoice | null;
  readonly #dry: DryHosts = new DryHosts();
  readonly #books: Books;
  /** At first nobody knows what the clock was before. */
  #tickedMs: number = Number.POSITIVE_INFINITY;
  readonly #member: Standing;
  readonly #random: () => number;
  /** Of the board that has taken the place of ours. */
  #heir: EgressPool | null = null;
  readonly #choice: EgressChoice = {
    member: -1,
    row: 0,
    lease: -1,
    why: "none",
    among: 0,
    refusal: null,
    retryMs: 0,
  };

  /** `random`: uniform in [0, 1). */
  constructor(plan: EgressPlan, board: EgressBoard, random: () => number) {
    this.plan = plan;
    this.board = board;
    this.#random = random;
    this.#latch = new Latch(board);
    this.#roster = new Roster(plan.members, board);
    this.#candidates = new Candidates(this.#roster, board);
    this.#judge = new Judge(plan.judge, board, this.#latch, (most) => this.#roster.hasMoreThan(most));
    this.#leasing = new Leasing(board, this.#latch, this.#judge, plan.pace);
    this.#cards = new KeyCards(board);
    this.#choosing = new Choosing(this.#roster, board, this.#leasing, this.#cards, random);
    this.#quota = plan.quota === null ? null : new Quota(plan.quota, board, this.#latch);
    this.#sessions = plan.session === null || plan.session.lifetimeMs === 0 ? null : new Sessions(plan.session, board);
    this.#sessionChoice =
      this.#sessions === null
        ? null
        : new SessionChoice(this.#sessions, this.#roster, board, this.#latch, this.#leasing, this.#choosing);
    this.#books = new Books(board, this.#cards);
    this.#member = Standing.ofMembers(board);
  }

  /** Who chooses for this plan now: this one, or that on the board which has taken the place of its own. What it chooses is to be ended there. */
  get current(): EgressPool {
    const { successor } = this.board;
    return successor === null ? this : this.#heirOn(successor).current;
  }

  /**
   * The choice is the pool's own object: it is another one at the next call. Where nothing is refused, `end` is to be said once, to whom
   * `current` was when this was said.
   */
  choose(wish: EgressWish, nowMs: number, scout: Scout = noScout): EgressChoice {
    if (this.board.successor !== null) return this.#heirOn(this.board.successor).choose(wish, nowMs, scout);
    // Nobody is what is wished for, but it is not for the wish.
    if (this.plan.members.length === 0) return this.#refuse("none", 0);
    const list = this.#candidates.list(wish.tags, wish.family, wish.isTunnel);
    if (list === null) return this.#refuse("unfit", 0);
    // A request that tries once more was counted when it was begun.
    const isCounted = this.#quota !== null && wish.user !== "" && (wish.tried === null || wish.tried.size === 0);
    if (isCounted) {
      const waitMs = this.#quota!.take(wish.user, nowMs);
      if (waitMs > 0) return this.#refuse(this.#quota!.isBusy ? "paced" : "quota", waitMs);
    }
    list.refresh(nowMs);
    let member = this.#take(list, wish, nowMs, scout);
    if (member === -1 && list.renew(nowMs)) {
      this.#dry.clear();
      member = this.#take(list, wish, nowMs, scout);
    }
    if (member === -1 && this.#isDeserted(wish, nowMs)) member = this.#take(list, wish, nowMs, scout);
    const choice = member >= 0 ? this.#chosen(member, list) : this.#none(list, nowMs);
    if (isCounted && choice.refusal !== null) this.#quota!.giveBack(wish.user);
    return choice;
  }

  /** A request has carried so much more: it counts for its user, and its session. What is not told meanwhile is told by its end. */
  carry(user: string, key: string, bytes: number, nowMs: number): void {
    const { successor } = this.board;
    if (successor !== null) return this.#heirOn(successor).carry(user, key, bytes, nowMs);
    if (user !== "") this.#quota?.addBytes(user, bytes, nowMs);
    if (key !== "") this.#sessions?.addBytes(key, user, bytes);
  }

  /** How a request ended, and what it held is let go of. Said once for each choice. */
  end(held: EgressHeld, outcome: EgressOutcome): void {
    const { successor } = this.board;
    if (successor !== null) return this.#heirOn(successor).end(this.board.heirOf(held), outcome);
    // Its member may have left meanwhile, and the row be another's.
    const row = held.lease >= 0 ? this.board.heldBy(held.lease) : held.row;
    if (held.lease >= 0) this.board.letGo(held.lease);
    this.#cards.recall(held.lease);
    this.#dry.free();
    const bytes = outcome.bytesUp + outcome.bytesDown - outcome.bytesTold;
    if (bytes > 0) this.carry(outcome.user, outcome.key, bytes, outcome.atMs);
    if (row <= 0 || row !== held.row) return;
    this.#books.carried(row, outcome);
    // Logs say nothing of what never came to the gateway.
    if (this.plan.isOwnEvidence || outcome.blame === "member" || outcome.blame === "source")
      this.#learn(row, outcome, outcome.atMs);
    else if (outcome.isCancelled) this.#judge.learn(row, outcome, outcome.atMs);
  }

  /** Evidence from elsewhere: a log. Its time is never believed to be later than now. False: no such member. */
  note(member: string | number, outcome: EgressOutcome, nowMs: number = outcome.atMs): boolean {
    const row = typeof member === "number" ? member : this.board.memberOf(member);
    if (row <= 0) return false;
    this.#learn(row, outcome, Math.min(outcome.atMs, nowMs));
    return true;
  }

  /** Until then, or for ever (0), it is not chosen, whatever else happens. False: no such member, or nobody lets go of the board. */
  ban(id: string, untilMs: number, reason: string, nowMs: number): boolean {
    if (untilMs !== 0 && untilMs <= nowMs) return false;
    return this.#change(id, (member) => this.#judge.members.ban(member, nowMs, untilMs, this.board.textOf(reason)));
  }

  /** Available, and all that was held against it, here and at hosts, is forgotten. */
  unban(id: string, reason: string, nowMs: number): boolean {
    return this.#change(id, (member) => {
      this.#judge.members.unban(member, nowMs, this.board.textOf(reason));
      this.#judge.forgetPairs(member.base, nowMs);
    });
  }

  /** Its address can be bound to: if it was unavailable because it could not, it is available at once. False: it was not, or is busy. */
  restore(row: number, nowMs: number): boolean {
    return this.#restore(row, nowMs, isUnusable);
  }

  /** As `restore`, for one that is reached otherwise now: that it was not reached counts no more either. */
  retry(row: number, nowMs: number): boolean {
    return this.#restore(row, nowMs, isUnreached);
  }

  #restore(row: number, nowMs: number, isFor: (member: Standing) => boolean): boolean {
    if (row === 0 || !isFor(this.#member.at(row)) || !this.#latch.enter()) return false;
    const member = this.#member.at(row);
    const isDue = isFor(member);
    if (isDue) this.#judge.members.restore(member, nowMs);
    this.#latch.leave();
    this.#dry.clear();
    return isDue;
  }

  /** States whose time is over end, and what a clock that was set back has moved away comes back. Answers how many have changed. */
  tick(nowMs: number): number {
    let changed = 0;
    if (nowMs < this.#tickedMs - clockSlackMs && this.#latch.enter()) {
      this.#judge.mendPairs(nowMs);
      this.#latch.leave();
    }
    this.#tickedMs = nowMs;
    for (let index = 0; index < this.plan.members.length; index++) {
      const row = this.#roster.rowOf(index);
      if (row === 0) continue;
      const member = this.#member.at(row);
      if (!isOver(member, nowMs) && member.sinceMs - nowMs <= clockSlackMs) continue;
      if (!this.#latch.enter()) return changed;
      if (this.#judge.members.settle(member, nowMs)) changed++;
      this.#latch.leave();
    }
    return changed;
  }

  /** Members of the plan in that state. */
  count(state: MemberState): number {
    return this.#roster.count(state);
  }

  /** Null: no such member. */
  standing(id: string): MemberStanding | null {
    return standingOf(this.board, id);
  }

  /** Hosts where it is not available, or has failed. */
  pairs(id: string, nowMs: number): readonly PairStanding[] {
    return pairsOf(this.board, id, nowMs);
  }

  hostsDown(): readonly HostDown[] {
    return hostsDown(this.board);
  }

  /** When the first of those that are unavailable is back; 0: there is none. */
  get nextBackMs(): number {
    let nextMs = 0;
    for (let index = 0; index < this.plan.members.length; index++) {
      const row = this.#roster.rowOf(index);
      if (row === 0) continue;
      const { state, untilMs } = this.#member.at(row);
      if (state !== memberState.coolingDown && state !== memberState.banned) continue;
      if (untilMs !== 0 && (nextMs === 0 || untilMs < nextMs)) nextMs = untilMs;
    }
    return nextMs;
  }

  #heirOn(successor: EgressBoard): EgressPool {
    if (this.#heir?.board !== successor) this.#heir = new EgressPool(this.plan, successor, this.#random);
    return this.#heir;
  }

  #rowsOf(members: ReadonlySet<number>): ReadonlySet<number> {
    const rows = new Set<number>();
    for (const member of members) rows.add(this.#roster.rowOf(member));
    return rows;
  }

  #take(list: CandidateList, wish: EgressWish, nowMs: number, scout: Scout): number {
    const leasing = this.#leasing;
    leasing.begin(wish.host, wish.tried === null ? null : this.#rowsOf(wish.tried), nowMs, scout);
    const drought = this.#dry.find(list, wish.host, nowMs);
    if (drought !== null) {
      leasing.recall(drought);
      return -1;
    }
    const member = this.#search(list, wish, nowMs);
    if (member === -1 && wish.tried === null && this.#dry.isFor(list)) this.#dry.keep(list, wish.host, nowMs, leasing);
    return member;
  }

  /** All cool down there: whether it is the host that is down, and they may be used. */
  #isDeserted(wish: EgressWish, nowMs: number): boolean {
    const isForAll = wish.tags === "" && wish.tried === null;
    if (!isForAll || this.#leasing.isPaced || this.#leasing.isOnTrial || !this.#judge.deserted(wish.host, nowMs))
      return false;
    this.#dry.clear();
    return true;
  }

  #search(list: CandidateList, wish: EgressWish, nowMs: number): number {
    if (wish.key !== "" && this.plan.session !== null) {
      if (this.#sessionChoice !== null) {
        const member = this.#sessionChoice.choose(this.plan.choose, list, wish, nowMs);
        this.#choice.why = this.#sessionChoice.why === "new" ? whyOf[this.plan.choose] : this.#sessionChoice.why;
        return member;
      }
      this.#choice.why = "hash";
      return this.#choosing.chooseByKey(wish.key, wish.user, list);
    }
    this.#choice.why = whyOf[this.plan.choose];
    return this.#choosing.choose(this.plan.choose, list);
  }

  #chosen(member: number, list: CandidateList): EgressChoice {
    const choice = this.#choice;
    choice.member = member;
    choice.row = this.#leasing.row;
    choice.lease = this.#leasing.lease;
    choice.among = list.count;
    choice.refusal = null;
    choice.retryMs = 0;
    return choice;
  }

  /** Nobody could be taken. */
  #none(list: CandidateList, nowMs: number): EgressChoice {
    const leasing = this.#leasing;
    const { whenNone } = this.plan;
    if (leasing.isPaced) return this.#refuse("paced", leasing.pacedMs - nowMs);
    if (whenNone === "direct") {
      this.#refuse("none", 0).refusal = null;
      this.#choice.why = "direct";
      return this.#choice;
    }
    if (whenNone === "soonest") {
      const member = this.#takeSoonest(list);
      if (member >= 0) {
        this.#choice.why = "soonest";
        return this.#chosen(member, list);
      }
      if (leasing.isPaced) return this.#refuse("paced", leasing.pacedMs - nowMs);
    }
    if (leasing.isOnTrial) return this.#refuse("paced", busyMs);
    const backMs = Math.min(leasing.backMs, list.backMs === 0 ? Number.POSITIVE_INFINITY : list.backMs);
    return this.#refuse("none", backMs === Number.POSITIVE_INFINITY ? 0 : backMs - nowMs);
  }

  /** The first to be back; where that one was tried, or is banned, the first of all that can be had. */
  #takeSoonest(list: CandidateList): number {
    const { backRow, backMs } = this.#leasing;
    const isAtHost = backRow !== 0 && (list.back < 0 || backMs < list.backMs);
    const first = isAtHost ? this.#roster.indexOf(backRow) : list.back;
    if (first >= 0) {
      const answer = this.#leasing.takeAnyway(this.#roster.rows[first]!);
      if (answer === "taken") return first;
      if (answer === "paced") return -1;
    }
    for (;;) {
      const next = this.#soonestOf(list);
      if (next < 0) return -1;
      const answer = this.#leasing.takeAnyway(this.#roster.rows[next]!);
      if (answer === "taken") return next;
      if (answer === "paced") return -1;
    }
  }

  /** Of those that `takeAnyway` would take. */
  #soonestOf(list: CandidateList): number {
    let best = -1;
    let bestMs = Number.POSITIVE_INFINITY;
    for (const index of list.members) {
      const row = this.#roster.rows[index]!;
      if (row === 0 || !this.#leasing.isTakeable(row)) continue;
      const untilMs = this.#leasing.backMsOf(row);
      if (untilMs >= bestMs) continue;
      best = index;
      bestMs = untilMs;
    }
    return best;
  }

  #refuse(refusal: EgressRefusal, retryMs: number): EgressChoice {
    const choice = this.#choice;
    choice.member = -1;
    choice.row = 0;
    choice.lease = -1;
    choice.why = "none";
    choice.among = 0;
    choice.refusal = refusal;
    choice.retryMs = Math.max(0, Math.ceil(retryMs));
    return choice;
  }

  #learn(row: number, outcome: EgressOutcome, atMs: number): void {
    const { letOffs } = this.#judge;
    this.#books.told(row, outcome, atMs, this.#judge.learn(row, outcome, atMs));
    if (this.#judge.letOffs !== letOffs) this.#dry.clear();
  }

  #change(id: string, by: (member: Standing) => void): boolean {
    const row = this.board.memberOf(id);
    if (row === 0 || !this.#latch.enter()) return false;
    by(this.#member.at(row));
    this.#latch.leave();
    this.#dry.clear();
    return true;
  }
}

function isUnreached(member: Standing): boolean {
  const { state, cause } = member;
  const isCooling = state === memberState.coolingDown;
  return isUnusable(member) || (isCooling && (cause === changeCause.transport || cause === changeCause.trialFailed));
}

function isUnusable({ state, cause }: Standing): boolean {
  return state === memberState.coolingDown && cause === changeCause.unusable;
}
