import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { addToRate, assignRate, countMax, rateAt, type WordSink } from "./freqcounter.ts";

class Words implements WordSink {
  readonly words: Int32Array = new Int32Array(3);
  set(at: number, value: number): void {
    this.words[at] = value;
  }
}

/** HAProxy's, word for word, in unsigned arithmetic of 32 bits. */
class Reference {
  tick = 0n;
  current = 0n;
  past = 0n;

  add(period: bigint, amount: bigint, now: bigint): void {
    const u32 = (value: bigint): bigint => BigInt.asUintN(32, value);
    if (u32(now - this.tick) < period) {
      this.current = u32(this.current + amount);
      return;
    }
    this.past = this.current;
    this.current = amount;
    this.tick = u32(this.tick + period);
    if (u32(now - this.tick) >= period) {
      this.past = 0n;
      this.tick = now;
    }
    this.tick &= ~1n;
  }

  read(period: bigint, now: bigint): bigint {
    let remain = BigInt.asIntN(32, this.tick + period - now);
    let past = this.past;
    let current = this.current;
    if (remain < 0n) {
      remain += period;
      past = remain >= 0n ? current : 0n;
      current = 0n;
    }
    if (current === 0n && past <= 1n) return past;
    return current + (past * (remain < 0n ? 0n : remain)) / period;
  }
}

test.each([
  [1, "seldom", 30_000],
  [2, "often", 50],
  [3, "about once a period", 2000],
  [4, "with silences of periods", 9000],
])("random sequences read as HAProxy's do (seed %d: %s)", (seed, _, pauseMsMax) => {
  const prng = new Prng(seed);
  for (let round = 0; round < 300; round++) {
    const sink = new Words();
    const reference = new Reference();
    const periodMs = [1, 2, 3, 1000, 2000, 9999, 60_000][prng.below(7)]!;
    // Some rounds go beyond 2^32. The first event comes before: then HAProxy takes a new counter's zeros for a period that began at 0.
    let now = round % 3 === 0 ? 2 ** 32 - 120_000 + prng.below(60_000) : 1_000_000 + prng.below(2 ** 31);
    for (let step = 0; step < 60; step++) {
      now += prng.below(pauseMsMax);
      const wrapped = now % 2 ** 32;
      const where = `seed ${seed}, round ${round}, step ${step}`;
      if (step === 0 || prng.below(3) === 0) {
        const amount = prng.below(10) === 0 ? prng.below(20_000_000) : 1 + prng.below(3);
        const after = addToRate(sink, 0, periodMs, amount, wrapped | 0);
        reference.add(BigInt(periodMs), BigInt(amount), BigInt(wrapped));
        expect([where, after]).toEqual([where, Number(reference.read(BigInt(periodMs), BigInt(wrapped)))]);
      }
      const read = rateAt(sink.words, 0, periodMs, wrapped | 0);
      expect([where, read]).toEqual([where, Number(reference.read(BigInt(periodMs), BigInt(wrapped)))]);
    }
  }
});

test("five hits in a period of two seconds read 3 after 2.6 seconds, as observed of HAProxy", () => {
  const sink = new Words();
  for (let hit = 1; hit <= 5; hit++) expect(addToRate(sink, 0, 2000, 1, 50_000)).toBe(hit);
  expect(rateAt(sink.words, 0, 2000, 52_600)).toBe(3);
});

test("a lone event is seen whole until two periods are over", () => {
  const sink = new Words();
  addToRate(sink, 0, 1000, 1, 50_000);
  expect([50_000, 50_999, 51_001, 51_999, 52_000].map((now) => rateAt(sink.words, 0, 1000, now))).toEqual([
    1, 1, 1, 1, 1,
  ]);
  expect(rateAt(sink.words, 0, 1000, 52_001)).toBe(0);
});

test("a time shortly before the period's start counts as the start, for clocks are read at different moments", () => {
  const sink = new Words();
  addToRate(sink, 0, 1000, 4, 50_000);
  expect(rateAt(sink.words, 0, 1000, 49_990)).toBe(4);
  expect(addToRate(sink, 0, 1000, 1, 49_990)).toBe(5);
  expect(rateAt(sink.words, 0, 1000, 50_500)).toBe(5);
});

test("a clock that was set back by far forgets, and does not overstate", () => {
  const sink = new Words();
  addToRate(sink, 0, 1000, 4, 10_000_000);
  expect(rateAt(sink.words, 0, 1000, 5_000_000)).toBe(0);
  expect(addToRate(sink, 0, 1000, 1, 5_000_000)).toBe(1);
});

test("a count stays at its most instead of starting again at 0", () => {
  const sink = new Words();
  addToRate(sink, 0, 1000, 4_000_000_000, 50_000);
  expect(addToRate(sink, 0, 1000, 4_000_000_000, 50_100)).toBe(countMax);
});

test("a share of the former period is exact where its product is beyond 2^53", () => {
  const sink = new Words();
  const periodMs = 24 * 86_400_000;
  addToRate(sink, 0, periodMs, countMax, 2 ** 31 - 2);
  const later = periodMs + 1_234_567;
  const expected = (BigInt(countMax) * BigInt(periodMs - 1_234_567)) / BigInt(periodMs);
  addToRate(sink, 0, periodMs, 0, (2 ** 31 - 2 + later) | 0);
  expect(BigInt(rateAt(sink.words, 0, periodMs, (2 ** 31 - 2 + later) | 0))).toBe(expected);
});

test("an assigned rate stands in a period that starts then", () => {
  const sink = new Words();
  addToRate(sink, 0, 1000, 9, 50_000);
  assignRate(sink, 0, 6, 51_500);
  expect([51_500, 52_499, 53_000].map((now) => rateAt(sink.words, 0, 1000, now))).toEqual([6, 6, 3]);
  assignRate(sink, 0, 0, 51_500);
  expect([...sink.words]).toEqual([0, 0, 0]);
});
