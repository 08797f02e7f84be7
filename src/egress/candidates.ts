// Which members can be what a request wants (tags, family, kind of door), and which of these may be used now. What they can be is
// fixed by the plan; a list is made for each wish when it is first had, and the last ones are kept. Which may be used stands on the board: a
// list is gone through again when the board's version has changed or somebody's time is over, but not for each change of
// thousands. So a list may be a little old: whoever draws from it looks at the row of whom it drew.

import type { EgressMemberPlan } from "../config/plan.ts";
import { type EgressBoard, memberState, memberWord } from "../memory/egress.ts";
import { Placing } from "./placing.ts";
import type { Roster } from "./roster.ts";

/** A list is not gone through more often than that, unless nothing is left in it: at 10,000 members it takes most of a millisecond. */
const restMs = 20;
const listsMax = 256;
/** Members in all lists together. */
const entriesMax = 1 << 20;

export class CandidateList {
  /** No other list of the pool ever has it; from 1 on. */
  readonly number: number;
  /** Indices of those that can be what is wanted, ascending. */
  readonly members: Uint16Array;
  /** Those of them that may be used, as far as was known; only the first `count` are valid. */
  readonly usable: Uint16Array;
  count = 0;
  /** sums[k] is the weight of the usable ones before position k; null where all weigh the same. */
  sums: Uint32Array | null;
  /** When the first of those that may not be used is back, and who it is; 0 and -1 without. */
  backMs = 0;
  back = -1;
  readonly #roster: Roster;
  readonly #board: EgressBoard;
  #placing: Placing | null = null;
  #version = -1;
  #madeMs = Number.NEGATIVE_INFINITY;

  constructor(number: number, members: Uint16Array, roster: Roster, board: EgressBoard) {
    this.number = number;
    this.members = members;
    this.usable = new Uint16Array(members.length);
    this.#roster = roster;
    this.#board = board;
    const first = roster.weights[members[0]!]!;
    const isEven = members.every((member) => roster.weights[member]! === first);
    this.sums = isEven ? null : new Uint32Array(members.length + 1);
  }

  /** Where keys have their members. */
  get placing(): Placing {
    this.#placing ??= new Placing(this.members, this.#roster);
    return this.#placing;
  }

  has(member: number): boolean {
    let low = 0;
    let high = this.members.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.members[middle]!;
      if (at === member) return true;
      if (at < member) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }

  refresh(nowMs: number): void {
    const isOld = this.#board.version !== this.#version;
    const restedMs = nowMs - this.#madeMs;
    if (this.backMs !== 0 && nowMs >= this.backMs) return this.#make(nowMs);
    if (isOld && (restedMs >= restMs || restedMs < 0)) this.#make(nowMs);
  }

  /** Nothing is left in it: true when it is another list than before. */
  renew(nowMs: number): boolean {
    if (this.#board.version === this.#version) return false;
    this.#make(nowMs);
    return true;
  }

  /** Position in `usable` of a weight between 0 and `weight`, of the lists that have sums. */
  positionOf(sums: Uint32Array, weight: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (sums[middle]! <= weight) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #make(nowMs: number): void {
    const { words, doubles } = this.#board;
    this.#version = this.#board.version;
    this.#madeMs = nowMs;
    this.backMs = 0;
    this.back = -1;
    let count = 0;
    let sum = 0;
    for (let at = 0; at < this.members.length; at++) {
      const member = this.members[at]!;
      const row = this.#roster.rowOf(member);
      if (row === 0) continue;
      const state = words[row + memberWord.state]!;
      if (state === memberState.coolingDown || state === memberState.banned) {
        const untilMs = doubles[(row + memberWord.untilMs) / 2]!;
        const isForEver = state === memberState.banned && untilMs === 0;
        if (isForEver || untilMs > nowMs) {
          if (!isForEver && (this.back < 0 || untilMs < this.backMs)) {
            this.backMs = untilMs;
            this.back = member;
          }
          continue;
        }
      } else if (state === memberState.none) continue;
      if (this.sums !== null) {
        this.sums[count] = sum;
        sum += this.#roster.weights[member]!;
      }
      this.usable[count++] = member;
    }
    if (this.sums !== null) this.sums[count] = sum;
    this.count = count;
  }
}

type Variants = (CandidateList | null | undefined)[];

export class Candidates {
  /** Every member, whatever it is. */
  readonly all: CandidateList | null;
  readonly #roster: Roster;
  readonly #board: EgressBoard;
  /** By tag ("country=de"). */
  readonly #tagged: Map<string, Uint16Array> = new Map();
  /** Without tags. */
  readonly #plain: Variants = [];
  readonly #byTags: Map<string, Variants> = new Map([["", this.#plain]]);
  readonly #hasGateways: boolean;
  readonly #families: ReadonlySet<number>;
  #entries = 0;
  /** That were ever made. */
  #lists = 0;

  constructor(roster: Roster, board: EgressBoard) {
    this.#roster = roster;
    this.#board = board;
    const { plans } = roster;
    this.#hasGateways = plans.some(({ door }) => door.kind === "gateway");
    this.#families = new Set(plans.map(familyOf).filter((family) => family !== 0));
    const tagged = new Map<string, number[]>();
    plans.forEach((plan, index) => {
      for (const [name, value] of Object.entries(plan.tags)) {
        const tag = `${name}=${value}`;
        const indices = tagged.get(tag);
        if (indices === undefined) tagged.set(tag, [index]);
        else indices.push(index);
      }
    });
    for (const [tag, indices] of tagged) this.#tagged.set(tag, Uint16Array.from(indices));
    this.all = this.list("", 0, false);
  }

  /** Null: no member, whatever its state, is what is wanted. */
  list(tags: string, family: 0 | 4 | 6, isTunnel: boolean): CandidateList | null {
    // Where the pool has none that this would leave out, it is the list of those who did not ask.
    const other = family === 0 || !this.#families.has(10 - family) ? 0 : family;
    const variant = other + (isTunnel && this.#hasGateways ? 1 : 0);
    const variants = tags === "" ? this.#plain : this.#byTags.get(tags);
    const known = variants?.[variant];
    return known === undefined ? this.#make(tags, other, isTunnel, variant) : known;
  }

  #make(tags: string, family: number, isTunnel: boolean, variant: number): CandidateList | null {
    const members = this.#membersOf(tags);
    // Tags that nobody has are not remembered: clients may make up as many as they like.
    if (members.length === 0) return null;
    const { plans } = this.#roster;
    const fitting = members.filter((index) => {
      const plan = plans[index]!;
      if (isTunnel && plan.door.kind === "gateway") return false;
      return family === 0 || familyOf(plan) === 0 || familyOf(plan) === family;
    });
    const list = fitting.length === 0 ? null : new CandidateList(++this.#lists, fitting, this.#roster, this.#board);
    this.#keep(tags, variant, list);
    return list;
  }

  #membersOf(tags: string): Uint16Array {
    if (tags === "") return Uint16Array.from(this.#roster.plans.keys());
    let members: Uint16Array | null = null;
    for (const tag of tags.split("\n")) {
      const having = this.#tagged.get(tag);
      if (having === undefined) return new Uint16Array(0);
      const among: ReadonlySet<number> | null = members === null ? null : new Set(members);
      members = among === null ? having : having.filter((index) => among.has(index));
    }
    return members ?? new Uint16Array(0);
  }

  #keep(tags: string, variant: number, list: CandidateList | null): void {
    this.#entries += list?.members.length ?? 0;
    const variants = this.#byTags.get(tags) ?? [];
    variants[variant] = list;
    this.#byTags.delete(tags);
    this.#byTags.set(tags, variants);
    for (const [oldest, lists] of this.#byTags) {
      if (this.#byTags.size <= listsMax && this.#entries <= entriesMax) return;
      if (oldest === "" || oldest === tags) continue;
      this.#byTags.delete(oldest);
      for (const old of lists) this.#entries -= old?.members.length ?? 0;
    }
  }
}

/** Only sources have one: where others come from is theirs to decide. */
function familyOf({ door }: EgressMemberPlan): number {
  if (door.kind !== "source") return 0;
  return door.address.includes(":") ? 6 : 4;
}
