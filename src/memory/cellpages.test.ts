import { expect, test } from "bun:test";
import { CellPages } from "./cellpages.ts";

test("a page is asked for with its first cell, and a refusal is not asked about again for a while", () => {
  const asked: [number, number][] = [];
  let isFull = false;
  const pages = new CellPages((start, bytes) => {
    asked.push([start, bytes]);
    return !isFull;
  }, 2);
  for (let index = 0; index < 1024; index++) expect(pages.has(index, 100 + 2 * index)).toBe(true);
  expect(asked.splice(0)).toEqual([
    [400, 4096],
    [4496, 4096],
  ]);
  isFull = true;
  for (let attempt = 0; attempt < 256; attempt++) expect(pages.has(1024, 2148)).toBe(false);
  expect(asked.length).toBe(1);
  isFull = false;
  expect([pages.has(1024, 2148), asked.length]).toEqual([true, 2]);
});
