import { expect, test } from "bun:test";
import { capacity } from "../memory/arena.ts";
import { Slots } from "./slots.ts";

const pools = (...names: string[]) => ({
  listeners: [],
  routes: [],
  servers: [],
  rules: [],
  egresses: [],
  pools: names,
});

test("a name keeps its row for as long as it is there", () => {
  const slots = new Slots();
  slots.assign(pools("a", "b", "c"));
  const row = slots.slotOf("pools", "c");
  slots.assign(pools("c", "d"));
  expect(slots.slotOf("pools", "c")).toBe(row);
  expect(slots.given).toEqual([{ kind: "pools", name: "d", slot: 3 }]);
  expect(slots.gone).toEqual([
    { kind: "pools", name: "a", slot: 0 },
    { kind: "pools", name: "b", slot: 1 },
  ]);
  slots.assign(pools("c", "d"));
  expect([slots.given, slots.gone]).toEqual([[], []]);
});

test("a freed row is given out again only when none is unused, the one free for longest first", () => {
  const slots = new Slots();
  slots.assign(pools("first", "second"));
  slots.assign(pools("second"));
  slots.assign(pools());
  for (let index = 2; index < capacity.pools; index++) {
    slots.assign(pools(`p${index}`));
    expect(slots.slotOf("pools", `p${index}`)).toBe(index);
  }
  slots.assign(pools("again", "more"));
  expect([slots.slotOf("pools", "again"), slots.slotOf("pools", "more")]).toEqual([0, 1]);
});

test("every row of the arena can be held at once, and no more", () => {
  const slots = new Slots();
  const names = Array.from({ length: capacity.pools }, (_, index) => `p${index}`);
  slots.assign(pools(...names));
  expect(new Set(slots.given.map((holder) => holder.slot)).size).toBe(capacity.pools);
  expect(() => slots.assign(pools(...names, "one more"))).toThrow("more pools than rows");
  slots.assign(pools(...names.map((name) => `new ${name}`)));
  expect(new Set(slots.given.map((holder) => holder.slot)).size).toBe(capacity.pools);
});

test("a clone that is dropped leaves no trace", () => {
  const slots = new Slots();
  slots.assign(pools("a"));
  const draft = slots.clone();
  draft.assign(pools("b", "c"));
  expect(() => slots.slotOf("pools", "b")).toThrow();
  slots.assign(pools("a", "d"));
  expect(slots.slotOf("pools", "d")).toBe(1);
});

test("a name that stands twice is our own mistake", () => {
  expect(() => new Slots().assign(pools("a", "a"))).toThrow("twice");
});
