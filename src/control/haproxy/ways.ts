// Which rows of routes begin at a listener or end at a pool. It is looked up for each line of `show stat`, and once a second for what counters
// do not tell, so a plan is looked through once. It knows the plan alone.

import type { Plan } from "../../config/plan.ts";
import type { Service } from "./names.ts";

interface Found {
  readonly plan: Plan | null;
  readonly ofListener: ReadonlyMap<string, readonly number[]>;
  readonly ofPool: ReadonlyMap<string, readonly number[]>;
}

export class Ways {
  readonly #plan: () => Plan | null;
  #found: Found = foundIn(null);

  constructor(plan: () => Plan | null) {
    this.#plan = plan;
  }

  /** Each row once. */
  from({ listeners }: Pick<Service, "listeners">): readonly number[] {
    const { ofListener } = this.#now();
    const rows = listeners.map(({ name }) => ofListener.get(name) ?? []);
    return rows.length === 1 ? rows[0]! : [...new Set(rows.flat())];
  }

  to({ pool }: Pick<Service, "pool">): readonly number[] {
    return this.#now().ofPool.get(pool?.name ?? "") ?? [];
  }

  #now(): Found {
    const plan = this.#plan();
    if (plan !== this.#found.plan) this.#found = foundIn(plan);
    return this.#found;
  }
}

function foundIn(plan: Plan | null): Found {
  const [ofListener, ofPool] = [new Map<string, Set<number>>(), new Map<string, Set<number>>()];
  for (const { slot, listener, pool } of plan?.routes ?? []) {
    add(ofListener, plan!.listeners[listener]!.name, slot);
    if (pool !== null) add(ofPool, plan!.pools[pool]!.name, slot);
  }
  return { plan, ofListener: listed(ofListener), ofPool: listed(ofPool) };
}

function add(to: Map<string, Set<number>>, name: string, row: number): void {
  const rows = to.get(name);
  if (rows === undefined) to.set(name, new Set([row]));
  else rows.add(row);
}

function listed(of: ReadonlyMap<string, ReadonlySet<number>>): ReadonlyMap<string, readonly number[]> {
  return new Map([...of].map(([name, rows]) => [name, [...rows]]));
}
