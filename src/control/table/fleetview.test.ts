import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { SharedTable } from "../../memory/sharedtable.ts";
import { listRows } from "../../memory/sticktable/rows.ts";
import { FleetView } from "./fleetview.ts";
import { layListed } from "./keytext.ts";

const nowMs = 1000;
const plan: TablePlan = {
  name: "shop",
  key: { kind: "string", bytesMax: 32 },
  entriesMax: 100,
  expireMs: 60_000,
  isEvicting: true,
  store: ["gpc0", "gpt0"],
  share: { staleMs: 5000, whenStale: "open" },
};
const firstPage = { cursor: 0, rowsMax: 10, looksMax: 1000 };

function stage(): { readonly shared: SharedTable; readonly view: FleetView } {
  const shared = SharedTable.inMemory(plan);
  for (const [table, key, count, tag] of [
    [shared.own, "both", 2, 0],
    [shared.others, "both", 5, 9],
    [shared.others, "theirs", 7, 0],
  ] as const) {
    layListed(key, table.key);
    table.assign(table.columnOf("gpc", 0), 0, count, nowMs);
    layListed(key, table.key);
    table.assign(table.columnOf("gpt", 0), 0, tag, nowMs);
  }
  return { shared, view: new FleetView(shared) };
}

test("counts are added up over nodes, a tag is our own where there is one", () => {
  const { shared, view } = stage();
  const { rows } = listRows(shared.own, nowMs, firstPage);
  expect(rows.map((row) => [row.key, view.sums(row, nowMs)])).toEqual([["both", { gpc0: 7, gpt0: 9 }]]);
  expect(view.sum("both", shared.own.columnOf("gpc", 0), 0, 2, nowMs)).toBe(7);
});

test("entries that only others have are listed with nothing of ours", () => {
  const { shared, view } = stage();
  const { rows } = view.listOthers(nowMs, firstPage);
  expect(rows.map(({ key, values }) => [key, values])).toEqual([["theirs", { gpc0: 0, gpt0: 0 }]]);
  layListed("theirs", shared.key);
  expect(view.rowOfOthers(nowMs)?.key).toBe("theirs");
  layListed("nobody", shared.key);
  expect(view.rowOfOthers(nowMs)).toBeNull();
});
