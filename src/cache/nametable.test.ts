import { expect, test } from "bun:test";
import { NameTable } from "./nametable.ts";

const names = ["", "max-age", "s-maxage", "no-store", "no-cache", "", "*"];
const table = new NameTable(names);
const find = (name: string): number => {
  const bytes = Buffer.from(`x${name}y`, "latin1");
  return table.find(bytes, 1, bytes.length - 1);
};

test("each name is found by its number, in any case", () => {
  names.forEach((name, number) => {
    if (name === "") return;
    expect(find(name)).toBe(number);
    expect(find(name.toUpperCase())).toBe(number);
  });
});

test("what is only near is not found", () => {
  for (const name of ["", "max-ag", "max-age1", "mex-age", "no_store", "no-stone", "+", "x".repeat(300)])
    expect(find(name)).toBe(0);
});

test("names that no factor keeps apart are refused when the table is made", () => {
  expect(() => new NameTable(["", "axxb", "axxb"])).toThrow("keeps these names apart");
});
