import { expect, test } from "bun:test";
import { hashBytes, hashString } from "./hash.ts";
import { Prng } from "./prng.ts";

const published: readonly [string, number][] = [
  ["", 0x02cc5d05],
  ["a", 0x550d7456],
  ["as", 0x9d5a0464],
  ["asd", 0x3d83552b],
  ["asdf", 0x5e702c32],
  ["abc", 0x32d153ff],
  ["Nobody inspects the spammish repetition", 0xe2293b2f],
  ["abcdefghijklmnopqrstuvwxyz", 0x63a14d5f],
];

test("the published vectors of xxHash32 are reproduced from strings and from bytes", () => {
  for (const [text, expected] of published) {
    const bytes = new TextEncoder().encode(text);
    expect(hashString(text)).toBe(expected);
    expect(hashBytes(bytes, 0, bytes.length)).toBe(expected);
  }
  expect(hashString("", 0x9e3779b1)).toBe(0x36b78ae7);
});

test("every length up to 200 with any bytes and seeds agrees with another implementation", () => {
  const prng = new Prng(11);
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, () => prng.below(256));
    const seed = prng.u32();
    const expected = Bun.hash.xxHash32(bytes, seed) >>> 0;
    expect(hashBytes(bytes, 0, length, seed)).toBe(expected);
    expect(hashString(String.fromCharCode(...bytes), seed)).toBe(expected);
  }
});

test("a range hashes as its copy does", () => {
  const bytes = new TextEncoder().encode("GET /a/path/that/is/long HTTP/1.1");
  expect(hashBytes(bytes, 4, 24)).toBe(hashString("/a/path/that/is/long"));
});

test("characters above Latin-1 are told apart", () => {
  expect(hashString("я")).not.toBe(hashString("ю"));
});

test("the high bits of addresses that differ in their last digits are even", () => {
  const bins = new Array<number>(16).fill(0);
  for (let a = 0; a < 100; a++) for (let b = 0; b < 160; b++) bins[hashString(`10.0.${a}.${b}`) >>> 28]!++;
  for (const bin of bins) expect(Math.abs(bin - 1000)).toBeLessThan(160);
});
