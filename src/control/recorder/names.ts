// What slots are called: of the last plans, each table once, so that a record that was written under a former plan still says whom it
// was for. A slot belongs to one name for as long as that is in the config, so that the nearest table will do where the right one is
// forgotten. It knows names only, nothing of what is secret in a plan.

import type { Plan, RulePlan } from "../../config/plan.ts";

export interface NameTable {
  readonly listeners: ReadonlyMap<number, string>;
  readonly pools: ReadonlyMap<number, string>;
  readonly servers: ReadonlyMap<number, string>;
  readonly rules: ReadonlyMap<number, string>;
  readonly egresses: ReadonlyMap<number, string>;
}

interface Known {
  /** The first generation that it is for. */
  readonly from: number;
  readonly text: string;
  readonly names: NameTable;
}

const knownMax = 16;
const empty: NameTable = named([], [], [], [], []);

export class RecorderNames {
  /** The oldest first. */
  #known: Known[] = [];

  /** Before any worker hears of the plan. */
  learn(plan: Plan): void {
    const rules = [...plan.listeners, ...plan.pools].flatMap((owner) => Object.values(owner.rules).flatMap(flat));
    const lists = [plan.listeners, plan.pools, plan.pools.flatMap(({ servers }) => servers), rules, plan.egresses].map(
      (all) => all.map(({ slot, name }): Named => [slot, name]),
    ) as [Named[], Named[], Named[], Named[], Named[]]; // As many as it has.
    const text = JSON.stringify(lists);
    if (this.#known.at(-1)?.text === text) return;
    this.#known.push({ from: plan.generation, text, names: named(...lists) });
    if (this.#known.length > knownMax) this.#known.shift();
  }

  of(generation: number): NameTable {
    for (let at = this.#known.length - 1; at >= 0; at--)
      if (this.#known[at]!.from <= generation) return this.#known[at]!.names;
    return this.#known[0]?.names ?? empty;
  }
}

type Named = readonly [number, string];

function named(
  listeners: readonly Named[],
  pools: readonly Named[],
  servers: readonly Named[],
  rules: readonly Named[],
  egresses: readonly Named[],
): NameTable {
  return {
    listeners: new Map(listeners),
    pools: new Map(pools),
    servers: new Map(servers),
    rules: new Map(rules),
    egresses: new Map(egresses),
  };
}

function flat(rules: readonly RulePlan[]): RulePlan[] {
  return rules.flatMap((rule) => [rule, ...flat(rule.rules)]);
}
