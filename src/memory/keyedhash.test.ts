import { expect, test } from "bun:test";
import { keyedHash } from "./keyedhash.ts";

const words = Int32Array.from({ length: 65 }, (_, index) => Math.imul(index + 1, 0x9e3779b1));

// lib/test_siphash.c of Linux 6.1: key 0 to 7, the bytes 0, 1, 2 and so on.
test("the keyed hash is HalfSipHash-1-3", () => {
  const bytes = Int32Array.from([0x03020100, 0x07060504, 0x0b0a0908]);
  const hashes = [0, 1, 2, 3].map((count) => keyedHash(bytes, 0, count, 0x03020100, 0x07060504));
  expect(hashes).toEqual([0x5814c896, 0x7e059ea6, 0x577999b1, 0x6b28096c]);
});

test("zeros behind a text cost nothing, and say nothing", () => {
  const padded = new Int32Array(70);
  padded.set(words, 2);
  expect(keyedHash(padded, 2, 68, 1, 2)).toBe(keyedHash(words, 0, 65, 1, 2));
  expect(keyedHash(new Int32Array(4), 0, 4, 1, 2)).toBe(keyedHash(words, 0, 0, 1, 2));
});
