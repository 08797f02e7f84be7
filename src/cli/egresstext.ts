// Egress pools and their addresses as text for people: tables that can be read at a glance, the worst first, times as how long ago
// and how long still. It knows the answers of the admin interface and asks nothing.

import { formatDuration, formatRoughly } from "../base/duration.ts";
import type {
  ChangeSummary,
  EgressSummary,
  MemberAnswer,
  MemberSummary,
  OutcomeSummary,
  PairSummary,
  StateCounts,
} from "../control/egress/answer.ts";
import { causeText, type StateWord, stateText } from "../control/egress/wording.ts";
import { counted } from "./banner.ts";
import { bytesText } from "./bytes.ts";
import { table } from "./table.ts";

/** In `sluice status`. */
export function egressLines(pools: readonly EgressSummary[] | undefined): string[] {
  if (pools === undefined || pools.length === 0) return [];
  return ["", poolsText(pools), ...pools.flatMap(troubles).map((line) => `  ${line}`)];
}

export function poolsText(pools: readonly EgressSummary[]): string {
  const rows = pools.map(({ name, members, states, active, requests, refused, sessions, hostsDown, memoryBytes }) => [
    name,
    String(members),
    String(states.available),
    String(states.coolingDown),
    String(states.trial),
    String(states.banned),
    String(active),
    String(requests.answered),
    String(requests.memberFaults + requests.wayFaults),
    String(refused.none + refused.paced + refused.unfit + refused.quota),
    String(sessions),
    String(hostsDown.count),
    bytesText(memoryBytes),
  ]);
  const headings = ["EGRESS", "IPS", "AVAILABLE", "COOLING", "TRIAL", "BANNED", "ACTIVE", "ANSWERED", "FAILED"];
  const numeric = Array.from({ length: 12 }, (_, column) => column + 1);
  return table([...headings, "REFUSED", "SESSIONS", "HOSTS DOWN", "MEMORY"], rows, numeric);
}

/** What somebody who looks should know before all else. */
export function troubles({ name, states, nextBack, whenNone, hostsDown, evidence }: EgressSummary): string[] {
  const lines: string[] = [];
  if (states.available + states.trial === 0) {
    const back = nextBack === null ? "" : `, the first is back at ${timeText(nextBack)}`;
    lines.push(`${name}: no address is available${back}: ${withoutAny(whenNone, states)}`);
  }
  if (hostsDown.count > 0) {
    const more = hostsDown.count > hostsShown ? ` and ${hostsDown.count - hostsShown} more` : "";
    lines.push(
      `${name}: down, and no address is blamed for it: ${hostsDown.hosts.slice(0, hostsShown).join(", ")}${more}`,
    );
  }
  for (const { path, files, absent, unreadable, problem } of evidence?.logs ?? []) {
    const of = (count: number): string => (files === 1 ? "" : `: ${count} of ${files} files`);
    if (problem !== null) lines.push(`${name}: the log ${path} cannot be read${of(unreadable)}: ${problem}`);
    else if (absent > 0) lines.push(`${name}: the log ${path} is not there${of(absent)}`);
  }
  const { lines: counts } = evidence ?? { lines: null };
  if (counts !== null && counts.good === 0 && counts.unlike + counts.badTime + counts.unknown > 0)
    lines.push(
      `${name}: of its logs no line could be used: ${counts.unlike} are unlike the format, ${counts.badTime} have no time, ${counts.unknown} are about no member`,
    );
  return lines;
}

const hostsShown = 5;

/** What becomes of requests. */
function withoutAny(whenNone: EgressSummary["whenNone"], { coolingDown, banned }: StateCounts): string {
  if (whenNone === "direct") return "requests go out from the system's own address";
  // What an operator has banned is used by nobody.
  if (whenNone === "refuse" || coolingDown === 0) return "requests are answered 503";
  return `the one that is back first is used${banned === 0 ? "" : ", but for those that are banned"}`;
}

/** `297 available, 2 cooling down, 1 banned`. */
export function countsText(states: StateCounts): string {
  const words = Object.entries(states) as [StateWord, number][];
  const present = words.filter(([, count]) => count > 0);
  return present.length === 0
    ? "no addresses"
    : present.map(([state, count]) => `${count} ${stateText(state)}`).join(", ");
}

export const memberHeadings: readonly string[] = [
  ...["ADDRESS", "STATE", "FOR", "BACK IN", "ACTIVE", "REQUESTS", "FAILED", "IN A ROW", "AT HOSTS", "USED", "WHY"],
];
export const memberNumeric: readonly number[] = [2, 3, 4, 5, 6, 7, 8, 9];

export function memberCells(member: MemberSummary, nowMs: number): string[] {
  const { id, state, since, until, active, requests, failed, failures, hostsUnavailable, used, why } = member;
  const isPlain = state === "available" && member.cause === "added";
  return [
    id,
    stateText(state),
    since === null ? "-" : agoText(since, nowMs),
    until === null ? (state === "banned" ? "never" : "-") : leftText(until, nowMs),
    String(active),
    String(requests),
    String(failed),
    String(failures),
    String(hostsUnavailable),
    used === null ? "-" : agoText(used, nowMs),
    isPlain ? "" : why,
  ];
}

export function memberText({ pool, member, hosts, timeline, history }: MemberAnswer, nowMs: number): string {
  const { id, door, weight, tags, state, why, since, until, level } = member;
  const tagText = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  const sinceText = since === null ? "" : ` since ${timeText(since)} (${agoText(since, nowMs)})`;
  const untilText =
    until !== null
      ? `, until ${timeText(until)} (${leftText(until, nowMs)})`
      : state === "banned"
        ? ", until it is unbanned"
        : "";
  const repeated = level > 1 ? `, ${level} times in a row` : "";
  const lines = [
    `${id} of egress pool ${pool}: ${stateText(state)}${sinceText}${untilText}${repeated}`,
    ...(why === "" ? [] : [`  why: ${why}`]),
    `  ${door}, weight ${weight}${tagText.length === 0 ? "" : `, ${tagText.join(", ")}`}`,
    `  ${requestsText(member)}`,
  ];
  if (hosts.length > 0) lines.push("", hostsText(hosts, nowMs));
  if (timeline.length > 0) lines.push("", timelineText(timeline));
  if (history.length > 0) lines.push("", outcomesText(history, false));
  return lines.join("\n");
}

function requestsText({
  requests,
  succeeded,
  failed,
  unanswered,
  active,
  bytesUp,
  bytesDown,
  failures,
}: MemberSummary): string {
  const row = failures === 0 ? "" : `, ${failures} in a row`;
  const none = unanswered === 0 ? "" : `, ${unanswered} of them without an answer`;
  return `${counted(requests, "request")}: ${succeeded} succeeded, ${failed} failed${none}${row}; ${active} under way; ${bytesText(bytesUp)} up, ${bytesText(bytesDown)} down`;
}

function hostsText(hosts: readonly PairSummary[], nowMs: number): string {
  const rows = hosts.map(({ host, state, cause, until, failures, active, requests, next }) => [
    host,
    stateText(state),
    until === null ? "-" : leftText(until, nowMs),
    String(active),
    String(requests),
    String(failures),
    next === null ? "-" : leftText(next, nowMs),
    state === "available" ? "" : causeText(cause),
  ]);
  return table(["HOST", "STATE", "BACK IN", "ACTIVE", "REQUESTS", "IN A ROW", "NEXT IN", "WHY"], rows, [2, 3, 4, 5, 6]);
}

function timelineText(timeline: readonly ChangeSummary[]): string {
  const rows = timeline.map(({ at, state, forMs, why }) => [
    at === null ? "-" : timeText(at),
    stateText(state),
    forMs === null ? "-" : formatDuration(forMs),
    why,
  ]);
  return table(["SINCE", "STATE", "FOR", "WHY"], rows, [2]);
}

export const outcomeHeadings: readonly string[] = ["TIME", "ADDRESS", "STATUS", "TOOK", "HOST", "KEY", "FROM", ""];
export const outcomeNumeric: readonly number[] = [3];

export function outcomeCells({
  at,
  member,
  status,
  fault,
  durationMs,
  host,
  key,
  isFailure,
  isBan,
  isTunnel,
  from,
}: OutcomeSummary): string[] {
  const marks = [isBan ? "ban" : isFailure ? "failure" : "", isTunnel ? "tunnel" : ""].filter((mark) => mark !== "");
  return [
    at === null ? "-" : timeText(at),
    member,
    status === 0 ? (fault ?? "-") : fault === null ? String(status) : `${status} ${fault}`,
    durationMs < 0 ? "-" : durationMs < 1 ? "<1ms" : formatRoughly(durationMs),
    host === null ? "(forgotten)" : host === "" ? "-" : host,
    key === null ? "(forgotten)" : key === "" ? "-" : key,
    from,
    marks.join(", "),
  ];
}

export function outcomesText(history: readonly OutcomeSummary[], isOfMany: boolean): string {
  const without = (cells: readonly string[]): string[] => cells.filter((_, column) => isOfMany || column !== 1);
  const numeric = isOfMany ? outcomeNumeric : outcomeNumeric.map((column) => column - 1);
  return table(
    without(outcomeHeadings),
    history.map((each) => without(outcomeCells(each))),
    numeric,
  );
}

/** Without parts of a second. */
function timeText(iso: string): string {
  return iso.replace(/\.\d+Z$/, "Z");
}

function agoText(iso: string, nowMs: number): string {
  return formatRoughly(Math.max(0, nowMs - Date.parse(iso)));
}

function leftText(iso: string, nowMs: number): string {
  return formatRoughly(Math.max(0, Date.parse(iso) - nowMs));
}
