// An egress pool made ready to serve in this worker: what chooses its members, by the board that all processes share, and what is
// written of them again and again. A reload makes another, which takes over what has been learnt of who is available.

import type { EgressMemberPlan, EgressPlan } from "../../config/plan.ts";
import { EgressPool } from "../../egress/pool.ts";
import type { EgressBoard } from "../../memory/egress.ts";
import type { Tally } from "../../memory/tally.ts";
import type { Output } from "../../wire/http1/writer.ts";
import { placeText } from "../targets/place.ts";
import { type BodyRule, bodyRuleOf } from "./bodywatch.ts";
import { MemberTexts } from "./texts.ts";

export class EgressSite {
  readonly plan: EgressPlan;
  readonly pool: EgressPool;
  /** First cell of its row in the tally. */
  readonly row: number;
  /** No member looks names up by itself: they are looked up before one is chosen, so that one of the right family is. */
  readonly isLookingUp: boolean;
  /** What is looked for in bodies. */
  readonly bodyRules: readonly BodyRule[];
  readonly #board: EgressBoard;
  /** By member: 4 or 6 of a source address, 0 of others. Members are thousands of objects, which are seldom near at hand. */
  readonly #families: Uint8Array;
  readonly ids: MemberTexts;
  /** X-Egress-IP lines; null where nothing is told. */
  readonly #lines: MemberTexts | null;

  constructor(
    plan: EgressPlan,
    board: EgressBoard,
    tally: Tally,
    random: () => number,
    former: EgressSite | undefined,
  ) {
    this.plan = plan;
    this.#board = board;
    this.row = tally.egressRow(plan.slot);
    this.isLookingUp = plan.members.every(({ door }) => door.kind === "source");
    this.#families = Uint8Array.from(plan.members, ({ door }) =>
      door.kind === "source" ? (door.address.includes(":") ? 6 : 4) : 0,
    );
    this.ids = new MemberTexts(plan.members.map(({ id }) => id));
    this.#lines = plan.isTold ? new MemberTexts(plan.members.map(lineOf)) : null;
    this.bodyRules = plan.judge.bodies.map(bodyRuleOf);
    const isSame = former !== undefined && former.#board === board && isSamePlan(former.plan, plan);
    this.pool = isSame ? former.pool : new EgressPool(plan, board, random);
  }

  /** Null for the system's own address. */
  memberAt(index: number): EgressMemberPlan | null {
    return index === -1 ? null : this.plan.members[index]!;
  }

  /** Of a source address; 0 of what is none. */
  familyAt(index: number): number {
    return index === -1 ? 0 : this.#families[index]!;
  }

  /** What tells the client which member it was; "" where it is not told, or there was none. */
  lineOf(member: number): string {
    return !this.plan.isTold || member === -1 ? "" : lineOf(this.plan.members[member]!);
  }

  /** The same, into a head. */
  writeLine(output: Output, member: number): void {
    const lines = this.#lines;
    if (lines !== null && member !== -1) output.copy(lines.bytes, lines.startOf(member), lines.endOf(member));
  }
}

/** Its id, but for the user that we are to somebody else's proxy: that is no client's business. */
function lineOf({ id, door }: EgressMemberPlan): string {
  return `X-Egress-IP: ${door.kind === "proxy" ? placeText(door.host, door.port) : id}\r\n`;
}

/** Members first, which are the many: as long as they are the same objects nothing of them is compared. */
function isSamePlan(one: EgressPlan, other: EgressPlan): boolean {
  const rest = (plan: EgressPlan): string => JSON.stringify({ ...plan, members: null });
  return rest(one) === rest(other) && isSameMembers(one.members, other.members);
}

function isSameMembers(one: readonly EgressMemberPlan[], other: readonly EgressMemberPlan[]): boolean {
  return one === other || (one.length === other.length && JSON.stringify(one) === JSON.stringify(other));
}
