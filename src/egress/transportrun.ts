// A member's failures to get an answer at all, where members are judged per target: which of them weigh against the member. For its own
// reasons (its address, the proxy that it is) each does; on its way to targets only together with failures at another host, for from
// one host nobody can tell who is at fault, and, where strangers share the pool, of another user, for who names hosts that nobody can
// reach could else speak for everybody. The last host and its part are remembered, to be taken back if that host is down.
//
//   faultyHosts      bits 0 … 15 hosts, by their hash     16 … 31 a part of the first user's name
//   transportFaults  bits 0 … 23 how many                 24 there was a user     25 there were several

import { type EgressBoard, memberWord, secondsOf } from "../memory/egress.ts";
import { bitsOf, mixed } from "./bits.ts";
import { firstName } from "./names.ts";
import type { Standing } from "./standing.ts";
import type { Strategy } from "./strategies/strategy.ts";

/** In place of a host: it was the member's own. */
const ownFault = -1;

const hostBits = 0xffff;
const countMax = 0xff_ffff;
const hasUser = 1 << 24;
const hasSeveral = 1 << 25;

export class TransportRun {
  readonly #words: Int32Array;
  readonly #board: EgressBoard;
  readonly #strategy: Strategy;

  constructor(board: EgressBoard, strategy: Strategy) {
    this.#board = board;
    this.#words = board.words;
    this.#strategy = strategy;
  }

  succeeded(member: Standing, atMs: number): void {
    this.#strategy.succeeded(member.run, secondsOf(atMs));
    if (this.#strategy.isClean(member.run)) this.#forget(member.base);
  }

  /** Whether that is enough. */
  failedByItself(member: Standing, atMs: number): boolean {
    return this.#failed(member, ownFault, atMs);
  }

  /** `isShared`: with other users, and then what one of them has met with is not enough. */
  failedAt(member: Standing, host: number, user: string, isShared: boolean, atMs: number): boolean {
    const isEnough = this.#failed(member, host, atMs);
    this.#name(member.base, user);
    return isEnough && this.#isOfSeveral(member) && !(isShared && this.isOfOneUser(member));
  }

  /** All of its failures on the way to hosts that weigh against it. */
  isOfOneUser(member: Standing): boolean {
    return (this.#words[member.base + memberWord.transportFaults]! & hasSeveral) === 0;
  }

  /** Failures at a host that is down were not the member's. Answers whether it would still be convicted. */
  takeBack(member: Standing, host: number, failures: number, isShared: boolean): boolean {
    const row = member.base;
    // What it was told before it was let off, or came back, does not weigh any more.
    if ((this.#words[row + memberWord.faultyHosts]! & bitOf(host)) !== 0) this.#drop(member, host, failures);
    if (this.#strategy.isClean(member.run)) this.#forget(row);
    if (isShared && this.isOfOneUser(member)) return false;
    return this.#strategy.isConvicting(member.run) && this.#isOfSeveral(member);
  }

  #drop(member: Standing, host: number, failures: number): void {
    const row = member.base;
    const faults = this.#words[row + memberWord.transportFaults]!;
    const dropped = Math.min(failures, faults & countMax);
    this.#strategy.takeBack(member.run, dropped);
    this.#words[row + memberWord.transportFaults] = faults - dropped;
    const isLast = this.#words[row + memberWord.lastHost] === host;
    // Those from before the host's failures began stay, and are that host's.
    const rest = isLast ? Math.max(0, this.#words[row + memberWord.lastHostFailures]! - failures) : 0;
    if (rest === 0) this.#words[row + memberWord.faultyHosts]! &= ~bitOf(host);
    if (!isLast) return;
    this.#words[row + memberWord.lastHost] = rest === 0 ? 0 : host;
    this.#words[row + memberWord.lastHostFailures] = rest;
  }

  #failed(member: Standing, host: number, atMs: number): boolean {
    const row = member.base;
    // It has begun anew, whoever saw to that.
    if (this.#strategy.isClean(member.run)) this.#forget(row);
    const isSame = this.#words[row + memberWord.lastHost] === host;
    this.#words[row + memberWord.lastHost] = host;
    this.#words[row + memberWord.lastHostFailures] = isSame ? this.#words[row + memberWord.lastHostFailures]! + 1 : 1;
    this.#words[row + memberWord.faultyHosts]! |= bitOf(host);
    const faults = this.#words[row + memberWord.transportFaults]!;
    if ((faults & countMax) < countMax) this.#words[row + memberWord.transportFaults] = faults + 1;
    return this.#strategy.failed(member.run, secondsOf(atMs));
  }

  #name(row: number, user: string): void {
    const faults = this.#words[row + memberWord.transportFaults]!;
    if ((faults & hasSeveral) !== 0) return;
    const hosts = this.#words[row + memberWord.faultyHosts]!;
    const part = firstName(user, this.#board.nameSeed) & hostBits;
    if ((faults & hasUser) === 0) {
      this.#words[row + memberWord.faultyHosts] = (hosts & hostBits) | (part << 16);
      this.#words[row + memberWord.transportFaults] = faults | hasUser;
    } else if (hosts >>> 16 !== part) this.#words[row + memberWord.transportFaults] = faults | hasSeveral;
  }

  /** Not all that convict it happened at one host. */
  #isOfSeveral(member: Standing): boolean {
    const row = member.base;
    const { rowLength, withinS } = this.#strategy;
    if (rowLength === 0) return bitsOf(this.#words[row + memberWord.faultyHosts]! & hostBits) > 1;
    // A row of one is enough from the first failure on, which is at one host: another has to stand beside it, as near as those of a row.
    if (rowLength === 1) {
      const { run } = member;
      if ((this.#words[row + memberWord.transportFaults]! & countMax) < 2 || run.timesCount < 2) return false;
      if (withinS > 0 && Math.abs(run.timeS(0) - run.timeS(1)) > withinS) return false;
    }
    return this.#words[row + memberWord.lastHostFailures]! < Math.max(rowLength, 2);
  }

  #forget(row: number): void {
    this.#words[row + memberWord.lastHost] = 0;
    this.#words[row + memberWord.lastHostFailures] = 0;
    this.#words[row + memberWord.faultyHosts] = 0;
    this.#words[row + memberWord.transportFaults] = 0;
  }
}

function bitOf(host: number): number {
  return 1 << (mixed(host) & 15);
}
