// A purge as it is asked for over the admin interface: read, and carried out in all caches that it is meant for, in slices between
// which control does other things. A cache that workers share is purged when the answer comes; of one that each worker has for
// itself, workers are told. What lies in a Redis behind a cache goes first, or it could be fetched from there again meanwhile:
// by its key, or else all of it, for Redis can find nothing by prefix or tag. What is being written there just now comes behind
// that: by its key it is not asked for there until that has been taken away too.

import { didYouMean } from "../../base/nearest.ts";
import { misread, quote, type Reading, read } from "../../base/reading.ts";
import { heldUntil, keysOf, type Purge, type PurgeKind, policiesOf, purgeSteps, spellings } from "../../cache/purge.ts";
import { tagOf } from "../../cache/tags.ts";
import type { Plan } from "../../config/plan.ts";
import type { CacheStore } from "../../memory/cachestore.ts";
import { inSlices } from "../slices.ts";
import type { PurgedAnswer } from "./answer.ts";

const kinds: readonly PurgeKind[] = ["url", "prefix", "tag", "all"];
const names: readonly string[] = [...kinds, "soft", "cache"];
const textMax = 16_384;

export interface AskedPurge {
  readonly purge: Purge;
  /** Null: all caches. */
  readonly cache: string | null;
}

/** `{"url" | "prefix" | "tag": text, or "all": true; "soft": true; "cache": name}` */
export function readPurge(body: Record<string, unknown>): Reading<AskedPurge> {
  const stranger = Object.keys(body).find((name) => !names.includes(name));
  if (stranger !== undefined) return misread(`there is no ${quote(stranger)} here${didYouMean(stranger, names)}`);
  const said = kinds.filter((kind) => body[kind] !== undefined && body[kind] !== false);
  const [kind] = said;
  if (kind === undefined || said.length > 1)
    return misread('say what is to be purged by one of these: "url", "prefix", "tag", "all"');
  const { soft = false, cache = null } = body;
  if (typeof soft !== "boolean") return misread('"soft" must be true or false');
  if (cache !== null && typeof cache !== "string") return misread('"cache" must be the name of a cache');
  const text = readText(kind, body[kind]);
  return text.ok ? read({ purge: { kind, text: text.value, isSoft: soft }, cache }) : text;
}

function readText(kind: PurgeKind, value: unknown): Reading<string> {
  if (kind === "all") return value === true ? read("") : misread('"all" must be true');
  if (typeof value !== "string" || value.length > textMax) return misread(`"${kind}" must be a text`);
  if (kind === "tag") {
    const tag = tagOf(value);
    return tag === "" ? misread(`"tag" must be one tag, without blanks and commas, not ${quote(value)}`) : read(tag);
  }
  if (spellings({ kind, text: value }, []).length > 0) return read(value);
  const example = kind === "url" ? "https://example.com/page?id=1" : "https://example.com/images/";
  return misread(`"${kind}" must be such as ${example}, not ${quote(value)}`);
}

export interface PurgePlace {
  readonly plan: Plan;
  /** Null where workers have it for themselves. */
  readonly storeOf: (name: string) => CacheStore | null;
  readonly tell: (cache: string, purge: Purge) => void;
  /** What a cache has behind it; null without. */
  readonly remoteOf: (name: string) => RemotePurge | null;
  /** Of the wall clock. */
  readonly nowMs: () => number;
}

export interface RemotePurge {
  /** By first parts of keys. False: it is away. */
  remove(firsts: readonly Uint8Array[]): Promise<boolean>;
  /** All of it. */
  forget(): Promise<boolean>;
}

/** Of the caches with these names. */
export async function carryOut(purge: Purge, caches: readonly string[], place: PurgePlace): Promise<PurgedAnswer> {
  const counts: Record<string, number> = {};
  const told: string[] = [];
  const unreached: string[] = [];
  const removed: string[] = [];
  for (const name of caches) {
    const remote = place.remoteOf(name);
    if (remote !== null && !(await purgeRemote(remote, purge, name, place.plan))) unreached.push(name);
    else if (remote !== null && purge.isSoft) removed.push(name);
    const store = place.storeOf(name);
    if (store !== null) counts[name] = await inSlices(stepsIn(store, purge, name, place));
    else {
      place.tell(name, purge);
      told.push(name);
    }
  }
  const purged = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { purged, soft: purge.isSoft, caches: counts, told, unreached, removed };
}

function stepsIn(store: CacheStore, purge: Purge, name: string, { plan, nowMs }: PurgePlace): Generator<void, number> {
  const now = nowMs();
  return purgeSteps(store, purge, policiesOf(plan, name), now, heldUntil(plan, name, now));
}

async function purgeRemote(remote: RemotePurge, purge: Purge, name: string, plan: Plan): Promise<boolean> {
  const keys = purge.kind === "url" ? keysOf(purge, policiesOf(plan, name)) : null;
  return keys === null ? remote.forget() : remote.remove(keys);
}
