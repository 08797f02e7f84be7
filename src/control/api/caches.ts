// /api/v1/caches and /api/v1/cache: what caches hold, why a request is answered from one or is not, and purges.
//
//   GET   /api/v1/caches                              every cache, how large and how full
//   GET   /api/v1/cache/why?url&header&method&cache   what stands under the key of such a request, and what becomes of it
//   POST  /api/v1/cache/purge                         {"url" | "prefix" | "tag" | "all", "soft", "cache"}; answers how many
//
// A cache may hold a million responses: it is gone through in slices, so that neither traffic nor control waits.

import { didYouMean } from "../../config/nearest.ts";
import type { CachePlan, Plan } from "../../config/plan.ts";
import type { Asked } from "../../flow/question.ts";
import type { CacheSummary, CachesAnswer, WhyAnswer } from "../cache/answer.ts";
import { carryOut, type PurgePlace, type RemotePurge, readPurge } from "../cache/purging.ts";
import { type AskedRequest, readRequest } from "../cache/request.ts";
import { type CacheUser, whyKeys } from "../cache/why.ts";
import { type RedisSource, redisStatus } from "../cachestatus.ts";
import type { Way } from "../explaining.ts";
import { bodyOf, json, only, problem, type Routes } from "./answer.ts";

export interface CachesService extends Omit<PurgePlace, "plan" | "remoteOf"> {
  /** What a cache has behind it; null without. */
  readonly remoteOf: (name: string) => (RemotePurge & RedisSource) | null;
  /** The one in force, null before there is one. */
  plan(): Plan | null;
  /** Null where that cannot be told. */
  wayOf(asked: Asked, plan: Plan): Way | null;
}

const whyNames: readonly string[] = ["url", "header", "method", "cache"];

export function cacheRoutes(service: CachesService): Routes {
  return (request, path) => {
    const answer = answerOf(path);
    if (answer === null) return null;
    const plan = service.plan();
    const method = answer === purge ? "POST" : "GET";
    return only(request, method, () =>
      plan === null ? problem(503, "there is no plan in force yet") : answer(request, plan, service),
    );
  };
}

type CacheAnswer = (request: Request, plan: Plan, service: CachesService) => Response | Promise<Response>;

function answerOf(path: string): CacheAnswer | null {
  switch (path) {
    case "/api/v1/caches":
      return list;
    case "/api/v1/cache/why":
      return why;
    case "/api/v1/cache/purge":
      return purge;
    default:
      return null;
  }
}

function list(_: Request, plan: Plan, service: CachesService): Response {
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

async function why(request: Request, plan: Plan, service: CachesService): Promise<Response> {
  const { searchParams } = new URL(request.url);
  for (const name of searchParams.keys())
    if (!whyNames.includes(name)) return problem(400, `there is no parameter ${name}${didYouMean(name, whyNames)}`);
  const url = searchParams.get("url");
  if (url === null) return problem(400, "say which: ?url=https://example.com/path");
  const asked = readRequest(url, searchParams.get("method") ?? "GET", searchParams.getAll("header"));
  if (!asked.ok) return problem(400, asked.message);
  const cache = searchParams.get("cache");
  if (cache !== null && !plan.caches.some(({ name }) => name === cache)) return problem(404, missing(cache, plan));
  if (plan.caches.length === 0) return problem(404, "the config has no caches");
  return json(200, await whyAnswer(asked.value, cache, plan, service));
}

async function whyAnswer(
  request: AskedRequest,
  cache: string | null,
  plan: Plan,
  service: CachesService,
): Promise<WhyAnswer> {
  const notes: string[] = [];
  const { method, url, headers } = request;
  const way = service.wayOf({ method, url, headers }, plan);
  // Where it is known which pool a request comes to, the keys of others are nothing to it.
  const isOf = (pool: string): boolean => way?.pool === null || way?.pool === undefined || way.pool === pool;
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
      notes.push(`pool ${pool.name} has the cache ${of.name}, which each worker has for itself: look at Cache-Status`);
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

async function purge(request: Request, plan: Plan, service: CachesService): Promise<Response> {
  const body = await bodyOf(request);
  if (body instanceof Response) return body;
  const asked = readPurge(body);
  if (!asked.ok) return problem(400, asked.message);
  const { cache } = asked.value;
  const names = plan.caches.map(({ name }) => name);
  if (cache !== null && !names.includes(cache)) return problem(404, missing(cache, plan));
  const { storeOf, tell, remoteOf } = service;
  const place = { plan, storeOf: (name: string) => storeOf(name), tell, remoteOf, nowMs: () => service.nowMs() };
  return json(200, await carryOut(asked.value.purge, cache === null ? names : [cache], place));
}
