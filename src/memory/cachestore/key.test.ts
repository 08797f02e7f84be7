import { expect, test } from "bun:test";
import { keyBytesMax, StoreKey } from "./key.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

function lay(first: string, variant = ""): StoreKey {
  const key = new StoreKey();
  const bytes = bytesOf(first + variant);
  expect(key.lay({ bytes, firstEnd: bytesOf(first).length, end: bytes.length }, 7)).toBe(true);
  return key;
}

test("both parts stand in whole words, filled up with zeros, of any length", () => {
  for (let first = 0; first < 40; first++)
    for (const variant of [0, 1, 2, 3, 4, 17]) {
      const [a, b] = ["abcdefghij".repeat(4).slice(0, first), "0123456789".repeat(2).slice(0, variant)];
      const key = lay(a, b);
      const laid = new TextDecoder().decode(new Uint8Array(key.words.buffer, 0, key.wordCount * 4));
      const padded = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, "\0");
      expect(laid).toBe(padded(a) + padded(b));
      expect([key.firstBytes, key.variantBytes]).toEqual([first, variant]);
    }
});

test("what was laid before leaves nothing behind", () => {
  const key = new StoreKey();
  const long = bytesOf("/a/long/one/that/fills/words");
  key.lay({ bytes: long, firstEnd: 10, end: long.length }, 7);
  const short = bytesOf("/b?x");
  key.lay({ bytes: short, firstEnd: 3, end: 4 }, 7);
  const fresh = lay("/b?", "x");
  expect([key.hash, key.hashFirst, key.wordCount]).toEqual([fresh.hash, fresh.hashFirst, fresh.wordCount]);
  expect(key.words.slice(0, key.wordCount)).toEqual(fresh.words.slice(0, fresh.wordCount));
});

test("hashes differ by every byte, by length, and by where the variant begins; seeds give others", () => {
  const texts = [
    "",
    "\0",
    "\0\0",
    "a",
    "b",
    "aa",
    "/item/1",
    "/item/2",
    "x".repeat(64),
    `${"x".repeat(63)}y`,
    `y${"x".repeat(63)}`,
  ];
  const hashes = [...texts.map((text) => lay(text).hash), lay("a", "b").hash, lay("", "ab").hash, lay("ab").hash];
  expect(new Set(hashes).size).toBe(hashes.length);
  const other = new StoreKey();
  other.lay({ bytes: bytesOf("a"), firstEnd: 1, end: 1 }, 8);
  expect(other.hash).not.toBe(lay("a").hash);
});

test("keys that count up spread over buckets and shards", () => {
  const [low, high] = [new Int32Array(256), new Int32Array(16)];
  for (let index = 0; index < 16_384; index++) {
    const { hashFirst } = lay(`GET https://www.example.com/items/${index}`);
    low[hashFirst & 255]!++;
    high[hashFirst >>> 28]!++;
  }
  // 64 are expected, and 1024.
  expect([Math.min(...low) > 30, Math.max(...low) < 110]).toEqual([true, true]);
  expect([Math.min(...high) > 850, Math.max(...high) < 1200]).toEqual([true, true]);
});

test("what is too long is no key", () => {
  const bytes = new Uint8Array(keyBytesMax + 1);
  const key = new StoreKey();
  expect(key.lay({ bytes, firstEnd: bytes.length, end: bytes.length }, 1)).toBe(false);
  expect(key.lay({ bytes, firstEnd: 3, end: keyBytesMax }, 1)).toBe(true);
});
