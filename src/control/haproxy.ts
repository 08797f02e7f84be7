// The part of control that stands in HAProxy's place for tools that know HAProxy: its runtime API on sockets of its own, and its statistics page. Wiring only: names,
// figures and commands stand in haproxy/. There is one from the start or never; what the config says of names is asked for each time. What a
// command changes goes by a desk to the operations of the admin API.

import { readDuration } from "../base/duration.ts";
import type { Plan } from "../config/plan.ts";
import type { Config, HaproxyProxy } from "../config/types.ts";
import { listenerCell } from "../memory/tally.ts";
import type { AdminService } from "./adminservice.ts";
import type { Operation } from "./api/operation.ts";
import { adminOperations } from "./api/operations.ts";
import { Router } from "./api/router.ts";
import type { Audit } from "./audit.ts";
import { Desk } from "./desk.ts";
import { Guard } from "./guard.ts";
import { askerOf } from "./haproxy/asker.ts";
import { runtimeCommands } from "./haproxy/commands.ts";
import { FirstWeights } from "./haproxy/firstweights.ts";
import { proxiesOf, type Service } from "./haproxy/names.ts";
import { openPageDoor, type PageDoor } from "./haproxy/pagedoor.ts";
import { StatsPage } from "./haproxy/pages.ts";
import { Rates } from "./haproxy/rates.ts";
import { openSocket, type RuntimeSocket } from "./haproxy/socket.ts";
import { Stat } from "./haproxy/stat.ts";
import type { Log } from "./log.ts";
import { addressOf } from "./preflight.ts";
import type { RoutesParts } from "./routes.ts";

export interface HaproxyOptions extends Pick<RoutesParts, "totals" | "plan" | "roster" | "holdings" | "configuring"> {
  readonly current: () => Config;
  readonly service: AdminService;
  /** Besides the service's own. */
  readonly operations: readonly Operation[];
  readonly audit: Pick<Audit, "note">;
  readonly log: Log;
}

interface Named {
  readonly plan: Plan;
  readonly named: readonly HaproxyProxy[];
  readonly services: readonly Service[];
}

const none: readonly never[] = [];
const lookMs = 1000;

export class Haproxy {
  readonly #options: HaproxyOptions;
  readonly #weights = new FirstWeights();
  readonly #rates = new Rates();
  readonly #stat: Stat;
  readonly #timer: Timer;
  readonly #pages: readonly StatsPage[];
  #named: Named | null = null;
  #isClosed = false;
  #sockets: RuntimeSocket[] = [];
  #doors: PageDoor[] = [];

  constructor(options: HaproxyOptions) {
    this.#options = options;
    const { totals, plan, roster } = options;
    this.#stat = new Stat({
      ...{ totals, plan, services: () => this.#services(), wallMs: Date.now },
      ...{ conditionOf: (slot) => roster.conditionOf(slot), countsOf: (slot) => roster.countsOf(slot) },
      nowMs: () => performance.now(),
    });
    const parts = {
      ...{ services: () => this.#services(), rows: () => this.#stat.rows(), status: () => options.service.status() },
      isStarting: () => plan() === null,
      nowMs: () => performance.now(),
    };
    this.#pages = (options.current().admin.haproxy?.pages ?? []).map((page) => new StatsPage(page, parts));
    this.#timer = setInterval(() => this.#look(), lookMs);
  }

  /** Of pages that are on the admin interface. One that has the path of something else there is not; the log says so. */
  operations(): readonly Operation[] {
    const { service, operations, log } = this.#options;
    const taken = new Set(adminOperations(service, operations).map(({ path }) => path));
    return this.#pages.flatMap((page) => {
      if (page.told.listen !== undefined) return [];
      const own = page.operations();
      if (!own.some(({ path }) => taken.has(path))) {
        for (const { path } of own) taken.add(path);
        return own;
      }
      log.warn(`there is no statistics page at ${page.told.uri}: the admin interface has something else there`);
      return [];
    });
  }

  /** Sockets, when the first plan is in force: until then there would be no backend to tell of. One that cannot be had is told in the log. */
  async started(): Promise<void> {
    const { current, log } = this.#options;
    const told = current().admin.haproxy;
    if (told === undefined || told.sockets.length === 0) return;
    const idle = readDuration(told.timeout);
    const commands = this.#commands();
    for (const socket of told.sockets) {
      const opened = await openSocket(socket, {
        ...{ commands, log, connectionsMax: told.connections, idleMs: idle.ok ? idle.value : lookMs },
      });
      if (opened === null) continue;
      this.#sockets.push(opened);
      // The end may have come meanwhile.
      if (this.#isClosed) return this.#closeSockets();
    }
  }

  /**
   * Pages and metrics that have addresses of their own, each address once. Throws an Error with a sentence for the operator when one cannot be had: that
   * ends the start, as with the admin interface.
   */
  open(): void {
    const { current, service, log } = this.#options;
    const exporters = current().admin.haproxy?.exporters ?? [];
    const apart = this.#pages.filter(({ told }) => told.listen !== undefined);
    for (const listen of new Set([...apart.map(({ told }) => told.listen!), ...exporters.map((one) => one.listen)])) {
      const pages = apart.filter(({ told }) => told.listen === listen);
      const metricsAt = new Set(exporters.filter((one) => one.listen === listen).map(({ path }) => path));
      this.#doors.push(openPageDoor(addressOf(listen), { pages, metricsAt, service, log }));
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const door of this.#doors.splice(0)) await door.close();
    this.#closeSockets();
  }

  #closeSockets(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  #commands(): ReturnType<typeof runtimeCommands> {
    const { totals, roster, service, operations, audit, holdings, configuring, current } = this.#options;
    // Whoever may open a socket of this machine is no stranger, and sends commands in lines.
    const guard = new Guard({ address: { kind: "unix", path: "" }, token: undefined, rate: null });
    const router = new Router(adminOperations(service, operations));
    const desk = new Desk({ guard, router, routes: [], audit, nowMs: Date.now });
    return runtimeCommands({
      ...{ ask: askerOf(desk), totals, weights: this.#weights, stat: this.#stat, rates: this.#rates, wallMs: Date.now },
      conditionOf: (slot) => roster.conditionOf(slot),
      services: () => this.#services(),
      config: () => configuring.config,
      named: () => current().admin.haproxy?.proxies ?? [],
      status: () => service.status(),
      listeners: () => this.#options.plan()?.listeners ?? [],
      lists: () => holdings.lists.status(),
      sockets: () => current().admin.haproxy?.sockets ?? [],
    });
  }

  /** Made anew with a plan or names that are other ones. */
  #services(): readonly Service[] {
    const { plan, current } = this.#options;
    const [now, named] = [plan(), current().admin.haproxy?.proxies ?? none];
    if (now === null) return none;
    if (this.#named?.plan !== now || this.#named.named !== named) {
      this.#named = { plan: now, named, services: proxiesOf(now, named) };
      this.#weights.keep(now.pools);
    }
    return this.#named.services;
  }

  #look(): void {
    const { totals, plan } = this.#options;
    this.#stat.look();
    const accepted = (plan()?.listeners ?? []).reduce(
      (sum, { slot }) => sum + totals.listener(slot, listenerCell.accepted),
      0,
    );
    this.#rates.look(accepted, performance.now());
  }
}
