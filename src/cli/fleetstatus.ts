// `sluice status --fleet`: how the node that is asked stands in its fleet, how old is what it knows of others, and all nodes as they tell
// of themselves. Exit code 1 where no Sluice answers, and where its config has no fleet.

import { formatDuration } from "../base/duration.ts";
import { clockOffMs, clockText } from "../control/fleet/clock.ts";
import { aliveMinMs, type FleetAnswer, type FleetStatus, type NodeStatus } from "../control/fleet/nodestatus.ts";
import type { TalkFigures } from "../control/fleet/talk.ts";
import type { Writer } from "./check.ts";
import { ask, errorOf, type RemoteOptions } from "./client.ts";
import { age } from "./status.ts";
import { table } from "./table.ts";

export async function fleetStatus(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", "/api/v1/fleet");
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (refusal !== null || !answer.ok) {
    writer.err(`sluice: ${refusal}`);
    return 1;
  }
  const found = answer.body as FleetAnswer; // What our own admin interface answers.
  if (options.json === true) writer.out(JSON.stringify(found, null, 2));
  else if (found.fleet === null) writer.err("sluice: the config has no fleet: this node is alone");
  else writer.out(fleetText(found.fleet, found.nodes, Date.now()));
  return found.fleet === null ? 1 : 0;
}

export function fleetText(fleet: FleetStatus, nodes: readonly NodeStatus[], nowMs: number): string {
  const lines = [headOf(fleet, nowMs)];
  if (!fleet.isUp && nodes.length > 1) lines.push("other nodes as they were told of last:");
  if (nodes.length > 0) lines.push("", nodeTable(nodes, fleet));
  if (fleet.tables.length > 0) lines.push("", sharedTable(fleet.tables));
  return lines.join("\n");
}

function headOf(fleet: FleetStatus, nowMs: number): string {
  const { name, node, redis, isUp, problem, since, intervalMs, staleMs, whenStale, bans } = fleet;
  const forText = since === null ? "" : ` for ${age(Math.max(0, Math.round((nowMs - Date.parse(since)) / 1000)))}`;
  const standing = isUp
    ? `answers${forText}${problem === null ? "" : `, but ${problem}`}`
    : `is away${forText}: ${problem ?? "not connected yet"}`;
  return [
    `fleet ${name}, node ${node}, Redis ${redis} ${standing}`,
    `  tables are exchanged every ${formatDuration(intervalMs)}, stale after ${formatDuration(staleMs)}, then ${whenStale}; bans are ${bans ? "of all nodes" : "each node's own"}`,
  ].join("\n");
}

function nodeTable(nodes: readonly NodeStatus[], fleet: FleetStatus): string {
  const rows = nodes.map((node) => [
    `${node.name}${node.isSelf ? " *" : ""}`,
    stateText(node, fleet),
    node.address,
    `${node.workers.up}/${node.workers.all}`,
    `${node.servers.up}/${node.servers.all}`,
    String(node.connections),
    String(node.requestsPerSecond),
    String(node.requests),
    String(node.bans),
    heardText(node, fleet.staleMs),
    clockOf(node),
    node.config.slice(0, 8),
    node.version,
  ]);
  const heads = ["NODE", "STATE", "ADMIN", "WORKERS", "SERVERS", "CONNECTIONS", "REQ/S", "REQUESTS", "BANS"];
  return table([...heads, "HEARD", "CLOCK", "CONFIG", "VERSION"], rows, [5, 6, 7, 8]);
}

/** Of one that was here when Redis went away nobody knows that it is gone. */
function stateText({ standing, state, seenMsAgo }: NodeStatus, fleet: FleetStatus): string {
  if (standing === "here") return state;
  const forText = age(Math.round(seenMsAgo / 1000));
  const wasHere = !fleet.isUp && seenMsAgo - fleet.heartbeatAgeMs < Math.max(fleet.staleMs, aliveMinMs);
  return `${wasHere ? "unheard" : "gone"} for ${forText}`;
}

function sharedTable(tables: readonly TalkFigures[]): string {
  const rows = tables.map((each) => [
    each.table,
    ageText(each.ageMs, each.isStale),
    String(each.exchanges),
    String(each.failures),
    String(each.keysSent),
    String(each.keysReceived),
    each.problem ?? "",
  ]);
  return table(["TABLE", "HEARD", "EXCHANGES", "FAILURES", "SENT", "RECEIVED", "PROBLEM"], rows, [2, 3, 4, 5]);
}

/** Against that of Redis; less than this may be the way there. One of an older version does not say. */
function clockOf({ clockAheadMs = null }: NodeStatus): string {
  if (clockAheadMs === null) return "-";
  return Math.abs(clockAheadMs) > clockOffMs ? clockText(clockAheadMs) : "right";
}

/** One that is gone has heard of nobody since, and has not said so. */
function heardText({ standing, exchangeAgeMs, isStale, seenMsAgo }: NodeStatus, staleMs: number): string {
  if (standing === "here" || exchangeAgeMs === null) return ageText(exchangeAgeMs, isStale);
  return ageText(exchangeAgeMs + seenMsAgo, isStale || exchangeAgeMs + seenMsAgo > staleMs);
}

/** `120ms ago`, `7s ago (stale)`, `never`. */
function ageText(ageMs: number | null, isStale: boolean): string {
  if (ageMs === null) return isStale ? "never (stale)" : "-";
  const ago = ageMs < 1000 ? `${Math.round(ageMs)}ms` : age(Math.round(ageMs / 1000));
  return `${ago} ago${isStale ? " (stale)" : ""}`;
}
