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
/** The originals'. */
const setUsual = "gopher_backends";

export interface RegistryOptions extends RemoteOptions {
  readonly redis?: string;
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
      writer.out(shown.length === 0 ? "no set is watched or written" : setsText(shown));
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

export function setsText(sets: readonly SetAnswer[]): string {
  const rows = sets.flatMap(({ set, members }) =>
    members.map((each) => [set, each.member, stateOf(each), leaseOf(each), viewsOf(each)].map(printable)),
  );
  const lines = rows.length === 0 ? [] : [table(["SET", "MEMBER", "STATE", "LEASE", "SENTINELS"], rows, [3], widthMax)];
  for (const { set, members, size } of sets) {
    if (members.length === 0) lines.push(`the set ${printable(set)} is empty`);
    const there = members.filter(({ isMember }) => isMember).length;
    if (size > there) lines.push(`${size - there} more members of ${printable(set)} are not shown`);
  }
  return lines.join("\n");
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
