// The weights of servers as the config had them before somebody changed them over HAProxy's runtime API: what percentages are of, and what
// `get weight` calls initial. They are forgotten with this process. What is ordered of a server stands in the roster, as for every door.

import type { PoolPlan } from "../../config/plan.ts";

export class FirstWeights {
  readonly #byServer = new Map<string, number>();

  /** Told before each change; the first one says it. */
  changes(pool: string, server: string, before: number): void {
    const key = keyOf(pool, server);
    if (!this.#byServer.has(key)) this.#byServer.set(key, before);
  }

  /** What is there no longer is forgotten: who comes under its name has weights of his own. */
  keep(pools: readonly Pick<PoolPlan, "name" | "servers">[]): void {
    if (this.#byServer.size === 0) return;
    const there = new Set(pools.flatMap(({ name, servers }) => servers.map((server) => keyOf(name, server.name))));
    for (const key of this.#byServer.keys()) if (!there.has(key)) this.#byServer.delete(key);
  }

  of(pool: string, server: string, now: number): number {
    return this.#byServer.get(keyOf(pool, server)) ?? now;
  }
}

function keyOf(pool: string, server: string): string {
  return JSON.stringify([pool, server]);
}
