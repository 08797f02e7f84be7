// What an operator takes away from all nodes: the ledger forgets the entry, each node sets its own to nothing at a time of its own, and
// in the end nothing is left but what was counted after. Between the two a node may tell what it still has.

import { expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { SharedTable } from "../memory/sharedtable.ts";
import { keyName } from "../memory/tablekey.ts";
import { Exchange } from "./exchange.ts";
import { Ledger } from "./ledger.ts";

const plan: TablePlan = {
  ...{ name: "t", key: { kind: "integer" }, entriesMax: 64, expireMs: 600_000, isEvicting: true },
  ...{ store: ["gpc0", "bytes_out_cnt", "http_req_rate(10s)"], share: { staleMs: 5000, whenStale: "open" } },
};
const epochMs = 1_790_000_000_000;

class Stage {
  readonly ledger: Ledger = new Ledger();
  nowMs = 1000;
  readonly nodes = ["a", "b", "c"].map((node) => {
    const table = SharedTable.inMemory(plan);
    return { table, exchange: new Exchange(table, { node, intervalMs: 200, random: () => 0.5 }) };
  });

  lay(index: number): SharedTable {
    const { table } = this.nodes[index]!;
    table.key.setInteger(7);
    return table;
  }

  count(index: number, amount: number): void {
    this.lay(index).add(0, 0, amount, this.nowMs);
  }

  speak(...indices: readonly number[]): void {
    for (const index of indices) {
      const { exchange } = this.nodes[index]!;
      this.nowMs += 10;
      while (exchange.hear(this.ledger.ask(exchange.next(this.nowMs), epochMs + this.nowMs), this.nowMs));
    }
  }

  all(): void {
    for (let turn = 0; turn < 4; turn++) this.speak(0, 1, 2);
  }

  read(): number[] {
    return [0, 1, 2].map((index) => this.lay(index).read(0, 0, this.nowMs));
  }

  /** As control does it when it hears of the order. */
  carryOut(index: number, value: number, atMs: number): void {
    this.lay(index).own.assign(0, 0, value, this.nowMs);
    this.nodes[index]!.exchange.forget(keyName(this.lay(index).key), atMs, this.nowMs);
  }
}

function stage(): { stage: Stage; forgottenMs: number } {
  const made = new Stage();
  for (const index of [0, 1, 2]) made.count(index, index + 1);
  made.all();
  expect(made.read()).toEqual([6, 6, 6]);
  made.ledger.remove(keyName(made.lay(0).key));
  made.nowMs += 10;
  return { stage: made, forgottenMs: epochMs + made.nowMs };
}

test("all carry it out before they tell anything", () => {
  const { stage: made, forgottenMs } = stage();
  for (const index of [0, 1, 2]) made.carryOut(index, index === 0 ? 5 : 0, forgottenMs);
  made.all();
  expect(made.read()).toEqual([5, 5, 5]);
});

test("one that tells all it has before it knows takes it back", () => {
  const { stage: made, forgottenMs } = stage();
  made.count(2, 1);
  made.speak(2, 2);
  made.carryOut(0, 5, forgottenMs);
  made.speak(0);
  made.carryOut(1, 0, forgottenMs);
  made.carryOut(2, 0, forgottenMs);
  made.all();
  expect(made.read()).toEqual([5, 5, 5]);
});

test("what is counted after counts", () => {
  const { stage: made, forgottenMs } = stage();
  made.carryOut(0, 0, forgottenMs);
  made.count(0, 1);
  made.speak(0);
  made.carryOut(1, 0, forgottenMs);
  made.count(1, 1);
  made.speak(1);
  made.carryOut(2, 0, forgottenMs);
  made.all();
  expect(made.read()).toEqual([2, 2, 2]);
});
