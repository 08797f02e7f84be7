// What a board knows of members, hosts and pairs, for whoever lists it: states with their causes in words, and figures. Read
// without a lock: of what changes meanwhile either the old or the new is shown.

import { type EgressBoard, type MemberState, memberState, memberWord, recordWord } from "../memory/egress.ts";
import { causeInWords } from "./causes.ts";
import { Standing } from "./standing.ts";

export interface MemberStanding {
  readonly id: string;
  readonly state: MemberState;
  readonly sinceMs: number;
  /** When it ends; 0 never. */
  readonly untilMs: number;
  /** In words; "" of one that nothing ever happened to. */
  readonly why: string;
  /** In a row, as far as they count for the member itself. */
  readonly failures: number;
  /** How often in a row it has cooled down. */
  readonly level: number;
  readonly active: number;
  /** Outcomes that were told: those that said nothing are in `requests` only. */
  readonly requests: number;
  readonly successes: number;
  readonly failed: number;
  readonly transportFailed: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** When it was last chosen; 0 never. */
  readonly usedMs: number;
}

export interface PairStanding {
  readonly host: string;
  readonly state: MemberState;
  readonly untilMs: number;
  readonly why: string;
  readonly failures: number;
}

export interface HostDown {
  readonly host: string;
  /** When its failures began, and how many there were since. */
  readonly sinceMs: number;
  readonly failures: number;
}

/** Null: no such member. */
export function standingOf(board: EgressBoard, id: string): MemberStanding | null {
  const row = board.memberOf(id);
  if (row === 0) return null;
  const { words, doubles } = board;
  const { state, sinceMs, untilMs, cause, level, run } = Standing.ofMembers(board).at(row);
  const count = (word: number): number => words[row + word]! >>> 0;
  const double = (word: number): number => doubles[(row + word) / 2]!;
  return {
    ...{ id, state, sinceMs, level, failures: run.failures },
    untilMs: state === memberState.trial ? 0 : untilMs,
    why: causeInWords(cause, board.text(words[row + memberWord.causeText]!)),
    active: Atomics.load(words, row + memberWord.active),
    requests: count(memberWord.requests),
    successes: count(memberWord.successes),
    failed: count(memberWord.failed),
    transportFailed: count(memberWord.transportFailed),
    bytesUp: double(memberWord.bytesUp),
    bytesDown: double(memberWord.bytesDown),
    usedMs: double(memberWord.usedMs),
  };
}

/** Where a member is not available, or about not to be. */
export function pairsOf(board: EgressBoard, id: string, nowMs: number): readonly PairStanding[] {
  const row = board.memberOf(id);
  const found: PairStanding[] = [];
  if (row === 0) return found;
  const pair = Standing.ofPairs(board);
  board.records("pair", (record) => {
    if (board.words[record + recordWord.first] !== row) return;
    const { state, untilMs, cause, run } = pair.at(record);
    const isCooling = state === memberState.coolingDown;
    const isOut = state === memberState.trial || (isCooling && untilMs > nowMs);
    // What is over is forgotten by who asks for it next.
    if (!isOut && (isCooling || run.failures === 0)) return;
    const host = board.text(board.words[record + recordWord.text]!) ?? "";
    const why = isOut ? causeInWords(cause, "") : "";
    found.push({
      ...{ host, why, failures: run.failures },
      state: isOut ? state : memberState.available,
      untilMs: isCooling ? untilMs : 0,
    });
  });
  return found.sort((one, other) => (one.host < other.host ? -1 : 1));
}

/** Hosts that nobody is blamed for. */
export function hostsDown(board: EgressBoard): readonly HostDown[] {
  const found: HostDown[] = [];
  const { words, doubles } = board;
  board.records("host", (record) => {
    if (words[record + recordWord.state] !== memberState.coolingDown) return;
    const host = board.text(words[record + recordWord.text]!) ?? "";
    const sinceMs = doubles[(record + recordWord.atMs) / 2]!;
    found.push({ host, sinceMs, failures: words[record + recordWord.failures]! });
  });
  return found.sort((one, other) => one.sinceMs - other.sinceMs);
}
