// Rules in a simulated world: what holds entries of a table for connections and requests, changes heads, and slows bodies down, in
// every way in which an exchange can end. They refuse nothing, so that what clients are promised stays the same. All track one
// entry: at the end nobody may hold it any more.

import type { RulePlan } from "../../src/config/plan.ts";
import type { Memory } from "../playbook/memory.ts";
import type { PlanOptions } from "../playbook/plan.ts";
import { deny, rule, rules, table, track } from "../playbook/rules.ts";
import type { World } from "./world.ts";

const columns = [
  "conn_cur",
  "conn_rate(1s)",
  "http_req_cnt",
  "http_err_cnt",
  "http_fail_cnt",
  "bytes_in_cnt",
  "bytes_out_cnt",
];
const judged = table("judged", columns, { kind: "integer" });

/** Drawn anew for each plan. */
export function drawRules(world: World): Pick<PlanOptions, "tables" | "listener" | "own"> {
  const some = (...all: RulePlan[]): RulePlan[] => all.filter(() => world.chance(0.6));
  const tracks = (slot: number): RulePlan => rule(null, null, { does: [track(0, slot, "1")] });
  const name = "X-Judged";
  const given = rule(null, null, { does: [{ kind: "field", operation: "set", name, value: "{now.getSeconds()}" }] });
  const taken = rule(null, null, { does: [{ kind: "field", operation: "remove", name, value: "" }] });
  const slow = rule("random() < 0.3", null, { does: [{ kind: "slow", bytesPerSecond: 1_000_000 }] });
  const observed = rule("tracked[1].http_req_cnt > 0", deny(), { mode: "observe" });
  return {
    tables: [judged],
    listener: {
      rules: rules({
        connection: some(tracks(0)),
        request: some(tracks(1), given, observed, taken, slow),
        response: some(tracks(2), given, taken),
      }),
    },
    own: { app: { rules: rules({ request: some(tracks(3), given, taken), response: some(slow) }) } },
  };
}

/** How often the entry is held still. */
export function heldIn(memory: Memory): number {
  const table = memory.tableOf(judged);
  table.key.setInteger(1);
  return table.read(0, 0, 0);
}
