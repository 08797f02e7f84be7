// `sluice status`: what a running Sluice is doing, as tables for people or as the JSON of the admin interface. Exit code 1 when no
// Sluice answers, so that a script can ask.

import type { RedisStatus } from "../control/cachestatus.ts";
import type { SourceStatus } from "../control/discovery/sourcestatus.ts";
import type { ListenerStatus, PoolStatus, RemovedServerStatus, Status } from "../control/status.ts";
import { counted, shown } from "./banner.ts";
import { bytesText } from "./bytes.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, type RemoteOptions } from "./client.ts";
import { egressLines } from "./egresstext.ts";
import { registryLines } from "./statusregistry.ts";
import { table } from "./table.ts";

/** Pools of a listener beside its own; they are shown themselves further below. */
const namedMax = 3;

export async function status(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", "/api/v1/status");
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  const found = answer.body as Status; // What our own admin interface answers.
  writer.out(options.json === true ? JSON.stringify(found, null, 2) : statusText(found));
  return 0;
}

export function statusText(status: Status): string {
  const { version, pid, state, uptimeSeconds, generation, configOrigin } = status;
  const head = `sluice ${version}, process ${pid}, ${state}, up ${age(uptimeSeconds)}, plan ${generation} from ${configOrigin}`;
  return [
    head,
    ...reloadLines(status),
    ...confirmLines(status),
    "",
    workerTable(status),
    ...listenerTables(status.listeners),
    ...pools(status),
    ...cacheTable(status),
    ...egressLines(status.egress),
    ...registryLines(status),
    ...fleetLines(status),
  ].join("\n");
}

function reloadLines({ lastReload }: Status): string[] {
  if (lastReload.successful) return [];
  return [`the last reload, at ${lastReload.at}, failed:`, ...lastReload.problems.map((problem) => `  ${problem}`)];
}

/** What is in force may be gone in a minute, and until then no other change is taken. An older Sluice says nothing of it. */
function confirmLines({ confirmBy = null }: Partial<Status>): string[] {
  if (confirmBy === null) return [];
  return [`the last change is rolled back at ${confirmBy}, unless it is confirmed: sluice reload confirm`];
}

function workerTable({ workers }: Status): string {
  const rows = workers.map(({ worker, pid, state, connections, restarts, lastExit }) => [
    String(worker),
    pid === null ? "-" : String(pid),
    state,
    String(connections),
    String(restarts),
    state === "stalled" ? "stands still, takes nothing" : restarts === 0 ? "" : (lastExit ?? ""),
  ]);
  return table(["WORKER", "PID", "STATE", "CONNECTIONS", "RESTARTS", "LAST EXIT"], rows, [3, 4]);
}

/** HTTP is counted in requests, what is carried as it is in sessions and bytes: one table each. */
function listenerTables(listeners: readonly ListenerStatus[]): string[] {
  const http = listeners.filter(({ mode }) => mode === "http");
  const carried = listeners.filter(({ mode }) => mode !== "http");
  const common = (listener: ListenerStatus): string[] => {
    const { name, address, mode, connections } = listener;
    return [name, shown(address), mode, tlsText(listener), targetOf(listener), String(connections)];
  };
  const head = ["LISTENER", "ADDRESS", "MODE", "TLS", "POOL", "CONNECTIONS"];
  const tables: string[] = [];
  if (http.length > 0) {
    const rows = http.map((each) => [...common(each), String(each.requests), String(each.refused)]);
    tables.push("", table([...head, "REQUESTS", "REFUSED"], rows, [5, 6, 7]));
  }
  if (carried.length > 0) {
    const rows = carried.map((each) => {
      const bytes = [each.bytesReceived, each.bytesSent].map(bytesText);
      return [...common(each), String(each.sessions), String(each.refused), ...bytes];
    });
    tables.push("", table([...head, "SESSIONS", "REFUSED", "RECEIVED", "SENT"], rows, [5, 6, 7, 8, 9]));
  }
  return tables;
}

/** `-`, `3 certificates`, `1 certificate, mTLS`. */
function tlsText({ tls }: ListenerStatus): string {
  if (tls === null) return "-";
  const asks = { none: "", optional: ", mTLS optional", required: ", mTLS" }[tls.clientCertificate];
  return `${counted(tls.certificates, "certificate")}${asks}`;
}

function targetOf({ redirect, pool, pools }: ListenerStatus): string {
  if (redirect) return "(to https)";
  const named = pools.filter((each) => each !== pool);
  if (named.length === 0) return pool;
  const shown = named.length > namedMax + 1 ? named.slice(0, namedMax) : named;
  const others = named.length - shown.length;
  return `${shown.join(", ")}${others === 0 ? "" : ` and ${others} more`}${pool === "" ? "" : `, else ${pool}`}`;
}

/** An older Sluice says nothing of servers that are gone. */
function pools({ pools: known, removedServers = [] }: Pick<Status, "pools"> & Partial<Status>): string[] {
  const removedFrom = (name: string): RemovedServerStatus[] => removedServers.filter(({ pool }) => pool === name);
  const names = new Set(known.map(({ name }) => name));
  const gone = [...new Set(removedServers.map(({ pool }) => pool))].filter((name) => !names.has(name));
  return [
    ...known.flatMap((pool) => ["", poolTable(pool, removedFrom(pool.name))]),
    ...gone.flatMap((name) => [
      "",
      `pool ${name} (not in the config any more)\n${serverTable(removedFrom(name).map(removedRow))}`,
    ]),
  ];
}

function removedRow({ name, active, since }: RemovedServerStatus): string[] {
  return [name, "removed", "-", String(active), "-", "-", `not in the pool any more since ${timeText(since)}`];
}

function serverTable(rows: readonly (readonly string[])[]): string {
  return table(["SERVER", "STATE", "WEIGHT", "ACTIVE", "REQUESTS", "FAILURES", "REASON"], rows, [3, 4, 5]);
}

function poolTable(
  { name, balance, queued, sources, servers }: PoolStatus,
  removed: readonly RemovedServerStatus[],
): string {
  const present = servers.map((server) => [
    server.name,
    server.state,
    `${server.weight}${server.backup ? " backup" : ""}`,
    String(server.active),
    String(server.requests),
    String(server.failures),
    [server.reason, server.kept === null ? null : `kept since ${timeText(server.kept.since)}`]
      .filter((each) => each !== null)
      .join("; "),
  ]);
  const waiting = queued === 0 ? "" : `, ${queued} waiting`;
  const title = [`pool ${name} (${balance}${waiting})`, ...sources.map(sourceLine)].join("\n");
  // A pool with a reply of its own has neither.
  const rows = [...present, ...removed.map(removedRow)];
  const isEmpty = servers.length === 0 && sources.length > 0;
  const lines = [title, ...(isEmpty ? ["  it has no server: requests are answered 503"] : [])];
  return [...lines, ...(isEmpty && rows.length === 0 ? [] : [serverTable(rows)])].join("\n");
}

/** `  from dns app.local:80: 2 servers, 40s ago; kept since 2026-01-01T00:00:00Z: does not answer in 2 s` */
function sourceLine({ source, servers, ageSeconds, problem, remarks, kept }: SourceStatus): string {
  const when = ageSeconds === null ? "it has never answered" : `${counted(servers, "server")}, ${age(ageSeconds)} ago`;
  const which = kept === null || kept.servers === servers ? "" : `${kept.servers} of them `;
  const keeping = kept === null ? [] : [`${which}kept since ${timeText(kept.since)}: ${kept.why}`];
  const trouble = problem === null || problem.text === kept?.why ? [] : [problem.text];
  return [`  from ${source}: ${when}`, ...keeping, ...trouble, ...remarks].join("; ");
}

function cacheTable({ caches }: Status): string[] {
  if (caches.length === 0) return [];
  const rows = caches.map(({ name, holds, redis }) => [
    name,
    ...(holds === null
      ? ["(each worker's own)", "-"]
      : [`${bytesText(holds.bytes)} of ${bytesText(holds.bytesMax)}`, String(holds.responses)]),
    redis === null ? "-" : redisText(redis),
  ]);
  return ["", table(["CACHE", "MEMORY", "RESPONSES", "REDIS"], rows, [2])];
}

/** `10.0.0.1:6379 up`, `10.0.0.1:6379 takes nothing: its memory is full`, `10.0.0.1:6379 away since 2026-01-01T00:00:00Z: there is no connection to it; purges wait for it`. */
export function redisText({ address, state, reason, since, refusal, isOwing }: RedisStatus): string {
  const waiting = isOwing ? "; purges wait for it" : "";
  if (state === "up") return `${address} ${refusal === null ? "up" : `takes nothing: ${refusal}`}${waiting}`;
  return `${address} away since ${timeText(since ?? "")}: ${reason}${waiting}`;
}

/** What stands behind it is told by `sluice status --fleet`. */
function fleetLines({ fleet }: Status): string[] {
  if (fleet === null) return [];
  const { name, node, nodes, redis, isUp, problem, tables } = fleet;
  const standing = isUp
    ? `one of ${counted(nodes, "node")}, by Redis ${redis}${problem === null ? "" : `; ${problem}`}`
    : `Redis ${redis} is away: ${problem ?? "not connected yet"}`;
  const stale = tables.filter(({ isStale }) => isStale).map(({ table }) => table);
  const old = stale.length === 0 ? "" : `; news of others are stale in ${stale.join(", ")}`;
  return ["", `fleet ${name} (${node}): ${standing}${old}`];
}

/** Without parts of a second. */
function timeText(time: string): string {
  return time.replace(/\.\d+Z$/, "Z");
}

/** `45s`, `12m 5s`, `3h 12m`, `4d 3h`: two units tell enough. */
export function age(seconds: number): string {
  const units: readonly (readonly [string, number])[] = [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first === -1) return "0s";
  const [name, size] = units[first]!;
  const text = `${Math.floor(seconds / size)}${name}`;
  const next = units[first + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[1]);
  return rest === 0 ? text : `${text} ${rest}${next![0]}`;
}
