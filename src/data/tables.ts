// The tables of this worker: the files that came with the plan, mapped. A table that stays keeps its object over reloads, for
// what is held in it is known to that object alone; one whose file is another is another table, and the former lives on for as
// long as something begun before holds entries of it. Nothing is ever closed here: what is held when the process ends is let
// go of by control.

import { statSync } from "node:fs";
import type { TablePlan } from "../config/plan.ts";
import type { Owner } from "../memory/owners.ts";
import { StickTable } from "../memory/sticktable.ts";
import type { Table } from "../memory/table.ts";

interface Mapped {
  /** The path, and which file that is. */
  readonly identity: string;
  readonly table: StickTable;
}

export class Tables {
  readonly #owner: Owner;
  #mapped = new Map<string, Mapped>();

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** `files`: paths by the names of tables. Throws when one cannot be mapped; then the former ones stay. */
  adopt(plans: readonly TablePlan[], files: Readonly<Record<string, string>>): void {
    const next = new Map<string, Mapped>();
    for (const plan of plans) {
      const path = files[plan.name];
      if (path === undefined) throw new Error(`the plan has a table ${plan.name} and no file for it`);
      const identity = `${path} ${statSync(path).ino}`;
      const former = this.#mapped.get(plan.name);
      if (former?.identity === identity) next.set(plan.name, former);
      else {
        const table = new StickTable(Bun.mmap(path, { shared: true }), plan, this.#owner);
        next.set(plan.name, { identity, table });
      }
    }
    // Not before all are there: a plan that cannot be put in force changes nothing.
    for (const plan of plans) next.get(plan.name)!.table.adopt(plan);
    this.#mapped = next;
  }

  of(plan: TablePlan): Table {
    return this.#mapped.get(plan.name)!.table;
  }
}
