import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { SharedTable } from "../sharedtable.ts";
import { keyName, TableKey } from "../tablekey.ts";
import { layoutOf, smallRoom } from "./layout.ts";
import { othersPlan } from "./othersplan.ts";
import { Wishes } from "./wishes.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 100,
  expireMs: 60_000,
  isEvicting: true,
  store: ["http_req_rate(10s)", "gpc0", "tokens(5,500ms)"],
  share: { staleMs: 5000, whenStale: "open" },
};
const [rate, gpc, tokens] = [0, 1, 2];
const nowMs = 1_000_000;

function address(last: number): Uint8Array {
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, last >> 8, last & 255);
}

function keyOf(last: number): TableKey {
  const key = new TableKey(plan.key);
  key.setAddress(address(last), 0);
  return key;
}

function stage(change: Partial<TablePlan> = {}) {
  const table = SharedTable.inMemory({ ...plan, ...change });
  const lay = (last: number): SharedTable => {
    table.key.setAddress(address(last), 0);
    return table;
  };
  return { table, lay };
}

test("a key that is looked up and not counted here is asked for, once for an interval", () => {
  const { table, lay } = stage();
  expect(table.wishes.take()).toEqual([]);
  lay(1).read(rate, 0, nowMs);
  lay(1).has(nowMs);
  expect(table.wishes.take()).toEqual([keyName(keyOf(1))]);
  expect(table.wishes.take()).toEqual([]);
  lay(1).read(rate, 0, nowMs + 50);
  expect(table.wishes.take()).toEqual([]);
  lay(1).read(rate, 0, nowMs + 200);
  expect(table.wishes.take()).toEqual([keyName(keyOf(1))]);
});

test("what is told anyway is not asked for: marks, buckets, and who is counted here", () => {
  const { table, lay } = stage();
  lay(1).read(gpc, 0, nowMs);
  lay(2).read(tokens, 0, nowMs);
  lay(3).take(tokens, 1, nowMs);
  lay(4).add(rate, 0, 1, nowMs);
  lay(4).read(rate, 0, nowMs + 100);
  table.key.unset();
  table.read(rate, 0, nowMs);
  expect(table.wishes.take()).toEqual([]);
  // Its counts of others are as old by then as its own.
  lay(4).read(rate, 0, nowMs + 600);
  expect(table.wishes.take()).toEqual([keyName(keyOf(4))]);
});

test("keys of all kinds come out as they went in", () => {
  for (const [key, set] of [
    [{ kind: "integer" }, (to: TableKey) => to.setInteger(4_000_000_001)],
    [{ kind: "string", bytesMax: 7 }, (to: TableKey) => to.setText("abcde\0")],
    [{ kind: "binary", bytesMax: 5 }, (to: TableKey) => to.setBytes(Uint8Array.of(1, 2, 255), 0, 3)],
    [
      { kind: "ip", prefix6: 128 },
      (to: TableKey) =>
        to.setAddress(
          Uint8Array.from({ length: 16 }, (_, at) => at + 1),
          0,
        ),
    ],
  ] as const) {
    const { table } = stage({ key });
    set(table.key);
    const name = keyName(table.key);
    table.read(rate, 0, nowMs);
    expect(table.wishes.take()).toEqual([name]);
  }
});

test("of many keys at once some are asked for, and all of them in time", () => {
  const { table, lay } = stage();
  const asked = new Set<string>();
  let most = 0;
  for (let round = 0; round < 40; round++) {
    for (let last = 0; last < 200; last++) lay(last).read(rate, 0, nowMs + round * 200);
    const taken = table.wishes.take();
    most = Math.max(most, taken.length);
    for (const key of taken) asked.add(key);
  }
  expect(asked.size).toBe(200);
  expect(most).toBeLessThan(200);
  for (let last = 0; last < 5000; last++) lay(last).read(rate, 0, nowMs + 20_000);
  expect(table.wishes.take().length).toBeWithin(200, 257);
});

test("a worker that dies while it notes a key takes its cell away for two takings", () => {
  const { table } = stage();
  const { memory, layout } = table.others.parts;
  for (let cell = 0; cell < layout.wishCells; cell++) memory.store(layout.wishesAt + 1 + cell * layout.wishWords, 1);
  table.wishes.note(keyOf(1));
  expect([table.wishes.take(), table.wishes.take()]).toEqual([[], []]);
  table.wishes.note(keyOf(1));
  expect(table.wishes.take()).toEqual([keyName(keyOf(1))]);
});

test("words that are no key are none", () => {
  const { table } = stage();
  const { memory, layout } = table.others.parts;
  memory.put(layout.wishesAt + 2, 9999);
  memory.store(layout.wishesAt + 1, 2);
  expect(table.wishes.take()).toEqual([]);
  table.wishes.note(keyOf(1));
  expect(table.wishes.take()).toEqual([keyName(keyOf(1))]);
});

test("processes that share the file see each other's", () => {
  const { table } = stage();
  const { memory, layout } = table.others.parts;
  new Wishes(memory, layout, keyOf(1)).note(keyOf(9));
  expect(table.wishes.take()).toEqual([keyName(keyOf(9))]);
});

test("there is room for them in the file of others alone, and for fewer where keys are long", () => {
  const cells = (of: TablePlan): number => layoutOf(of, smallRoom).wishCells;
  const long: TablePlan = { ...plan, key: { kind: "string", bytesMax: 4096 } };
  expect([cells(plan), cells(othersPlan(plan)), cells(othersPlan(long))]).toEqual([0, 256, 15]);
});
