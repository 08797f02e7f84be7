// /api/v1/caches and /api/v1/cache: what caches hold, why a request is answered from one or is not, and purges.
//
//   GET   /api/v1/caches                              every cache, how large and how full
//   GET   /api/v1/cache/why?url&header&method&listener&cache   what stands under the key of such a request, and what becomes of it
//   POST  /api/v1/cache/purge                         {"url" | "prefix" | "tag" | "all", "soft", "cache"}; answers how many
//
// A cache may hold a million responses: it is gone through in slices, so that neither traffic nor control waits.

import { didYouMean } from "../../base/nearest.ts";
import type { Reading } from "../../base/reading.ts";
import type { CachePlan, Plan } from "../../config/plan.ts";
import type { Asked } from "../../flow/question.ts";
import type { CacheSummary, CachesAnswer, WhyAnswer } from "../cache/answer.ts";
import { carryOut, type PurgePlace, type RemotePurge, readPurge } from "../cache/purging.ts";
import { type AskedRequest, readRequest } from "../cache/request.ts";
import { type CacheUser, whyKeys } from "../cache/why.ts";
import { type RedisSource, redisStatus } from "../cachestatus.ts";
import type { Way } from "../explaining.ts";
import { type Answer, json, notUnderstood, notValid, problem } from "./answer.ts";
import { type Operation, type WordedCall, wordedOperation } from "./operation.ts";
import { cachesAnswer, purgedAnswer, purgeWanted, whyAnswer, whyWanted } from "./shape/cache.ts";

export interface CachesService extends Omit<PurgePlace, "plan" | "remoteOf"> {
  /** What a cache has behind it; null without. */
  readonly remoteOf: (name: string) => (RemotePurge & RedisSource) | null;
  /** The one in force, null before there is one. */
  plan(): Plan | null;
  /** Or why that cannot be told. */
  wayOf(asked: Asked, plan: Plan): Promise<Reading<Way>>;
}

const whyNames: readonly string[] = ["url", "header", "method", "listener", "cache"];

export function cacheOperations(service: CachesService): readonly Operation[] {
  const tag = "Caches";
  const starting = { 503: { description: "Sluice is starting." } };
  const missing = { 404: { description: "There is no such cache." } };
  const inForce = (answer: (plan: Plan) => Answer): Answer => {
    const plan = service.plan();
    return plan === null ? problem(503, "there is no plan in force yet") : answer(plan);
  };
  return [
    wordedOperation({
      ...{ id: "listCaches", method: "GET", path: "/api/v1/caches", tag },
      summary: "caches: what they hold, and how full they are",
      answers: { 200: { description: "Every cache of the plan in force.", schema: cachesAnswer }, ...starting },
      handle: () => inForce((plan) => list(plan, service)),
    }),
    wordedOperation({
      ...{ id: "explainCache", method: "GET", path: "/api/v1/cache/why", tag, query: whyWanted },
      summary: "what is stored for a request, and why it is answered from there or is not",
      answers: {
        200: { description: "Each key that the request may have.", schema: whyAnswer },
        ...missing,
        ...starting,
      },
      handle: ({ query }) => inForce((plan) => why(query, plan, service)),
    }),
    wordedOperation({
      ...{ id: "purgeCache", method: "POST", path: "/api/v1/cache/purge", tag, body: purgeWanted },
      summary: "take responses out of caches, by url, prefix, tag or all",
      answers: { 200: { description: "How many it was.", schema: purgedAnswer }, ...missing, ...starting },
      handle: ({ body }) => inForce((plan) => purge(body, plan, service)),
    }),
  ];
}

function list(plan: Plan, service: CachesService): Response {
  return json(200, { caches: plan.caches.map((each) => summaryOf(each, plan, service)) } satisfies CachesAnswer);
}

function summaryOf(cache: CachePlan, plan: Plan, { storeOf, remoteOf, nowMs }: CachesService): CacheSummary {
  const remote = remoteOf(cache.name);
  const figures = storeOf(cache.name)?.figures();
  const { name, policy, objectBytesMax, isShared, redis } = cache;
  return {
    name,
    memory: isShared ? "shared" : "worker",
    policy,
    objectBytesMax,
    redis: redis !== null,
    remote: remote === null ? null : redisStatus(remote, nowMs()),
    pools: usersOf(plan, name),
    holds:
      figures === undefined
        ? null
        : {
            entries: figures.entries,
            marks: figures.marks,
            fetching: figures.fetching,
            bytes: figures.bytesUsed,
            bytesMax: figures.bytesMax,
            evictions: figures.evictions,
            refusals: figures.refusals,
            misfits: figures.misfits,
          },
  };
}

function usersOf({ pools, caches }: Plan, name: string): string[] {
  return pools.filter(({ cache }) => cache !== null && caches[cache.cache]?.name === name).map((pool) => pool.name);
}

function missing(name: string, { caches }: Plan): string {
  if (caches.length === 0) return `there is no cache ${name}: the config has none`;
  return `there is no cache ${name}${didYouMean(
    name,
    caches.map((each) => each.name),
  )}`;
}

async function why(searchParams: URLSearchParams, plan: Plan, service: CachesService): Promise<Response> {
  for (const name of searchParams.keys())
    if (!whyNames.includes(name)) return notUnderstood(`there is no parameter ${name}${didYouMean(name, whyNames)}`);
  const url = searchParams.get("url");
  if (url === null) return notUnderstood("say which: ?url=https://example.com/path");
  const asked = readRequest(url, searchParams.get("method") ?? "GET", searchParams.getAll("header"));
  if (!asked.ok) return notUnderstood(asked.message);
  const cache = searchParams.get("cache");
  if (cache !== null && !plan.caches.some(({ name }) => name === cache)) return problem(404, missing(cache, plan));
  if (plan.caches.length === 0) return problem(404, "the config has no caches");
  const listener = searchParams.get("listener");
  const listeners = plan.listeners.filter(({ mode }) => mode === "http").map(({ name }) => name);
  if (listener !== null && !listeners.includes(listener))
    return problem(404, `there is no listener ${listener} of mode http${didYouMean(listener, listeners)}`);
  return json(200, await whyOf(asked.value, { cache, listener }, plan, service));
}

async function whyOf(
  request: AskedRequest,
  { cache, listener }: { readonly cache: string | null; readonly listener: string | null },
  plan: Plan,
  service: CachesService,
): Promise<WhyAnswer> {
  const notes: string[] = [];
  const { method, url, headers } = request;
  const found = await service.wayOf({ method, url, headers, ...(listener === null ? {} : { listener }) }, plan);
  const way = found.ok ? found.value : null;
  // Where it is known which pool a request comes to, the keys of others are nothing to it.
  const isOf = (pool: string): boolean => way?.pool === null || way?.pool === undefined || way.pool === pool;
  if (!found.ok) notes.push(`every pool's cache is looked into, for the pool is not known: ${found.message}`);
  if (way !== null && way.assumption !== null) notes.push(`taken for granted: ${way.assumption}`);
  if (way !== null && way.pool === null) notes.push(`it comes to no pool: ${way.text}`);
  const users: CacheUser[] = [];
  for (const pool of plan.pools) {
    if (!isOf(pool.name)) continue;
    const of = pool.cache === null ? undefined : plan.caches[pool.cache.cache];
    if (pool.cache === null || of === undefined) {
      if (way?.pool === pool.name) notes.push(`it comes to pool ${pool.name}, which has no cache`);
      continue;
    }
    if (cache !== null && of.name !== cache) continue;
    const store = service.storeOf(of.name);
    if (store === null)
      notes.push(
        `pool ${pool.name} has the cache ${of.name}, of which each worker has its own, and none can be looked into from outside: Cache-Status of an answer says what became of it`,
      );
    else users.push({ pool: pool.name, plan: pool.cache, store });
    if (of.redis !== null)
      notes.push(
        `the Redis behind ${of.name} is not looked into: where nothing is in memory, the request asks there first`,
      );
    // Where it is known to come here the condition has been judged.
    if (pool.cache.bypass !== null && way?.pool !== pool.name)
      notes.push(`where ${pool.cache.bypass} holds, pool ${pool.name} does not ask its cache (bypass)`);
  }
  return { method, url, keys: await whyKeys(request, users, service.nowMs(), way?.bypass ?? null), notes };
}

async function purge(body: WordedCall["body"], plan: Plan, service: CachesService): Promise<Response> {
  const asked = readPurge(body);
  if (!asked.ok) return notValid(asked.message);
  const { cache } = asked.value;
  const names = plan.caches.map(({ name }) => name);
  if (cache !== null && !names.includes(cache)) return problem(404, missing(cache, plan));
  const { storeOf, tell, remoteOf } = service;
  const place = { plan, storeOf: (name: string) => storeOf(name), tell, remoteOf, nowMs: () => service.nowMs() };
  return json(200, await carryOut(asked.value.purge, cache === null ? names : [cache], place));
}
