import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { CacheStore } from "../cachestore.ts";
import { countMax, StoreSketch } from "./sketch.ts";

function open(): StoreSketch {
  const { shard } = CacheStore.inMemory({ bytesMax: 2 ** 20, objectBytesMax: 2 ** 16, policy: "tinylfu" }).parts;
  shard.open(0);
  return new StoreSketch(shard);
}

test("what was counted is never taken for less, up to fifteen", () => {
  const sketch = open();
  const prng = new Prng(1);
  const counts = new Map<number, number>();
  for (let index = 0; index < 500; index++) {
    const hash = prng.below(60) * 0x9e3779b1;
    sketch.count(hash);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
    for (const [each, count] of counts) expect(sketch.of(each)).toBeGreaterThanOrEqual(Math.min(count, countMax));
  }
});

test("of what was never asked for nearly nothing is counted", () => {
  const sketch = open();
  const prng = new Prng(2);
  for (let index = 0; index < 500; index++) sketch.count(prng.u32() | 0);
  let taken = 0;
  for (let index = 0; index < 1000; index++) if (sketch.of(prng.u32() | 0) > 0) taken++;
  expect(taken).toBeLessThan(40);
});

test("all is halved in time, so that what nobody asks for any more is forgotten", () => {
  const sketch = open();
  for (let count = 0; count < 12; count++) sketch.count(77);
  expect(sketch.of(77)).toBe(12);
  const prng = new Prng(3);
  // Sixty-four responses at least are reckoned with, ten counts for each.
  for (let count = 12; count < 640; count++) sketch.count(prng.u32() | 0);
  expect(sketch.of(77)).toBe(6);
  for (let count = 0; count < 1000; count++) sketch.count(prng.u32() | 0);
  expect(sketch.of(77)).toBeLessThan(3);
});
