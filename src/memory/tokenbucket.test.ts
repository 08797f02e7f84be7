import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import type { WordSink } from "./freqcounter.ts";
import { assignTokens, takeTokens, tokensAt } from "./tokenbucket.ts";

class Words implements WordSink {
  readonly words: Int32Array = new Int32Array(2);
  set(at: number, value: number): void {
    this.words[at] = value;
  }
}

const bucket = { burst: 5, periodMs: 500 };
const start = 1_000_000;

test("a bucket that was never used is full, and gives its burst at once", () => {
  const sink = new Words();
  expect(tokensAt(sink.words, 0, bucket, start)).toBe(5);
  for (let token = 0; token < 5; token++) expect(takeTokens(sink, 0, bucket, 1, start)).toBe(0);
  expect(tokensAt(sink.words, 0, bucket, start)).toBe(0);
  expect(takeTokens(sink, 0, bucket, 1, start)).toBe(500);
});

test("what is refused takes nothing, and the wait is exact to the millisecond", () => {
  const sink = new Words();
  takeTokens(sink, 0, bucket, 5, start);
  expect(takeTokens(sink, 0, bucket, 2, start + 1)).toBe(999);
  expect(takeTokens(sink, 0, bucket, 1, start + 499)).toBe(1);
  expect(takeTokens(sink, 0, bucket, 1, start + 500)).toBe(0);
  expect(takeTokens(sink, 0, bucket, 1, start + 500)).toBe(500);
});

test("no more come back than the bucket holds", () => {
  const sink = new Words();
  takeTokens(sink, 0, bucket, 3, start);
  expect([0, 499, 500, 1500, 999_999].map((ms) => tokensAt(sink.words, 0, bucket, start + ms))).toEqual([
    2, 2, 3, 5, 5,
  ]);
});

test("parts of tokens are kept", () => {
  const sink = new Words();
  const slow = { burst: 1, periodMs: 1 };
  expect(takeTokens(sink, 0, slow, 0.25, start)).toBe(0);
  expect(takeTokens(sink, 0, slow, 0.75, start)).toBe(0);
  expect(takeTokens(sink, 0, slow, 0.25, start)).toBe(1);
});

test("more than the bucket holds counts as all of it", () => {
  const sink = new Words();
  expect(takeTokens(sink, 0, bucket, 50, start)).toBe(0);
  expect(takeTokens(sink, 0, bucket, 50, start)).toBe(2500);
  expect(takeTokens(sink, 0, bucket, -3, start)).toBe(0);
  expect(tokensAt(sink.words, 0, bucket, start)).toBe(0);
});

test("it is the same over the clock's wrap", () => {
  for (const wrap of [2 ** 31, 2 ** 32]) {
    const sink = new Words();
    takeTokens(sink, 0, bucket, 5, (wrap - 700) | 0);
    expect(tokensAt(sink.words, 0, bucket, (wrap + 300) | 0)).toBe(2);
  }
  // Full again at the very word that means never used.
  const exact = new Words();
  takeTokens(exact, 0, bucket, 1, -500);
  expect(tokensAt(exact.words, 0, bucket, -1)).toBe(4);
});

test("a time that another process has already been ahead of makes no bucket full", () => {
  const sink = new Words();
  takeTokens(sink, 0, bucket, 5, start + 20);
  expect(tokensAt(sink.words, 0, bucket, start)).toBe(0);
  expect(takeTokens(sink, 0, bucket, 1, start)).toBe(500);
  // A clock that was set back by far leaves no client shut out.
  expect(tokensAt(sink.words, 0, bucket, start - 10_000_000)).toBe(5);
});

test("assigning sets how many are there, within bounds", () => {
  const sink = new Words();
  expect(assignTokens(sink, 0, bucket, 2, start)).toBe(2);
  expect(tokensAt(sink.words, 0, bucket, start)).toBe(2);
  expect(assignTokens(sink, 0, bucket, 99, start)).toBe(5);
  expect([...sink.words]).toEqual([0, 0]);
});

test("over any time no more are given than the burst and what came back", () => {
  const prng = new Prng(5);
  for (let round = 0; round < 50; round++) {
    const drawn = { burst: 1 + prng.below(10), periodMs: 1 + prng.below(700) };
    const sink = new Words();
    const first = prng.u32();
    let now = 0;
    let given = 0;
    for (let step = 0; step < 500; step++) {
      now += prng.below(drawn.periodMs);
      const amount = 1 + prng.below(3);
      const waitMs = takeTokens(sink, 0, drawn, amount, (first + now) | 0);
      if (waitMs === 0) given += Math.min(amount, drawn.burst);
      else {
        // After the wait they are there, and a millisecond sooner they are not.
        expect(takeTokens({ words: sink.words, set() {} }, 0, drawn, amount, (first + now + waitMs) | 0)).toBe(0);
        expect(takeTokens({ words: sink.words, set() {} }, 0, drawn, amount, (first + now + waitMs - 1) | 0)).toBe(1);
      }
      expect(given).toBeLessThanOrEqual(drawn.burst + now / drawn.periodMs);
    }
    expect(given).toBeGreaterThan(drawn.burst);
  }
});
