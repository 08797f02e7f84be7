// Plans with a cache for conversations: one cache, which the first pool uses, with nothing said that a response does not say itself.

import type { CachePlan, PoolCachePlan } from "../../src/config/plan.ts";
import type { Playbook } from "../playbook.ts";
import type { Actor } from "./actor.ts";
import type { PlanOptions } from "./plan.ts";

export const cachePlan: CachePlan = {
  name: "pages",
  bytesMax: 4 * 2 ** 20,
  objectBytesMax: 2 ** 20,
  policy: "tinylfu",
  isShared: false,
  redis: null,
};

export const poolCachePlan: PoolCachePlan = {
  cache: 0,
  scope: "",
  ttlMs: -1,
  defaultTtlMs: -1,
  heuristicShare: 0.1,
  heuristicMaxMs: 86_400_000,
  negative: [],
  staleWhileRevalidateMs: 0,
  staleIfErrorMs: 0,
  honorsRequests: true,
  dropsCookies: false,
  query: { included: null, excluded: [], isSorted: false },
  keyFields: [],
  keyCookies: [],
  bypass: null,
  collapseMs: 10_000,
  passMs: 30_000,
  tagFields: ["surrogate-key", "cache-tag"],
  isTold: true,
};

/** `options` with a cache; `policy` is what the first pool says of it. */
export function cached(
  policy: Partial<PoolCachePlan> = {},
  options: PlanOptions = {},
  cache: Partial<CachePlan> = {},
): PlanOptions {
  return {
    ...options,
    caches: [{ ...cachePlan, ...cache }],
    pool: { ...options.pool, cache: { ...poolCachePlan, ...policy } },
  };
}

/** The Date of the first second of a conversation. */
export const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT";

export const fresh = "Cache-Control: max-age=60";

/** A first request that stores what its server answers. */
export function filled(play: Playbook, request: string, response: string): { client: Actor; server: Actor } {
  const client = play.connect();
  client.sends(request);
  const server = play.accept();
  server.sends(response);
  play.take();
  return { client, server };
}
