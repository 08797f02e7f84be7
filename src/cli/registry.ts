// `sluice registry`: what stands in sets of servers, and changes by hand. It asks the running Sluice, or with --redis a Redis itself, where
// only sentinels run: then the same routes answer here. What is shown is what there is: members, leases, and what sentinels say.

import { formatDuration } from "../base/duration.ts";
import { readRedisPlace } from "../base/redisplace.ts";
import {
  isSetName,
  type MemberAnswer,
  type RegistryAnswer,
  registryOperations,
  type SetAnswer,
} from "../control/api/registry.ts";
import { routesOfOperations } from "../control/api/router.ts";
import type { PoolStatus, Status } from "../control/status.ts";
import { RedisRegistry } from "../registry/redis.ts";
import type { Membership } from "../registry/registry.ts";
import type { Writer } from "./check.ts";
import { type Answer, errorOf, failureOf, type Remote, type RemoteOptions, remoteOf } from "./client.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

const USAGE_ERROR = 2;
const path = "/api/v1/registry";
const timeoutMs = 5000;
/** Anything may stand in a set: what is much longer than an address must not push all others out of sight. */
const widthMax = 64;
const keptShown = 20;
/** What a source of a pool is called that is a set (control/discovery/registrysource.ts). */
const sourceOfSet = "registry ";
/** The originals'. */
const setUsual = "gopher_backends";

export interface RegistryOptions extends RemoteOptions {
  readonly redis?: string;
}

/** Servers of a set that traffic goes to though it does not have them (any more). */
export interface KeptOfSet {
  readonly servers: readonly string[];
  readonly since: string;
  readonly why: string;
}

export type Change = "add" | "remove" | "drain" | "enable";

/** Without a set: all that are known. */
export async function registryList(set: string | undefined, options: RegistryOptions, writer: Writer): Promise<number> {
  return withRegistry(options, writer, async (ask) => {
    const overview = await ask("GET", path);
    if (!isDone(overview)) return failed(overview, writer);
    const { registry, sentinel, sets } = overview.body as RegistryAnswer; // What our own routes answer.
    const shown: SetAnswer[] = [];
    // A Redis does not know which of its sets are of servers.
    for (const name of set === undefined ? (options.redis === undefined ? sets : [setUsual]) : [set]) {
      const answer = await ask("GET", `${path}/${encodeURIComponent(name)}`);
      if (!isDone(answer)) return failed(answer, writer);
      shown.push(answer.body as SetAnswer);
    }
    if (options.json === true) writer.out(JSON.stringify({ registry, sentinel, sets: shown }, null, 2));
    else {
      const where = registry.place === "memory" ? "in memory of this Sluice" : `at ${registry.place}`;
      const notice = options.redis === undefined ? `; changes are heard of by ${registry.notice}` : "";
      writer.note(`the registry is ${where}${registry.notice === "at once" ? "" : notice}`);
      const kept = options.redis === undefined ? await keptBySet(ask) : new Map<string, KeptOfSet>();
      writer.out(shown.length === 0 ? "no set is watched or written" : setsText(shown, kept));
    }
    return 0;
  });
}

export async function registryChange(
  change: Change,
  set: string,
  member: string,
  options: RegistryOptions,
  writer: Writer,
): Promise<number> {
  if (!isSetName(set)) {
    writer.err("sluice: a set has a name of 1 to 253 characters");
    return USAGE_ERROR;
  }
  return withRegistry(options, writer, async (ask) => {
    const at = `${path}/${encodeURIComponent(set)}`;
    const answer =
      change === "remove"
        ? await ask("DELETE", `${at}/${encodeURIComponent(member)}`)
        : await ask("POST", change === "add" ? at : `${at}/${change}`, { member });
    if (!isDone(answer)) return failed(answer, writer);
    const done = answer.body as MemberAnswer;
    writer.out(options.json === true ? JSON.stringify(done, null, 2) : changeText(change, done));
    return 0;
  });
}

/** The status tells who is kept in pools; without it there is nothing to say of that. */
async function keptBySet(ask: Remote): Promise<ReadonlyMap<string, KeptOfSet>> {
  const answer = await ask("GET", "/api/v1/status");
  return isDone(answer) ? keptIn((answer.body as Status).pools) : new Map(); // What our own routes answer.
}

export function keptIn(pools: readonly Pick<PoolStatus, "sources" | "servers">[]): ReadonlyMap<string, KeptOfSet> {
  const bySet = new Map<string, KeptOfSet>();
  for (const { sources, servers } of pools) {
    for (const { source, kept } of sources) {
      if (kept === null || !source.startsWith(sourceOfSet)) continue;
      const set = source.slice(sourceOfSet.length);
      const names = servers.filter((server) => server.kept?.source === source).map(({ name }) => name);
      const all = [...new Set([...(bySet.get(set)?.servers ?? []), ...names])];
      if (all.length > 0) bySet.set(set, { servers: all, since: kept.since, why: kept.why });
    }
  }
  return bySet;
}

export function setsText(sets: readonly SetAnswer[], kept: ReadonlyMap<string, KeptOfSet> = new Map()): string {
  const rows = sets.flatMap(({ set, members }) =>
    members.map((each) => [set, each.member, stateOf(each), leaseOf(each), viewsOf(each)].map(printable)),
  );
  const lines = rows.length === 0 ? [] : [table(["SET", "MEMBER", "STATE", "LEASE", "SENTINELS"], rows, [3], widthMax)];
  for (const { set, members, size } of sets) {
    const held = kept.get(set);
    if (members.length === 0) lines.push(`the set ${printable(set)} is empty`);
    if (held !== undefined) lines.push(keptText(set, held));
    const there = members.filter(({ isMember }) => isMember).length;
    if (size > there) lines.push(`${size - there} more members of ${printable(set)} are not shown`);
  }
  return lines.join("\n");
}

function keptText(set: string, { servers, since, why }: KeptOfSet): string {
  const names = servers.slice(0, keptShown).map(printable).join(", ");
  const more = servers.length > keptShown ? ` and ${servers.length - keptShown} more` : "";
  const time = since.replace(/\.\d+Z$/, "Z");
  return `traffic still goes to ${names}${more}, which ${printable(set)} had: kept since ${time}: ${printable(why)}`;
}

function stateOf({ isMember, isDraining, problem }: Membership): string {
  if (problem !== null) return `passed over: ${problem}`;
  if (!isMember) return "out";
  return isDraining ? "draining" : "in";
}

function leaseOf({ leaseLeftMs }: Membership): string {
  return leaseLeftMs === null ? "-" : formatDuration(Math.ceil(leaseLeftMs / 1000) * 1000);
}

function viewsOf({ views }: Membership): string {
  const said = (isUp: boolean): string => {
    const voters = views.filter((view) => view.isUp === isUp).map(({ voter }) => voter);
    return voters.length === 0 ? "" : `${isUp ? "up" : "down"}: ${voters.join(", ")}`;
  };
  return [said(true), said(false)].filter((each) => each !== "").join("; ") || "-";
}

function changeText(change: Change, answer: MemberAnswer): string {
  const { changed } = answer;
  const [set, member] = [printable(answer.set), printable(answer.member)];
  const was = changed ? "" : " already";
  if (change === "add") return `${member} is in ${set}${was}`;
  if (change === "remove") return `${member} is taken out of ${set}; a sentinel that finds it well puts it back`;
  if (change === "drain") return `${member} of ${set} is given nothing new${was}`;
  return changed ? `${member} of ${set} is given new work again` : `${member} of ${set} was not drained`;
}

async function withRegistry(
  options: RegistryOptions,
  writer: Writer,
  work: (ask: Remote) => Promise<number>,
): Promise<number> {
  const { redis } = options;
  if (redis === undefined) return work(await remoteOf(options));
  const place = readRedisPlace(redis);
  if (!place.ok) {
    writer.err(`sluice: --redis ${place.message}`);
    return USAGE_ERROR;
  }
  const registry = new RedisRegistry({ place: place.value, pollMs: 60_000, timeoutMs, isNotified: false });
  const routes = routesOfOperations(registryOperations(registry, () => null));
  const ask: Remote = async (method, asked, body) => {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await routes(new Request(`http://localhost${asked}`, { method, ...content }), asked);
    return response === null
      ? { ok: false, message: "there is no such set" }
      : { ok: true, status: response.status, body: await response.json() };
  };
  try {
    return await work(ask);
  } finally {
    registry.close();
  }
}

function isDone(answer: Answer): answer is Answer & { readonly ok: true } {
  return answer.ok && errorOf(answer.body) === null;
}

function failed(answer: Answer, writer: Writer): number {
  writer.err(`sluice: ${answer.ok ? errorOf(answer.body) : answer.message}`);
  return failureOf(answer);
}
