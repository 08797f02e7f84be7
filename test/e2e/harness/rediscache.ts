// What tests of the second level in Redis have in common: a site whose answers say which they are, a Sluice whose connections to
// Redis are up, and what came of a request.

import { Origin, ok } from "./origin.ts";
import { testWith } from "./program.ts";
import type { Redis } from "./redis.ts";
import type { Room } from "./room.ts";
import { type Draft, Sluice } from "./sluice.ts";
import { until } from "./wait.ts";

/** `test`, where there is a Redis. */
export const withRedis: ReturnType<typeof testWith> = testWith(["redis-server", "redis-cli"]);

/** Fields by path; all else is fresh for long. */
const fieldsFor: Readonly<Record<string, readonly string[]>> = {
  "/vary": ["Cache-Control: max-age=600", "Vary: X-Kind"],
  "/swr": ["Cache-Control: max-age=100, stale-while-revalidate=50"],
  "/etag": ["Cache-Control: max-age=100", 'ETag: "v"'],
  "/short": ["Cache-Control: max-age=100"],
  "/none": ["Cache-Control: no-store"],
  "/shoes": ["Cache-Control: max-age=600", "Surrogate-Key: shoes"],
};

/** Says which path and kind it was asked for, and how often it was asked before. */
export function originIn(room: Room): Origin {
  const origin: Origin = new Origin(room, ({ target, fields }) =>
    ok(
      `${target} ${fields.get("x-kind")?.[0] ?? "-"} ${origin.asked.length}`,
      ...(fieldsFor[target] ?? ["Cache-Control: max-age=600"]),
    ),
  );
  return origin;
}

export function draftOf(
  origin: Origin,
  redis: string | { url: string; timeout: string },
  more: Partial<Draft> = {},
  size = "8mb",
): Draft {
  return { caches: { pages: { size, redis } }, pools: { app: { servers: [origin.address], cache: "pages" } }, ...more };
}

/** One site, whichever Sluice is asked. */
export const host = "shop.test";

/** With time for a machine that has much else to do. */
export function at(redis: Redis): { url: string; timeout: string } {
  return { url: `redis://${redis.address}`, timeout: "1s" };
}

/** With its connections to Redis, two for each process, so that the first request is told there. */
export async function started(room: Room, redis: Redis, draft: Draft): Promise<Sluice> {
  const connected = async (): Promise<number> =>
    Number(/connected_clients:(\d+)/.exec(await redis.ask("INFO", "clients"))?.[1]);
  const before = await connected();
  const sluice = await Sluice.start(room, draft);
  const processes = 1 + (typeof draft.workers === "number" ? draft.workers : 1);
  await until("its connections to Redis", async () => (await connected()) >= before + 2 * processes);
  return sluice;
}

export interface Told {
  readonly status: number;
  readonly body: string;
  /** Of Cache-Status, behind the name. */
  readonly cache: string;
  readonly age: string | null;
}

export async function ask(sluice: Sluice, path: string, headers: Record<string, string> = {}): Promise<Told> {
  const response = await fetch(`${sluice.url}${path}`, { headers: { host, ...headers } });
  const cache = (response.headers.get("cache-status") ?? "").replace(/^Sluice; /, "").replace(/; ttl=-?\d+/, "");
  return { status: response.status, body: await response.text(), cache, age: response.headers.get("age") };
}

/** Keys of values: beside them there is the count of purges of each cache. */
export async function valuesIn(redis: Redis, pattern = "*"): Promise<string[]> {
  return (await redis.keys(pattern)).filter((key) => !key.endsWith(":purges"));
}

/** Until so many of them are in Redis. */
export function kept(redis: Redis, count: number, pattern = "*"): Promise<string[]> {
  return until(`${count} keys in Redis`, async () => {
    const keys = await valuesIn(redis, pattern);
    return keys.length === count ? keys : null;
  });
}

/** The counter of questions to Redis. */
export const remote = "sluice_cache_remote_requests_total";
