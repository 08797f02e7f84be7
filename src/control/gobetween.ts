// The part of control that stands in gobetween's place, for a config that was gobetween's: its REST API, which is answered on the admin
// interface and where it has TLS, and its metrics, which stand beside those of Sluice. Wiring only: figures, servers and their words stand
// in gobetween/. There is one from the start or never; what the config says of servers is asked for each time.

import type { Config } from "../config/types.ts";
import type { Arena } from "../memory/arena.ts";
import { Board } from "../memory/board.ts";
import type { AdminService } from "./adminservice.ts";
import { gobetweenOperations } from "./api/gobetween.ts";
import type { Operation } from "./api/operation.ts";
import type { ConfigService } from "./configuring/service.ts";
import { type FiguresOptions, GobetweenFigures, rateMs } from "./gobetween/figures.ts";
import { gobetweenMetrics } from "./gobetween/metrics.ts";
import { Servers } from "./gobetween/servers.ts";
import type { Log } from "./log.ts";

export interface GobetweenOptions extends Pick<FiguresOptions, "totals" | "plan"> {
  readonly arena: Arena;
  readonly configuring: ConfigService;
  readonly current: () => Config;
  readonly service: AdminService;
  readonly log: Log;
}

export class Gobetween {
  readonly #options: GobetweenOptions;
  readonly #figures: GobetweenFigures;
  readonly #timer: Timer;

  constructor(options: GobetweenOptions) {
    this.#options = options;
    const { arena, totals, plan, current } = options;
    const board = new Board(arena);
    this.#figures = new GobetweenFigures({
      ...{ totals, plan, told: () => current().gobetween, nowMs: () => performance.now() },
      isEligible: (slot) => board.isEligible(slot),
    });
    this.#timer = setInterval(() => this.#figures.look(), rateMs);
  }

  /** None where its file asks for none. */
  operations(): readonly Operation[] {
    const { current, service, configuring, log } = this.#options;
    if (current().gobetween?.api === undefined) return [];
    return gobetweenOperations({
      told: () => current().gobetween ?? nothing,
      status: () => service.status(),
      figures: this.#figures,
      servers: new Servers(configuring, log),
      nowMs: Date.now,
    });
  }

  /** The same service, whose metrics have gobetween's too. */
  serviceWithMetrics(): AdminService {
    const { service, current } = this.#options;
    if (current().gobetween?.metrics !== true) return service;
    return {
      unreadiness: () => service.unreadiness(),
      metrics: () => `${service.metrics()}${gobetweenMetrics(this.#figures.all(), service.status().version)}`,
      status: () => service.status(),
      certificates: () => service.certificates(),
      steer: (pool, server, order) => service.steer(pool, server, order),
    };
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

/** The config in force has no such section any more. */
const nothing = { metrics: false, settings: {}, servers: {} };
