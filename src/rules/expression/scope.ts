// The scope of expressions, from the parts of a plan or of a config that is under review. It keeps their order, for names are
// compiled to indices; columns are read once here for all expressions of a phase.

import type { ListPlan, TablePlan } from "../../config/plan.ts";
import { readColumn } from "../../memory/column.ts";
import type { Phase } from "../fields.ts";
import type { Scope } from "./compiled.ts";

/** Whatever has the names of a plan; a `Plan` is one. */
export interface Names {
  readonly tables: readonly TablePlan[];
  readonly lists: readonly ListPlan[];
  readonly pools: readonly { readonly name: string }[];
}

export function scopeOf(names: Names, phase: Phase): Scope {
  return {
    phase,
    tables: names.tables.map((plan) => ({
      name: plan.name,
      plan,
      columns: plan.store.flatMap((text) => {
        // A plan holds only columns that can be read; a config that is still under review may not.
        const column = readColumn(text);
        return column.ok ? [column.value] : [];
      }),
    })),
    lists: names.lists,
    pools: names.pools.map(({ name }) => name),
  };
}
