// What a node says of itself to its fleet, and how it stands with the others: what GET /api/v1/fleet answers and `sluice status --fleet`
// shows. The shapes are public; fields are added, not changed. What another node has said is read as what a stranger says.

import type { Reply } from "../../redis/resp.ts";
import type { TalkFigures } from "./talk.ts";

export interface NodeSummary {
  readonly version: string;
  /** Of its admin interface. */
  readonly address: string;
  readonly state: string;
  readonly startedAt: string;
  readonly workers: { readonly up: number; readonly all: number };
  readonly connections: number;
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly servers: { readonly up: number; readonly all: number };
  /** Nodes of one fleet that have the same config show the same. */
  readonly config: string;
  readonly bans: number;
  /** Of the shared table that heard of others longest ago; null: of none, or never. */
  readonly exchangeAgeMs: number | null;
  readonly isStale: boolean;
  /** Of its clock, before Redis'; null: it is not known. */
  readonly clockAheadMs: number | null;
}

/** Beats that may fail before a node counts as gone, whatever `stale` says. */
export const aliveMinMs = 3000;

export interface NodeStatus extends NodeSummary {
  readonly name: string;
  readonly isSelf: boolean;
  /** gone: it has said nothing for longer than `stale`. */
  readonly standing: "here" | "gone";
  readonly seenMsAgo: number;
}

export interface FleetStatus {
  readonly name: string;
  readonly node: string;
  /** Of Redis, without anything secret. */
  readonly redis: string;
  readonly isUp: boolean;
  /** Why it is away; of one that answers, what does not get through, and why. */
  readonly problem: string | null;
  readonly since: string | null;
  readonly intervalMs: number;
  readonly staleMs: number;
  readonly whenStale: "open" | "closed";
  readonly bans: boolean;
  /** Times that Redis went away. */
  readonly outages: number;
  /** Nodes that are here, as far as this one knows, which is one of them. */
  readonly nodes: number;
  /** Since the last heartbeat that got through, or since there is one. */
  readonly heartbeatAgeMs: number;
  /** Of the clock here, before Redis'; null: it is not known. */
  readonly clockAheadMs: number | null;
  readonly tables: readonly TalkFigures[];
}

export interface FleetAnswer {
  /** Null: the config has no fleet. */
  readonly fleet: FleetStatus | null;
  /** As Redis has them now; while it is away as it last told. */
  readonly nodes: readonly NodeStatus[];
}

const unknown: NodeSummary = {
  ...{ version: "?", address: "", state: "unknown", startedAt: "", connections: 0, requests: 0, requestsPerSecond: 0 },
  ...{ workers: { up: 0, all: 0 }, servers: { up: 0, all: 0 }, config: "", bans: 0 },
  ...{ exchangeAgeMs: null, isStale: false, clockAheadMs: null },
};

/** `reply`: of the script of nodes. Sorted by name. */
export function nodesOf(reply: Reply, self: string, aliveMs: number): NodeStatus[] {
  if (!Array.isArray(reply)) return [];
  const [now, ...words] = (reply as readonly Reply[]).map(String);
  const nodes: NodeStatus[] = [];
  for (let index = 0; index + 2 < words.length; index += 3) {
    const [name, seen, said] = words.slice(index, index + 3) as [string, string, string];
    const seenMsAgo = Math.max(Number(now) - Number(seen), 0);
    const standing = seenMsAgo < aliveMs ? "here" : "gone";
    nodes.push({ ...summaryOf(said), name, isSelf: name === self, standing, seenMsAgo });
  }
  return nodes.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** As they were told of so long ago. */
export function olderBy(nodes: readonly NodeStatus[], ms: number, aliveMs: number): NodeStatus[] {
  return nodes.map((node) => {
    const seenMsAgo = node.seenMsAgo + Math.round(ms);
    return { ...node, seenMsAgo, standing: seenMsAgo < aliveMs ? "here" : "gone" };
  });
}

/** Of oneself one knows better than Redis, which may not have heard of it, or for long. */
export function withSelf(nodes: readonly NodeStatus[], name: string, summary: NodeSummary): NodeStatus[] {
  const told = nodes.find((node) => node.isSelf);
  const self: NodeStatus = { ...summary, name, isSelf: true, standing: "here", seenMsAgo: told?.seenMsAgo ?? 0 };
  const all = [...nodes.filter((node) => !node.isSelf), self];
  return all.sort((one, other) => (one.name < other.name ? -1 : 1));
}

function summaryOf(text: string): NodeSummary {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return unknown;
  }
  if (typeof said !== "object" || said === null) return unknown;
  const given = said as Partial<Record<keyof NodeSummary, unknown>>;
  const kept = Object.entries(unknown).map(([name, usual]) => {
    const value = given[name as keyof NodeSummary];
    const isAlike = usual === null ? value === null || typeof value === "number" : isOfKind(value, usual);
    return [name, isAlike ? value : usual];
  });
  return Object.fromEntries(kept) as NodeSummary;
}

function isOfKind(value: unknown, usual: unknown): boolean {
  if (typeof usual !== "object") return typeof value === typeof usual;
  const pair = value as { up?: unknown; all?: unknown } | null | undefined;
  return typeof pair?.up === "number" && typeof pair.all === "number";
}
