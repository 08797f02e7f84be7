import { expect, test } from "bun:test";
import { SampleView } from "./sample.fixture.ts";
import { LocalWeightedRoundRobin, WeightedRoundRobin } from "./weightedroundrobin.ts";

const names = "abcdefgh";
const order = (policy: { pick(view: SampleView): number }, view: SampleView, picks: number): string =>
  Array.from({ length: picks }, () => names[policy.pick(view)]).join("");

// The first is the sequence given with nginx's change to smooth balancing; the others follow from its three lines by hand.
const golden: readonly [readonly number[], string][] = [
  [[5, 1, 1], "aabacaa"],
  [[1, 2], "bab"],
  [[3, 2, 1], "abacba"],
  [[1, 1, 1], "abc"],
  [[4], "a"],
];

test("periods are those of nginx, and repeat", () => {
  for (const [weights, period] of golden) {
    const view = new SampleView(weights);
    expect(order(new WeightedRoundRobin(), view, period.length * 3)).toBe(period.repeat(3));
    expect(order(new LocalWeightedRoundRobin(weights.length), view, period.length * 3)).toBe(period.repeat(3));
  }
});

test("weights are taken in lowest terms, also those of a slow start", () => {
  expect(order(new WeightedRoundRobin(), new SampleView([500, 100, 100]), 14)).toBe("aabacaaaabacaa");
  expect(order(new WeightedRoundRobin(), new SampleView([0.5, 0.1, 0.1]), 14)).toBe("aabacaaaabacaa");
});

test("two workers that take turns from one counter walk through one period together", () => {
  const shared = new SampleView([3, 2, 1]);
  const workers = [new WeightedRoundRobin(), new WeightedRoundRobin()];
  let picks = "";
  for (let turn = 0; turn < 12; turn++) picks += names[workers[(turn * 7) % 3 === 0 ? 0 : 1]!.pick(shared)];
  expect(picks).toBe("abacbaabacba");
});

test("a server that leaves takes its turns with it", () => {
  const view = new SampleView([5, 1, 1]);
  const policy = new WeightedRoundRobin();
  order(policy, view, 7);
  view.set(1, false);
  view.turn = 0;
  expect(order(policy, view, 6)).toBe("aaacaa");
});

test("a period that would be too long is approximated, and no server loses its only turn", () => {
  const view = new SampleView([1, 99_991, 50_023]);
  const policy = new WeightedRoundRobin();
  const counts = [0, 0, 0];
  for (let turn = 0; turn < 16_384 * 2; turn++) counts[policy.pick(view)]!++;
  expect(counts[0]).toBeGreaterThan(0);
  expect(counts[1]! / counts[2]!).toBeCloseTo(99_991 / 50_023, 2);
});

test("hundreds of servers with unlike weights have a period of bounded length that keeps their shares", () => {
  const weights = Array.from({ length: 300 }, (_, index) => 1 + ((index * 37) % 97));
  const view = new SampleView(weights);
  const policy = new WeightedRoundRobin();
  const counts = weights.map(() => 0);
  for (let turn = 0; turn < 400_000; turn++) counts[policy.pick(view)]!++;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [index, count] of counts.entries()) {
    const expected = (400_000 * weights[index]!) / total;
    if (weights[index]! > 20) expect(Math.abs(count - expected)).toBeLessThan(expected * 0.15);
    expect(count).toBeGreaterThan(0);
  }
});

test("turns past 2^31 and the wrap at 2^32 are taken as they come", () => {
  const view = new SampleView([1, 1, 1]);
  view.turn = 2 ** 32 - 2;
  expect(order(new WeightedRoundRobin(), view, 4)).toBe("caab");
});
