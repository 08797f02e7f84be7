// Some of a pool's members: those that a filter lets through, in an order, a page of them. All are looked at, and only those of the
// page are put into words.

import type { EgressMemberPlan } from "../../config/plan.ts";
import { type MemberState, memberState, memberWord } from "../../memory/egress.ts";
import type { OpenEgress } from "../egresses.ts";
import type { MemberSummary } from "./answer.ts";
import { memberSummary, unavailablePairs } from "./reading.ts";
import { type StateWord, stateWord } from "./wording.ts";

export type MemberOrder = "config" | "state" | "requests" | "failed" | "used" | "active";
export const memberOrders: readonly MemberOrder[] = ["config", "state", "requests", "failed", "used", "active"];

export interface MembersAsked {
  /** Null: any. "unavailable": those that may not be used now. */
  readonly state: StateWord | "unavailable" | null;
  /** Name and value, in lower case; all of them. */
  readonly tags: readonly (readonly [string, string])[];
  /** A part of the id. */
  readonly find: string;
  readonly sort: MemberOrder;
  readonly offset: number;
  readonly limit: number;
}

export function membersPage(
  { board, plan, rows }: OpenEgress,
  { state, tags, find, sort, offset, limit }: MembersAsked,
  nowMs: number,
): { readonly members: readonly MemberSummary[]; readonly found: number } {
  const stateOf = (index: number): StateWord =>
    rows[index]! > 0 ? stateWord(board.words[rows[index]! + memberWord.state]! as MemberState) : "none";
  const found: number[] = [];
  for (let index = 0; index < rows.length; index++)
    if (isOfState(stateOf(index), state) && isLike(plan.members[index]!, tags, find)) found.push(index);
  const word = (index: number, at: number): number => (rows[index]! > 0 ? board.words[rows[index]! + at]! : 0);
  const weightOf = orderings[sort];
  if (weightOf !== null) {
    const weights = new Map(
      found.map((index) => [
        index,
        sort === "used"
          ? rows[index]! > 0
            ? board.doubles[(rows[index]! + memberWord.usedMs) / 2]!
            : 0
          : weightOf((at) => word(index, at)),
      ]),
    );
    found.sort((a, b) => weights.get(b)! - weights.get(a)! || a - b);
  }
  const page = found.slice(offset, offset + limit);
  const unavailable = page.length === 0 ? new Map<number, number>() : unavailablePairs(board, nowMs);
  return {
    members: page.map((index) => {
      const row = rows[index]!;
      return memberSummary(board, plan.members[index]!, row, unavailable.get(row) ?? 0);
    }),
    found: found.length,
  };
}

/** What comes first has most of it. */
const orderings: Readonly<Record<MemberOrder, ((word: (at: number) => number) => number) | null>> = {
  config: null,
  state: (word) => urgency[word(memberWord.state)] ?? 0,
  requests: (word) => word(memberWord.requests) >>> 0,
  failed: (word) => word(memberWord.failed) >>> 0,
  active: (word) => word(memberWord.active),
  used: () => 0,
};

/** Of a state: what somebody may want to do something about comes first. */
const urgency: Readonly<Record<number, number>> = {
  [memberState.none]: 5,
  [memberState.banned]: 4,
  [memberState.coolingDown]: 3,
  [memberState.trial]: 2,
  [memberState.available]: 1,
};

function isOfState(state: StateWord, asked: MembersAsked["state"]): boolean {
  if (asked === null) return true;
  return asked === "unavailable" ? state !== "available" && state !== "trial" : state === asked;
}

function isLike({ id, tags }: EgressMemberPlan, asked: MembersAsked["tags"], find: string): boolean {
  return (find === "" || id.includes(find)) && asked.every(([name, value]) => tags[name] === value);
}
