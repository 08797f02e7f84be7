// The tables of this worker: the files that came with the plan, mapped (mappedfiles.ts). A table that stays in the plan stays the
// same object over reloads, for entries of it may be held; what is counted lies in the file, not here. One that nodes share is two
// files, its own and the one beside it.

import type { TablePlan } from "../config/plan.ts";
import { type Reserve, reserved } from "../memory/cellpages.ts";
import type { Owner } from "../memory/owners.ts";
import { SharedTable } from "../memory/sharedtable.ts";
import { othersPlan, tablesWithOthers } from "../memory/sticktable/othersplan.ts";
import { StickTable } from "../memory/sticktable.ts";
import type { Table } from "../memory/table.ts";
import { Leavings } from "./leavings.ts";
import { type MappedFile, MappedFiles } from "./mappedfiles.ts";

export class Tables {
  readonly #mapped: MappedFiles<TablePlan, StickTable>;
  #shared: ReadonlyMap<string, SharedTable> = new Map();
  /** Of the plan in force. */
  #settled: ReadonlyMap<string, StickTable> = new Map();

  /** `reserve`: memory for parts of a file. */
  constructor(
    owner: Owner,
    leavings: Leavings = new Leavings(),
    reserve: (file: MappedFile) => Reserve = () => reserved,
  ) {
    this.#mapped = new MappedFiles(
      "table",
      (bytes, plan, file) => new StickTable(bytes, plan, owner, undefined, reserve(file)),
      leavings,
    );
  }

  /** `files`: paths by the names of tables. Throws when one cannot be mapped; then the former ones stay. */
  adopt(plans: readonly TablePlan[], files: Readonly<Record<string, string>>): void {
    const all = tablesWithOthers(plans);
    this.#mapped.adopt(all, files);
    // Not before all are there: a plan that cannot be put in force changes nothing.
    for (const plan of all) this.#mapped.of(plan).adopt(plan);
    this.#shared = new Map(plans.flatMap((plan) => (plan.share === null ? [] : [[plan.name, this.#sharedOf(plan)]])));
  }

  /**
   * The plan that was adopted last is in force: what is held in tables that have others in their place is held in those. Not before, or what a
   * plan that fails has asked for would be counted nowhere.
   */
  settle(plans: readonly TablePlan[], nowMs: number): void {
    const settled = new Map<string, StickTable>();
    for (const plan of plans) {
      const [table, former] = [this.#mapped.of(plan), this.#settled.get(plan.name)];
      settled.set(plan.name, table);
      if (former !== undefined && former !== table && former.plan.key.kind === plan.key.kind)
        former.passOn(table, this.of(plan), nowMs);
    }
    this.#settled = settled;
  }

  of(plan: TablePlan): Table {
    return plan.share === null ? this.#mapped.of(plan) : this.#shared.get(plan.name)!;
  }

  #sharedOf(plan: TablePlan): SharedTable {
    const [own, others] = [this.#mapped.of(plan), this.#mapped.of(othersPlan(plan))];
    const former = this.#shared.get(plan.name);
    return former?.own === own && former.others === others ? former : new SharedTable(own, others);
  }
}
