import { expect, test } from "bun:test";
import { LeastCalled } from "./leastcalled.ts";
import { SampleView } from "./sample.fixture.ts";

function calls(policy: LeastCalled, view: SampleView, picks: number): number[] {
  const counts = view.calls.map(() => 0);
  for (let pick = 0; pick < picks; pick++) {
    const index = policy.pick(view);
    counts[index]!++;
    view.calls[index]!++;
  }
  return counts;
}

test("calls stay within one of each other for equal weights, and follow unequal ones", () => {
  const even = calls(new LeastCalled(3), new SampleView([1, 1, 1]), 301);
  expect(Math.max(...even) - Math.min(...even)).toBe(1);
  expect(calls(new LeastCalled(3), new SampleView([1, 2, 4]), 700)).toEqual([100, 200, 400]);
});

test("calls given by other workers count", () => {
  const view = new SampleView([1, 1]);
  const policy = new LeastCalled(2);
  calls(policy, view, 2);
  view.calls[0]! += 50;
  expect(calls(policy, view, 50)).toEqual([0, 50]);
});

test("a server without a past beside one with a long past does not get everything", () => {
  const view = new SampleView([1, 1]);
  view.calls[0] = 1_000_000;
  expect(calls(new LeastCalled(2), view, 100)).toEqual([50, 50]);
});

test("a server that was down for a long time comes back to its share, not to all that it missed", () => {
  const view = new SampleView([1, 1, 1]);
  const policy = new LeastCalled(3);
  calls(policy, view, 30);
  view.set(2, false);
  calls(policy, view, 10_000);
  view.set(2, true);
  expect(calls(policy, view, 300)).toEqual([100, 100, 100]);
});

test("a weight that grows in slow start changes shares from now on only", () => {
  const view = new SampleView([1, 0.1]);
  const policy = new LeastCalled(2);
  const slow = calls(policy, view, 1100);
  expect(Math.abs(slow[1]! - 100)).toBeLessThanOrEqual(1);
  view.weights[1] = 1;
  view.changed();
  const full = calls(policy, view, 1000);
  expect(Math.abs(full[1]! - 500)).toBeLessThanOrEqual(10);
});

test("counts that are cleared for a new owner of a row do no harm", () => {
  const view = new SampleView([1, 1]);
  const policy = new LeastCalled(2);
  calls(policy, view, 1000);
  view.calls[0] = 0;
  expect(calls(policy, view, 100)).toEqual([50, 50]);
});

test("a server that comes back while other workers did all the work does not get what they have given meanwhile", () => {
  const view = new SampleView([1, 1, 1]);
  const policy = new LeastCalled(3);
  calls(policy, view, 30);
  view.set(2, false);
  calls(policy, view, 2);
  view.calls[0]! += 500;
  view.calls[1]! += 500;
  view.set(2, true);
  expect(calls(policy, view, 300)).toEqual([100, 100, 100]);
});

test("a server that went and came back while a worker had nothing to do gets its share from it", () => {
  const view = new SampleView([1, 1, 1]);
  const policy = new LeastCalled(3);
  calls(policy, view, 30);
  view.set(2, false);
  view.calls[0]! += 500;
  view.calls[1]! += 500;
  view.set(2, true);
  expect(calls(policy, view, 300)).toEqual([100, 100, 100]);
});

test("servers that were all away begin again as equals", () => {
  const view = new SampleView([1, 1, 1]);
  const policy = new LeastCalled(3);
  calls(policy, view, 30);
  view.set(2, false);
  calls(policy, view, 1000);
  for (const index of [0, 1]) view.set(index, false);
  for (const index of [0, 1, 2]) view.set(index, true);
  expect(calls(policy, view, 300)).toEqual([100, 100, 100]);
});
