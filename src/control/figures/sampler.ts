// One look at everything that is counted, made into figures: rates are what counters have grown by since the look before. It remembers
// that look and nothing else; when to look is said elsewhere (sampling.ts).

import { poolCell, workerCell } from "../../memory/tally.ts";
import type { Figures, PoolFigures, ServerFigures, ServerName } from "../api/shape/figures.ts";
import { Differences, perSecond } from "./differences.ts";
import { cachesOf, egressOf, ruleHitsOf } from "./holdings.ts";
import { type PoolServers, ServersWatch } from "./servers.ts";
import type { FiguresSource, Look } from "./source.ts";
import { type PoolTraffic, trafficOf } from "./traffic.ts";
import { usageOf, workersOf } from "./workers.ts";

export interface Sample {
  readonly figures: Figures;
  readonly changed: readonly ServerFigures[];
  readonly gone: readonly ServerName[];
}

/** So that nothing is divided by 0. */
const secondsMin = 0.001;

export class Sampler {
  readonly #source: FiguresSource;
  readonly #differences = new Differences();
  readonly #servers = new ServersWatch();
  #lookedAtMs: number | null = null;

  constructor(source: FiguresSource) {
    this.#source = source;
  }

  /** Every server as it was seen last. */
  servers(): Iterable<ServerFigures> {
    return this.#servers.all();
  }

  /** Null while there is no plan. Rates of the first are 0. */
  look(): Sample | null {
    const source = this.#source;
    const plan = source.plan();
    if (plan === null) return null;
    const nowMs = source.monotonicMs();
    const seconds = Math.max(secondsMin, (nowMs - (this.#lookedAtMs ?? nowMs)) / 1000);
    this.#lookedAtMs = nowMs;
    const look: Look = { plan, source, seconds };
    this.#differences.begin();
    const { changed, gone, pools } = this.#servers.look(look);
    return { figures: this.#figures(look, pools), changed, gone };
  }

  #figures(look: Look, servers: readonly PoolServers[]): Figures {
    const { plan, source } = look;
    const differences = this.#differences;
    const { all, listeners, bytesReceived, bytesSent, pools } = trafficOf(look, differences);
    const workers = workersOf(look, differences);
    const now = source.nowMs();
    return {
      ...all,
      at: new Date(now).toISOString(),
      state: source.state(),
      generation: plan.generation,
      confirmBy: source.confirmBy(),
      uptimeSeconds: Math.round(source.uptimeMs() / 1000),
      connections: source.totals.worker(workerCell.connections),
      upstreamConnections: source.totals.worker(workerCell.upstreamConnections),
      ...{ bytesReceived, bytesSent },
      control: usageOf(process.pid, look, differences),
      ...{ workers, listeners },
      pools: poolsOf(look, differences, pools, servers),
      caches: cachesOf(look, differences),
      egress: egressOf(look, differences),
      rules: ruleHitsOf(look, differences),
      bans: source.bans(),
    };
  }
}

function poolsOf(
  { plan, source: { totals }, seconds }: Look,
  differences: Differences,
  traffic: ReadonlyMap<number, PoolTraffic>,
  servers: readonly PoolServers[],
): PoolFigures[] {
  return plan.pools.map(({ name, slot }, index) => {
    const { requests, errors } = traffic.get(index) ?? { requests: 0, errors: 0 };
    const [retries] = differences.of(`pool ${name}`, [totals.pool(slot, poolCell.retries)]);
    return {
      ...{ name, requests: perSecond(requests, seconds), errors: perSecond(errors, seconds) },
      queued: totals.pool(slot, poolCell.queued),
      retries: perSecond(retries!, seconds),
      ...servers[index]!,
    };
  });
}
