// What a table does for one process: creating, refreshing, expiring, making room, holding. What several do to one table at
// once, and what is left of those that are killed, is in stick/journal.test.ts, stick/holds.test.ts and test/stress.

import { afterEach, expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { checkTable } from "./sticktable/check.ts";
import { StickTable } from "./sticktable.ts";
import { TableKey } from "./tablekey.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 100,
  expireMs: 10_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "conn_cnt", "conn_cur", "conn_rate(10s)", "http_req_cnt", "http_req_rate(10s)", "bytes_out_cnt"],
};
const start = 1_000_000;
let opened: StickTable[] = [];

function open(more: Partial<TablePlan> = {}): StickTable {
  const table = StickTable.inMemory({ ...plan, ...more });
  opened.push(table);
  return table;
}

afterEach(() => {
  for (const table of opened) expect(checkTable(table)).toEqual([]);
  opened = [];
});

/** Lays the key of the client with that number. */
function lay(table: StickTable, client: number): StickTable {
  const octets = new Uint8Array(16);
  octets.set([0xff, 0xff, 10, client >>> 16, client >>> 8, client], 10);
  table.key.setAddress(octets, 0);
  return table;
}

/** Which of the clients have an entry. */
function there(table: StickTable, nowMs: number, clients: number): number[] {
  return Array.from({ length: clients }, (_, client) => client).filter((client) => lay(table, client).has(nowMs));
}

const column = (table: StickTable, name: string): number => table.columns.findIndex((each) => each.name === name);

test("reading neither creates nor refreshes", () => {
  const table = lay(open(), 1);
  expect([table.has(start), table.read(0, 0, start), table.figures().used]).toEqual([false, 0, 0]);
  table.add(0, 0, 1, start);
  for (let ms = 0; ms < 10_000; ms += 1000)
    expect([table.has(start + ms), table.read(0, 0, start + ms)]).toEqual([true, 1]);
  expect([table.has(start + 10_000), table.read(0, 0, start + 10_000)]).toEqual([false, 0]);
});

test("adding and assigning create, and refresh", () => {
  const table = lay(open(), 1);
  expect(table.add(0, 0, 2, start)).toBe(2);
  expect(table.add(0, 0, 3, start + 9000)).toBe(5);
  expect(table.assign(0, 0, 7, start + 18_000)).toBe(true);
  expect(table.read(0, 0, start + 27_999)).toBe(7);
  expect(table.read(0, 0, start + 28_000)).toBe(0);
  lay(table, 2);
  expect(table.assign(0, 0, 7, start)).toBe(true);
  expect(table.read(0, 0, start)).toBe(7);
});

test("clearing creates, answers the old value, and does not refresh", () => {
  const table = lay(open(), 1);
  expect(table.clear(0, 0, start)).toBe(0);
  expect(table.has(start)).toBe(true);
  table.add(0, 0, 4, start + 1000);
  expect(table.clear(0, 0, start + 5000)).toBe(4);
  expect([table.read(0, 0, start + 10_999), table.has(start + 10_999), table.has(start + 11_000)]).toEqual([
    0,
    true,
    false,
  ]);
});

test("what has expired starts anew, whether or not it was swept", () => {
  const table = lay(open(), 1);
  table.add(0, 0, 5, start);
  const hold = table.track(start + 10_000);
  expect(table.readOf(hold, 0, 0, start + 10_000)).toBe(0);
  expect(table.readOf(hold, column(table, "conn_cnt"), 0, start + 10_000)).toBe(1);
  table.untrack(hold, start + 10_000);
  expect(table.add(0, 0, 1, start + 20_000)).toBe(1);
  expect(table.figures().used).toBe(1);
});

test("a key that is not set reads as no number, and creates nothing", () => {
  const table = open();
  table.key.unset();
  expect([table.read(0, 0, start), table.add(0, 0, 1, start), table.clear(0, 0, start)]).toEqual([NaN, NaN, NaN]);
  expect([table.has(start), table.assign(0, 0, 1, start), table.track(start)]).toEqual([false, false, 0]);
  expect(table.take(0, 1, start)).toBe(0);
  expect(table.figures().used).toBe(0);
});

test("IPv4 and IPv6 clients with the same bytes are two", () => {
  const table = lay(open(), 1);
  table.add(0, 0, 1, start);
  // The block 0:0:a00:1::/64 has the eight bytes of 10.0.0.1.
  table.key.setAddress(new Uint8Array([0, 0, 0, 0, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9]), 0);
  expect(table.has(start)).toBe(false);
  expect(table.add(0, 0, 1, start)).toBe(1);
  expect(table.figures().used).toBe(2);
});

test("clients of one IPv6 block are one", () => {
  const table = open();
  table.key.setAddress(new Uint8Array([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]), 0);
  table.add(0, 0, 1, start);
  table.key.setAddress(new Uint8Array([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2, 2]), 0);
  expect(table.read(0, 0, start)).toBe(1);
});

test.each([
  ["string", { kind: "string", bytesMax: 7 }],
  ["binary", { kind: "binary", bytesMax: 8 }],
  ["integer", { kind: "integer" }],
] as const)("keys of kind %s are told apart", (_, key) => {
  const table = open({ key });
  const texts = key.kind === "integer" ? ["1", "256", "65536"] : ["", "a", "b", "ab", "ba", "abcdefg"];
  texts.forEach((text, index) => {
    table.key.setText(text);
    expect(table.add(0, 0, index + 1, start)).toBe(index + 1);
  });
  texts.forEach((text, index) => {
    table.key.setText(text);
    expect(table.read(0, 0, start)).toBe(index + 1);
  });
});

test("a text and the same text with zeros behind it are two", () => {
  const table = open({ key: { kind: "string", bytesMax: 8 } });
  for (const length of [1, 2, 3, 4, 8]) {
    table.key.setBytes(new Uint8Array(8), 0, length);
    expect(table.add(0, 0, length, start)).toBe(length);
  }
});

// ---- holding ----

test("what is tracked for a request counts that with it, where such things are counted", () => {
  const table = StickTable.inMemory({ ...plan, store: ["conn_cnt", "http_req_cnt", "http_req_rate(10s)"] });
  const hold = lay(table, 1).track(5, "request");
  expect([0, 1, 2].map((each) => table.readOf(hold, each, 0, 5))).toEqual([1, 1, 1]);
  const without = lay(StickTable.inMemory({ ...plan, store: ["conn_cnt"] }), 1);
  expect(without.readOf(without.track(5, "request"), 0, 0, 5)).toBe(1);
});

test("a tracked connection counts, and its end is seen", () => {
  const table = lay(open(), 1);
  const [count, current, rate] = ["conn_cnt", "conn_cur", "conn_rate(10s)"].map((name) => column(table, name)) as [
    number,
    number,
    number,
  ];
  const first = table.track(start);
  const second = table.track(start + 1);
  expect(first).not.toBe(0);
  for (const hold of [first, second])
    expect([count, current, rate].map((each) => table.readOf(hold, each, 0, start + 2))).toEqual([2, 2, 2]);
  table.untrack(first, start + 3);
  expect([count, current, rate].map((each) => table.read(each, 0, start + 4))).toEqual([2, 1, 2]);
  table.untrack(second, start + 5);
  expect([count, current, rate].map((each) => table.read(each, 0, start + 6))).toEqual([2, 0, 2]);
});

test("connections that are set to none while they are held end without becoming fewer than none", () => {
  const table = lay(open(), 1);
  const current = column(table, "conn_cur");
  const hold = table.track(start);
  table.assign(current, 0, 0, start);
  table.untrack(hold, start);
  expect(table.read(current, 0, start)).toBe(0);
});

test("a held entry outlives its time; without conn_cur it goes when the last lets go", () => {
  const table = lay(open({ store: ["gpc0"] }), 1);
  const one = table.track(start);
  const other = table.track(start);
  table.addTo(one, 0, 0, 1, start);
  expect(table.read(0, 0, start + 60_000)).toBe(1);
  table.untrack(one, start + 60_000);
  expect(table.read(0, 0, start + 60_001)).toBe(1);
  table.untrack(other, start + 60_002);
  expect(table.has(start + 60_002)).toBe(false);
});

test("where conn_cur is stored letting go refreshes", () => {
  const table = lay(open({ store: ["conn_cur"] }), 1);
  const hold = table.track(start);
  table.untrack(hold, start + 60_000);
  expect([table.has(start + 69_999), table.has(start + 70_000)]).toEqual([true, false]);
});

test("events add to the columns that count them, and refresh where there is one", () => {
  const table = lay(open(), 1);
  const hold = table.track(start);
  table.note(hold, "request", 1, start + 1000);
  table.note(hold, "request", 1, start + 1000);
  table.note(hold, "bytesOut", 6e9, start + 2000);
  table.note(hold, "bytesOut", 1, start + 2000);
  // Nothing here counts those.
  for (const event of ["session", "error", "failure", "bytesIn"] as const) table.note(hold, event, 1, start + 9000);
  const values = ["http_req_cnt", "http_req_rate(10s)", "bytes_out_cnt", "conn_cnt"].map((name) =>
    table.readOf(hold, column(table, name), 0, start + 2000),
  );
  expect(values).toEqual([2, 2, 6_000_000_001, 1]);
  const other = open({
    store: ["gpc0", "sess_cnt", "http_err_cnt", "http_fail_rate(10s)", "bytes_in_rate(10s)", "bytes_in_cnt"],
  });
  const held = lay(other, 1).track(start);
  for (const event of ["session", "error", "failure", "bytesIn", "request"] as const)
    other.note(held, event, 3, start + 5000);
  other.untrack(held, start + 5000);
  expect(other.columns.map((_, index) => other.read(index, 0, start + 5000))).toEqual([0, 3, 3, 3, 3, 3]);
  expect([other.has(start + 14_999), other.has(start + 15_000)]).toEqual([true, false]);
});

test("what is asked of a held entry is what is asked of its key", () => {
  const table = lay(open({ store: ["gpc(3)", "gpt0", "tokens(2,1s)", "bytes_in_cnt"] }), 1);
  const hold = table.track(start);
  expect(table.addTo(hold, 0, 2, 5, start)).toBe(5);
  table.assignTo(hold, 1, 0, 9, start);
  expect([table.takeOf(hold, 2, 1, start), table.takeOf(hold, 2, 1, start), table.takeOf(hold, 2, 1, start)]).toEqual([
    0, 0, 1000,
  ]);
  expect([0, 1, 2].map((element) => table.read(0, element, start))).toEqual([0, 0, 5]);
  expect([table.read(1, 0, start), table.read(2, 0, start + 1000)]).toEqual([9, 1]);
  expect(table.clearOf(hold, 0, 2, start)).toBe(5);
  expect(table.readOf(hold, 0, 2, start)).toBe(0);
  expect(table.readOf(hold, 2, 0, start + 1000)).toBe(1);
  table.untrack(hold, start);
});

test("nothing is held under 0, and asking of a hold that was let go of is an error of ours", () => {
  const table = lay(open(), 1);
  expect([table.readOf(0, 0, 0, start), table.addTo(0, 0, 0, 1, start), table.clearOf(0, 0, 0, start)]).toEqual([
    NaN,
    NaN,
    NaN,
  ]);
  table.untrack(0, start);
  table.note(0, "request", 1, start);
  const hold = table.track(start);
  table.untrack(hold, start);
  expect(() => table.untrack(hold, start)).toThrow("is not held");
});

test("two holds of one entry are told from those of two", () => {
  const table = lay(open(), 1);
  const [one, same] = [table.track(start), table.track(start)];
  const other = lay(table, 2).track(start);
  expect([table.isSame(one, same), table.isSame(one, other), table.isSame(one, 0), one === same]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

test("the key of a held entry can be laid into other tables", () => {
  const table = lay(open(), 513);
  const hold = table.track(start);
  const wide = new TableKey({ kind: "ip", prefix6: 128 });
  table.copyKey(hold, wide);
  expect([wide.isSet, wide.isIPv4, ...wide.bytes.subarray(12)]).toEqual([true, true, 10, 0, 2, 1]);
  const text = new TableKey({ kind: "string", bytesMax: 20 });
  text.setText("before");
  table.copyKey(hold, text);
  expect(text.isSet).toBe(false);
  const names = open({ key: { kind: "string", bytesMax: 6 } });
  names.key.setText("42abcd");
  const name = names.track(start);
  names.copyKey(name, text);
  expect([text.isSet, text.length, String.fromCharCode(...text.bytes.subarray(0, 6))]).toEqual([true, 6, "42abcd"]);
  const integer = new TableKey({ kind: "integer" });
  names.copyKey(name, integer);
  expect([integer.isSet, ...integer.bytes]).toEqual([true, 42, 0, 0, 0]);
  names.copyKey(0, integer);
  expect(integer.isSet).toBe(false);
});

test("as many can be held as there are holds, and no more", () => {
  const table = lay(open(), 1);
  const holds: number[] = [];
  for (;;) {
    const hold = table.track(start);
    if (hold === 0) break;
    holds.push(hold);
  }
  expect([holds.length, new Set(holds).size, table.read(2, 0, start)]).toEqual([8192, 8192, 8192]);
  table.untrack(holds.pop()!, start);
  expect(table.track(start)).not.toBe(0);
});

// ---- columns ----

test("gpc and gpc_rate of one element go together", () => {
  const table = lay(open({ store: ["gpc(2)", "gpc_rate(2,10s)"] }), 1);
  const [gpc, rate] = [table.columnOf("gpc", 1), table.columnOf("gpc_rate", 1)];
  table.add(gpc, 1, 3, start);
  expect([0, 1].map((element) => table.read(rate, element, start))).toEqual([0, 3]);
  table.add(rate, 1, 2, start);
  expect([table.read(gpc, 1, start), table.read(rate, 1, start)]).toEqual([3, 5]);
  expect([table.clear(gpc, 1, start), table.read(rate, 1, start)]).toEqual([3, 5]);
});

test("a column is found by its type and element", () => {
  const table = open({ store: ["gpc1", "gpc0", "gpt(3)", "conn_cur"] });
  const found = [
    table.columnOf("gpc", 0),
    table.columnOf("gpc", 1),
    table.columnOf("gpc", 2),
    table.columnOf("gpt", 2),
    table.columnOf("gpt", 3),
    table.columnOf("conn_cur", 0),
    table.columnOf("conn_rate", 0),
  ];
  expect(found).toEqual([1, 0, -1, 2, -1, 3, -1]);
  lay(table, 1);
  table.add(0, 1, 5, start);
  expect([table.read(0, 1, start), table.read(1, 0, start), table.read(1, 1, start), table.read(0, 0, start)]).toEqual([
    5,
    0,
    NaN,
    NaN,
  ]);
});

test("counts go on at 0 behind 2^32 - 1, bytes do not, and nothing falls below 0", () => {
  const table = lay(open({ store: ["gpc0", "bytes_out_cnt", "gpt0"] }), 1);
  table.assign(0, 0, 2 ** 32 - 1, start);
  expect([table.read(0, 0, start), table.add(0, 0, 2, start)]).toEqual([2 ** 32 - 1, 1]);
  expect(table.add(0, 0, -5, start)).toBe(0);
  table.assign(1, 0, 2 ** 40 + 7, start);
  expect(table.add(1, 0, 2 ** 32, start)).toBe(2 ** 40 + 2 ** 32 + 7);
  table.assign(2, 0, Number.NaN, start);
  expect(table.read(2, 0, start)).toBe(0);
});

test("a denied client keeps its entry alive, for the entry's end would fill its bucket", () => {
  const table = lay(open({ store: ["tokens(1,1h)"], expireMs: 1000 }), 1);
  expect(table.take(0, 1, start)).toBe(0);
  for (let ms = 900; ms < 9000; ms += 900) expect(table.take(0, 1, start + ms)).toBe(3_600_000 - ms);
});

// ---- room ----

test("a full table makes room by what would expire first; what was refreshed stays", () => {
  const table = open({ entriesMax: 4 });
  for (let client = 0; client < 4; client++) lay(table, client).add(0, 0, 1, start + client);
  lay(table, 0).add(0, 0, 1, start + 10);
  lay(table, 4).add(0, 0, 1, start + 11);
  expect(there(table, start + 11, 5)).toEqual([0, 2, 3, 4]);
  expect(table.figures()).toMatchObject({ capacity: 4, used: 4, evictions: 1, refusals: 0 });
});

test("a 256th of the entries and one make room at a time", () => {
  const table = open({ entriesMax: 600 });
  for (let client = 0; client < 600; client++) lay(table, client).add(0, 0, 1, start + client);
  lay(table, 600).add(0, 0, 1, start + 600);
  expect(there(table, start + 600, 601)).toEqual(Array.from({ length: 598 }, (_, index) => index + 3));
  expect(table.figures()).toMatchObject({ used: 598, evictions: 3 });
});

test("what is held is passed by, and no more than twice the batch is looked at", () => {
  const table = open({ entriesMax: 600 });
  const holds: number[] = [];
  for (let client = 0; client < 600; client++) {
    lay(table, client);
    // The batch is 3: of the six oldest, five are held.
    if (client < 5) holds.push(table.track(start + client));
    else table.add(0, 0, 1, start + client);
  }
  lay(table, 600).add(0, 0, 1, start + 600);
  expect(table.figures()).toMatchObject({ used: 600, evictions: 1 });
  expect(lay(table, 5).has(start + 600)).toBe(false);
  holds.push(lay(table, 6).track(start + 6));
  for (const hold of holds) expect(table.readOf(hold, 1, 0, start + 600)).toBe(1);
});

test("where the oldest are all held a new key finds no room, and is told so", () => {
  const table = open({ entriesMax: 3, store: ["gpc0"] });
  const holds = [0, 1].map((client) => lay(table, client).track(start));
  lay(table, 2).add(0, 0, 1, start + 1);
  lay(table, 3);
  expect([table.track(start + 2), table.add(0, 0, 1, start + 2), table.assign(0, 0, 1, start + 2)]).toEqual([
    0,
    NaN,
    false,
  ]);
  expect([table.clear(0, 0, start + 2), table.has(start + 2)]).toEqual([NaN, false]);
  expect(table.figures()).toMatchObject({ used: 3, evictions: 0, refusals: 4 });
  for (const hold of holds) table.untrack(hold, start + 3);
  expect(table.add(0, 0, 1, start + 4)).toBe(1);
});

test("a table that refuses keeps what it has, until it has expired", () => {
  const table = open({ entriesMax: 3, isEvicting: false, share: null });
  for (let client = 0; client < 3; client++) lay(table, client).add(0, 0, 1, start + client);
  expect(lay(table, 3).add(0, 0, 1, start + 9999)).toBeNaN();
  expect(there(table, start + 9999, 4)).toEqual([0, 1, 2]);
  expect(lay(table, 3).add(0, 0, 1, start + 10_000)).toBe(1);
  expect(there(table, start + 10_000, 4)).toEqual([1, 2, 3]);
  expect(table.figures()).toMatchObject({ used: 3, evictions: 0, refusals: 1 });
});

test("a table without expiry keeps entries until it is full", () => {
  const table = open({ entriesMax: 2, expireMs: 0 });
  lay(table, 0).add(0, 0, 1, start);
  lay(table, 1).add(0, 0, 1, start + 1);
  expect(there(table, start + 2 ** 31 + 5, 2)).toEqual([0, 1]);
  expect(table.sweep(start + 1_000_000, 100)).toBe(0);
  lay(table, 2).add(0, 0, 1, start + 2);
  expect(there(table, start + 2, 3)).toEqual([1, 2]);
});

test("a large table is in shards, and takes as many as it says", () => {
  const table = open({ entriesMax: 70_000, store: ["gpc0"] });
  expect(table.figures().capacity).toBe(70_000);
  for (let client = 0; client < 50_000; client++) lay(table, client).add(0, 0, client, start);
  expect(table.figures()).toMatchObject({ used: 50_000, evictions: 0 });
  for (let client = 0; client < 50_000; client += 97) expect(lay(table, client).read(0, 0, start)).toBe(client);
});

// ---- sweeping ----

test("sweeping frees what has expired, oldest first, and looks at no more than it may", () => {
  const table = open();
  for (let client = 0; client < 80; client++) lay(table, client).add(0, 0, 1, start + client);
  expect(table.sweep(start + 10_000 + 49, 20)).toBe(20);
  expect(table.figures().used).toBe(60);
  expect(table.sweep(start + 10_000 + 49, 1000)).toBe(30);
  expect(there(table, start + 100, 80)).toEqual(Array.from({ length: 30 }, (_, index) => index + 50));
});

test("sweeping passes what is held, and frees it when it is let go of", () => {
  const table = open({ store: ["gpc0"] });
  const hold = lay(table, 0).track(start);
  lay(table, 1).add(0, 0, 1, start);
  lay(table, 2).add(0, 0, 1, start + 5000);
  expect(table.sweep(start + 10_000, 10)).toBe(2);
  expect(there(table, start + 10_000, 3)).toEqual([0, 2]);
  table.untrack(hold, start + 10_000);
  expect(there(table, start + 10_000, 3)).toEqual([2]);
  table.sweep(start + 15_000, 10);
  expect(table.figures().used).toBe(0);
});

test("sweeping a table in shards comes to all of them, a little at a time", () => {
  const table = open({ entriesMax: 70_000, store: ["gpc0"] });
  for (let client = 0; client < 1000; client++) lay(table, client).add(0, 0, 1, start);
  let looks = 0;
  for (let sweep = 0; sweep < 100; sweep++) looks += table.sweep(start + 10_000, 10);
  expect([looks, table.figures().used]).toEqual([1000, 0]);
});
