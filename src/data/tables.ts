// The tables of this worker: the files that came with the plan, mapped (mappedfiles.ts). A table that stays in the plan stays the
// same object over reloads, for entries of it may be held; what is counted lies in the file, not here.

import type { TablePlan } from "../config/plan.ts";
import type { Owner } from "../memory/owners.ts";
import { StickTable } from "../memory/sticktable.ts";
import type { Table } from "../memory/table.ts";
import { MappedFiles } from "./mappedfiles.ts";

export class Tables {
  readonly #mapped: MappedFiles<TablePlan, StickTable>;

  constructor(owner: Owner) {
    this.#mapped = new MappedFiles("table", (bytes, plan) => new StickTable(bytes, plan, owner));
  }

  /** `files`: paths by the names of tables. Throws when one cannot be mapped; then the former ones stay. */
  adopt(plans: readonly TablePlan[], files: Readonly<Record<string, string>>): void {
    this.#mapped.adopt(plans, files);
    // Not before all are there: a plan that cannot be put in force changes nothing.
    for (const plan of plans) this.#mapped.of(plan).adopt(plan);
  }

  of(plan: TablePlan): Table {
    return this.#mapped.of(plan);
  }
}
