// A node's heartbeat: each moment it tells Redis that it is here, and bans and orders go both ways with it (beatscript.ts). It remembers
// how far it has heard; what could not be told waits. Redis that lost its data shows it by another epoch: then all is told once more.

import type { Reply } from "../../redis/resp.ts";
import { type BanShare, changeOf, changeWords } from "./banshare.ts";
import { beatScript, leaveScript, nodesScript, orderScript } from "./beatscript.ts";
import { type FleetKeys, tableKeyOf } from "./keys.ts";
import type { FleetLink } from "./link.ts";
import { type GivenOrder, type Order, orderOf } from "./orders.ts";
import { Script } from "./script.ts";

export interface BeatingOptions {
  readonly link: FleetLink;
  readonly keys: FleetKeys;
  readonly fleet: string;
  readonly node: string;
  /** Unlike that of every other run of whatever node. */
  readonly run: string;
  readonly aliveMs: number;
  /** Null: bans of each node are its own. */
  readonly bans: BanShare | null;
  readonly nowMs: () => number;
  /** What this node says of itself. */
  readonly summary: () => string;
  /** An order of another node. */
  readonly ordered: (given: GivenOrder) => void;
  /** An order of ours is to be given: by `give`, which resolves with the ms at which the ledger forgot what it is about. */
  readonly giving: (order: Order, give: () => Promise<number>) => Promise<void>;
  /** How far it has heard, for the next run. */
  readonly reached: (epoch: string, ordersTo: number) => void;
  /** Somebody else runs under our name. */
  readonly doubled: () => void;
  /** Redis is there and does not do what it is asked; null: it does. */
  readonly failed: (why: string | null) => void;
  /** What Redis says its clock is, and between which times of ours it said so. */
  readonly clock: (askedMs: number, answeredMs: number, redisMs: number) => void;
  readonly everyMs?: number;
}

/** What a ban, or an order, takes to be everywhere is this at most, and the way to Redis and back, where nobody is told at once. */
export const beatMs = 250;
/** What is said unasked in so long makes one beat: many may ban at once, and each node hears of all of it. */
const nudgeMs = 10;
/** What a node says of itself is said so often. */
const summaryMs = 1000;
const changesMax = 200;
const toldMax = 500;
const waitingOrdersMax = 1000;
const headWords = 8;

interface Waiting {
  readonly number: number;
  readonly order: Order;
  readonly shape: string;
}

export class Beating {
  readonly #options: BeatingOptions;
  readonly #timer: Timer;
  readonly #orders: Waiting[] = [];
  #epoch: string;
  #ordersTo: number;
  #bansTo = 0;
  #lastNumber = 0;
  #saidAtMs = Number.NEGATIVE_INFINITY;
  #hasBeaten = false;
  #isBeating = false;
  #isWanted = false;
  #isClosed = false;
  #nudge: Timer | null = null;
  #heardMs: number;
  #nodes = 1;

  constructor(options: BeatingOptions, heard: { readonly epoch: string; readonly ordersTo: number }) {
    this.#options = options;
    this.#heardMs = performance.now();
    this.#epoch = heard.epoch;
    this.#ordersTo = heard.ordersTo;
    this.#timer = setInterval(() => void this.beat(), options.everyMs ?? beatMs);
  }

  /** Now, or right after the one that is under way. */
  async beat(): Promise<void> {
    this.#isWanted = true;
    if (this.#isBeating || this.#isClosed || !this.#options.link.isUp) return;
    this.#isBeating = true;
    try {
      while (this.#isWanted && !this.#isClosed) {
        this.#isWanted = false;
        await this.#once();
        await this.#sendOrders();
      }
      this.#options.failed(null);
    } catch (error) {
      // What waits goes on waiting. A connection that ends is the link's to tell.
      if (this.#options.link.isUp) this.#options.failed((error as Error).message);
    } finally {
      this.#isBeating = false;
    }
  }

  /** Since the last that got through, or since the first was to. */
  get ageMs(): number {
    return performance.now() - this.#heardMs;
  }

  /** That are here, as far as is known: this one, and those that were told of not longer ago than a node counts as here. */
  get nodes(): number {
    return this.ageMs < this.#options.aliveMs ? this.#nodes : 1;
  }

  /** Redis says that there is something to be heard. */
  nudged(): void {
    if (this.#isClosed) return;
    this.#nudge ??= setTimeout(() => {
      this.#nudge = null;
      void this.beat();
    }, nudgeMs);
  }

  /** This node is no more. */
  async leave(): Promise<void> {
    const { link, keys, node } = this.#options;
    await this.beat();
    this.close();
    while (this.#isBeating) await Bun.sleep(1);
    await link.run(leaving, [keys.nodes, keys.said], [node]).catch(() => {});
  }

  /** Orders that find no way out, and no room to wait, are lost: false. */
  order(order: Order, shape: string): boolean {
    if (this.#orders.length >= waitingOrdersMax) return false;
    this.#lastNumber = Math.max(this.#lastNumber + 1, this.#options.nowMs() * 1000);
    this.#orders.push({ number: this.#lastNumber, order, shape });
    void this.beat();
    return true;
  }

  async nodesTold(): Promise<Reply> {
    const { link, keys } = this.#options;
    return link.run(nodes, [keys.nodes, keys.said], []);
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    if (this.#nudge !== null) clearTimeout(this.#nudge);
  }

  async #sendOrders(): Promise<void> {
    const { link, keys, fleet, node, giving } = this.#options;
    for (let next = this.#orders[0]; next !== undefined; next = this.#orders[0]) {
      const { order, number, shape } = next;
      const tables = [tableKeyOf(fleet, order.table, shape)];
      const forgotten = order.keys === null ? "*" : order.keys.join(" ");
      const words = [node, number, JSON.stringify(order), forgotten];
      const places = [keys.meta, keys.said, keys.orders, ...tables];
      await giving(order, async () => Number(await link.run(orders, places, words)));
      this.#orders.shift();
    }
  }

  async #once(): Promise<void> {
    const { link, keys, node, run, aliveMs, bans, nowMs, summary, clock } = this.#options;
    const changes = bans?.next(changesMax) ?? [];
    // Also where the clock was set back.
    const isSaid = Math.abs(nowMs() - this.#saidAtMs) >= summaryMs;
    const askedMs = nowMs();
    const reply = await link.run(
      beat,
      [keys.meta, keys.nodes, keys.said, keys.bans, keys.bansOrder, keys.bansEnds, keys.orders],
      [
        ...[node, run, isSaid ? summary() : "", aliveMs, this.#epoch, this.#bansTo],
        ...[bans === null ? 0 : toldMax, this.#ordersTo],
        ...changes.flatMap(changeWords),
      ],
    );
    if (this.#isClosed) return;
    if (!Array.isArray(reply) || reply.length < headWords) throw new Error("it answers something else than was asked");
    clock(askedMs, nowMs(), Number(reply[1]));
    this.#heardMs = performance.now();
    if (isSaid) this.#saidAtMs = nowMs();
    bans?.sent(changes);
    this.#hear((reply as readonly Reply[]).map(String));
  }

  #hear(words: readonly string[]): void {
    const [epoch, , living, former, bansTo, hasMore, ordersTo, count] = words as [string, ...string[]];
    const { run, bans, nowMs, ordered, reached, doubled } = this.#options;
    if (this.#hasBeaten && former !== "" && former !== run) doubled();
    this.#hasBeaten = true;
    this.#nodes = Math.max(Number(living), 1);
    const isOther = epoch !== this.#epoch;
    this.#epoch = epoch;
    this.#bansTo = Number(bansTo);
    if (isOther) bans?.tellAll();
    const ordersAt = headWords + 2 * Number(count);
    for (let index = headWords; index + 1 < ordersAt; index += 2) {
      const change = changeOf(words[index]!, words[index + 1]!, nowMs());
      if (change !== null) bans?.hear(change);
    }
    for (const text of words.slice(ordersAt)) {
      const found = orderOf(text);
      if (found !== null && found.order.node !== this.#options.node) ordered(found);
    }
    if (isOther || Number(ordersTo) !== this.#ordersTo) {
      this.#ordersTo = Number(ordersTo);
      reached(epoch, this.#ordersTo);
    }
    if (bans !== null && (hasMore === "1" || bans.hasMore)) this.#isWanted = true;
  }
}

const beat = new Script(beatScript);
const orders = new Script(orderScript);
const nodes = new Script(nodesScript);
const leaving = new Script(leaveScript);
