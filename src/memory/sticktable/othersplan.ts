// The second file of a table that nodes share: of the same key and columns, under a name that no table of a config can have. Here is only
// how its plan is made and known; what stands in it is sharedtable.ts' business. It makes room as it must, and is shared with nobody
// itself, for all in it is heard again.

import type { TablePlan } from "../../config/plan.ts";

/** No table of a config is called so, for ":" is in no name. */
const othersName = "others:";

/** The table of what others have counted; its file lies beside the table's own. */
export function othersPlan(plan: TablePlan): TablePlan {
  return { ...plan, name: `${othersName}${plan.name}`, isEvicting: true, share: null };
}

export function isOthers(plan: TablePlan): boolean {
  return plan.name.startsWith(othersName);
}

/** The tables of a plan that have files: of each that is shared a second one. */
export function tablesWithOthers(plans: readonly TablePlan[]): TablePlan[] {
  return plans.flatMap((plan) => (plan.share === null ? [plan] : [plan, othersPlan(plan)]));
}
