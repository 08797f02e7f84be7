// A plan with counters that tests set: two listeners of one frontend, one of mode tcp, a pool with a check and one without, under the names
// that a haproxy.cfg has for them. What control decides of servers, and the time, are said by the test.

import { compile } from "../../config/compile.ts";
import type { ConfigInput } from "../../config/input.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import type { Plan } from "../../config/plan.ts";
import { Slots } from "../../config/slots.ts";
import type { Config } from "../../config/types.ts";
import { Arena } from "../../memory/arena.ts";
import { Tally, Totals } from "../../memory/tally.ts";
import type { Condition } from "../status.ts";
import { FirstWeights } from "./firstweights.ts";
import { proxiesOf, type Service } from "./names.ts";
import { Stat } from "./stat.ts";

const draft: ConfigInput = {
  admin: {
    haproxy: {
      proxies: [
        { name: "web", listeners: ["web", "web-2"] },
        {
          ...{ name: "app", pool: "app" },
          servers: [
            { name: "a", server: "10.0.0.1:80" },
            { name: "b", server: "10.0.0.2:80" },
          ],
        },
      ],
    },
  },
  listeners: {
    web: { listen: "127.0.0.1:1", use: "app", maxConnections: 50, rules: [{ if: "path == '/x'", deny: true }] },
    "web-2": { listen: "127.0.0.1:2", use: "app", maxConnections: 70 },
    mail: { listen: "127.0.0.1:3", mode: "tcp", use: "mail" },
  },
  pools: {
    app: { servers: ["10.0.0.1:80^10", "10.0.0.2:80^20"], check: { http: "/", rise: 2, fall: 3 } },
    mail: { servers: ["10.0.0.3:25"] },
  },
};

export interface Sample {
  readonly draft: ConfigInput;
  readonly config: Config;
  readonly plan: Plan;
  readonly totals: Totals;
  readonly tally: Tally;
  readonly conditions: Map<number, Condition>;
  readonly weights: FirstWeights;
  readonly stat: Stat;
  readonly clock: { nowMs: number };
  readonly services: () => readonly Service[];
  readonly conditionOf: (slot: number) => Condition;
  /** Adds to a cell. */
  add(row: number, cell: number, count: number): void;
  slotOf(server: string): number;
}

export function sample(): Sample {
  const { config } = judge(draft);
  const plan = compile(config!, new Slots(), () => undefined, 1, noMaterials);
  const arena = Arena.inMemory();
  const [totals, tally] = [new Totals(arena, 1), new Tally(arena, 0)];
  const [weights, clock] = [new FirstWeights(), { nowMs: 60_000 }];
  const conditions = new Map<number, Condition>();
  const up: Condition = { state: "up", reason: null, sinceMs: 0, isEligible: true };
  const conditionOf = (slot: number): Condition => conditions.get(slot) ?? up;
  const services = (): readonly Service[] => proxiesOf(plan, config!.admin.haproxy!.proxies);
  const nowMs = (): number => clock.nowMs;
  const stat = new Stat({
    ...{ totals, plan: () => plan, services, conditionOf, wallMs: nowMs, nowMs },
    countsOf: () => ({ checksPassed: 1, checksFailed: 4, ejections: {} }),
  });
  return {
    ...{ draft, config: config!, plan, totals, tally, conditions, weights, stat, clock, services, conditionOf },
    add: (row, cell, count) => void (tally.cells[row + cell]! += count),
    slotOf: (server) => plan.pools.flatMap(({ servers }) => servers).find(({ name }) => name === server)!.slot,
  };
}
