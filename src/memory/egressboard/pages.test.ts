import { expect, test } from "bun:test";
import { BoardPages } from "./pages.ts";

test("a page is asked for once, before words of it are touched, and both of words that stand in two", () => {
  const asked: number[] = [];
  const pages = new BoardPages((start, bytes) => asked.push(start / bytes) > 0, 10_240);
  for (let at = 0; at < 2040; at += 5) expect(pages.has(at, 5)).toBe(true);
  expect(asked).toEqual([0, 1]);
  expect([pages.has(2045, 5), asked]).toEqual([true, [0, 1, 2]]);
  expect([pages.has(2048, 1024), asked]).toEqual([true, [0, 1, 2]]);
});

test("who goes on in a page that was refused does not ask for each word; another page is asked for at once", () => {
  const asked: number[] = [];
  let isFull = true;
  const pages = new BoardPages((start, bytes) => asked.push(start / bytes) > 0 && !(isFull && start > 0), 4096);
  for (let at = 1024; at < 1280; at++) expect(pages.has(at, 1)).toBe(false);
  expect(asked.splice(0)).toEqual([1]);
  expect([pages.has(0, 1), pages.has(2048, 1)]).toEqual([true, false]);
  expect(asked.splice(0)).toEqual([0, 2]);
  isFull = false;
  for (let tries = 0; tries < 255; tries++) expect(pages.has(2048, 1)).toBe(false);
  expect([pages.has(2048, 1), pages.has(1024, 1)]).toEqual([true, true]);
});

test("what is cleared is cleared where memory is, and touched nowhere else", () => {
  const words = new Int32Array(4096).fill(7);
  const pages = new BoardPages((start) => start !== 8192, 4096);
  pages.clear(words, 1000, 3100);
  const sevens = [...words.keys()].filter((at) => words[at] === 7);
  const kept = [...words.keys()].filter((at) => at < 1000 || (at >= 2048 && at < 3072) || at >= 3100);
  expect(sevens).toEqual(kept);
});
