import { expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { StickTable } from "../memory/sticktable.ts";
import { EntryLog } from "./entrylog.ts";

function tableOf(store: readonly string[]): StickTable {
  const key: TablePlan["key"] = { kind: "string", bytesMax: 8 };
  return StickTable.inMemory({ name: "t", key, entriesMax: 128, expireMs: 0, isEvicting: true, share: null, store });
}

test("an entry is told once, as it was at the first look and as it is at the end", () => {
  const table = tableOf(["gpc(2)", "conn_cnt"]);
  const log = new EntryLog();
  table.key.setText("a");
  log.see(table, 1);
  table.add(0, 1, 3, 1);
  log.see(table, 1);
  table.key.setText("b");
  expect(log.traces(1)).toEqual([
    { table: "t", key: "a", before: null, after: { "gpc[0]": 0, "gpc[1]": 3, conn_cnt: 0 } },
  ]);
});

test("what is held is told by its own key; what is no key is not told", () => {
  const table = tableOf(["gpc0"]);
  const log = new EntryLog();
  table.key.setText("held");
  const entry = table.track(1);
  table.key.unset();
  log.see(table, 1);
  log.seeHeld({ table, entry }, 1);
  expect(log.traces(1)).toEqual([{ table: "t", key: "held", before: { gpc0: 0 }, after: { gpc0: 0 } }]);
});

test("there is an end to it", () => {
  const table = tableOf(["gpc0"]);
  const log = new EntryLog();
  for (let count = 0; count < 100; count++) {
    table.key.setText(`k${count}`);
    log.see(table, 1);
  }
  expect(log.traces(1)).toHaveLength(64);
});
