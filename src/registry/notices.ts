// How one connection hears of changes of sets, by whatever Redis offers, best first. It is set up anew for every connection, for Redis
// forgets with it. None of this needs another configuration of Redis, and what is only heard is never believed: the set is read.
//
//   tracking         Redis >= 6 tells of every change of keys that begin so (CLIENT TRACKING ON BCAST), whoever makes it
//   keyspace events  told where notify-keyspace-events has them; what is missing there is added, never taken away, where that is allowed
//   channel          what our own sentinels and commands publish themselves; beside the others too

import type { Connection } from "../redis/connection.ts";
import { type Reply, ReplyError } from "../redis/resp.ts";
import type { Notice } from "./registry.ts";
import { keysOf } from "./scripts.ts";

/** What changes of a set are told by: K keyspace, s sets, g del and rename, x expired, e evicted. */
const flagsNeeded = "Ksgxe";

/** Rejects only when the connection ends. */
export async function arm(connection: Connection, sets: readonly string[], database: number): Promise<Notice> {
  if (!connection.hasPushes || sets.length === 0) return "poll";
  const isChannel = await allowed(
    Promise.all(sets.map((set) => connection.subscribe(keysOf(set).changes))).then(() => true),
  );
  if (await isTracking(connection, sets)) return "tracking";
  if (await hasEvents(connection, sets, database)) return "keyspace events";
  return isChannel === true ? "channel" : "poll";
}

/** The sets that a push tells of; null: maybe all of them. Empty: it tells of something else. */
export function changedBy(push: readonly Reply[], sets: readonly string[]): readonly string[] | null {
  const [kind, what] = push;
  if (kind === "invalidate") {
    // FLUSHALL and FLUSHDB say nothing in particular.
    if (!Array.isArray(what)) return null;
    const keys = new Set<Reply>(what);
    return sets.filter((set) => keys.has(set) || keys.has(keysOf(set).draining));
  }
  if (kind !== "message" || typeof what !== "string") return [];
  const key = /^__keyspace@\d+__:(.*)$/s.exec(what)?.[1];
  return sets.filter((set) => {
    const { draining, changes } = keysOf(set);
    return what === changes || key === set || key === draining;
  });
}

async function isTracking(connection: Connection, sets: readonly string[]): Promise<boolean> {
  const off = await allowed(connection.ask("CLIENT", "TRACKING", "OFF"));
  if (off === null) return false;
  const words = prefixesOf(sets).flatMap((prefix) => ["PREFIX", prefix]);
  return (await allowed(connection.ask("CLIENT", "TRACKING", "ON", "BCAST", ...words))) === "OK";
}

async function hasEvents(connection: Connection, sets: readonly string[], database: number): Promise<boolean> {
  const channels = sets.flatMap((set) => [set, keysOf(set).draining]).map((key) => `__keyspace@${database}__:${key}`);
  const subscribed = await allowed(Promise.all(channels.map((name) => connection.subscribe(name))).then(() => true));
  if (subscribed === null) return false;
  const reply = await allowed(connection.ask("CONFIG", "GET", "notify-keyspace-events"));
  if (!Array.isArray(reply) || typeof reply[1] !== "string") return false;
  const flags: string = reply[1];
  // A stands for all kinds of events.
  const missing = [...flagsNeeded].filter((flag) => !flags.includes(flag) && (flag === "K" || !flags.includes("A")));
  if (missing.length === 0) return true;
  const wanted = flags + missing.join("");
  return (await allowed(connection.ask("CONFIG", "SET", "notify-keyspace-events", wanted))) === "OK";
}

/** Redis refuses prefixes of which one begins with another. */
function prefixesOf(sets: readonly string[]): string[] {
  return sets.filter((set) => !sets.some((other) => other !== set && set.startsWith(other)));
}

/** Null where Redis says no. */
async function allowed<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ReplyError) return null;
    throw error;
  }
}
