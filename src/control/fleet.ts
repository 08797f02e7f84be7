// This node and its fleet, as the config in force has it: asked by control when a config has come into force, when a worker has died and at
// the end, and by operators. What being in a fleet consists of stands in fleet/membership.ts. Without a fleet all of it does nothing,
// but for changes of shared tables, which are made here then. See docs/FLEET.md.

import { hostname } from "node:os";
import { compileFleet, type FleetPlan } from "../config/compilefleet.ts";
import type { Config } from "../config/types.ts";
import type { Exchange } from "../fleet/exchange.ts";
import type { SharedTable } from "../memory/sharedtable.ts";
import { keyName } from "../memory/tablekey.ts";
import { Membership, type MembershipOptions } from "./fleet/membership.ts";
import type { FleetAnswer, FleetStatus } from "./fleet/nodestatus.ts";
import { carryOut, type Order, orderKeysMax, type Setting, setShared } from "./fleet/orders.ts";
import type { OpenTable } from "./tables.ts";

export interface FleetOptions extends Omit<MembershipOptions, "plan" | "node" | "exchanges"> {
  readonly tables: () => readonly OpenTable[];
  /** Tells nodes of one machine apart. */
  readonly adminPort: string;
}

export class Fleet {
  /** A config has said whether there is one: the first is put in force while the admin interface answers already. */
  isDecided = false;
  readonly #options: FleetOptions;
  readonly #exchanges = new WeakMap<SharedTable, Exchange>();
  #plan: FleetPlan | null = null;
  #membership: Membership | null = null;

  constructor(options: FleetOptions) {
    this.#options = options;
  }

  /** A config has come into force, and its tables are open. */
  adopt(config: Pick<Config, "fleet">): void {
    this.isDecided = true;
    const plan = compileFleet(config);
    if (!Bun.deepEquals(plan, this.#plan)) {
      this.#membership?.close();
      this.#membership = plan === null ? null : this.#join(plan);
      this.#plan = plan;
    }
    this.#membership?.follow(this.#options.tables().flatMap(({ shared }) => (shared === null ? [] : [shared])));
  }

  /** A worker has died, and what it held was let go of. */
  recovered(): void {
    this.#membership?.recovered();
  }

  /** Of the key that is laid in the table. False: there is no room for the entry. */
  set(shared: SharedTable, settings: readonly Setting[]): boolean {
    const order = setShared(shared, settings, this.#node, this.#options.sharedMs());
    if (order === "full") return false;
    if (order !== null) this.#membership?.order(shared, order);
    return true;
  }

  /** Keys as keyName writes them; null: all there are. */
  clear(shared: SharedTable, keys: readonly string[] | null): void {
    const { plan } = shared;
    const parts = keys === null ? [null] : chunks(keys, orderKeysMax);
    for (const part of parts) {
      const order: Order = { table: plan.name, node: this.#node, keys: part, cells: null };
      carryOut(shared, order, this.#options.sharedMs());
      this.#membership?.order(shared, order);
    }
  }

  /** Somebody wants to know what others have of the key that is laid. */
  wish(shared: SharedTable): void {
    this.#membership?.wish(shared, keyName(shared.key));
  }

  status(): FleetStatus | null {
    return this.#membership?.status() ?? null;
  }

  async answer(): Promise<FleetAnswer> {
    const nodes = (await this.#membership?.nodes()) ?? [];
    return { fleet: this.status(), nodes };
  }

  /** At the end, when nothing counts any more. */
  async close(): Promise<void> {
    const membership = this.#membership;
    this.#membership = null;
    await membership?.part();
  }

  #join(plan: FleetPlan): Membership {
    const node = plan.node ?? nameOf(this.#options.adminPort);
    return new Membership({ ...this.#options, plan, node, exchanges: this.#exchanges });
  }

  get #node(): string {
    return this.#membership?.node ?? "";
  }
}

function chunks<T>(list: readonly T[], lengthMax: number): T[][] {
  const count = Math.ceil(list.length / lengthMax);
  return Array.from({ length: count }, (_, index) => list.slice(index * lengthMax, (index + 1) * lengthMax));
}

/** A name of 1 to 100 letters, digits and . _ : - */
function nameOf(adminPort: string): string {
  return `${hostname().slice(0, 80)}:${adminPort}`.replace(/[^A-Za-z0-9._:-]/g, "-").slice(0, 100);
}
