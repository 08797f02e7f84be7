// What a node tells its fleet of itself, made from what it tells its own operators (control/status.ts), so that both say the same. Requests a
// second are those between two summaries, a second apart. It knows no fleet: how old the news of others are is added by who has them. The
// digest of the config tells an operator which nodes still have another one.

import type { Config } from "../../config/types.ts";
import type { Status } from "../status.ts";
import type { NodeSummary } from "./nodestatus.ts";

export type OwnSummary = Omit<NodeSummary, "exchangeAgeMs" | "isStale" | "clockAheadMs">;

export class Summing {
  #before: { readonly requests: number; readonly atMs: number } | null = null;

  summary(status: Status, of: { address: string; config: string; bans: number; nowMs: number }): OwnSummary {
    const { version, state, startedAt, workers, listeners, pools } = status;
    const { address, config, bans, nowMs } = of;
    const requests = sum(listeners.map((each) => each.requests + each.sessions));
    const servers = pools.flatMap((pool) => pool.servers);
    return {
      ...{ version, address, state, startedAt, config, bans, requests },
      workers: { up: workers.filter((each) => each.state === "up").length, all: workers.length },
      connections: sum(workers.map((each) => each.connections)),
      requestsPerSecond: this.#rate(requests, nowMs),
      servers: { up: servers.filter(({ isEligible }) => isEligible).length, all: servers.length },
    };
  }

  #rate(requests: number, nowMs: number): number {
    const before = this.#before;
    this.#before = { requests, atMs: nowMs };
    if (before === null || nowMs <= before.atMs || requests < before.requests) return 0;
    return Math.round(((requests - before.requests) * 10_000) / (nowMs - before.atMs)) / 10;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The same for nodes with the same config, but for what is each node's own: its name and its admin interface. */
export function digestOf({ admin: _, fleet, ...rest }: Config): string {
  const shared = typeof fleet === "object" ? { ...fleet, node: undefined } : fleet;
  return Bun.hash(JSON.stringify({ ...rest, fleet: shared }))
    .toString(16)
    .padStart(16, "0");
}
