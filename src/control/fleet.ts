// This node in its fleet: the way to Redis, the talks of shared tables, the heartbeat with bans and orders, each for as long as the config in
// force asks for it. It is asked by control when a config has come into force, when a worker has died, and by operators. What becomes of
// limits while Redis is away is not decided here: workers see by themselves how old news of others are (memory/sharedtable.ts).
// See docs/FLEET.md.

import { hostname } from "node:os";
import { join } from "node:path";
import { compileFleet, type FleetPlan } from "../config/compilefleet.ts";
import type { Config } from "../config/types.ts";
import type { SharedTable } from "../memory/sharedtable.ts";
import { keyName } from "../memory/tablekey.ts";
import { readRedisPlace } from "../registry/address.ts";
import type { Bans } from "./bans.ts";
import { BanShare } from "./fleet/banshare.ts";
import { Beating } from "./fleet/beating.ts";
import { keysOf } from "./fleet/keys.ts";
import { FleetLink } from "./fleet/link.ts";
import { FleetMemory } from "./fleet/memory.ts";
import { type FleetAnswer, type FleetStatus, type NodeStatus, type NodeSummary, nodesOf } from "./fleet/nodestatus.ts";
import {
  carryOut,
  type GivenOrder,
  keysIn,
  type Order,
  orderKeysMax,
  type Setting,
  setShared,
} from "./fleet/orders.ts";
import { TableTalk } from "./fleet/talk.ts";
import type { Log } from "./log.ts";
import type { OpenTable } from "./tables.ts";

export interface FleetOptions {
  readonly log: Log;
  readonly bans: Bans;
  /** Where it remembers things over restarts. */
  readonly folder: string;
  readonly tables: () => readonly OpenTable[];
  /** Tells nodes of one machine apart. */
  readonly adminPort: string;
  readonly sharedMs: () => number;
  /** What control knows of this node. */
  readonly summary: () => Omit<NodeSummary, "exchangeAgeMs" | "isStale">;
}

/** Of Redis: half the time after which it is called stale, within these. */
const timeoutMinMs = 250;
const timeoutMaxMs = 2000;
/** Beats that may fail before a node counts as gone. */
const aliveMinMs = 3000;

/** What there is while a config with a fleet is in force. */
interface Membership {
  readonly plan: FleetPlan;
  readonly node: string;
  readonly place: string;
  readonly link: FleetLink;
  readonly beating: Beating;
  readonly share: BanShare | null;
  readonly talks: Map<SharedTable, TableTalk>;
  problem: string | null;
  sinceMs: number | null;
  failures: number;
  isDoubled: boolean;
  lastNodes: readonly NodeStatus[];
}

export class Fleet {
  readonly #options: FleetOptions;
  #membership: Membership | null = null;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** A config has come into force, and its tables are open. */
  adopt(config: Pick<Config, "fleet">): void {
    const plan = compileFleet(config);
    if (!Bun.deepEquals(plan, this.#membership?.plan ?? null)) {
      this.#leave();
      if (plan !== null) this.#membership = this.#join(plan);
    }
    const { talks } = this.#membership ?? { talks: new Map<SharedTable, TableTalk>() };
    const shared = new Set(this.#options.tables().flatMap((table) => table.shared ?? []));
    for (const [table, talk] of talks) {
      if (shared.has(table)) continue;
      talk.close();
      talks.delete(table);
    }
    if (this.#membership !== null) for (const table of shared) this.#talk(this.#membership, table);
  }

  /** A worker has died, and what it held was let go of. */
  recovered(): void {
    for (const talk of this.#membership?.talks.values() ?? []) talk.lookAtAll();
  }

  /** Of the key that is laid in the table. False: there is no room for the entry. */
  set(shared: SharedTable, settings: readonly Setting[]): boolean {
    const order = setShared(shared, settings, this.#membership?.node ?? "", this.#options.sharedMs());
    if (order === "full") return false;
    if (order !== null) this.#order(shared, order);
    return true;
  }

  /** Keys as keyName writes them; null: all there are. */
  clear(shared: SharedTable, keys: readonly string[] | null): void {
    const { sharedMs } = this.#options;
    const order = { table: shared.plan.name, node: this.#membership?.node ?? "", cells: null };
    if (keys === null) {
      carryOut(shared, { ...order, keys }, sharedMs());
      return this.#order(shared, { ...order, keys });
    }
    for (let at = 0; at < keys.length; at += orderKeysMax) {
      const part = { ...order, keys: keys.slice(at, at + orderKeysMax) };
      carryOut(shared, part, sharedMs());
      this.#order(shared, part);
    }
  }

  /** Somebody wants to know what others have of the key that is laid. */
  wish(shared: SharedTable): void {
    this.#membership?.talks.get(shared)?.wish(keyName(shared.key));
  }

  status(): FleetStatus | null {
    const membership = this.#membership;
    if (membership === null) return null;
    const { plan, node, place, link, problem, sinceMs, talks, failures, beating } = membership;
    return {
      name: plan.name,
      node,
      redis: place,
      isUp: link.isUp,
      problem,
      since: sinceMs === null ? null : new Date(sinceMs).toISOString(),
      intervalMs: plan.intervalMs,
      staleMs: plan.staleMs,
      whenStale: plan.whenStale,
      bans: plan.hasBans,
      outages: failures,
      nodes: beating.nodes,
      tables: [...talks.values()].map((talk) => talk.figures()),
    };
  }

  /** Asks Redis for the nodes; where it does not answer they are as they were told of last. */
  async answer(): Promise<FleetAnswer> {
    const membership = this.#membership;
    if (membership === null) return { fleet: null, nodes: [] };
    try {
      const reply = await membership.beating.nodesTold();
      membership.lastNodes = nodesOf(reply, membership.node, aliveMsOf(membership.plan));
    } catch {
      // Why stands in the status.
    }
    return { fleet: this.status(), nodes: membership.lastNodes };
  }

  close(): void {
    this.#leave();
  }

  #join(plan: FleetPlan): Membership {
    const { log, folder, bans, adminPort } = this.#options;
    const node = plan.node ?? nameOf(adminPort);
    const place = readRedisPlace(plan.url);
    if (place === null) throw new Error("the address of the fleet is none of a Redis");
    const memory = new FleetMemory(join(folder, "fleet.json"), plan.name);
    const remembered = memory.read();
    let reached: { epoch: string; ordersTo: number } = remembered;
    const remember = (): void => {
      const problem = memory.write({ ...reached, lifted: [...(share?.lifted ?? [])] });
      if (problem !== null) log.error(`what this node knows of its fleet cannot be written: ${problem}`);
    };
    const share = !plan.hasBans
      ? null
      : new BanShare({
          ...{ bans, node, nowMs: Date.now, lifted: remembered.lifted },
          changed: () => {
            remember();
            void beating.beat();
          },
        });
    const link = new FleetLink({
      place,
      timeoutMs: Math.min(Math.max(plan.staleMs / 2, timeoutMinMs), timeoutMaxMs),
      opened: () => this.#opened(membership),
      lost: (why) => this.#lost(membership, why),
    });
    const beating = new Beating(
      {
        ...{ link, keys: keysOf(plan.name), fleet: plan.name, node, bans: share, nowMs: Date.now },
        run: crypto.randomUUID(),
        aliveMs: aliveMsOf(plan),
        summary: () => JSON.stringify(this.#summary(membership)),
        ordered: (given) => this.#ordered(membership, given),
        giving: (order, give) => this.#given(membership, order, give),
        reached: (epoch, ordersTo) => {
          reached = { epoch, ordersTo };
          remember();
        },
        doubled: () => this.#doubled(membership),
      },
      remembered,
    );
    const membership: Membership = {
      ...{ plan, node, place: place.shown, link, beating, share, talks: new Map() },
      ...{ problem: null, sinceMs: null, failures: 0, isDoubled: false, lastNodes: [] },
    };
    bans.observer = share;
    return membership;
  }

  #leave(): void {
    const membership = this.#membership;
    this.#membership = null;
    if (membership === null) return;
    for (const talk of membership.talks.values()) talk.close();
    membership.beating.close();
    membership.link.close();
    this.#options.bans.observer = null;
  }

  #talk(membership: Membership, table: SharedTable): void {
    const { plan, node, link, talks } = membership;
    if (talks.has(table)) return;
    const { sharedMs } = this.#options;
    const superseded = (): void => this.#doubled(membership);
    const talk = new TableTalk(table, {
      fleet: plan.name,
      node,
      intervalMs: plan.intervalMs,
      link,
      sharedMs,
      superseded,
    });
    talks.set(table, talk);
    void talk.speak();
  }

  #opened(membership: Membership): void {
    const { log } = this.#options;
    const { node, plan, place } = membership;
    if (membership.sinceMs === null) log.info(`node ${node} is of fleet ${plan.name}, by Redis ${place}`);
    else log.info(`fleet ${plan.name}: Redis ${place} answers again`);
    membership.problem = null;
    membership.sinceMs = Date.now();
    void membership.beating.beat();
    for (const talk of membership.talks.values()) void talk.speak();
  }

  #lost(membership: Membership, why: string): void {
    const { plan, place } = membership;
    membership.problem = why;
    membership.sinceMs = Date.now();
    membership.failures++;
    const then =
      plan.whenStale === "open"
        ? "each node goes on by its own counts"
        : "what shared tables are asked about is refused";
    this.#options.log.warn(
      `fleet ${plan.name}: Redis ${place} is away: ${why}; after ${plan.staleMs / 1000} s ${then}`,
    );
  }

  #doubled(membership: Membership): void {
    if (membership.isDoubled) return;
    membership.isDoubled = true;
    this.#options.log.error(
      `fleet ${membership.plan.name}: another node calls itself ${membership.node} too, so neither counts right: write fleet.node in one of their configs`,
    );
  }

  #order(shared: SharedTable, order: Order): void {
    const membership = this.#membership;
    const talk = membership?.talks.get(shared);
    if (membership === null || talk === undefined) return;
    if (!membership.beating.order(order, talk.shape))
      this.#options.log.error(
        `fleet ${membership.plan.name}: a change of table ${order.table} is lost, for too many wait`,
      );
  }

  /** What is told of the table meanwhile would be told to what is forgotten. */
  async #given({ talks }: Membership, order: Order, give: () => Promise<number>): Promise<void> {
    const talk = talkOf(talks, order.table);
    if (talk === null) return void (await give());
    await talk.quietly(async () => {
      const atMs = await give();
      talk.forget(order.keys ?? keysIn(talk.table, this.#options.sharedMs()), atMs);
    });
  }

  #ordered({ talks }: Membership, { order, atMs }: GivenOrder): void {
    const talk = talkOf(talks, order.table);
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

  #summary({ talks }: Membership): NodeSummary {
    const figures = [...talks.values()].map((talk) => talk.figures());
    const ages = figures.map(({ ageMs }) => ageMs);
    const exchangeAgeMs = ages.length === 0 || ages.includes(null) ? null : Math.max(...(ages as number[]));
    return { ...this.#options.summary(), exchangeAgeMs, isStale: figures.some(({ isStale }) => isStale) };
  }
}

function talkOf(talks: ReadonlyMap<SharedTable, TableTalk>, table: string): TableTalk | null {
  for (const talk of talks.values()) if (talk.table.plan.name === table) return talk;
  return null;
}

function aliveMsOf({ staleMs }: FleetPlan): number {
  return Math.max(staleMs, aliveMinMs);
}

/** A name of 1 to 100 letters, digits and . _ : - */
function nameOf(adminPort: string): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 80);
  return `${host}:${adminPort}`.replace(/[^A-Za-z0-9._:-]/g, "-").slice(0, 100);
}
