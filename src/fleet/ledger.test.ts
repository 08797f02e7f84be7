import { describe, expect, test } from "bun:test";
import { readColumn } from "../memory/column.ts";
import type { Answer, Batch, Change } from "./batch.ts";
import { cellsOf, widthOf } from "./cells.ts";
import { Ledger, spentMax } from "./ledger.ts";

const columns = ["gpc0", "conn_cur", "http_req_rate(10s)", "gpt0", "tokens(5,500ms)"].map((text) => {
  const column = readColumn(text);
  if (!column.ok) throw new Error(column.message);
  return column.value;
});
const cells = cellsOf(columns);
/** Slots of these columns. */
const [gpc, current, rate, former, gpt, tokens] = [0, 1, 2, 3, 4, 5];
const startMs = 1_790_000_000_000;

type Told = Extract<Answer, { kind: "told" }>;

function stage() {
  const ledger = new Ledger();
  const base: Batch = {
    ...{ table: "clients", shape: "00", cells, expireMs: 60_000, node: "a", stream: 1, sequence: 0, epoch: 0 },
    ...{ isLate: false, intervalMs: 200, aliveMs: 5000, changes: [], wishes: [], marksAfter: 0, marksMax: 100 },
  };
  const hello = ledger.ask(base, startMs);
  const epoch = hello.kind === "foreign" ? hello.epoch : 0;
  let sequence = 0;
  const ask = (atMs: number, change: Partial<Batch>): Answer =>
    ledger.ask({ ...base, epoch, sequence: ++sequence, ...change }, startMs + atMs);
  const tell = (atMs: number, slots: number[], change: Partial<Batch> = {}): readonly number[] => {
    const changes: Change[] = [{ key: "4:01", ageMs: 0, slots }];
    return (ask(atMs, { changes, ...change }) as Told).totals[0]!.slots;
  };
  return { ledger, epoch, ask, tell };
}

test("a batch of another ledger counts nothing, and is told which this one is", () => {
  const { ledger, epoch, ask, tell } = stage();
  expect(ask(0, { epoch: 0 })).toEqual({ kind: "foreign", epoch, nowMs: startMs });
  ledger.lose();
  const again = ask(5, { epoch, changes: [{ key: "4:01", ageMs: 0, slots: [gpc, 1] }] });
  expect(again.kind).toBe("foreign");
  expect((again as { epoch: number }).epoch).toBeGreaterThan(epoch);
  expect(tell(6, [gpc, 1], { epoch: (again as { epoch: number }).epoch })[gpc]).toBe(1);
});

describe("a batch is counted once", () => {
  test("however often it comes, and an older one not at all", () => {
    const { tell, ask } = stage();
    expect(tell(0, [gpc, 3], { sequence: 5 })[gpc]).toBe(3);
    expect(tell(10, [gpc, 3], { sequence: 5 })[gpc]).toBe(3);
    expect(tell(20, [gpc, 3], { sequence: 4 })[gpc]).toBe(3);
    expect(ask(30, { sequence: 5 })).toMatchObject({ nowMs: startMs + 30, countedMs: startMs });
  });

  test("sequences of a later stream begin anew, and an earlier one is over", () => {
    const { tell, ask } = stage();
    tell(0, [gpc, 1], { sequence: 50 });
    expect(tell(10, [gpc, 1], { stream: 2, sequence: 1 })[gpc]).toBe(2);
    expect(ask(20, { stream: 1, sequence: 51 }).kind).toBe("superseded");
  });

  test("who was superseded goes on under a later stream, though the ledger's clock was set back", () => {
    const { tell, ask } = stage();
    tell(0, [gpc, 1], { stream: startMs, sequence: 50 });
    const answer = ask(-300_000, { stream: startMs - 300_001, sequence: 1 });
    expect(answer.kind).toBe("superseded");
    expect(tell(-299_000, [gpc, 1], { stream: answer.nowMs, sequence: 2 })[gpc]).toBe(2);
  });
});

test("counts of nodes add up, and never fall below 0", () => {
  const { tell } = stage();
  tell(0, [gpc, 3]);
  expect(tell(1, [gpc, 4], { node: "b" })[gpc]).toBe(7);
  expect(tell(2, [gpc, -9])[gpc]).toBe(0);
});

test("rates are of windows that begin at multiples of the period", () => {
  const { tell } = stage();
  tell(0, [rate, 3]);
  expect(tell(9000, [rate, 2]).slice(rate, rate + 2)).toEqual([5, 0]);
  expect(tell(12_000, [rate, 1]).slice(rate, rate + 2)).toEqual([1, 5]);
  expect(tell(12_000, [former, 2]).slice(rate, rate + 2)).toEqual([1, 7]);
  expect(tell(25_000, []).slice(rate, rate + 2)).toEqual([0, 1]);
  expect(tell(40_000, []).slice(rate, rate + 2)).toEqual([0, 0]);
});

test("a gauge is of all other nodes that are there, in the stream that they are in", () => {
  const { tell, ask } = stage();
  tell(0, [current, 3], { node: "b", sequence: 1 });
  expect(tell(1, [current, 2])[current]).toBe(3);
  expect(tell(4998, [])[current]).toBe(3);
  expect(tell(5001, [])[current]).toBe(0);
  ask(5002, { node: "b", sequence: 2 });
  expect(tell(5003, [])[current]).toBe(3);
  ask(5004, { node: "b", stream: 2, sequence: 1 });
  expect(tell(5005, [])[current]).toBe(0);
});

describe("tokens", () => {
  test("a bucket that all take from fills once, and can owe", () => {
    const { tell } = stage();
    expect(tell(0, [tokens, 5])[tokens]).toBe(2500);
    expect(tell(500, [tokens, 3], { node: "b", sequence: 1 })[tokens]).toBe(3500);
    expect(tell(4100, [tokens, 1])[tokens]).toBe(500);
  });

  test("what a node took while it was alone leaves no debt, and takes none away", () => {
    const { tell } = stage();
    expect(tell(0, [tokens, 100], { isLate: true })[tokens]).toBe(2500);
    expect(tell(0, [tokens, 4])[tokens]).toBe(4500);
    expect(tell(0, [tokens, 4], { isLate: true })[tokens]).toBe(4500);
  });

  test("how many nodes use an entry is about how many tell of it in an interval", () => {
    const { ask } = stage();
    const changes: Change[] = [{ key: "4:01", ageMs: 0, slots: [tokens, 0.1] }];
    let nodes = 0;
    for (let round = 0; round < 20; round++)
      for (let node = 0; node < 10; node++) {
        const answer = ask(round * 200 + node * 20, { node: `n${node}`, sequence: round + 1, changes }) as Told;
        nodes = answer.totals[0]!.nodes;
      }
    expect(Math.abs(nodes - 10)).toBeLessThanOrEqual(1);
  });
});

describe("buckets with less than a token in them", () => {
  const spend = (key: string): Change => ({ key, ageMs: 0, slots: [tokens, 5] });
  const keysOf = (answer: Answer): string[] => (answer as Told).marks.map((each) => each.key);

  test("are told to all nodes where a second node spends too, once a second", () => {
    const { ask } = stage();
    expect(keysOf(ask(0, { changes: [spend("4:01")] }))).toEqual([]);
    expect(keysOf(ask(10, { changes: [spend("4:01")] }))).toEqual([]);
    const other = ask(20, { node: "b", changes: [spend("4:01")] }) as Told;
    expect(other.marks).toMatchObject([{ key: "4:01", total: { slots: [0, 0, 0, 0, 0, 7480] } }]);
    const { marksTo: marksAfter } = other;
    expect(keysOf(ask(1000, { marksAfter, changes: [spend("4:01")] }))).toEqual([]);
    expect(keysOf(ask(1020, { marksAfter, node: "b", changes: [spend("4:01")] }))).toEqual(["4:01"]);
  });

  test("are not told while there is a token left", () => {
    const { ask } = stage();
    ask(0, { changes: [{ key: "4:01", ageMs: 0, slots: [tokens, 2] }] });
    expect(keysOf(ask(0, { node: "b", changes: [{ key: "4:01", ageMs: 0, slots: [tokens, 2] }] }))).toEqual([]);
    expect(keysOf(ask(0, { changes: [{ key: "4:01", ageMs: 0, slots: [tokens, 0.5] }] }))).toEqual(["4:01"]);
  });

  test("are told of so many in a second, and no more", () => {
    const { ask } = stage();
    const changes = Array.from({ length: spentMax + 20 }, (_, index) => spend(`4:${index}`));
    ask(0, { changes });
    const told = ask(10, { node: "b", changes, marksMax: 1000 }) as Told;
    expect(told.marks).toHaveLength(spentMax);
    const { marksTo: marksAfter } = told;
    expect(keysOf(ask(1000, { changes, marksAfter, marksMax: 1000 }))).toHaveLength(20);
  });
});

describe("marks", () => {
  const key = "4:02";
  const mark = (slots: number[]): Partial<Batch> => ({ node: "b", changes: [{ key, ageMs: 0, slots }] });
  const keysOf = (answer: Answer): string[] => (answer as Told).marks.map((each) => each.key);

  test("what changed after the last that was heard is told, and nothing twice", () => {
    const { ask } = stage();
    ask(0, { ...mark([gpc, 1]), sequence: 1 });
    const first = ask(1, {}) as Told;
    expect(first.marks).toMatchObject([{ key, total: { slots: [1, 0, 0, 0, 0, 0], ttlMs: 59_999 } }]);
    expect(keysOf(ask(2, { marksAfter: first.marksTo }))).toEqual([]);
    ask(3, { ...mark([rate, 1]), sequence: 2 });
    expect(keysOf(ask(4, { marksAfter: first.marksTo }))).toEqual([]);
    ask(5, { ...mark([gpt, 9]), sequence: 3 });
    expect(keysOf(ask(6, { marksAfter: first.marksTo }))).toEqual([key]);
  });

  test("what is refreshed is told again after an eighth of its life, or elsewhere it would be over too soon", () => {
    const { ask } = stage();
    ask(0, { ...mark([gpc, 1]), sequence: 1 });
    const { marksTo } = ask(1, {}) as Told;
    ask(7000, { ...mark([]), sequence: 2 });
    expect(keysOf(ask(7001, { marksAfter: marksTo }))).toEqual([]);
    ask(7500, { ...mark([]), sequence: 3 });
    expect(keysOf(ask(7501, { marksAfter: marksTo }))).toEqual([key]);
  });

  test("they come by pages, and what has expired does not come", () => {
    const { ask } = stage();
    for (let index = 0; index < 5; index++)
      ask(index, {
        sequence: index + 1,
        changes: [{ key: `4:0${index}`, ageMs: index === 1 ? 59_000 : 0, slots: [gpc, 1] }],
      });
    const first = ask(2000, { marksMax: 2 }) as Told;
    expect([keysOf(first), first.hasMore]).toEqual([["4:00"], true]);
    const second = ask(2001, { marksMax: 5, marksAfter: first.marksTo }) as Told;
    expect([keysOf(second), second.hasMore]).toEqual([["4:02", "4:03", "4:04"], false]);
  });
});

test("an entry lasts from its last refresh, and one that is made anew was born then", () => {
  const { tell, ask } = stage();
  tell(0, [gpc, 1]);
  const wish = (atMs: number): Told["totals"][number] | undefined =>
    (ask(atMs, { wishes: ["4:01"] }) as Told).totals[0];
  expect(wish(50_000)).toMatchObject({ bornMs: startMs, ttlMs: 10_000 });
  expect(wish(60_000)).toBeNull();
  tell(61_000, [gpc, 1]);
  expect(wish(62_000)).toMatchObject({ bornMs: startMs + 61_000, slots: [1, 0, 0, 0, 0, 0] });
});

test("an operator's removal takes an entry and its mark", () => {
  const { ledger, tell, ask } = stage();
  tell(0, [gpc, 1]);
  ledger.remove("4:01");
  expect(ask(1, { wishes: ["4:01"] })).toMatchObject({ totals: [null], marks: [] });
});

test("each element has a slot, a rate has two", () => {
  expect(widthOf(cells)).toBe(6);
  expect(cells.map(({ isMark }) => isMark)).toEqual([true, false, false, true, false]);
});
