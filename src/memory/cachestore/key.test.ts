import { expect, test } from "bun:test";
import { keyBytesMax, StoreHash, StoreKey, seededHash } from "./key.ts";
import { formatHeader, header, type StoreShape } from "./layout.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const shape: StoreShape = { bytesMax: 1 << 20, objectBytesMax: 1 << 16, policy: "lru", isShared: false };

/** The header of a cache that was formatted with this seed, or by the layout before. */
function headerOf(seed: number, layout?: number): Int32Array {
  const words = new Int32Array(1024);
  formatHeader(new Uint8Array(words.buffer), shape, seed);
  if (layout !== undefined) words[header.layout] = layout;
  return words;
}

const keyOf = (seed = 7): StoreKey => new StoreKey(new StoreHash(headerOf(seed)));

function lay(first: string, variant = ""): StoreKey {
  const key = keyOf();
  const bytes = bytesOf(first + variant);
  expect(key.lay({ bytes, firstEnd: bytesOf(first).length, end: bytes.length })).toBe(true);
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
  const key = keyOf();
  const long = bytesOf("/a/long/one/that/fills/words");
  key.lay({ bytes: long, firstEnd: 10, end: long.length });
  const short = bytesOf("/b?x");
  key.lay({ bytes: short, firstEnd: 3, end: 4 });
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
  for (const seed of [8, 2 ** 40 + 7]) {
    const other = keyOf(seed);
    other.lay({ bytes: bytesOf("a"), firstEnd: 1, end: 1 });
    expect(other.hash).not.toBe(lay("a").hash);
  }
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
  const key = keyOf();
  expect(key.lay({ bytes, firstEnd: bytes.length, end: bytes.length })).toBe(false);
  expect(key.lay({ bytes, firstEnd: 3, end: keyBytesMax })).toBe(true);
});

/** Keys of four lanes' words whose differences cancel in the rounds of xxHash32 in half of all cases, whatever the seed is: 2^pairs. */
function chosenWords(pairs: number): Int32Array[] {
  const [prime1, prime2] = [0x9e3779b1 | 0, 0x85ebca77 | 0];
  let inverse = 1;
  for (let step = 0; step < 6; step++) inverse = Math.imul(inverse, 2 - Math.imul(prime2, inverse));
  // Bit 31 of what is added becomes bit 12 by the rotation, and the next word of the lane takes it away again.
  const [first, second] = [Math.imul(1 << 31, inverse), Math.imul(Math.imul(1 << 12, prime1), inverse)];
  const usual = Int32Array.from({ length: 8 * pairs }, (_, index) => Math.imul(index + 1, prime1));
  return Array.from({ length: 2 ** pairs }, (_, number) => {
    const words = usual.slice();
    for (let pair = 0; pair < pairs; pair++) {
      if (((number >> pair) & 1) === 0) continue;
      words[8 * pair] = (words[8 * pair]! + first) | 0;
      words[8 * pair + 4] = (words[8 * pair + 4]! - second) | 0;
    }
    return words;
  });
}

test("keys that were chosen to meet in one chain do not, but in files of the layout before", () => {
  const chosen = chosenWords(12);
  for (const seed of [1, 2 ** 40 + 12_345, 2 ** 53 - 1]) {
    const hashesBy = (layout?: number): number => {
      const hash = new StoreHash(headerOf(seed, layout));
      return new Set(chosen.map((words) => hash.first(words, words.length, words.length * 4))).size;
    };
    expect(hashesBy()).toBeGreaterThan(4080);
    expect(hashesBy(2)).toBeLessThan(1000);
  }
});

test("what files of the layout before hold is found by its hash", () => {
  const key = new StoreKey(new StoreHash(headerOf(7, 2)));
  const bytes = bytesOf("GET https://a.test/itemsgzip");
  key.lay({ bytes, firstEnd: 24, end: 28 });
  expect([key.hashFirst, key.hash]).toEqual([932780527, -1875186286]);
  expect(seededHash(key.words, 0, 6, 7 + 24)).toBe(key.hashFirst);
});
