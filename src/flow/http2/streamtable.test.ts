// It answers as a Map would, for numbers that ascend.

import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { type Numbered, StreamTable } from "./streamtable.ts";

test("whatever comes and goes, it is found by its number for as long as it is there, in order", () => {
  const prng = new Prng(3);
  const table = new StreamTable<Numbered>();
  const model = new Map<number, Numbered>();
  for (let step = 0, id = 1; step < 5000; step++) {
    if (model.size < 40 && prng.below(2) === 0) {
      id += 2 * (1 + prng.below(3));
      const stream = { id };
      table.add(stream);
      model.set(id, stream);
    } else if (model.size > 0) {
      const stream = [...model.values()][prng.below(model.size)]!;
      expect(table.delete(stream)).toBe(true);
      expect(table.delete(stream)).toBe(false);
      model.delete(stream.id);
    }
    const asked = prng.below(id + 4);
    expect(table.get(asked)).toBe(model.get(asked)!);
    expect(table.size).toBe(model.size);
  }
  expect([...table.values()]).toEqual([...model.values()]);
});

test("a stream is not another of its number, and a copy stays as it was", () => {
  const table = new StreamTable<Numbered>();
  const stream = { id: 1 };
  table.add(stream);
  expect(table.delete({ id: 1 })).toBe(false);
  const copy = table.copy();
  table.delete(stream);
  expect([copy, table.copy(), table.get(1)]).toEqual([[stream], [], undefined]);
});
