// Rules in a simulated world: what holds entries of a table for connections and requests, changes heads, and slows bodies down, in
// every way in which an exchange can end. They refuse nothing, so that what clients are promised stays the same. All track one
// entry: at the end nobody may hold it any more. Another entry is held by every connection: what it was told of must in the end
// be what the reports of all exchanges come to.

import type { RulePlan } from "../../src/config/plan.ts";
import type { Exchange } from "../../src/flow/exchange.ts";
import type { Memory } from "../playbook/memory.ts";
import type { PlanOptions } from "../playbook/plan.ts";
import { deny, rule, rules, table, track } from "../playbook/rules.ts";
import { Violation, type World } from "./world.ts";

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
const counts = ["http_req_cnt", "bytes_in_cnt", "bytes_out_cnt"];
const all = { ...table("all", counts, { kind: "integer" }), expireMs: 0 };

/** Drawn anew for each plan. */
export function drawRules(world: World): Pick<PlanOptions, "tables" | "listener" | "own"> {
  const some = (...those: RulePlan[]): RulePlan[] => those.filter(() => world.chance(0.6));
  const tracks = (slot: number, of = 0): RulePlan => rule(null, null, { does: [track(of, slot, "1")] });
  const name = "X-Judged";
  const given = rule(null, null, { does: [{ kind: "field", operation: "set", name, value: "{now.getSeconds()}" }] });
  const taken = rule(null, null, { does: [{ kind: "field", operation: "remove", name, value: "" }] });
  const slow = rule("random() < 0.3", null, { does: [{ kind: "slow", bytesPerSecond: 1_000_000 }] });
  const observed = rule("tracked[1].http_req_cnt > 0", deny(), { mode: "observe" });
  return {
    tables: [judged, all],
    listener: {
      rules: rules({
        connection: [...some(tracks(0)), tracks(4, 1)],
        request: some(tracks(1), tracks(5, 1), given, observed, taken, slow),
        response: some(tracks(2), given, taken),
        afterResponse: some(given, taken),
      }),
    },
    own: {
      app: {
        rules: rules({ request: some(tracks(3), given, taken), response: some(slow), afterResponse: some(given) }),
      },
    },
  };
}

/** Tables of another shape, as a reload may have them: who is there is counted as before once `settle` was called. */
export function reshape(world: World, memory: Memory, sharedMs: number): () => void {
  const held = heldIn(memory);
  const settling = [judged, all].flatMap(({ name }) =>
    world.chance(0.5) ? [memory.reshape(name, world.between(64, 4096), sharedMs)] : [],
  );
  return () => {
    for (const settle of settling) settle();
    if (heldIn(memory) !== held) throw new Violation(`${held} were there, and ${heldIn(memory)} after a reload`);
  };
}

/** How often the entry is held still. */
export function heldIn(memory: Memory): number {
  const table = memory.tableOf(judged);
  table.key.setInteger(1);
  return table.read(0, 0, 0);
}

/** What the reports of exchanges come to. */
export class Books {
  #exchanges = 0;
  #received = 0;
  #sent = 0;

  reported({ asked, requestBytes, sentBytes }: Exchange): void {
    this.#exchanges++;
    this.#received += (asked.bytes.length === 0 ? 0 : asked.end - asked.start) + requestBytes;
    this.#sent += sentBytes;
  }

  /** What the entry was told of that was not reported, or not told of although it was; empty when there is nothing of that. */
  differences(memory: Memory): string[] {
    const table = memory.tableOf(all);
    table.key.setInteger(1);
    const [exchanges, received, sent] = [0, 1, 2].map((column) => table.read(column, 0, 0)) as [number, number, number];
    const told: string[] = [];
    // A head that a client leaves in the middle is a request, and no exchange.
    if (exchanges < this.#exchanges) told.push(`${exchanges} requests were counted, ${this.#exchanges} were reported`);
    if (received !== this.#received) told.push(`${received} bytes in were counted, ${this.#received} were reported`);
    if (sent !== this.#sent) told.push(`${sent} bytes out were counted, ${this.#sent} were reported`);
    return told;
  }
}
