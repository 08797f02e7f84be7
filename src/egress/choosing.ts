// Ways to choose among members that may be used: by chance, in turn, the least used, and by a key. Each tries members until one is
// taken; whether one is, the lease says. Lists may be thousands long, and half of them unavailable at the host that is asked for, so
// each tries a few where it would look first, and only when that has met nobody all of them, one after the other.

import type { EgressChoosing } from "../config/plan.ts";
import { type EgressBoard, memberWord } from "../memory/egress.ts";
import { mixed } from "./bits.ts";
import type { CandidateList } from "./candidates.ts";
import type { KeyCards } from "./keycards.ts";
import type { Leasing } from "./leasing.ts";
import { firstSessionName } from "./names.ts";
import type { Roster } from "./roster.ts";

/** Draws before all are gone through: of lists of which half may be used, one in 65,000 gets there. */
const drawsMax = 16;
/** Up to so many the least used one is found by looking at all; among more it is the least used of some. */
const comparedMax = 64;
const sampleSize = 8;
/** Tries of a key that meet nobody or somebody who may not be used. */
const keyTriesMax = 512;
const keyMembersMax = 24;

export class Choosing {
  readonly #roster: Roster;
  readonly #board: EgressBoard;
  readonly #leasing: Leasing;
  readonly #cards: KeyCards;
  readonly #random: () => number;
  #round = 0;
  #stride = 1;

  constructor(roster: Roster, board: EgressBoard, leasing: Leasing, cards: KeyCards, random: () => number) {
    this.#roster = roster;
    this.#board = board;
    this.#leasing = leasing;
    this.#cards = cards;
    this.#random = random;
  }

  /** Index of the member that was taken; -1 none. */
  choose(by: EgressChoosing, list: CandidateList): number {
    if (list.count === 0) return -1;
    if (by === "roundRobin") return this.#inTurn(list);
    const drawn = by === "random" ? this.#byChance(list) : this.#leastUsed(list);
    return drawn >= 0 ? drawn : this.#sweep(list, Math.floor(this.#random() * list.count));
  }

  /** The member of a key: the first that may be used, of those that the key meets. It is waited for where it only has to rest: `stopped`. */
  chooseByKey(key: string, user: string, list: CandidateList): number {
    const name = firstSessionName(key, user);
    if (list.members.length <= comparedMax) return this.#byRank(name, list);
    const met = this.#byPlace(name, list);
    const member = met === -1 ? this.#byRank(name, list) : met;
    if (member >= 0) this.#cards.hold(this.#leasing.lease, key);
    return member;
  }

  /** Whom it meets first stands on its card, and mostly that is all. */
  #byPlace(key: number, list: CandidateList): number {
    const cards = this.#cards;
    let met = 0;
    let number = 0;
    if (cards.find(key, list.number)) {
      const { member } = cards;
      const answer = this.#leasing.take(cards.row, member);
      if (answer === "taken") return member;
      if (answer === "paced") return stopped;
      met = 1;
      number = cards.number + 1;
    }
    const { placing } = list;
    for (; number < keyTriesMax && met < keyMembersMax; number++) {
      const member = placing.at(key, number);
      if (member < 0) continue;
      const { row } = placing;
      if (met++ === 0 && row !== 0) cards.keep(key, list.number, number, member, row);
      const answer = this.#takeRow(row, member);
      if (answer === "taken") return member;
      if (answer === "paced") return stopped;
    }
    return -1;
  }

  #take(member: number): ReturnType<Leasing["take"]> {
    return this.#takeRow(this.#roster.rows[member]!, member);
  }

  #takeRow(row: number, member: number): ReturnType<Leasing["take"]> {
    return row === 0 ? "unavailable" : this.#leasing.take(row, member);
  }

  #byChance(list: CandidateList): number {
    for (let draw = 0; draw < drawsMax; draw++) {
      const member = this.#draw(list);
      if (this.#take(member) === "taken") return member;
    }
    return -1;
  }

  #draw(list: CandidateList): number {
    const { sums, count } = list;
    if (sums === null) return list.usable[Math.floor(this.#random() * count)]!;
    return list.usable[list.positionOf(sums, this.#random() * sums[count]!)]!;
  }

  /** By weight: in each round as often as it weighs, spread over the round by steps that have nothing in common with its length. */
  #inTurn(list: CandidateList): number {
    const turn = this.#board.nextTurn();
    const { sums, count } = list;
    if (sums === null) return this.#sweep(list, turn % count);
    const round = sums[count]!;
    return this.#sweep(list, list.positionOf(sums, ((turn % round) * this.#strideOf(round)) % round));
  }

  #leastUsed(list: CandidateList): number {
    // Whoever took the best of them meanwhile makes another one that.
    for (let round = 0; round < 3; round++) {
      const member = list.count <= comparedMax ? this.#leastOfAll(list) : this.#leastOfSome(list);
      if (member >= 0 && this.#take(member) === "taken") return member;
    }
    return -1;
  }

  #leastOfAll(list: CandidateList): number {
    let best = -1;
    for (let at = 0; at < list.count; at++) best = this.#lessUsed(best, list.usable[at]!);
    return best;
  }

  #leastOfSome(list: CandidateList): number {
    let best = -1;
    for (let draw = 0; draw < sampleSize; draw++)
      best = this.#lessUsed(best, list.usable[Math.floor(this.#random() * list.count)]!);
    return best;
  }

  #lessUsed(best: number, member: number): number {
    if (best >= 0 && !this.#isLessUsed(member, best)) return best;
    return this.#leasing.look(this.#roster.rows[member]!) === "taken" ? member : best;
  }

  #isLessUsed(member: number, than: number): boolean {
    const { words } = this.#board;
    const row = this.#roster.rows[member]!;
    const other = this.#roster.rows[than]!;
    const weight = this.#roster.weights[member]!;
    const otherWeight = this.#roster.weights[than]!;
    const active = words[row + memberWord.active]! * otherWeight - words[other + memberWord.active]! * weight;
    if (active !== 0) return active < 0;
    const requests = (words[row + memberWord.requests]! >>> 0) * otherWeight;
    return requests < (words[other + memberWord.requests]! >>> 0) * weight;
  }

  /** Rendezvous (Thaler and Ravishankar 1998): each pair of key and member has a rank, and the first that may be used is taken. */
  #byRank(key: number, list: CandidateList): number {
    for (let round = 0; round < 4; round++) {
      const member = this.#firstByRank(key, list);
      if (member < 0) return -1;
      const answer = this.#take(member);
      if (answer === "taken") return member;
      if (answer === "paced") return stopped;
    }
    return -1;
  }

  #firstByRank(key: number, list: CandidateList): number {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (let at = 0; at < list.count; at++) {
      const member = list.usable[at]!;
      const mix = mixed((key ^ Math.imul(this.#roster.names[member]!, 0x9e37_79b9)) | 0);
      // Weights bend the ranks so that shares are theirs; where all weigh the same the logarithm would change no order.
      const rank = list.sums === null ? mix : -Math.log((mix + 1) / 4_294_967_297) / this.#roster.weights[member]!;
      if (rank >= bestRank) continue;
      const seen = this.#leasing.look(this.#roster.rows[member]!);
      if (seen === "unavailable" || seen === "tried") continue;
      best = member;
      bestRank = rank;
    }
    return best;
  }

  /** Near the golden section of the round, which spreads steps evenly, and without a common divisor, so that all are met. */
  #strideOf(round: number): number {
    if (round === this.#round) return this.#stride;
    let stride = Math.max(1, Math.round(round * 0.618_033_988_75));
    while (divisorOf(stride, round) !== 1) stride++;
    this.#round = round;
    this.#stride = stride;
    return stride;
  }

  #sweep(list: CandidateList, from: number): number {
    for (let step = 0; step < list.count; step++) {
      const at = from + step;
      const member = list.usable[at < list.count ? at : at - list.count]!;
      if (this.#take(member) === "taken") return member;
    }
    return -1;
  }
}

/** In place of a member: there is one, and it is to be waited for. */
export const stopped = -2;

function divisorOf(one: number, other: number): number {
  while (other !== 0) [one, other] = [other, one % other];
  return one;
}
