// This node in one fleet, for as long as a config says so: the way to Redis, a talk for each shared table, the heartbeat with bans and
// orders, and what is remembered of them. It tells an operator once when something goes wrong, and once when it is well again. What
// becomes of limits meanwhile is decided by workers, who see how old news of others are (memory/sharedtable.ts).

import { join } from "node:path";
import type { FleetPlan } from "../../config/compilefleet.ts";
import type { Exchange } from "../../fleet/exchange.ts";
import type { SharedTable } from "../../memory/sharedtable.ts";
import type { Bans } from "../bans.ts";
import type { Log } from "../log.ts";
import { BanShare } from "./banshare.ts";
import { Beating } from "./beating.ts";
import { ClockWatch, clockText } from "./clock.ts";
import { keysOf } from "./keys.ts";
import { FleetLink } from "./link.ts";
import { FleetMemory } from "./memory.ts";
import {
  aliveMinMs,
  type FleetStatus,
  type NodeStatus,
  type NodeSummary,
  nodesOf,
  olderBy,
  withSelf,
} from "./nodestatus.ts";
import { carryOut, type GivenOrder, keysIn, type Order } from "./orders.ts";
import type { OwnSummary } from "./summary.ts";
import { TableTalk } from "./talk.ts";

export interface MembershipOptions {
  readonly plan: FleetPlan;
  readonly node: string;
  readonly log: Log;
  readonly bans: Bans;
  /** Where it remembers things over restarts. */
  readonly folder: string;
  readonly sharedMs: () => number;
  /** Of tables as they were told about last, also by the membership before. */
  readonly exchanges: WeakMap<SharedTable, Exchange>;
  readonly summary: () => OwnSummary;
}

/** Of an answer of Redis: half the time after which it is called stale, within these. */
const timeoutMinMs = 250;
const timeoutMaxMs = 2000;
/** Changes are gathered before they are written, for a flood of them is as much as one. */
const rememberMs = 100;
/** What this node says of itself is made so often: it has requests a second, for which two of one moment are no measure. */
const summaryMs = 900;
/** Of the others it is asked so often, whether somebody wants to know or not: while Redis is away it is known how they were just before. */
const nodesMs = 2000;
/** Who stops tells what it has to tell, and does not wait for longer than this. */
const partingMs = 500;

export class Membership {
  readonly #options: MembershipOptions;
  readonly #link: FleetLink;
  readonly #beating: Beating;
  readonly #share: BanShare | null;
  readonly #memory: FleetMemory;
  readonly #talks = new Map<SharedTable, TableTalk>();
  /** Who has said that something is wrong. */
  readonly #wrong = new Map<string, string>();
  #reached: { readonly epoch: string; readonly ordersTo: number };
  #remembering: Timer | null = null;
  #away: string | null = null;
  #sinceMs: number | null = null;
  #outages = 0;
  #isDoubled = false;
  readonly #clock = new ClockWatch();
  /** As Redis told of them last, and when. */
  #nodes: readonly NodeStatus[] = [];
  #nodesMs = 0;
  readonly #asking: Timer;
  #isAsking = false;
  #own: { readonly summary: OwnSummary; readonly atMs: number } | null = null;

  constructor(options: MembershipOptions) {
    this.#options = options;
    const { plan, node, bans, folder } = options;
    this.#memory = new FleetMemory(join(folder, "fleet.json"), plan.name);
    const remembered = this.#memory.read();
    this.#reached = remembered;
    this.#share = plan.hasBans ? this.#sharing(remembered.lifted) : null;
    this.#link = new FleetLink({
      place: plan.place,
      timeoutMs: Math.min(Math.max(plan.staleMs / 2, timeoutMinMs), timeoutMaxMs),
      opened: () => this.#opened(),
      channel: keysOf(plan.name).meta,
      pushed: () => this.#beating.nudged(),
      lost: (why, isFirst) => this.#lost(why, isFirst),
    });
    this.#beating = new Beating(
      {
        ...{ link: this.#link, keys: keysOf(plan.name), fleet: plan.name, node, bans: this.#share, nowMs: Date.now },
        run: crypto.randomUUID(),
        aliveMs: this.#aliveMs,
        summary: () => JSON.stringify(this.#summary()),
        ordered: (given) => this.#ordered(given),
        giving: (order, give) => this.#giving(order, give),
        reached: (epoch, ordersTo) => {
          this.#reached = { epoch, ordersTo };
          this.#remember();
        },
        doubled: () => this.#doubled(),
        failed: (why) => this.#failed("the heartbeat", why),
        clock: (...times) => this.#clockHeard(...times),
      },
      remembered,
    );
    bans.observer = this.#share;
    this.#asking = setInterval(() => {
      if (this.#link.isUp && !this.#isAsking) void this.#askNodes();
    }, nodesMs);
  }

  get node(): string {
    return this.#options.node;
  }

  /** These tables are shared now, and no others. */
  follow(tables: readonly SharedTable[]): void {
    const kept = new Set(tables);
    for (const [table, talk] of this.#talks) {
      if (kept.has(table)) continue;
      talk.close();
      this.#talks.delete(table);
    }
    for (const table of kept) if (!this.#talks.has(table)) this.#begin(table);
  }

  recovered(): void {
    for (const talk of this.#talks.values()) talk.lookAtAll();
  }

  wish(table: SharedTable, key: string): void {
    this.#talks.get(table)?.wish(key);
  }

  /** A change that was made here, for all others. */
  order(table: SharedTable, order: Order): void {
    const talk = this.#talks.get(table);
    if (talk === undefined || this.#beating.order(order, talk.shape)) return;
    this.#options.log.error(`${this.#name}: a change of table ${order.table} is lost, for too many wait`);
  }

  status(): FleetStatus {
    const { plan, node } = this.#options;
    const { name, place, intervalMs, staleMs, whenStale, hasBans } = plan;
    return {
      ...{ name, node, redis: place.shown, isUp: this.#link.isUp },
      problem: this.#away ?? this.#wrongText(),
      since: this.#sinceMs === null ? null : new Date(this.#sinceMs).toISOString(),
      ...{ intervalMs, staleMs, whenStale, bans: hasBans, outages: this.#outages, nodes: this.#beating.nodes },
      ...{ heartbeatAgeMs: Math.round(this.#beating.ageMs), clockAheadMs: this.#clock.aheadMs },
      tables: [...this.#talks.values()].map((talk) => talk.figures()),
    };
  }

  /** Asks Redis; where it does not answer they are as they were told of last, and so much older. */
  async nodes(): Promise<readonly NodeStatus[]> {
    await this.#askNodes();
    const toldMs = performance.now() - this.#nodesMs;
    return withSelf(olderBy(this.#nodes, toldMs, this.#aliveMs), this.node, this.#summary());
  }

  async #askNodes(): Promise<void> {
    this.#isAsking = true;
    try {
      this.#nodes = nodesOf(await this.#beating.nodesTold(), this.node, this.#aliveMs);
      this.#nodesMs = performance.now();
    } catch {
      // Why stands in the status.
    } finally {
      this.#isAsking = false;
    }
  }

  /** Tells what is left to tell, and that this node is no more; what finds no way out in time is told at the next start. */
  async part(): Promise<void> {
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, partingMs);
    const talks = [...this.#talks.values()];
    if (this.#link.isUp)
      await Promise.race([Promise.all([...talks.map((talk) => talk.last()), this.#beating.leave()]), enough]);
    clearTimeout(timer);
    this.close();
  }

  close(): void {
    clearInterval(this.#asking);
    for (const talk of this.#talks.values()) talk.close();
    this.#beating.close();
    this.#link.close();
    this.#options.bans.observer = null;
    if (this.#remembering !== null) this.#write();
  }

  #sharing(lifted: Iterable<readonly [string, { readonly atMs: number; readonly node: string }]>): BanShare {
    const { bans, node } = this.#options;
    const changed = (): void => {
      this.#remember();
      void this.#beating.beat();
    };
    const full = (): void =>
      this.#failed("bans", "there are as many as may be, so some of other nodes do not hold here");
    return new BanShare({ bans, node, nowMs: Date.now, lifted, changed, full });
  }

  #begin(table: SharedTable): void {
    const { plan, node, sharedMs, exchanges } = this.#options;
    const talk = new TableTalk(table, {
      ...{ fleet: plan.name, node, intervalMs: plan.intervalMs, link: this.#link, sharedMs },
      former: exchanges.get(table) ?? null,
      superseded: () => this.#doubled(),
      failed: (why) => this.#failed(`table ${table.plan.name}`, why),
    });
    this.#talks.set(table, talk);
    exchanges.set(table, talk.exchange);
    void talk.speak();
  }

  #opened(): void {
    const { log, node, plan } = this.#options;
    if (this.#sinceMs === null) log.info(`node ${node} is of ${this.#name}, by Redis ${plan.place.shown}`);
    else log.info(`${this.#name}: Redis ${plan.place.shown} answers again`);
    this.#away = null;
    this.#sinceMs = Date.now();
    void this.#beating.beat();
    for (const talk of this.#talks.values()) void talk.speak();
  }

  #lost(why: string, isFirst: boolean): void {
    const { log, plan } = this.#options;
    this.#away = why;
    if (!isFirst) return;
    this.#sinceMs = Date.now();
    this.#outages++;
    const isOpen = plan.whenStale === "open";
    const then = isOpen ? "each node goes on by its own counts" : "what shared tables are asked about is refused";
    log.warn(`${this.#name}: Redis ${plan.place.shown} is away: ${why}; after ${plan.staleMs / 1000} s ${then}`);
  }

  /** Redis is there, and does not do what it is asked; null: it does. */
  #failed(what: string, why: string | null): void {
    const former = this.#wrong.get(what) ?? null;
    if (former === why) return;
    if (why === null) this.#wrong.delete(what);
    else this.#wrong.set(what, why);
    if (why === null) this.#options.log.info(`${this.#name}: ${what} is well again`);
    else if (former === null) this.#options.log.error(`${this.#name}: ${what} does not get through: ${why}`);
  }

  #wrongText(): string | null {
    const all = [...this.#wrong].map(([what, why]) => `${what} does not get through: ${why}`);
    return all.length === 0 ? null : all.join("; ");
  }

  #clockHeard(askedMs: number, answeredMs: number, redisMs: number): void {
    const news = this.#clock.heard(askedMs, answeredMs, redisMs);
    if (news === null) return;
    const { log } = this.#options;
    if (news === "right") log.info(`${this.#name}: the clock here and that of Redis are together again`);
    else
      log.warn(
        `${this.#name}: the clock here is ${clockText(this.#clock.aheadMs!)} of Redis': bans end, and the later of two changes counts, by clocks; set them by NTP`,
      );
  }

  #doubled(): void {
    if (this.#isDoubled) return;
    this.#isDoubled = true;
    this.#options.log.error(
      `${this.#name}: another node calls itself ${this.node} too, so neither counts right: write fleet.node in one of their configs`,
    );
  }

  /** What is told of the table meanwhile would be told to what is forgotten. */
  async #giving(order: Order, give: () => Promise<number>): Promise<void> {
    const talk = this.#talkOf(order.table);
    if (talk === null) return void (await give());
    await talk.quietly(async () => {
      const atMs = await give();
      talk.forget(order.keys ?? keysIn(talk.table, this.#options.sharedMs()), atMs);
    });
  }

  #ordered({ order, atMs }: GivenOrder): void {
    const talk = this.#talkOf(order.table);
    if (talk === null) return;
    const { sharedMs } = this.#options;
    const work = async (): Promise<void> => {
      const keys = order.keys ?? keysIn(talk.table, sharedMs());
      carryOut(talk.table, order, sharedMs());
      talk.forget(keys, atMs);
    };
    // Where Redis has gone again meanwhile it is not waited for.
    void talk.quietly(work).catch(work);
  }

  #talkOf(table: string): TableTalk | null {
    for (const talk of this.#talks.values()) if (talk.table.plan.name === table) return talk;
    return null;
  }

  #summary(): NodeSummary {
    const figures = [...this.#talks.values()].map((talk) => talk.figures());
    const ages = figures.map(({ ageMs }) => ageMs);
    const exchangeAgeMs = ages.length === 0 || ages.includes(null) ? null : Math.max(...(ages as number[]));
    const nowMs = performance.now();
    if (this.#own === null || nowMs - this.#own.atMs > summaryMs)
      this.#own = { summary: this.#options.summary(), atMs: nowMs };
    const isStale = figures.some((each) => each.isStale);
    return { ...this.#own.summary, exchangeAgeMs, isStale, clockAheadMs: this.#clock.aheadMs };
  }

  #remember(): void {
    this.#remembering ??= setTimeout(() => this.#write(), rememberMs);
  }

  #write(): void {
    if (this.#remembering !== null) clearTimeout(this.#remembering);
    this.#remembering = null;
    const why = this.#memory.write({ ...this.#reached, lifted: [...(this.#share?.lifted ?? [])] });
    this.#failed("what is remembered", why);
  }

  get #name(): string {
    return `fleet ${this.#options.plan.name}`;
  }

  get #aliveMs(): number {
    return Math.max(this.#options.plan.staleMs, aliveMinMs);
  }
}
