// What goes in comes out, in order, however it is added and taken; and memory keeps to what waits.

import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { Held } from "./held.ts";

test("bytes come out as they went in", () => {
  const prng = new Prng(7);
  const source = Uint8Array.from({ length: 5000 }, () => prng.below(256));
  const held = new Held(source, 0, 10);
  let added = 10;
  let taken = 0;
  while (added < source.length || held.length > 0) {
    const size = Math.min(prng.below(300), source.length - added);
    if (prng.below(2) === 0) {
      held.add(source, added, added + size);
      added += size;
    } else {
      const out = Math.min(prng.below(300), held.length);
      expect([...held.bytes.subarray(held.start, held.start + out)]).toEqual([...source.subarray(taken, taken + out)]);
      held.take(out);
      taken += out;
    }
  }
  expect(taken).toBe(source.length);
});

test("a byte at a time costs no more memory than twice what waits", () => {
  const held = new Held(new Uint8Array(1), 0, 1);
  for (let count = 1; count < 100_000; count++) held.add(new Uint8Array(1), 0, 1);
  expect(held.length).toBe(100_000);
  expect(held.bytes.length).toBeLessThanOrEqual(200_000);
});

test("what is taken as fast as it comes needs no more room", () => {
  const held = new Held(new Uint8Array(500), 0, 500);
  for (let count = 0; count < 1000; count++) {
    held.add(new Uint8Array(500), 0, 500);
    held.take(500);
  }
  expect(held.bytes.length).toBeLessThanOrEqual(2048);
});
