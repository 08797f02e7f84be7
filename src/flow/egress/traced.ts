// Which member of an egress pool was chosen and why, or why none was, and who was passed over, in words. It looks at the board as the
// pool has done; the pool itself keeps no record of its reasons. For traces.

import type { EgressPlan } from "../../config/plan.ts";
import { stateInWords } from "../../egress/causes.ts";
import { type EgressBoard, type MemberState, memberState, memberWord, recordWord } from "../../memory/egress.ts";
import type { EgressTrace } from "../explanation.ts";
import type { Lease } from "./lease.ts";

/** Said when the pool has chosen, or refused. */
export function egressTraceOf(lease: Lease, wallMs: number): EgressTrace {
  const { site, member, wish, refusal } = lease;
  const { plan, pool } = site;
  return {
    pool: plan.name,
    member: refusal === null && member !== null ? member.id : null,
    host: wish.host,
    key: wish.key,
    tags: wish.tags === "" ? [] : wish.tags.split("\n"),
    why: refusal === null ? whyOf(lease) : refusalOf(lease),
    members: plan.members.length,
    passedOver: passedOver(plan, pool.board, lease, wallMs),
  };
}

function whyOf({ why, among, wish, site }: Lease): string {
  const of = `among ${among}`;
  switch (why) {
    case "session":
      return `the session ${wish.key} keeps it`;
    case "hash":
      return `the hash of the key ${wish.key} leads to it, ${of}`;
    case "chance":
      return `drawn by chance ${of}, by weight`;
    case "turn":
      return `it is its turn ${of}`;
    case "leastUsed":
      return `it has the fewest requests in flight ${of}`;
    case "soonest":
      return "none is available, and it is the first to be back";
    case "direct":
      return `none is available, and ${site.plan.name} then leaves it to the system's own address`;
    case "none":
      return "";
  }
}

function refusalOf({ refusal, retryMs, wish }: Lease): string {
  const again = retryMs > 0 ? `, for another ${Math.ceil(retryMs / 1000)} s` : "";
  switch (refusal) {
    case "none":
      return `none is available${again}`;
    case "paced":
      return `all that are available rest at ${wish.host}, or are busy there${again}`;
    case "unfit":
      return "no member is what is wished for";
    case "quota":
      return `the user ${wish.user} has had as much as it may${again}`;
    default:
      return "";
  }
}

/** "3 are cooling down, 1 is banned"; the states of members first, then what is so at this host. */
function passedOver(plan: EgressPlan, board: EgressBoard, { wish }: Lease, wallMs: number): readonly string[] {
  const { words } = board;
  const counts = new Map<string, number>();
  const add = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const [member, { id, tags }] of plan.members.entries()) {
    const row = board.memberOf(id);
    if (!isTagged(tags, wish.tags)) add("without the tags wished for");
    else if (row === 0) add("not known yet");
    else if (wish.tried?.has(member) === true) add("tried for this request");
    else {
      const state = words[row + memberWord.state] as MemberState;
      if (state !== memberState.available) add(stateInWords[state]);
    }
  }
  board.records("pair", (pair) => {
    if (board.text(words[pair + recordWord.text]!) !== wish.host) return;
    if (words[pair + recordWord.state] === memberState.coolingDown) add(`cooling down at ${wish.host}`);
    else if (plan.pace.intervalMs > 0 && board.doubles[(pair + recordWord.atMs) / 2]! > wallMs)
      add(`resting at ${wish.host}`);
  });
  return [...counts].map(([what, count]) => `${count} ${count === 1 ? "is" : "are"} ${what}`);
}

function isTagged(tags: Readonly<Record<string, string>>, wished: string): boolean {
  if (wished === "") return true;
  return wished.split("\n").every((tag) => {
    const [name = "", value] = tag.split("=", 2);
    return tags[name] === value;
  });
}
