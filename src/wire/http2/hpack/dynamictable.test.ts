import { expect, test } from "bun:test";
import { ReferenceTable } from "../../../../test/conform/hpack.ts";
import { Prng } from "../../../base/prng.ts";
import { DynamicTable } from "./dynamictable.ts";

function insert(table: DynamicTable, name: string, value: string): void {
  table.insert(Buffer.from(`-${name}${value}-`, "latin1"), 1, name.length, value.length);
}

function fieldsOf(table: DynamicTable): string[][] {
  return Array.from({ length: table.count }, (_, entry) => {
    const start = table.start(entry);
    const nameEnd = start + table.nameBytes(entry);
    const text = (from: number, to: number): string => Buffer.from(table.bytes.subarray(from, to)).toString("latin1");
    return [text(start, nameEnd), text(nameEnd, nameEnd + table.valueBytes(entry))];
  });
}

test("nothing is made before the first entry, nor for one that is too large", () => {
  const table = new DynamicTable(100);
  expect(table.bytes.length).toBe(0);
  insert(table, "a", "x".repeat(68));
  expect([table.bytes.length, table.count, table.size]).toEqual([0, 0, 0]);
  insert(table, "a", "x".repeat(67));
  expect([table.bytes.length, table.count, table.size]).toEqual([100, 1, 100]);
});

test("the newest is first, and the oldest gives way", () => {
  const table = new DynamicTable(110);
  for (const name of ["a", "b", "c", "d"]) insert(table, name, "12");
  expect(fieldsOf(table)).toEqual([
    ["d", "12"],
    ["c", "12"],
    ["b", "12"],
  ]);
  expect(table.size).toBe(105);
  insert(table, "e", "x".repeat(40));
  expect(fieldsOf(table)).toEqual([
    ["e", "x".repeat(40)],
    ["d", "12"],
  ]);
});

test("an entry that is larger than the table empties it, and is no error", () => {
  const table = new DynamicTable(100);
  insert(table, "a", "b");
  insert(table, "a", "x".repeat(100));
  expect([table.count, table.size]).toEqual([0, 0]);
  insert(table, "c", "d");
  expect(fieldsOf(table)).toEqual([["c", "d"]]);
});

test("a smaller size evicts, and a greater one gives room again", () => {
  const table = new DynamicTable(200);
  for (const name of ["a", "b", "c"]) insert(table, name, "1234567");
  table.resize(80);
  expect(fieldsOf(table).map(([name]) => name)).toEqual(["c", "b"]);
  table.resize(79);
  expect(fieldsOf(table).map(([name]) => name)).toEqual(["c"]);
  table.resize(0);
  expect([table.count, table.size]).toEqual([0, 0]);
  insert(table, "d", "");
  expect(table.count).toBe(0);
  table.resize(200);
  for (const name of ["e", "f", "g", "h", "i", "j", "k"]) insert(table, name, "");
  expect(fieldsOf(table).map(([name]) => name)).toEqual(["k", "j", "i", "h", "g", "f"]);
});

test("whatever comes and goes, it is as the reference says, in memory of its size", () => {
  for (let seed = 0; seed < 60; seed++) {
    const prng = new Prng(seed);
    const bytesMax = [0, 31, 32, 33, 64, 100, 500, 4096][prng.below(8)]!;
    const table = new DynamicTable(bytesMax);
    const reference = new ReferenceTable(bytesMax);
    for (let step = 0; step < 400; step++) {
      if (prng.below(30) === 0) {
        const size = prng.below(bytesMax + 1);
        table.resize(size);
        reference.resize(size);
      } else {
        const field = [letters(prng, 3 + prng.below(10)), letters(prng, [1, 20, 1500][prng.below(3)]!)] as const;
        insert(table, ...field);
        reference.insert(field);
      }
      expect(fieldsOf(table)).toEqual(reference.fields.map((field) => [...field]));
      expect(table.size).toBe(reference.size);
    }
    expect(table.bytes.length).toBeLessThanOrEqual(bytesMax);
  }
});

function letters(prng: Prng, lengthMax: number): string {
  return String.fromCharCode(97 + prng.below(26)).repeat(prng.below(lengthMax + 1));
}
