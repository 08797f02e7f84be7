import { describe, expect, test } from "bun:test";
import type { TablePlan } from "../config/plan.ts";
import { SharedTable } from "./sharedtable.ts";
import { othersPlan, tablesWithOthers } from "./sticktable/othersplan.ts";
import { noteHeard, writeOthers } from "./sticktable/othersrow.ts";
import { StickTeller } from "./sticktable/teller.ts";
import { keyName } from "./tablekey.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 100,
  expireMs: 60_000,
  isEvicting: true,
  store: ["gpc0", "http_req_rate(10s)", "bytes_in_cnt", "conn_cur", "gpt0", "tokens(5,500ms)"],
  share: { staleMs: 5000, whenStale: "open" },
};
const [gpc, rate, bytes, current, gpt, tokens] = [0, 1, 2, 3, 4, 5];
const nowMs = 1_000_000;
const client = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1);

/** Of others: 7 marks, 3 requests in the window that began 4 s ago and 10 in the former, 9000 bytes, 2 connections, tag 5. */
function stage(change: Partial<TablePlan> = {}) {
  const table = SharedTable.inMemory({ ...plan, ...change });
  table.key.setAddress(client, 0);
  const slots = [7, 3, 10, 9000, 2, 5, 0];
  const news = { key: keyName(table.key), slots, ttlMs: 60_000, nowMs, ledgerMs: 1_790_000_004_000 };
  return {
    table,
    hear: () => {
      writeOthers(table.others, news);
      noteHeard(table.others, nowMs);
    },
  };
}

describe("a bucket of a client that is new here", () => {
  const heard = (table: SharedTable, lacking: number): void => {
    const slots = [0, 0, 0, 0, 0, 0, lacking];
    const ledgerMs = 1_790_000_004_000;
    writeOthers(table.others, { key: keyName(table.key), slots, ttlMs: 60_000, nowMs, ledgerMs });
  };

  test("is as empty as other nodes have left it, and owes what they owe", () => {
    const { table } = stage();
    heard(table, 4000);
    // Two seconds of tokens are owed: 1.5 s less a token's worth more are to wait for.
    expect(table.take(tokens, 1, nowMs)).toBe(2000);
    expect(table.take(tokens, 1, nowMs + 2000)).toBe(0);
    expect(table.take(tokens, 1, nowMs + 2000)).toBe(500);
  });

  test("is so for one that is counted or held first, too", () => {
    for (const first of [
      (table: SharedTable) => table.track(nowMs),
      (table: SharedTable) => table.add(gpc, 0, 1, nowMs),
    ]) {
      const { table } = stage();
      heard(table, 2500);
      first(table);
      table.key.setAddress(client, 0);
      expect(table.take(tokens, 1, nowMs)).toBe(500);
    }
  });

  test("is not emptied once more while we know it ourselves", () => {
    const { table } = stage();
    expect(table.take(tokens, 1, nowMs)).toBe(0);
    heard(table, 2500);
    expect(table.take(tokens, 4, nowMs)).toBe(0);
  });

  test("has taken nothing of its own by that, so nothing is told of it twice", () => {
    const { table } = stage();
    heard(table, 2000);
    expect(table.take(tokens, 1, nowMs)).toBe(0);
    const teller = new StickTeller(table.own);
    const [entry] = teller.recent(null);
    expect(teller.tell(entry!, 1, nowMs)?.slots).toEqual([6, 1]);
  });
});

describe("what is read is what all nodes have", () => {
  test("of a key that only others have met", () => {
    const { table, hear } = stage();
    hear();
    expect(table.has(nowMs)).toBe(true);
    expect(table.own.has(nowMs)).toBe(false);
    expect([gpc, rate, bytes, current, gpt].map((column) => table.read(column, 0, nowMs))).toEqual([7, 9, 9000, 2, 5]);
  });

  test("of one that we count too, by its key and while it is held", () => {
    const { table, hear } = stage();
    hear();
    expect(table.add(gpc, 0, 2, nowMs)).toBe(9);
    const entry = table.track(nowMs, "request");
    table.note(entry, "bytesIn", 500, nowMs);
    expect([gpc, rate, bytes, current].map((column) => table.readOf(entry, column, 0, nowMs))).toEqual([
      9, 10, 9500, 3,
    ]);
    expect(table.addTo(entry, gpc, 0, 1, nowMs)).toBe(10);
    expect(table.own.read(gpc, 0, nowMs)).toBe(3);
    table.untrack(entry, nowMs);
    expect(table.read(current, 0, nowMs)).toBe(2);
  });

  test("rates of others fade as our own do", () => {
    const { table, hear } = stage();
    hear();
    expect(table.read(rate, 0, nowMs + 6000)).toBe(3);
    expect(table.read(rate, 0, nowMs + 16_000)).toBe(0);
  });

  test("a tag of ours is read before theirs", () => {
    const { table, hear } = stage();
    hear();
    table.assign(gpt, 0, 8, nowMs);
    expect(table.read(gpt, 0, nowMs)).toBe(8);
  });

  test("a key that is unset has neither", () => {
    const { table } = stage();
    table.key.unset();
    expect(table.read(gpc, 0, nowMs)).toBeNaN();
  });
});

describe("assigning and clearing", () => {
  test("a count becomes what was wanted, as far as ours goes", () => {
    const { table, hear } = stage();
    hear();
    table.assign(gpc, 0, 12, nowMs);
    expect([table.own.read(gpc, 0, nowMs), table.read(gpc, 0, nowMs)]).toEqual([5, 12]);
    table.assign(gpc, 0, 3, nowMs);
    expect([table.own.read(gpc, 0, nowMs), table.read(gpc, 0, nowMs)]).toEqual([0, 7]);
    const entry = table.track(nowMs);
    table.assignTo(entry, gpc, 0, 9, nowMs);
    expect(table.own.readOf(entry, gpc, 0, nowMs)).toBe(2);
    expect(table.clearOf(entry, gpc, 0, nowMs)).toBe(9);
    expect(table.readOf(entry, gpc, 0, nowMs)).toBe(7);
    table.untrack(entry, nowMs);
  });

  test("clearing a bucket fills it", () => {
    const { table } = stage();
    expect(table.take(tokens, 4, nowMs)).toBe(0);
    expect(table.clear(tokens, 0, nowMs)).toBe(1);
    noteHeard(table.others, nowMs);
    expect(table.read(tokens, 0, nowMs)).toBe(5);
  });
});

describe("when nothing has been heard for too long", () => {
  test("open goes on with what is known", () => {
    const { table, hear } = stage();
    hear();
    table.add(gpc, 0, 1, nowMs);
    expect(table.isStale(nowMs + 5000)).toBe(true);
    expect(table.read(gpc, 0, nowMs + 5000)).toBe(8);
    expect(table.take(tokens, 1, nowMs + 5000)).toBe(0);
  });

  test("closed is past every limit, but for tags, until something is heard again", () => {
    const { table, hear } = stage({ share: { staleMs: 5000, whenStale: "closed" } });
    expect(table.read(gpc, 0, nowMs)).toBe(Number.POSITIVE_INFINITY);
    expect(table.take(tokens, 1, nowMs)).toBe(1000);
    expect(table.ageMs(nowMs)).toBeNull();
    hear();
    expect([table.read(gpc, 0, nowMs), table.ageMs(nowMs + 10)]).toEqual([7, 10]);
    const entry = table.track(nowMs);
    expect(table.takeOf(entry, tokens, 1, nowMs + 4999)).toBe(0);
    for (const column of [gpc, rate, bytes, current])
      expect(table.readOf(entry, column, 0, nowMs + 5000)).toBe(Number.POSITIVE_INFINITY);
    expect(table.readOf(entry, gpt, 0, nowMs + 5000)).toBe(5);
    expect(table.readOf(entry, tokens, 0, nowMs + 5000)).toBe(0);
    expect(table.takeOf(entry, tokens, 1, nowMs + 5000)).toBe(1000);
    table.untrack(entry, nowMs);
  });
});

test("each shared table of a plan has a second one beside it, which evicts and is not shared", () => {
  const alone: TablePlan = { ...plan, name: "alone", share: null };
  const names = tablesWithOthers([alone, { ...plan, isEvicting: false }]).map(({ name }) => name);
  expect(names).toEqual(["alone", "clients", "others:clients"]);
  expect(othersPlan({ ...plan, isEvicting: false })).toMatchObject({ isEvicting: true, share: null });
});
