// The part of the plan that is about content (plancontent.ts), from a checked config: caches and how pools use them, what is done to
// bodies, copies, CORS.

import { readRedisPlace } from "../base/redisplace.ts";
import { compress as compressSchema } from "./bodyschema.ts";
import { poolCache, readStatuses } from "./cacheschema.ts";
import { bytes, ms, seconds, value } from "./measure.ts";
import type { BodyPlan, CachePlan, Coding, CompressPlan, CorsPlan, MirrorPlan, PoolCachePlan } from "./plan.ts";
import type { Cache, Compress, Config, Cors, Listener, Mirror, Pool, PoolCache, Replace } from "./types.ts";

/** Of a cache that nobody has described. */
const usualCache: Cache = { policy: "tinylfu", memory: "shared" };
/** No other can be called that: a config names its own by letters. */
export const usualCacheName = "default";
const bytesUsual = 128 * 1024 * 1024;
const objectBytesUsual = 64 * 1024 * 1024;
const objectShareUsual = 16;

/** Caches by name: those of the config, and the usual one where a pool wants one and there is none. */
export function cachesOf(config: Config): [string, Cache][] {
  const named = Object.entries(config.caches);
  const uses = [
    ...Object.values(config.pools).map((pool) => pool.cache),
    ...Object.values(config.listeners).map(({ proxy }) => (typeof proxy === "object" ? proxy.cache : undefined)),
  ];
  const isAnyWanted = uses.some((use) => use === true || (typeof use === "object" && use.in === undefined));
  return named.length === 0 && isAnyWanted ? [[usualCacheName, usualCache]] : named;
}

export function compileCache(name: string, cache: Cache): CachePlan {
  const bytesMax = cache.size === undefined ? bytesUsual : bytes(cache.size);
  const { redis } = cache;
  const own = typeof redis === "string" ? { url: redis, prefix: "sluice:", timeout: "50ms", connections: 2 } : redis;
  const objectBytesMax =
    cache.objectSize === undefined
      ? Math.min(objectBytesUsual, Math.floor(bytesMax / objectShareUsual))
      : bytes(cache.objectSize);
  const fits = { bytesMax, objectBytesMax, hasObjectSize: cache.objectSize !== undefined };
  return {
    name,
    bytesMax,
    objectBytesMax,
    policy: cache.policy,
    isShared: cache.memory === "shared",
    ...(cache.size === undefined && { fits }),
    redis:
      own === undefined
        ? null
        : {
            url: value(readRedisPlace(own.url)).url,
            prefix: own.prefix,
            timeoutMs: ms(own.timeout),
            connectionsMax: own.connections,
          },
  };
}

/** The cache that is meant, by its name; undefined where that cannot be told. */
export function cacheNameOf(use: boolean | string | PoolCache, config: Config): string | undefined {
  if (typeof use === "string") return use;
  if (typeof use === "object" && use.in !== undefined) return use.in;
  const names = cachesOf(config).map(([name]) => name);
  return names.length === 1 ? names[0] : undefined;
}

export function compilePoolCache(
  pool: string,
  use: boolean | string | PoolCache | undefined,
  config: Config,
): PoolCachePlan | null {
  if (use === undefined || use === false) return null;
  const policy = typeof use === "object" ? use : poolCache.parse({});
  const { key } = policy;
  const query = key.query === false ? { include: [], exclude: [], sort: false } : key.query;
  const name = cacheNameOf(use, config);
  return {
    cache: cachesOf(config).findIndex(([one]) => one === name),
    scope: isAlone(name, config) ? "" : pool,
    ttlMs: optionalMs(policy.ttl),
    defaultTtlMs: optionalMs(policy.defaultTtl),
    heuristicShare: policy.heuristic === false ? 0 : policy.heuristic,
    heuristicMaxMs: ms(policy.heuristicMax),
    negative: Object.entries(policy.negative).flatMap(([statuses, ttl]) =>
      value(readStatuses(statuses)).map((on) => ({ on, ttlMs: ms(ttl) })),
    ),
    staleWhileRevalidateMs: ms(policy.staleWhileRevalidate),
    staleIfErrorMs: ms(policy.staleIfError),
    honorsRequests: policy.requests === "honor",
    dropsCookies: policy.setCookie === "drop",
    query: { included: query.include ?? null, excluded: query.exclude, isSorted: query.sort },
    keyFields: key.headers.map((field) => field.toLowerCase()),
    keyCookies: key.cookies,
    bypass: policy.bypass ?? null,
    collapseMs: policy.collapse === false ? 0 : ms(policy.collapse),
    passMs: ms(policy.passFor),
    tagFields: policy.tags.map((field) => field.toLowerCase()),
    isTold: policy.status,
  };
}

/** Whether no two pools have that cache. */
function isAlone(cache: string | undefined, config: Config): boolean {
  const uses = Object.values(config.pools).map((pool) => pool.cache);
  const isOfIt = (use: Pool["cache"]): boolean =>
    use !== undefined && use !== false && cacheNameOf(use, config) === cache;
  return uses.filter(isOfIt).length < 2;
}

function optionalMs(text: string | undefined): number {
  return text === undefined ? -1 : ms(text);
}

export function compileBody(own: Pick<Pool | Listener, "compress" | "replace">): BodyPlan {
  const isSaid = own.compress !== undefined;
  return { isSaid, compress: compileCompress(own.compress), replace: own.replace.map(compileReplace) };
}

function compileCompress(said: boolean | Coding[] | Compress | undefined): CompressPlan | null {
  if (said === undefined || said === false) return null;
  const usual = compressSchema.parse({}) as Compress;
  const own = said === true ? usual : Array.isArray(said) ? { ...usual, codings: said } : said;
  return {
    codings: own.codings,
    types: own.types.map((type) => type.toLowerCase()),
    bytesMin: own.minimum === 0 ? 0 : bytes(own.minimum),
    level: own.level,
  };
}

function compileReplace(own: Replace): BodyPlan["replace"][number] {
  return {
    find: own.pattern ?? own.find ?? "",
    isPattern: own.pattern !== undefined,
    by: own.by,
    types: own.types.map((type) => type.toLowerCase()),
    matchBytesMax: own.pattern === undefined ? Buffer.byteLength(own.find ?? "") : bytes(own.longest),
  };
}

export function compileMirror(
  said: string | Mirror | undefined,
  poolIndex: (name: string) => number,
): MirrorPlan | null {
  if (said === undefined) return null;
  const own = typeof said === "string" ? { to: said, share: 1, body: "64kb", concurrency: 100 } : said;
  return {
    pool: poolIndex(own.to),
    share: own.share,
    bodyBytesMax: own.body === 0 ? 0 : bytes(own.body),
    concurrencyMax: own.concurrency,
  };
}

export function compileCors(said: string | Cors | undefined): CorsPlan | null {
  if (said === undefined) return null;
  const usual = {
    methods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    headers: ["*"],
    expose: [],
    credentials: false,
    maxAge: "10m",
  };
  const own: Cors = typeof said === "string" ? { origins: [said], ...usual } : said;
  return {
    origins: own.origins.map((origin) => origin.toLowerCase()),
    methods: own.methods,
    headers: own.headers,
    exposed: own.expose,
    isWithCredentials: own.credentials,
    maxAgeS: seconds(own.maxAge),
  };
}
