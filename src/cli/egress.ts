// `sluice egress`: the outbound addresses of a running Sluice: which there are and how they stand, what they have been through, and
// orders about them. Long lists come by pages, and it is said what is not shown. Where only one pool has an address, or there is only
// one pool, it need not be named.

import type {
  EgressesAnswer,
  EgressSummary,
  HistoryAnswer,
  MemberAnswer,
  MembersAnswer,
  OrderAnswer,
  RenewedAnswer,
} from "../control/egress/answer.ts";
import type { Writer } from "./check.ts";
import { type Answer, errorOf, failureOf, type Method, type Remote, type RemoteOptions, remoteOf } from "./client.ts";
import {
  countsText,
  memberCells,
  memberHeadings,
  memberNumeric,
  memberText,
  outcomeCells,
  outcomeHeadings,
  outcomeNumeric,
  poolsText,
  troubles,
} from "./egresstext.ts";
import { Sheet } from "./table.ts";
import { whoAsks } from "./whoasks.ts";

export interface EgressListOptions extends RemoteOptions {
  readonly state?: string;
  readonly tag?: readonly string[];
  readonly find?: string;
  readonly sort?: string;
  readonly limit?: number;
  readonly all?: boolean;
}

export interface MemberOptions extends RemoteOptions {
  readonly pool?: string;
  readonly limit?: number;
}

export interface EgressHistoryOptions extends MemberOptions {
  readonly status?: string;
  readonly failed?: boolean;
  readonly host?: string;
  readonly key?: string;
  readonly since?: string;
}

export interface EgressOrderOptions extends MemberOptions {
  readonly for?: string;
  readonly until?: string;
  readonly reason?: string;
}

const path = "/api/v1/egress";
const usualLimit = 100;
const pageMax = 2000;

class Refused extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** Runs a command; what was refused is said, and its exit code is the command's. */
async function told(writer: Writer, work: () => Promise<void>): Promise<number> {
  try {
    await work();
    return 0;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    writer.err(`sluice: ${error.message}`);
    return error.code;
  }
}

async function asked<Body>(remote: Remote, method: Method, at: string, body?: object): Promise<Body> {
  const answer: Answer = await remote(method, at, body);
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) throw new Refused(refusal ?? "", failureOf(answer));
  return answer.body as Body; // What our own admin interface answers.
}

export function egressList(pool: string | undefined, options: EgressListOptions, writer: Writer): Promise<number> {
  return told(writer, async () => {
    const remote = await remoteOf(options);
    if (pool !== undefined) return listMembers(pool, options, remote, writer);
    const answer = await asked<EgressesAnswer>(remote, "GET", path);
    const isFiltered = [options.state, options.tag, options.find, options.sort, options.all].some(
      (each) => each !== undefined,
    );
    if (isFiltered) return listMembers(onlyPool(answer.pools).name, options, remote, writer);
    if (options.json === true) writer.out(JSON.stringify(answer, null, 2));
    else if (answer.pools.length === 0) writer.note("the config has no egress pools");
    else writer.out([poolsText(answer.pools), ...answer.pools.flatMap(troubles)].join("\n"));
  });
}

async function listMembers(pool: string, options: EgressListOptions, remote: Remote, writer: Writer): Promise<void> {
  const { state, tag, find, sort, all, json } = options;
  const limit = all === true ? Number.POSITIVE_INFINITY : (options.limit ?? usualLimit);
  const sheet = new Sheet(memberHeadings, memberNumeric);
  const members: MembersAnswer["members"][number][] = [];
  let shown = 0;
  let page: MembersAnswer;
  do {
    const query = queryOf({
      state,
      find,
      sort: sort ?? "state",
      offset: shown,
      limit: Math.min(pageMax, limit - shown),
    });
    for (const each of tag ?? []) query.append("tag", each);
    page = await asked<MembersAnswer>(remote, "GET", `${path}/${encodeURIComponent(pool)}?${query}`);
    shown += page.members.length;
    if (json === true) members.push(...page.members);
    else if (page.members.length > 0) writer.out(sheet.add(page.members.map((each) => memberCells(each, Date.now()))));
    await writer.drained?.();
  } while (page.members.length > 0 && shown < Math.min(limit, page.found));
  if (json === true) writer.out(JSON.stringify({ ...page, members, offset: 0 }, null, 2));
  else if (shown < page.found)
    writer.note(`(${shown} of ${page.found}; --all shows the others too; in all ${countsText(page.states)})`);
  else
    writer.note(
      shown === 0
        ? `(no such address in ${pool}; it has ${countsText(page.states)})`
        : `(in all ${countsText(page.states)})`,
    );
}

export function egressShow(member: string, options: MemberOptions, writer: Writer): Promise<number> {
  return told(writer, async () => {
    const remote = await remoteOf(options);
    const at = await memberPath(member, options, remote);
    const answer = await asked<MemberAnswer>(remote, "GET", `${at}?${queryOf({ limit: options.limit ?? 20 })}`);
    writer.out(options.json === true ? JSON.stringify(answer, null, 2) : memberText(answer, Date.now()));
  });
}

export function egressHistory(
  members: readonly string[],
  options: EgressHistoryOptions,
  writer: Writer,
): Promise<number> {
  return told(writer, async () => {
    const remote = await remoteOf(options);
    const { status, failed, host, key, since, limit = usualLimit } = options;
    const pool = await poolOf(members[0], options, remote);
    const wanted = members.filter((member) => member !== pool);
    const query = queryOf({ status, failed: failed === true ? "true" : undefined, host, key, since, limit });
    for (const member of wanted) query.append("members", bareOf(member, pool));
    const answer = await asked<HistoryAnswer>(remote, "GET", `${path}/${encodeURIComponent(pool)}/history?${query}`);
    if (options.json === true) return writer.out(JSON.stringify(answer, null, 2));
    if (answer.history.length > 0)
      writer.out(new Sheet(outcomeHeadings, outcomeNumeric).add(answer.history.map(outcomeCells)));
    if (answer.history.length === 0) writer.note("(nothing of this kind is remembered)");
    else if (answer.isMore) writer.note(`(the last ${answer.history.length}; --limit shows more)`);
  });
}

export function egressBan(member: string, options: EgressOrderOptions, writer: Writer): Promise<number> {
  return order(
    "ban",
    member,
    options,
    writer,
    ({ until }) => `is banned ${until === null ? "until it is unbanned" : `until ${until}`}`,
  );
}

export function egressUnban(member: string, options: EgressOrderOptions, writer: Writer): Promise<number> {
  return order("unban", member, options, writer, () => "is available; what was held against it is forgotten");
}

function order(
  word: "ban" | "unban",
  member: string,
  options: EgressOrderOptions,
  writer: Writer,
  said: (member: OrderAnswer["member"]) => string,
): Promise<number> {
  return told(writer, async () => {
    if (word === "ban" && (options.reason ?? "").trim() === "")
      throw new Refused("say why, for whoever looks at it later: --reason TEXT", 2);
    const remote = await remoteOf(options);
    const { for: length, until, reason } = options;
    const body = Object.fromEntries(
      Object.entries({ for: length, until, reason, by: whoAsks() }).filter(([, value]) => value !== undefined),
    );
    const at = await memberPath(member, options, remote);
    const answer = await asked<OrderAnswer>(remote, "POST", `${at}/${word}`, body).catch((error: Refused) => {
      throw new Refused(inOurWords(error.message), error.code);
    });
    if (options.json === true) writer.out(JSON.stringify(answer, null, 2));
    else writer.out(`${answer.member.id} of egress pool ${answer.pool} ${said(answer.member)}`);
  });
}

export function egressRenew(pool: string | undefined, options: RemoteOptions, writer: Writer): Promise<number> {
  return told(writer, async () => {
    const remote = await remoteOf(options);
    const at = pool === undefined ? `${path}/renew` : `${path}/${encodeURIComponent(pool)}/renew`;
    const answer = await asked<RenewedAnswer>(remote, "POST", at, { by: whoAsks() });
    if (options.json === true) writer.out(JSON.stringify(answer, null, 2));
    else if (answer.pools.length === 0) writer.note("no egress pool has logs: what is known comes from requests");
    else writer.out(`the logs of ${answer.pools.join(", ")} are read up to now`);
  });
}

/** The fields of a request are the options of the command. */
function inOurWords(message: string): string {
  return message.replace(/"(for|until|reason)"/g, (_, word: string) => `--${word}`);
}

async function memberPath(member: string, options: MemberOptions, remote: Remote): Promise<string> {
  const pool = await poolOf(member, options, remote);
  return `${path}/${encodeURIComponent(pool)}/${encodeURIComponent(bareOf(member, pool))}`;
}

/** POOL or POOL/ADDRESS, --pool, the one that has it, or the only one. */
async function poolOf(member: string | undefined, { pool }: MemberOptions, remote: Remote): Promise<string> {
  if (pool !== undefined) return pool;
  const { pools } = await asked<EgressesAnswer>(remote, "GET", path);
  const named = pools.find(({ name }) => member === name || member?.startsWith(`${name}/`) === true);
  if (named !== undefined) return named.name;
  if (member === undefined) return onlyPool(pools).name;
  const having = await asked<EgressesAnswer>(remote, "GET", `${path}?${queryOf({ member })}`);
  return onlyPool(having.pools, member).name;
}

function bareOf(member: string, pool: string): string {
  return member.startsWith(`${pool}/`) ? member.slice(pool.length + 1) : member;
}

function onlyPool(pools: readonly EgressSummary[], member?: string): EgressSummary {
  const [first, ...others] = pools;
  if (first === undefined) throw new Refused("the config has no egress pools", 1);
  if (others.length === 0) return first;
  const which = member === undefined ? "there are several egress pools" : `${member} is in several egress pools`;
  throw new Refused(`${which}: say which by --pool: ${pools.map(({ name }) => name).join(", ")}`, 2);
}

function queryOf(values: Readonly<Record<string, string | number | undefined>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query;
}
