import { expect, test } from "bun:test";
import { fieldsOf } from "../../../../test/fuzz/hpack.ts";
import { FieldSection } from "./fieldsection.ts";

function add(section: FieldSection, name: string, value: string): void {
  section.add(Buffer.from(`-${name}${value}`, "latin1"), 1, name.length, value.length);
}

test("fields are kept in order, with the size of all of them", () => {
  const section = new FieldSection(10, 100);
  add(section, "a", "one");
  add(section, "", "");
  add(section, "bc", "x".repeat(40));
  expect(fieldsOf(section)).toEqual([
    ["a", "one"],
    ["", ""],
    ["bc", "x".repeat(40)],
  ]);
  expect([section.count, section.listBytes, section.isTooLarge]).toEqual([3, 4 + 42 + 3 * 32, false]);
});

test("it grows to as many fields and bytes as may be, and not beyond", () => {
  const section = new FieldSection(1000, 30_000);
  for (let index = 0; index < 1000; index++) add(section, String(index).padStart(10, "0"), "v".repeat(20));
  expect([section.count, section.isTooLarge, section.end]).toEqual([1000, false, 30_000]);
  expect(fieldsOf(section)[777]).toEqual(["0000000777", "v".repeat(20)]);
  expect([section.spans.length, section.bytes.length]).toEqual([4000, 30_000]);
  add(section, "", "");
  expect([section.count, section.isTooLarge, section.listBytes]).toEqual([1000, true, 1001 * 32 + 30_000]);
});

test("behind a field that is too large nothing is kept, and all is counted", () => {
  const section = new FieldSection(10, 10);
  add(section, "abc", "defg");
  add(section, "h", "ijk");
  add(section, "l", "");
  expect(fieldsOf(section)).toEqual([["abc", "defg"]]);
  expect([section.listBytes, section.isTooLarge]).toEqual([7 + 4 + 1 + 96, true]);
  // Nor is it copied: thousands of fields may follow.
  expect([...section.bytes.subarray(section.end)]).toEqual([0, 0, 0]);
  section.clear();
  expect([section.count, section.listBytes, section.isTooLarge, section.end]).toEqual([0, 0, false, 0]);
  add(section, "l", "m");
  expect(fieldsOf(section)).toEqual([["l", "m"]]);
});

test("room is made for what may come, up to the limit, and what is written there is kept", () => {
  const section = new FieldSection(10, 5000);
  add(section, "a", "b");
  expect(section.room(4500)).toBeGreaterThanOrEqual(4502);
  expect(section.room(9000)).toBe(5000);
  section.bytes.set(Buffer.from("name: value"), section.end);
  section.take(4, 7);
  expect(fieldsOf(section)).toEqual([
    ["a", "b"],
    ["name", ": value"],
  ]);
});
