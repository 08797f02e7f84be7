// What is learnt from outcomes, of our own requests and of logs: who is to blame, and whether it is enough to make a member, or a member
// at a host, unavailable. Per member (as ipmanager does): whatever the host. Per target: a status is about the member at that host; that
// no answer came is about that too, and about the member only when it could not even reach several hosts that are up, or for its own reasons.
// Most outcomes are successes of members without trouble: these change nothing, and take no lock.
//
// Evidence comes in any order. What began before the state that it would change is history only; but for logs of a member that is
// new here, which may tell of its past.

import type { EgressJudgePlan } from "../config/plan.ts";
import { changeCause, type EgressBoard, memberState, memberWord, recordWord, secondsOf } from "../memory/egress.ts";
import { Cooling, type Witness } from "./cooling.ts";
import { Hosts, type IsMoreThan } from "./hosts.ts";
import type { Latch } from "./latch.ts";
import { type EgressEvidence, evidenceOf } from "./meanings.ts";
import { HostName } from "./names.ts";
import { Standing } from "./standing.ts";
import { createStrategy } from "./strategies/registry.ts";
import type { Strategy } from "./strategies/strategy.ts";
import { Timeline } from "./timeline.ts";
import { TransportRun } from "./transportrun.ts";
import { Users } from "./users.ts";
import type { EgressOutcome } from "./words.ts";

/** Pairs have no timeline, and are in no list. */
const silent: Witness = { changed: () => {} };

export class Judge {
  readonly members: Cooling;
  readonly pairs: Cooling;
  readonly hosts: Hosts;
  readonly #plan: EgressJudgePlan;
  readonly #board: EgressBoard;
  readonly #latch: Latch;
  readonly #isMoreThan: IsMoreThan;
  readonly #strategy: Strategy;
  readonly #member: Standing;
  readonly #pair: Standing;
  readonly #transport: TransportRun;
  /** Null where members are judged by themselves: there whatever happens is theirs. */
  readonly #users: Users | null;
  /** How often a host was found to be down, and members were let off for it. */
  letOffs = 0;
  readonly #name: HostName;
  /** Of what is being learnt. */
  #beganMs = 0;
  #user = "";

  /** Whether more than so many of the pool's members are available. */
  constructor(plan: EgressJudgePlan, board: EgressBoard, latch: Latch, isMoreThan: IsMoreThan) {
    this.#plan = plan;
    this.#board = board;
    this.#name = new HostName(board);
    this.#latch = latch;
    this.#isMoreThan = isMoreThan;
    this.#strategy = createStrategy(plan.strategy);
    this.#member = Standing.ofMembers(board);
    this.#pair = Standing.ofPairs(board);
    this.members = new Cooling(plan.coolDown, new Timeline(board));
    this.pairs = new Cooling(plan.coolDown, silent);
    this.hosts = new Hosts(board, plan.hostDownAfter);
    this.#transport = new TransportRun(board, this.#strategy);
    this.#users = plan.per === "member" ? null : new Users(board, latch);
  }

  /** What it says is counted and kept by others, and comes back. */
  learn(row: number, outcome: EgressOutcome, atMs: number): EgressEvidence {
    const evidence = evidenceOf(this.#plan, outcome);
    if (!outcome.fromLog) this.#users?.see(outcome.user, atMs);
    const member = this.#member.at(row);
    if (isPast(member, outcome, atMs)) return evidence;
    if (evidence === "nothing") {
      if (!outcome.fromLog) this.#free(row, outcome.host);
      return evidence;
    }
    if (evidence === "success" && this.#isUntroubled(row, outcome.host, atMs)) return evidence;
    if (!this.#latch.enter()) return evidence;
    this.members.settle(member.at(row), atMs);
    this.#beganMs = beganMs(outcome, atMs);
    this.#user = outcome.user;
    // What has just come back may have done so after this began.
    if (!isPast(member, outcome, atMs)) {
      if (this.#plan.per === "member") this.#learnOfMember(row, evidence, outcome.host, atMs);
      else this.#learnAtTarget(row, evidence, outcome.host, atMs);
    }
    this.#latch.leave();
    return evidence;
  }

  /** Nobody may be used at a host whose last verdict was refuted: that there was another one would not be found otherwise. True: it is down. */
  deserted(host: string, atMs: number): boolean {
    if (this.#plan.per === "member" || host === "" || this.#board.count("host") === 0) return false;
    const record = this.hosts.find(this.#name.of(host));
    if (record === 0 || !this.hosts.isDoubtful(record, atMs) || !this.#latch.enter()) return false;
    const isDown = this.hosts.deserted(record);
    if (isDown) this.#letOff(record, host, atMs);
    this.#latch.leave();
    return isDown;
  }

  /** What was held against a member at hosts. With the lock. */
  forgetPairs(row: number, atMs: number): void {
    const { words } = this.#board;
    this.#board.records("pair", (record) => {
      if (words[record + recordWord.first] === row) this.pairs.unban(this.#pair.at(record), atMs, 0);
    });
  }

  /** The clock was set back: pairs that nobody asks for would be unavailable for as much longer. With the lock. */
  mendPairs(nowMs: number): void {
    this.#board.records("pair", (record) => {
      this.pairs.settle(this.#pair.at(record), nowMs);
    });
  }

  #learnOfMember(row: number, evidence: EgressEvidence, host: string, atMs: number): void {
    const member = this.#member.at(row);
    if (member.state === memberState.coolingDown) return this.#count(member, evidence, atMs);
    if (!isJudged(member)) return;
    if (evidence === "success") return this.#succeeded(this.members, member, atMs);
    if (evidence === "source") return this.#away(member, host, atMs);
    const isEnough = evidence === "ban" || this.#strategy.failed(member.run, secondsOf(atMs));
    const cause =
      evidence === "ban"
        ? changeCause.marked
        : evidence === "member"
          ? changeCause.unusable
          : evidence === "way" || evidence === "target"
            ? changeCause.transport
            : changeCause.failures;
    this.#conclude(this.members, member, isEnough, cause, atMs, this.#board.textOf(host));
  }

  /** While it cools down its row of failures goes on, or ends, for whoever looks at it; a verdict there is, and its end clears the row. */
  #count({ run }: Standing, evidence: EgressEvidence, atMs: number): void {
    if (evidence === "success") this.#strategy.succeeded(run, secondsOf(atMs));
    else if (evidence !== "source" && evidence !== "ban") this.#strategy.failed(run, secondsOf(atMs));
  }

  #learnAtTarget(row: number, evidence: EgressEvidence, host: string, atMs: number): void {
    if (evidence === "member") return this.#unusable(row, host, atMs);
    if (evidence === "source") return this.#away(this.#member.at(row), host, atMs);
    if (evidence === "way" || evidence === "target") return this.#unanswered(row, host, evidence === "way", atMs);
    // An answer came: the member is well, and so is its way, whatever the target thinks of it.
    const member = this.#member.at(row);
    if (isJudged(member)) {
      this.#transport.succeeded(member, atMs);
      this.#succeeded(this.members, member, atMs);
    }
    if (host === "") return;
    const record = this.hosts.find(this.#name.of(host));
    const isFailure = evidence !== "success";
    const isDoubtful = record !== 0 && this.#reached(record, host, atMs);
    const pair = this.#pairOf(row, host, isFailure || isDoubtful, atMs);
    if (pair !== null && isDoubtful) this.#board.words[pair.base + recordWord.faulty] = 1;
    if (pair === null || !isJudged(pair) || this.#beganMs < pair.sinceMs) return;
    if (!isFailure) return this.#succeeded(this.pairs, pair, atMs);
    const isEnough = evidence === "ban" || this.#strategy.failed(pair.run, secondsOf(atMs));
    const cause = evidence === "ban" ? changeCause.marked : changeCause.failures;
    this.#conclude(this.pairs, pair, isEnough, cause, atMs, 0);
  }

  /** This machine does not have its address now: that need not happen again to be known, and says nothing of how it will do. */
  #away(member: Standing, host: string, atMs: number): void {
    if (isJudged(member)) this.members.cool(member, changeCause.unusable, atMs, this.#board.textOf(host), false);
  }

  /** For its own reasons: no host has a part in it. */
  #unusable(row: number, host: string, atMs: number): void {
    const member = this.#member.at(row);
    if (!isJudged(member)) return;
    const isEnough = this.#transport.failedByItself(member, atMs);
    this.#conclude(this.members, member, isEnough, changeCause.unusable, atMs, this.#board.textOf(host));
  }

  /** `isOfWay`: it was not even reached, which may be the member's fault at every host. */
  #unanswered(row: number, host: string, isOfWay: boolean, atMs: number): void {
    if (host === "") return;
    const isShared = this.#users?.isShared(atMs) === true;
    const record = this.hosts.take(host, this.#name.of(host), atMs);
    if (record !== 0) {
      if (this.hosts.wasDown(record, this.#beganMs, atMs)) return this.#untry(row, host);
      if (this.hosts.failed(record, row, this.#speaks(record, row, host, atMs), this.#beganMs, this.#isMoreThan)) {
        this.#letOff(record, host, atMs);
        return this.#untry(row, host);
      }
    }
    const pair = this.#pairOf(row, host, true, atMs);
    if (pair !== null && isJudged(pair) && this.#beganMs >= pair.sinceMs) {
      const isEnough = this.#strategy.failed(pair.run, secondsOf(atMs));
      this.#conclude(this.pairs, pair, isEnough, changeCause.transport, atMs, 0);
    }
    if (!isOfWay) return this.#untry(row, host);
    const member = this.#member.at(row);
    if (!isJudged(member)) return;
    const isEnough = this.#transport.failedAt(member, this.#name.of(host).first, this.#user, isShared, atMs);
    // Nor does one user fail everybody's trial: the next request is one.
    if (isShared && this.#transport.isOfOneUser(member)) return this.#untry(row, host);
    this.#conclude(this.members, member, isEnough, changeCause.transport, atMs, this.#board.textOf(host));
  }

  /** Whether the host is doubtful. Who has spoken for a verdict that is refuted now is not believed again before the host has answered. */
  #reached(record: number, host: string, atMs: number): boolean {
    if (this.hosts.succeeded(record, this.#beganMs, atMs)) {
      const name = this.#name.of(host).first;
      this.hosts.blamed(record, (row) => {
        const pair = this.#board.find("pair", row, name);
        if (pair !== 0) this.#board.words[pair + recordWord.faulty] = 0;
      });
    }
    return this.hosts.isDoubtful(record, atMs);
  }

  /** Its failure speaks for the host being down. */
  #speaks(record: number, row: number, host: string, atMs: number): boolean {
    if (!this.hosts.isDoubtful(record, atMs)) return true;
    const pair = this.#board.find("pair", row, this.#name.of(host).first);
    return pair !== 0 && this.#board.words[pair + recordWord.faulty] === 1;
  }

  /** A host is down: what was held against those that failed there since then is taken back. */
  #letOff(record: number, host: string, atMs: number): void {
    const sinceMs = this.hosts.sinceMs(record);
    const isShared = this.#users?.isShared(atMs) === true;
    this.letOffs++;
    const name = this.#name.of(host).first;
    this.#blamed(record, name, atMs, (row, failures) => {
      const pair = this.#pairOf(row, host, false, atMs);
      if (pair !== null) {
        if (pair.state === memberState.coolingDown) {
          if (isFor(pair, sinceMs)) this.pairs.acquit(pair, atMs);
        } else this.#strategy.takeBack(pair.run, failures);
      }
      const member = this.#member.at(row);
      const isCooling = member.state === memberState.coolingDown;
      if (member.state !== memberState.available && !isCooling) return;
      const isGuilty = this.#transport.takeBack(member, name, failures, isShared);
      if (!isCooling || !isFor(member, sinceMs)) return;
      const isTrialAtIt =
        member.cause === changeCause.trialFailed &&
        this.#board.words[row + memberWord.causeText] === this.#board.textOf(host);
      if (isTrialAtIt || (member.cause === changeCause.transport && !isGuilty)) this.members.acquit(member, atMs);
    });
  }

  /** Those that failed at it since its failures began, and how often. A verdict that took many has more of them than the host has room to name. */
  #blamed(record: number, host: number, atMs: number, visit: (row: number, failures: number) => void): void {
    if (!this.hosts.isDoubtful(record, atMs)) return this.hosts.blamed(record, visit);
    const { words } = this.#board;
    const sinceS = secondsOf(this.hosts.sinceMs(record));
    this.#board.records("pair", (pair) => {
      if (words[pair + recordWord.second] !== host) return;
      const failures = this.#pair.at(pair).run.countSince(sinceS);
      if (failures > 0) visit(words[pair + recordWord.first]!, failures);
    });
  }

  /** `isMade`: where there is none yet. */
  #pairOf(row: number, host: string, isMade: boolean, atMs: number): Standing | null {
    const name = this.#name.of(host).first;
    const { words } = this.#board;
    let record = this.#board.find("pair", row, name);
    if (record === 0 && isMade) {
      record = this.#board.take("pair", row, name, atMs);
      // That of which it is: those that come are counted when they are let through.
      if (record !== 0) Atomics.store(words, record + recordWord.requests, 1);
    }
    if (record === 0) return null;
    if (isMade) words[record + recordWord.usedS] = secondsOf(atMs);
    if (isMade && words[record + recordWord.text] === 0) words[record + recordWord.text] = this.#board.textOf(host);
    this.pairs.settle(this.#pair.at(record), atMs);
    return this.#pair;
  }

  #succeeded(cooling: Cooling, standing: Standing, atMs: number): void {
    if (standing.state === memberState.trial) return cooling.passTrial(standing, atMs);
    this.#strategy.succeeded(standing.run, secondsOf(atMs));
    if (cooling.isLongPast(standing, atMs)) standing.level = 0;
  }

  #conclude(
    cooling: Cooling,
    standing: Standing,
    isEnough: boolean,
    cause: (typeof changeCause)[keyof typeof changeCause],
    atMs: number,
    text: number,
  ): void {
    const isTrial = standing.state === memberState.trial;
    if (isTrial && cause !== changeCause.marked) cooling.cool(standing, changeCause.trialFailed, atMs, text);
    else if (isEnough || isTrial) cooling.cool(standing, cause, atMs, text);
  }

  #isUntroubled(row: number, host: string, atMs: number): boolean {
    const member = this.#member.at(row);
    if (!this.#isQuiet(this.members, member, atMs)) return false;
    // Where nothing was ever held against anybody at a host nobody asks which one it is.
    const hosts = this.#board.count("host");
    const pairs = this.#board.count("pair");
    if (this.#plan.per === "member" || (hosts === 0 && pairs === 0) || host === "") return true;
    const record = hosts === 0 ? 0 : this.hosts.find(this.#name.of(host));
    if (record !== 0 && !this.hosts.isClean(record)) return false;
    const isDoubtful = record !== 0 && this.hosts.isDoubtful(record, atMs);
    const pair = pairs === 0 ? 0 : this.#board.find("pair", row, this.#name.of(host).first);
    if (isDoubtful && (pair === 0 || this.#board.words[pair + recordWord.faulty] !== 1)) return false;
    return pair === 0 || this.#isQuiet(this.pairs, this.#pair.at(pair), atMs);
  }

  /** A success would change nothing. */
  #isQuiet(cooling: Cooling, standing: Standing, atMs: number): boolean {
    const { state } = standing;
    if (state === memberState.banned) return true;
    if (state !== memberState.available && state !== memberState.none) return false;
    return this.#strategy.isClean(standing.run) && !cooling.isLongPast(standing, atMs);
  }

  /** A request has ended that tells nothing: if it was a trial, the next one may be. */
  #free(row: number, host: string): void {
    const pair = host === "" ? 0 : this.#board.find("pair", row, this.#name.of(host).first);
    const isOnTrial =
      this.#member.at(row).state === memberState.trial ||
      (pair !== 0 && this.#pair.at(pair).state === memberState.trial);
    if (!isOnTrial || !this.#latch.enter()) return;
    this.#untry(row, host);
    this.#latch.leave();
  }

  #untry(row: number, host: string): void {
    const pair = host === "" ? 0 : this.#board.find("pair", row, this.#name.of(host).first);
    if (pair !== 0 && this.#pair.at(pair).state === memberState.trial) this.pairs.untry(this.#pair);
    if (this.#member.at(row).state === memberState.trial) this.members.untry(this.#member);
  }
}

/** Who is unavailable is not judged again by what was under way. */
function isJudged(standing: Standing): boolean {
  const { state } = standing;
  return state === memberState.available || state === memberState.trial || state === memberState.none;
}

/** It began before the member's state did. */
function isPast(member: Standing, outcome: EgressOutcome, atMs: number): boolean {
  if (outcome.fromLog && member.cause === changeCause.added) return false;
  return beganMs(outcome, atMs) < member.sinceMs;
}

/** Logs say in which second a request ended, and seldom for how long it was under way. */
function beganMs(outcome: EgressOutcome, atMs: number): number {
  if (!outcome.fromLog) return atMs - Math.max(0, outcome.durationMs);
  return atMs % 1000 === 0 ? atMs + 999 : atMs;
}

function isFor(standing: Standing, sinceMs: number): boolean {
  const { cause } = standing;
  return standing.sinceMs >= sinceMs && (cause === changeCause.transport || cause === changeCause.trialFailed);
}
