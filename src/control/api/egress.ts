// /api/v1/egress: outbound addresses, how they stand, what they have been through, and orders about them.
//
//   GET   /api/v1/egress                        every pool; ?member=ID: those that have it
//   GET   /api/v1/egress/POOL                   its members; ?state&tag&find&sort&offset&limit
//   GET   /api/v1/egress/POOL/history           the last outcomes; ?members=a,b&limit&status=4xx&failed&host&key&since
//   GET   /api/v1/egress/POOL/MEMBER            one: how it stands, at which hosts, its timeline, its last outcomes; ?limit
//   POST  /api/v1/egress/POOL/MEMBER/ban        {"reason", "for" or "until", "by"}
//   POST  /api/v1/egress/POOL/MEMBER/unban      {"reason", "by"}
//   POST  /api/v1/egress/renew, /egress/POOL/renew      read logs now; answers when that is done
//
// A pool may have 65,536 members: lists come by pages.

import { z } from "zod";
import { didYouMean } from "../../base/nearest.ts";
import type { Totals } from "../../memory/tally.ts";
import { byMax, lineProblem } from "../ban.ts";
import type {
  EgressesAnswer,
  HistoryAnswer,
  MemberAnswer,
  MembersAnswer,
  OrderAnswer,
  RenewedAnswer,
} from "../egress/answer.ts";
import { membersPage } from "../egress/page.ts";
import { countsOf, memberSummary, outcomeSummary, pairsOf, timelineOf, unavailablePairs } from "../egress/reading.ts";
import { readBanOrder, readHistory, readMember, readMembers, readUnbanOrder, wrongName } from "../egress/request.ts";
import { anyOutcome, search } from "../egress/search.ts";
import { memberMeant } from "../egress/spelling.ts";
import type { Egresses, OpenEgress } from "../egresses.ts";
import { inSlices } from "../slices.ts";
import { type Answer, json, notUnderstood, notValid, problem } from "./answer.ts";
import { type Operation, type OperationAnswer, type WordedCall, wordedOperation } from "./operation.ts";
import {
  egressBanWanted,
  egressesAnswer,
  egressUnbanWanted,
  historyAnswer,
  historyWanted,
  memberAnswer,
  membersAnswer,
  membersWanted,
  memberWanted,
  orderAnswer,
  renewedAnswer,
  renewWanted,
} from "./shape/egress.ts";

export interface EgressService {
  readonly egresses: Egresses;
  readonly totals: Totals;
  readonly nowMs: () => number;
}

const path = "/api/v1/egress";
/** Names that are looked through for the one that was meant. */
const nearMax = 10_000;

export function egressOperations(service: EgressService): readonly Operation[] {
  return [...poolOperations(service), ...memberOperations(service), ...renewOperations(service)];
}

const tag = "Egress";
const poolPath = `${path}/{pool}`;
const memberPath = `${poolPath}/{member}`;
const pool = "The name of an egress pool.";
const member = "The name of a member, percent-encoded: its address, where the config gives no other.";

type Answers = Readonly<Record<number, OperationAnswer>>;

function answers(description: string, schema: z.ZodType, more: Answers = {}): Answers {
  return { 200: { description, schema }, 404: { description: "There is no such pool or member." }, ...more };
}

function poolOperations(service: EgressService): readonly Operation[] {
  return [
    wordedOperation({
      ...{ id: "listEgress", method: "GET", path, tag },
      summary: "egress pools: how many addresses may be used, what became of requests, hosts that are down",
      query: z.strictObject({ member: z.string().exactOptional().describe("Only pools that have this member.") }),
      answers: answers("Egress pools.", egressesAnswer),
      handle: ({ query }) => list(query, service),
    }),
    wordedOperation({
      ...{ id: "listEgressMembers", method: "GET", path: poolPath, params: { pool }, tag, query: membersWanted },
      summary: "addresses of an egress pool, with their states and why",
      answers: answers("A page of them.", membersAnswer),
      handle: (call) => inPool(call, service, (open) => members(call.query, open, service)),
    }),
    wordedOperation({
      ...{ id: "listEgressHistory", method: "GET", path: `${poolPath}/history`, params: { pool }, tag },
      query: historyWanted,
      summary: "what requests through addresses of an egress pool came to",
      answers: answers("The last outcomes, the newest first.", historyAnswer),
      handle: (call) => inPool(call, service, (open) => history(call.query, open)),
    }),
  ];
}

function memberOperations(service: EgressService): readonly Operation[] {
  const params = { pool, member };
  const failing = { 503: { description: "The order could not be written down." } };
  return [
    wordedOperation({
      ...{ id: "getEgressMember", method: "GET", path: memberPath, params, tag, query: memberWanted },
      summary: "one address: how it stands, at which hosts, its timeline and last outcomes",
      answers: answers("The address.", memberAnswer),
      handle: (call) => atMember(call, service, (open, index) => one(call.query, open, index, service)),
    }),
    wordedOperation({
      ...{ id: "banEgressMember", method: "POST", path: `${memberPath}/ban`, params, tag, body: egressBanWanted },
      summary: "use an address no more",
      answers: answers("It is banned.", orderAnswer, failing),
      handle: (call) => atMember(call, service, (open, index) => ban(call.body, open, index, service)),
    }),
    wordedOperation({
      ...{ id: "unbanEgressMember", method: "POST", path: `${memberPath}/unban`, params, tag, body: egressUnbanWanted },
      summary: "use an address again, and forget what was held against it",
      answers: answers("It is available.", orderAnswer, failing),
      handle: (call) => atMember(call, service, (open, index) => unban(call.body, open, index, service)),
    }),
  ];
}

function renewOperations(service: EgressService): readonly Operation[] {
  const unread = { 409: { description: "Logs could not be read, or there are none." } };
  return [
    wordedOperation({
      ...{ id: "renewEgress", method: "POST", path: `${path}/renew`, tag, body: renewWanted },
      summary: "read the logs of all egress pools now",
      answers: { 200: { description: "They are read.", schema: renewedAnswer }, ...unread },
      handle: (call) => renew(call.body, null, service),
    }),
    wordedOperation({
      ...{ id: "renewEgressPool", method: "POST", path: `${poolPath}/renew`, params: { pool }, tag, body: renewWanted },
      summary: "read the logs of one egress pool now",
      answers: answers("They are read.", renewedAnswer, unread),
      handle: (call) => inPool(call, service, (open) => renew(call.body, open, service)),
    }),
  ];
}

function inPool({ params }: WordedCall, { egresses }: EgressService, answer: (open: OpenEgress) => Answer): Answer {
  const open = egresses.find(params.pool!);
  return open === null ? problem(404, missingPool(params.pool!, egresses)) : answer(open);
}

function atMember(
  call: WordedCall,
  service: EgressService,
  answer: (open: OpenEgress, index: number) => Answer,
): Answer {
  const asked = call.params.member!;
  return inPool(call, service, (open) => {
    const { members } = open.plan;
    const meant = memberMeant(asked, (other) => members.some(({ id }) => id === other));
    const index = members.findIndex(({ id }) => id === meant);
    return index < 0 ? problem(404, missingMember(asked, open)) : answer(open, index);
  });
}

function list(searchParams: URLSearchParams, { egresses, totals }: EgressService): Response {
  const wrong = wrongName(searchParams, ["member"]);
  if (wrong !== null) return notUnderstood(wrong);
  const member = searchParams.get("member");
  const all = member === null ? egresses.all : egresses.all.filter(({ board }) => hasMember(board, member));
  if (member !== null && all.length === 0) {
    const ids = egresses.all.flatMap(({ plan }) => plan.members.map(({ id }) => id));
    return problem(404, `no egress pool has a member ${member}${didYouMean(member, ids.slice(0, nearMax))}`);
  }
  const names = new Set(all.map(({ plan }) => plan.name));
  const pools = egresses
    .figures(totals)
    .map(({ summary }) => summary)
    .filter(({ name }) => names.has(name));
  return json(200, { pools } satisfies EgressesAnswer);
}

function hasMember(board: OpenEgress["board"], member: string): boolean {
  const isId = (id: string): boolean => board.memberOf(id) !== 0;
  return isId(memberMeant(member, isId));
}

function members(query: URLSearchParams, open: OpenEgress, { nowMs }: EgressService): Response {
  const asked = readMembers(query);
  if (!asked.ok) return notUnderstood(asked.message);
  const { members: page, found } = membersPage(open, asked.value, nowMs());
  return json(200, {
    ...{ pool: open.plan.name, members: page, found, offset: asked.value.offset },
    states: countsOf(open.board, open.rows),
  } satisfies MembersAnswer);
}

function one(query: URLSearchParams, open: OpenEgress, index: number, { nowMs }: EgressService): Response {
  const asked = readMember(query);
  if (!asked.ok) return notUnderstood(asked.message);
  const limit = asked.value;
  const { board, plan, rows } = open;
  const row = rows[index]!;
  const { id } = plan.members[index]!;
  const outcomes: MemberAnswer["history"][number][] = [];
  if (row > 0)
    board.history(row, limit, (outcome) => {
      outcomes.push(outcomeSummary(board, id, outcome));
      return true;
    });
  return json(200, {
    ...{ pool: plan.name, member: summaryOf(open, index, nowMs()), history: outcomes },
    hosts: row > 0 ? pairsOf(board, row, nowMs(), plan.judge.coolDown.isTrial) : [],
    timeline: row > 0 ? timelineOf(board, row, limit) : [],
  } satisfies MemberAnswer);
}

async function history(query: URLSearchParams, open: OpenEgress): Promise<Response> {
  const { plan, board, rows } = open;
  const asked = readHistory(query, anyOutcome);
  if (!asked.ok) return notUnderstood(asked.message);
  const { members: wanted, limit, filter } = asked.value;
  const places = new Map(plan.members.map(({ id }, index) => [id, index]));
  const isId = (id: string): boolean => places.has(id);
  const meant = wanted === null ? [...places.keys()] : [...new Set(wanted.map((each) => memberMeant(each, isId)))];
  const missing = meant.find((id) => !isId(id));
  if (missing !== undefined) return problem(404, missingMember(missing, open));
  const searched = meant.map((id) => ({ id, row: rows[places.get(id)!]! }));
  const { found, isMore } = await inSlices(search(board, searched, filter, limit));
  return json(200, { pool: plan.name, history: found, isMore } satisfies HistoryAnswer);
}

function ban(body: WordedCall["body"], open: OpenEgress, index: number, service: EgressService): Response {
  const order = readBanOrder(body, service.nowMs());
  if (!order.ok) return notValid(order.message);
  const { reason, by, untilMs } = order.value;
  const trouble = service.egresses.ban({ ...orderOf(open, index), reason, by }, untilMs);
  return trouble === null ? ordered(open, index, service) : problem(503, trouble);
}

function unban(body: WordedCall["body"], open: OpenEgress, index: number, service: EgressService): Response {
  const order = readUnbanOrder(body);
  if (!order.ok) return notValid(order.message);
  const trouble = service.egresses.unban({ ...orderOf(open, index), ...order.value });
  return trouble === null ? ordered(open, index, service) : problem(503, trouble);
}

function orderOf({ plan }: OpenEgress, index: number): { readonly pool: string; readonly member: string } {
  return { pool: plan.name, member: plan.members[index]!.id };
}

function ordered(open: OpenEgress, index: number, { nowMs }: EgressService): Response {
  return json(200, { pool: open.plan.name, member: summaryOf(open, index, nowMs()) } satisfies OrderAnswer);
}

function summaryOf({ board, plan, rows }: OpenEgress, index: number, nowMs: number): OrderAnswer["member"] {
  const row = rows[index]!;
  return memberSummary(board, plan.members[index]!, row, unavailablePairs(board, nowMs).get(row) ?? 0);
}

async function renew(
  { by = "", ...others }: WordedCall["body"],
  open: OpenEgress | null,
  { egresses }: EgressService,
): Promise<Response> {
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined)
    return notValid(`the key ${JSON.stringify(unknown.slice(0, 100))} is not known; there is by`);
  const wrong = lineProblem("by", by, byMax);
  if (wrong !== null) return notValid(wrong);
  const trouble = await egresses.renew(open?.plan.name ?? null, by as string);
  if (trouble !== null) return problem(409, `${trouble}: what is known of its members comes from requests`);
  const logged = egresses.all.filter(
    ({ plan }) => plan.logs.length > 0 && (open === null || plan.name === open.plan.name),
  );
  return json(200, { pools: logged.map(({ plan }) => plan.name) } satisfies RenewedAnswer);
}

function missingPool(name: string, egresses: Egresses): string {
  const names = egresses.all.map(({ plan }) => plan.name);
  if (names.length === 0) return `there is no egress pool ${name}: the config has none`;
  return `there is no egress pool ${name}${didYouMean(name, names)}`;
}

function missingMember(id: string, { plan }: OpenEgress): string {
  const ids = plan.members.slice(0, nearMax).map((member) => member.id);
  return `the egress pool ${plan.name} has no member ${id}${didYouMean(id, ids)}`;
}
