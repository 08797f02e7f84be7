// What rules see beside the connection and the request: tables, lists and the figures of pools, by the indices of the plan that
// they were compiled for. A site has one; what was begun under it goes on to look through it.

import type { ListHolder } from "../memory/list.ts";
import type { Table } from "../memory/table.ts";
import { poolCell, type Totals } from "../memory/tally.ts";
import type { PoolFigure, World } from "../rules/scene.ts";
import type { PoolSite } from "./site.ts";

export class SiteWorld implements World {
  readonly tables: readonly Table[];
  readonly lists: readonly ListHolder[];
  readonly #pools: readonly PoolSite[];
  readonly #totals: Totals;

  constructor(tables: readonly Table[], lists: readonly ListHolder[], pools: readonly PoolSite[], totals: Totals) {
    this.tables = tables;
    this.lists = lists;
    this.#pools = pools;
    this.#totals = totals;
  }

  pool(index: number, figure: PoolFigure): number {
    const pool = this.#pools[index];
    if (pool === undefined) return Number.NaN;
    switch (figure) {
      case "servers":
        return pool.servers.length;
      case "up":
        pool.backends.refresh();
        return pool.backends.eligibleCount;
      case "active": {
        let active = 0;
        for (const { index } of pool.servers) active += pool.backends.activeOf(index);
        return active;
      }
      case "queued":
        return this.#totals.pool(pool.plan.slot, poolCell.queued);
    }
  }
}
