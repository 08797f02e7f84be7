import { expect, test } from "bun:test";
import { PairHash } from "./pairhash.ts";
import { Prng } from "./prng.ts";

test("a text has the same two hashes each time, and others by another seed", () => {
  const hash = new PairHash(7);
  const { first, second } = hash.of("example.com");
  hash.of("another");
  expect({ ...hash.of("example.com") }).toEqual({ first, second });
  expect({ ...new PairHash(7).of("example.com") }).toEqual({ first, second });
  const other = new PairHash(8).of("example.com");
  expect([other.first === first, other.second === second, first === second]).toEqual([false, false, false]);
});

test("every character counts whole, by where it stands, and so does the length", () => {
  const hash = new PairHash(7);
  const texts = [
    "",
    "\0",
    "\0\0",
    "\0\0\0",
    "a",
    "b",
    "ab",
    "ba",
    "aab",
    "aba",
    "baa",
    "a\0",
    "\0a",
    "4",
    "\u0430",
    "\u0135",
  ];
  texts.push(
    "a4",
    "a\u0430",
    "4a",
    "\u0430a",
    "\u0430\u0135",
    "\u0135\u0430",
    "44",
    "\u8000\u8000",
    "\u8000",
    "\u8000\0",
  );
  for (const which of ["first", "second"] as const)
    expect(new Set(texts.map((text) => hash.of(text)[which])).size).toBe(texts.length);
});

test("of many texts that are near each other hardly two share a hash, and none both", () => {
  const hash = new PairHash(7);
  const [firsts, seconds, both] = [new Set<number>(), new Set<number>(), new Set<string>()];
  for (let number = 0; number < 100_000; number++) {
    const { first, second } = hash.of(`key-${number}`);
    firsts.add(first);
    seconds.add(second);
    both.add(`${first} ${second}`);
  }
  // By chance 1.2 of them share one of 2^32.
  expect(firsts.size).toBeGreaterThan(99_990);
  expect(seconds.size).toBeGreaterThan(99_990);
  expect(both.size).toBe(100_000);
});

test("each bit of a character turns half of the bits of both", () => {
  const hash = new PairHash(7);
  const prng = new Prng(3);
  for (const which of ["first", "second"] as const)
    for (let bit = 0; bit < 16; bit++) {
      const turned = new Array<number>(32).fill(0);
      for (let round = 0; round < 2000; round++) {
        const codes = Array.from({ length: 9 }, () => prng.below(0x1_0000));
        const before = hash.of(String.fromCharCode(...codes))[which];
        codes[round % 9]! ^= 1 << bit;
        const after = hash.of(String.fromCharCode(...codes))[which];
        for (let each = 0; each < 32; each++) turned[each]! += ((before ^ after) >>> each) & 1;
      }
      for (const count of turned) expect(count).toBeWithin(800, 1200);
    }
});
