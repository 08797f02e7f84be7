// A table that a former run has left, opened and recovered. What was killed in the middle of a change is put right by the table
// itself; what has been damaged otherwise (a bad disk, somebody's editor) would be walked around in for ever, by every process:
// it is looked at as a whole first. Nobody else may be writing meanwhile, so a table that a process which lives still has open
// is believed.

import type { TablePlan } from "../../config/plan.ts";
import { type Reserve, reserved } from "../../memory/cellpages.ts";
import { type Owner, Owners } from "../../memory/owners.ts";
import { SharedWords } from "../../memory/sharedwords.ts";
import { checkBytes, checkTable } from "../../memory/sticktable/check.ts";
import { layoutOf, roomOf } from "../../memory/sticktable/layout.ts";
import { StickTable } from "../../memory/sticktable.ts";

/** Of bytes that are a table of the plan. A text: why it cannot be used. */
export function openFound(
  bytes: Uint8Array,
  plan: TablePlan,
  owner: Owner,
  reserve: Reserve = reserved,
): StickTable | string {
  const memory = new SharedWords(bytes);
  const isInUse = new Owners(memory, layoutOf(plan, roomOf(memory.words)), owner).hasOthers;
  const [problem] = isInUse ? [] : checkBytes(bytes, plan);
  if (problem !== undefined) return problem;
  try {
    const table = new StickTable(bytes, plan, owner, memory, reserve);
    table.recover();
    return (isInUse ? [] : checkTable(table))[0] ?? table;
  } catch (error) {
    return (error as Error).message;
  }
}
