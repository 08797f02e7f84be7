// A node of a simulated fleet: the table as it is shipped, in memory, and the exchange that control drives. Its clock is its own:
// the milliseconds that its processes share begin anywhere.

import type { Prng } from "../../../src/base/prng.ts";
import type { TablePlan } from "../../../src/config/plan.ts";
import { Exchange } from "../../../src/fleet/exchange.ts";
import { SharedTable } from "../../../src/memory/sharedtable.ts";

export class FleetNode {
  readonly name: string;
  readonly table: SharedTable;
  exchange: Exchange;
  /** Nothing of the present call comes back to who made a later one. */
  call = 0;
  isCalling = false;
  readonly #aheadMs: number;
  readonly #intervalMs: number;
  readonly #prng: Prng;

  constructor(name: string, plan: TablePlan, intervalMs: number, prng: Prng) {
    this.name = name;
    this.#prng = prng;
    this.#intervalMs = intervalMs;
    this.#aheadMs = prng.u32();
    this.table = SharedTable.inMemory(plan);
    this.exchange = this.#open();
  }

  /** What this node's clock shows when the world's shows `worldMs`. */
  ms(worldMs: number): number {
    return (Math.floor(worldMs) + this.#aheadMs) | 0;
  }

  /** Control is killed and started again: what was under way is forgotten, what stands in the table stays. */
  restart(): void {
    this.exchange = this.#open();
    this.call++;
    this.isCalling = false;
  }

  lay(key: number): SharedTable {
    this.table.key.setInteger(key);
    return this.table;
  }

  #open(): Exchange {
    const random = (): number => this.#prng.next();
    return new Exchange(this.table, { node: this.name, intervalMs: this.#intervalMs, random });
  }
}
