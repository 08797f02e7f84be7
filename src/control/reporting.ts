// What control tells of itself: its status, its metrics, and the certificates in use, put together of the parts that know each. It
// changes nothing and keeps nothing; the shapes stand in status.ts and metrics.ts.

import type { Plan } from "../config/plan.ts";
import type { Config } from "../config/types.ts";
import type { Board } from "../memory/board.ts";
import type { Totals } from "../memory/tally.ts";
import type { Acme } from "./acme/acme.ts";
import type { Bans } from "./bans.ts";
import type { Certificates } from "./certificates.ts";
import { type CertificatesStatus, certificateStatus } from "./certificatestatus.ts";
import { originOf, type Whereabouts } from "./configorigin.ts";
import type { Discovery } from "./discovery.ts";
import type { Fleet } from "./fleet.ts";
import type { Holdings } from "./holdings.ts";
import { metricsText } from "./metrics.ts";
import type { Registering } from "./registering.ts";
import type { Roster } from "./roster.ts";
import { listenerStatus, poolStatus, removedStatus, type Status } from "./status.ts";
import type { Supervisor } from "./supervisor.ts";

export type Phase = "starting" | "running" | "draining";

/** How the last reload went. */
export interface LastReload {
  readonly isSuccessful: boolean;
  readonly atMs: number;
  readonly succeededAtMs: number;
  readonly problems: readonly string[];
}

/** Parts that stay the same for as long as control runs. */
export interface ReportingParts {
  readonly version: string;
  /** Wall clock, as it stood at the start. */
  readonly startedAtMs: number;
  /** By a clock that nobody sets. */
  readonly uptimeMs: () => number;
  readonly source: Whereabouts;
  readonly totals: Totals;
  readonly board: Board;
  readonly roster: Roster;
  readonly supervisor: Supervisor;
  readonly holdings: Holdings;
  readonly discovery: Discovery;
  readonly registering: Registering;
  readonly certificates: Certificates;
  readonly acme: Acme;
  /** What comes and goes, or is another one after a reload. */
  now(): ReportingNow;
}

export interface ReportingNow {
  readonly plan: Plan | null;
  readonly config: Config;
  readonly phase: Phase;
  readonly reload: LastReload;
  /** Null while no change waits to be confirmed. */
  readonly confirmBy: string | null;
  readonly bans: Bans | null;
  readonly fleet: Fleet | null;
}

export class Reporting {
  readonly #parts: ReportingParts;

  constructor(parts: ReportingParts) {
    this.#parts = parts;
  }

  /** Null when traffic is accepted; otherwise why it is not. */
  unreadiness(): string | null {
    const { phase } = this.#parts.now();
    if (phase !== "running") return phase;
    return this.#parts.supervisor.isUp ? null : "no worker is up";
  }

  state(): Status["state"] {
    const { phase } = this.#parts.now();
    return phase !== "running" ? phase : this.#parts.supervisor.isUp ? "ready" : "down";
  }

  certificates(): CertificatesStatus {
    const { plan } = this.#parts.now();
    const { acme } = this.#parts;
    const certificates = plan === null ? [] : certificateStatus(plan, Date.now());
    return { certificates, acme: acme.status(), problems: [...this.#parts.certificates.problems, ...acme.problems] };
  }

  metrics(): string {
    const { totals, board, roster, supervisor, holdings, discovery, registering, certificates, acme } = this.#parts;
    const { plan, config, reload, bans, fleet } = this.#parts.now();
    if (plan === null) return "";
    return metricsText({
      version: this.#parts.version,
      startedAtMs: this.#parts.startedAtMs,
      isReady: this.unreadiness() === null,
      plan,
      totals,
      workers: supervisor.status(),
      reload,
      certificateProblems: certificates.problems.length + acme.problems.length,
      acme: acme.figures(),
      tables: holdings.tables.figures(),
      caches: holdings.caches.figures(),
      remotes: holdings.remotes.states(plan.caches),
      lists: holdings.lists.status(),
      egresses: holdings.egresses.figures(totals),
      bans: bans?.size ?? 0,
      fleet: fleet?.status() ?? null,
      prefix: config.metrics?.prefix ?? null,
      sources: discovery.status(),
      registry: registering.status(),
      sentinel: registering.sentinel.status(),
      stateOf: (slot) => board.read(slot),
      countsOf: (slot) => roster.countsOf(slot),
    });
  }

  status(): Status {
    const { totals, roster, supervisor, holdings, discovery, registering, source, startedAtMs, uptimeMs } = this.#parts;
    const { plan, reload, confirmBy, fleet } = this.#parts.now();
    const nowMs = Date.now();
    const found = new Map(discovery.status().map((of) => [of.pool, { of, nowMs }]));
    return {
      version: this.#parts.version,
      pid: process.pid,
      state: this.state(),
      startedAt: new Date(startedAtMs).toISOString(),
      uptimeSeconds: Math.round(uptimeMs() / 1000),
      generation: plan?.generation ?? 0,
      config: source.path,
      configOrigin: originOf(source),
      lastReload: {
        successful: reload.isSuccessful,
        at: new Date(reload.atMs).toISOString(),
        problems: reload.problems,
      },
      confirmBy,
      workers: supervisor.status().map((worker) => ({ ...worker, connections: totals.ofWorker(worker.worker, 0) })),
      listeners: plan === null ? [] : listenerStatus(plan, totals),
      pools: (plan?.pools ?? []).map((pool) =>
        poolStatus(pool, totals, (slot) => roster.conditionOf(slot), found.get(pool.name)),
      ),
      removedServers: plan === null ? [] : removedStatus(plan, roster.removed, totals),
      caches: (plan?.caches ?? []).map((cache) => holdings.cacheStatus(cache, nowMs)),
      egress: holdings.egresses.figures(totals).map(({ summary }) => summary),
      fleet: fleet?.status() ?? null,
      registry: registering.status(),
      sentinel: registering.sentinel.status(),
    };
  }
}
