// What stands on a board, read into the answers of the admin interface. Nothing is locked: what is read may be a moment old, and two
// figures of one member a request apart. A pool may have 65,536 members: what is done for each of them is a few words.

import type { EgressMemberPlan, EgressPlan } from "../../config/plan.ts";
import {
  type ChangeCause,
  type EgressBoard,
  type MemberState,
  memberState,
  memberWord,
  type Outcome,
  outcomeFlag,
  recordWord,
} from "../../memory/egress.ts";
import type { ChangeSummary, MemberSummary, OutcomeSummary, PairSummary, StateCounts } from "./answer.ts";
import { causeWord, faultWord, isoOf, stateWord, whyText } from "./wording.ts";

export function countsOf(board: EgressBoard, rows: Int32Array): StateCounts {
  const counts = new Int32Array(Object.keys(memberState).length);
  for (const row of rows) if (row > 0) counts[board.words[row + memberWord.state]!]!++;
  const of = (state: MemberState): number => counts[state]!;
  return {
    available: of(memberState.available),
    coolingDown: of(memberState.coolingDown),
    trial: of(memberState.trial),
    banned: of(memberState.banned),
  };
}

/** When the first that is unavailable is back; 0: none will be. */
export function nextBackMs(board: EgressBoard, rows: Int32Array): number {
  let next = 0;
  for (const row of rows) {
    if (row <= 0) continue;
    const state = board.words[row + memberWord.state]!;
    if (state !== memberState.coolingDown && state !== memberState.banned) continue;
    const untilMs = board.doubles[(row + memberWord.untilMs) / 2]!;
    if (untilMs !== 0 && (next === 0 || untilMs < next)) next = untilMs;
  }
  return next;
}

export function memberSummary(
  board: EgressBoard,
  plan: EgressMemberPlan,
  row: number,
  hostsUnavailable: number,
): MemberSummary {
  const word = (index: number): number => (row > 0 ? board.words[row + index]! : 0);
  const double = (index: number): number => (row > 0 ? board.doubles[(row + index) / 2]! : 0);
  const cause = causeWord(word(memberWord.cause) as ChangeCause);
  return {
    id: plan.id,
    door: doorText(plan),
    weight: plan.weight,
    tags: plan.tags,
    state: stateWord(word(memberWord.state) as MemberState),
    cause,
    why: row > 0 ? whyText(cause, board.text(word(memberWord.causeText))) : "it found no room on the board",
    since: isoOf(double(memberWord.sinceMs)),
    until: isoOf(double(memberWord.untilMs)),
    failures: word(memberWord.failures),
    level: word(memberWord.level),
    hostsUnavailable,
    active: word(memberWord.active),
    requests: word(memberWord.requests) >>> 0,
    succeeded: word(memberWord.successes) >>> 0,
    failed: word(memberWord.failed) >>> 0,
    unanswered: word(memberWord.transportFailed) >>> 0,
    bytesUp: double(memberWord.bytesUp),
    bytesDown: double(memberWord.bytesDown),
    used: isoOf(double(memberWord.usedMs)),
  };
}

export function doorText({ door }: EgressMemberPlan): string {
  switch (door.kind) {
    case "source":
      return "source";
    case "gateway":
      return `gateway ${door.host}:${door.port}`;
    case "proxy":
      return `${door.protocol}${door.tls === null ? "" : "s"} ${door.host}:${door.port}`;
  }
}

/** How many hosts each row is unavailable at. */
export function unavailablePairs(board: EgressBoard, nowMs: number): Map<number, number> {
  const counts = new Map<number, number>();
  board.records("pair", (record) => {
    if (!isPairUnavailable(board, record, nowMs)) return;
    const row = board.words[record + recordWord.first]!;
    counts.set(row, (counts.get(row) ?? 0) + 1);
  });
  return counts;
}

function isPairUnavailable(board: EgressBoard, record: number, nowMs: number): boolean {
  const state = board.words[record + recordWord.state]!;
  if (state !== memberState.coolingDown && state !== memberState.banned) return false;
  const untilMs = board.doubles[(record + recordWord.untilMs) / 2]!;
  return untilMs === 0 || untilMs > nowMs;
}

/** What is known of a member at hosts: those where it is unavailable first. `isTrial`: whether one comes back on trial. */
export function pairsOf(board: EgressBoard, row: number, nowMs: number, isTrial: boolean): PairSummary[] {
  const pairs: PairSummary[] = [];
  board.records("pair", (record) => {
    if (board.words[record + recordWord.first] === row) pairs.push(pairSummary(board, record, nowMs, isTrial));
  });
  const rank = ({ state }: PairSummary): number => (state === "available" ? 1 : 0);
  return pairs.sort((a, b) => rank(a) - rank(b) || b.requests - a.requests || (a.host < b.host ? -1 : 1));
}

function pairSummary(board: EgressBoard, record: number, nowMs: number, isTrial: boolean): PairSummary {
  const word = (index: number): number => board.words[record + index]!;
  const state = stateWord(word(recordWord.state) as MemberState);
  const isOver = state !== "trial" && !isPairUnavailable(board, record, nowMs);
  // Nobody writes that it is over until somebody asks for it there.
  const afterwards = isTrial && state === "coolingDown" ? "trial" : "available";
  const nextMs = board.doubles[(record + recordWord.atMs) / 2]!;
  return {
    host: board.text(word(recordWord.text)) ?? "(forgotten)",
    state: isOver ? afterwards : state === "none" ? "available" : state,
    cause: causeWord(word(recordWord.cause) as ChangeCause),
    until: isOver ? null : isoOf(board.doubles[(record + recordWord.untilMs) / 2]!),
    failures: word(recordWord.failures),
    active: word(recordWord.active),
    requests: word(recordWord.requests) >>> 0,
    next: nextMs > nowMs ? isoOf(nextMs) : null,
  };
}

/** Hosts that are down, and no member's fault. */
export function hostsDown(board: EgressBoard, most: number): { readonly count: number; readonly hosts: string[] } {
  let count = 0;
  const hosts: string[] = [];
  board.records("host", (record) => {
    if (board.words[record + recordWord.state] !== memberState.coolingDown) return;
    count++;
    if (hosts.length < most) hosts.push(board.text(board.words[record + recordWord.text]!) ?? "(forgotten)");
  });
  return { count, hosts: hosts.sort() };
}

export function timelineOf(board: EgressBoard, row: number, most: number): ChangeSummary[] {
  const changes: ChangeSummary[] = [];
  board.changes(row, most, ({ atMs, state, cause, forMs, text }) => {
    const word = causeWord(cause);
    changes.push({
      at: isoOf(atMs),
      state: stateWord(state),
      cause: word,
      why: whyText(word, board.text(text)),
      forMs: forMs === 0 ? null : forMs,
    });
    return true;
  });
  return changes;
}

export function outcomeSummary(board: EgressBoard, member: string, outcome: Outcome): OutcomeSummary {
  const { atMs, status, fault, flags, durationMs, host, key } = outcome;
  return {
    at: isoOf(atMs),
    member,
    status,
    fault: faultWord(fault),
    host: board.text(host),
    key: board.text(key),
    durationMs,
    isFailure: (flags & outcomeFlag.failure) !== 0,
    isBan: (flags & outcomeFlag.banned) !== 0,
    isTunnel: (flags & outcomeFlag.tunnel) !== 0,
    from: (flags & outcomeFlag.fromLog) === 0 ? "own" : "log",
  };
}

/** "3 in a row within 5m", as config says it. */
export function strategyText({ judge }: EgressPlan): string {
  const { strategy } = judge;
  switch (strategy.kind) {
    case "consecutive":
      return strategy.failures === 1 ? "one failure" : `${strategy.failures} failures in a row`;
    case "share":
      return `${Math.round(strategy.share * 100)} % of the last ${strategy.of}`;
    case "never":
      return "never";
  }
}
