import { expect, test } from "bun:test";
import { Prng } from "./prng.ts";

test("the published sequence of xoshiro128** from the state 1, 2, 3, 4 is reproduced", () => {
  const prng = Prng.fromState(1, 2, 3, 4);
  const sequence = Array.from({ length: 10 }, () => prng.u32());
  expect(sequence).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test("one seed gives one sequence and the next seed another", () => {
  const draw = (seed: number) => {
    const prng = new Prng(seed);
    return Array.from({ length: 20 }, () => prng.u32());
  };
  expect(draw(7)).toEqual(draw(7));
  const shared = draw(7).filter((value) => draw(8).includes(value));
  expect(shared).toEqual([]);
});

test("numbers lie in [0, 1) and fill sixteen bins evenly", () => {
  const prng = new Prng(0);
  const bins = new Array<number>(16).fill(0);
  for (let draw = 0; draw < 160_000; draw++) {
    const value = prng.next();
    expect(value >= 0 && value < 1).toBe(true);
    bins[Math.floor(value * 16)]!++;
  }
  // Standard deviation of a bin is 97: five of them.
  for (const bin of bins) expect(Math.abs(bin - 10_000)).toBeLessThan(485);
});

test("below keeps its bound and reaches every value", () => {
  const prng = new Prng(3);
  const seen = new Set(Array.from({ length: 1000 }, () => prng.below(7)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
});
