// A limit that nodes share, under demand: how much comes through of one client's requests, by seconds, and how much should. The table
// and the exchange are those that are shipped; what is drawn are arrivals, delays, and which node each request meets.

import type { TablePlan } from "../../../src/config/plan.ts";
import { World } from "../world.ts";
import { FleetNode } from "./node.ts";
import { Wire } from "./wire.ts";

export interface LimitCase {
  readonly nodes: number;
  /** Tokens that come back in a second; with `burst` in the bucket. */
  readonly perSecond: number;
  readonly burst: number;
  readonly intervalMs: number;
  /** One way, to Redis and back. */
  readonly delayMs: number;
  /** Requests, as a multiple of the limit. */
  readonly demand: number;
  /** even: every node alike. skewed: half of them at one node, half of the rest at the next, and so on. one: all at one. */
  readonly traffic: "even" | "skewed" | "one";
  readonly seconds: number;
  /** So many nodes are cut off from the ledger between these seconds. */
  readonly cut?: { readonly nodes: number; readonly fromS: number; readonly toS: number };
}

export interface LimitOutcome {
  /** By seconds. */
  readonly admitted: readonly number[];
  readonly asked: readonly number[];
}

const key = 7;

export function runLimit(limit: LimitCase, seed = 1): LimitOutcome {
  const { nodes: count, perSecond, burst, intervalMs, delayMs, demand, traffic, seconds, cut } = limit;
  const plan: TablePlan = {
    name: "limit",
    key: { kind: "integer" },
    entriesMax: 16,
    expireMs: Math.ceil((burst / perSecond) * 1000) + 1000,
    isEvicting: true,
    store: [`tokens(${burst},${Math.round(1000 / perSecond)}ms)`],
    share: { staleMs: 5000, whenStale: "open" },
  };
  const world = new World(seed, false);
  const wire = new Wire(world, intervalMs);
  wire.weather = { delayMinMs: delayMs / 2, delayMaxMs: delayMs * 1.5, lossChance: 0, repeatChance: 0 };
  const nodes = Array.from({ length: count }, (_, index) => new FleetNode(`n${index}`, plan, intervalMs, world.prng));
  for (const node of nodes) wire.join(node);
  const met = (): FleetNode => {
    if (traffic === "one") return nodes[0]!;
    if (traffic === "even") return world.pick(nodes);
    let index = 0;
    while (index < count - 1 && world.chance(0.5)) index++;
    return nodes[index]!;
  };
  // Nobody comes before the nodes know the ledger.
  const startMs = world.nowMs + 2000;
  wire.run(startMs);
  const admitted = new Array<number>(seconds).fill(0);
  const asked = new Array<number>(seconds).fill(0);
  const gapMs = 1000 / (perSecond * demand);
  let atMs = startMs;
  for (;;) {
    atMs -= Math.log(1 - world.prng.next()) * gapMs;
    const second = Math.floor((atMs - startMs) / 1000);
    if (second >= seconds) return { admitted, asked };
    if (cut !== undefined)
      for (const node of nodes.slice(0, cut.nodes))
        if (second >= cut.fromS && second < cut.toS) wire.cut.add(node);
        else wire.cut.delete(node);
    wire.run(atMs);
    const node = met();
    asked[second]!++;
    if (node.lay(key).take(0, 1, node.ms(atMs)) === 0) admitted[second]!++;
  }
}

/** What came through, as a multiple of what may in so long: from an empty bucket where `burst` is 0. */
export function shareOf(values: readonly number[], perSecond: number, burst: number): number {
  return values.reduce((sum, value) => sum + value, 0) / (perSecond * values.length + burst);
}

/** The most that came through in so many seconds one after the other, as a multiple of what may. */
export function worstShare(values: readonly number[], seconds: number, perSecond: number, burst: number): number {
  let worst = 0;
  for (let from = 0; from + seconds <= values.length; from++)
    worst = Math.max(worst, shareOf(values.slice(from, from + seconds), perSecond, burst));
  return worst;
}
