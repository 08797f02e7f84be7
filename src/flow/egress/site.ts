// An egress pool made ready to serve in this worker: what chooses its members, by the board that all processes share, and what is
// written of them again and again. A reload makes another, which takes over what has been learnt of who is available.

import type { EgressMemberPlan, EgressPlan } from "../../config/plan.ts";
import { EgressPool } from "../../egress/pool.ts";
import type { EgressBoard } from "../../memory/egress.ts";
import type { Tally } from "../../memory/tally.ts";
import type { Output } from "../../wire/http1/writer.ts";
import { placeText } from "../targets/place.ts";
import { type BodyRule, bodyRuleOf } from "./bodywatch.ts";
import { MemberCards } from "./cards.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const toldName = "X-Egress-IP: ";
const toldOpening = encode(toldName);
const crlf = encode("\r\n");

export class EgressSite {
  readonly plan: EgressPlan;
  readonly pool: EgressPool;
  /** First cell of its row in the tally. */
  readonly row: number;
  /** No member looks names up by itself: they are looked up before one is chosen, so that one of the right family is. */
  readonly isLookingUp: boolean;
  /** How much a user or a session has had is limited: it is told of while requests go on. */
  readonly isCountingBytes: boolean;
  /** What is looked for in bodies. */
  readonly bodyRules: readonly BodyRule[];
  readonly #board: EgressBoard;
  readonly cards: MemberCards;
  /** Of all members; null where they differ. */
  readonly #family: 0 | 4 | 6 | null;

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
    this.cards = new MemberCards(
      plan.members.map((member) => ({ family: familyOf(member), id: member.id, told: toldOf(member) })),
    );
    const families = new Set(plan.members.map(familyOf));
    this.#family = families.size === 1 ? [...families][0]! : null;
    this.isCountingBytes = (plan.quota?.bytesMax ?? 0) > 0 || (plan.session?.bytesMax ?? 0) > 0;
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
    return index === -1 ? 0 : (this.#family ?? this.cards.familyOf(index));
  }

  /** What tells the client which member it was; "" where it is not told, or there was none. */
  lineOf(member: number): string {
    return !this.plan.isTold || member === -1 ? "" : `${toldName}${toldOf(this.plan.members[member]!)}\r\n`;
  }

  /** What is told of a member, where that is an IPv4 address: that, as `putIPv4` takes it; else 0. */
  addressOf(member: number): number {
    return member === -1 ? 0 : this.cards.addressOf(member);
  }

  /** As `lineOf`, into a head. `address`: what `addressOf` says. */
  writeLine(output: Output, member: number, address: number): void {
    if (!this.plan.isTold || member === -1) return;
    const { cards } = this;
    output.put(toldOpening);
    if (address !== 0) output.ipv4(address);
    else output.copy(cards.bytes, cards.toldAt(member), cards.toldAt(member) + cards.toldLength(member));
    output.put(crlf);
  }
}

function familyOf({ door }: EgressMemberPlan): 0 | 4 | 6 {
  if (door.kind !== "source") return 0;
  return door.address.includes(":") ? 6 : 4;
}

/** Its id, but for the user that we are to somebody else's proxy: that is no client's business. */
function toldOf({ id, door }: EgressMemberPlan): string {
  return door.kind === "proxy" ? placeText(door.host, door.port) : id;
}

/** Members first, which are the many: as long as they are the same objects nothing of them is compared. */
function isSamePlan(one: EgressPlan, other: EgressPlan): boolean {
  const rest = (plan: EgressPlan): string => JSON.stringify({ ...plan, members: null });
  return rest(one) === rest(other) && isSameMembers(one.members, other.members);
}

function isSameMembers(one: readonly EgressMemberPlan[], other: readonly EgressMemberPlan[]): boolean {
  return one === other || (one.length === other.length && JSON.stringify(one) === JSON.stringify(other));
}
