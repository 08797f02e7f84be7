import { edenGC, heapStats } from "bun:jsc";
import { expect, test } from "bun:test";
import { type Placed, SessionTable } from "./sessiontable.ts";

function sessions(count: number): Placed[] {
  return Array.from({ length: count }, () => ({ place: -1 }));
}

test("whoever comes stands in it once, and whoever goes leaves the others where they are found", () => {
  const table = new SessionTable<Placed>();
  const all = sessions(200);
  for (const session of [...all, ...all]) table.add(session);
  expect(table.size).toBe(200);
  const left = new Set(all);
  // First, last, in the middle, and one that has gone already.
  for (const index of [0, 199, 77, 77, 198, 1, ...Array.from({ length: 180 }, (_, number) => (number * 7) % 200)]) {
    table.delete(all[index]!);
    left.delete(all[index]!);
    expect(new Set(table)).toEqual(left);
    expect(table.size).toBe(left.size);
  }
  for (const session of left) table.delete(session);
  expect([table.size, [...table]]).toEqual([0, []]);
  table.add(all[3]!);
  expect([...table]).toEqual([all[3]!]);
});

test("who is looked at may end himself, and others", () => {
  const table = new SessionTable<Placed>();
  const all = sessions(5);
  for (const session of all) table.add(session);
  const seen: Placed[] = [];
  for (const session of table) {
    seen.push(session);
    table.delete(session);
    table.delete(all[4]!);
  }
  expect(new Set(seen)).toEqual(new Set(all));
  expect(table.size).toBe(0);
});

test("those that are gone are held by nobody, without a full collection", () => {
  const table = new SessionTable<Placed>();
  const open: Placed[] = [];
  Bun.gc(true);
  const before = heapStats().objectCount;
  for (let count = 0; count < 20_000; count++) {
    const session: Placed = { place: -1 };
    table.add(session);
    open.push(session);
    if (open.length > 3) table.delete(open.shift()!);
    if (count % 500 === 0) edenGC();
  }
  edenGC();
  expect(table.size).toBe(3);
  // Of a Set's, more than half are there.
  expect(heapStats().objectCount - before).toBeLessThan(5000);
});
