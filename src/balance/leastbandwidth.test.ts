import { expect, test } from "bun:test";
import { LeastBandwidth } from "./leastbandwidth.ts";
import { SampleView } from "./sample.fixture.ts";

function picks(policy: LeastBandwidth, view: SampleView, count: number): number[] {
  const counts = view.calls.map(() => 0);
  for (let pick = 0; pick < count; pick++) {
    const index = policy.pick(view);
    counts[index]!++;
    view.calls[index]!++;
    view.active[index]!++;
  }
  return counts;
}

test("the server with the fewest bytes a second is picked, whatever its connections", () => {
  const view = new SampleView([1, 1, 1]);
  view.bandwidths.splice(0, 3, 5000, 100, 5000);
  view.active.splice(0, 3, 0, 50, 0);
  expect(new LeastBandwidth(3).pick(view)).toBe(1);
});

test("bytes count by weight", () => {
  const view = new SampleView([1, 4]);
  view.bandwidths.splice(0, 2, 1000, 3000);
  expect(new LeastBandwidth(2).pick(view)).toBe(1);
  view.bandwidths.splice(0, 2, 1000, 5000);
  expect(new LeastBandwidth(2).pick(view)).toBe(0);
});

test("an idle pool is spread as its weights say", () => {
  const [light, heavy] = picks(new LeastBandwidth(2), new SampleView([1, 3]), 4000);
  expect(light! / (light! + heavy!)).toBeCloseTo(0.25, 1);
});

test("between two measurements not all run to one server: what was given since counts as its share", () => {
  const view = new SampleView([1, 1]);
  view.bandwidths.splice(0, 2, 1000, 0);
  view.active.splice(0, 2, 10, 0);
  const policy = new LeastBandwidth(2);
  const [busy, idle] = picks(policy, view, 40);
  // Ten connections of 100 B/s each: some ten more make the idle one as busy, and then they take turns.
  expect(idle! - busy!).toBeGreaterThanOrEqual(8);
  expect(busy!).toBeGreaterThan(5);
});

test("where many come and go beside a busy one, as many as came before go to the others", () => {
  const view = new SampleView([1, 1]);
  const policy = new LeastBandwidth(2);
  policy.pick(view);
  view.calls.splice(0, 2, 50, 50);
  view.bandwidths.splice(0, 2, 1_000_000, 0);
  view.active.splice(0, 2, 1, 0);
  const counts = [0, 0];
  for (let pick = 0; pick < 100; pick++) {
    const index = policy.pick(view);
    counts[index]!++;
    view.calls[index]!++;
  }
  expect(counts).toEqual([0, 100]);
});

test("a measurement has what was given before it", () => {
  const view = new SampleView([1, 1]);
  view.bandwidths.splice(0, 2, 1000, 10);
  view.active.splice(0, 2, 1, 0);
  const policy = new LeastBandwidth(2);
  picks(policy, view, 1);
  view.bandwidths.splice(0, 2, 1000, 20);
  expect(policy.pick(view)).toBe(1);
});

test("one that cannot be picked is not, and nobody is where there is none", () => {
  const view = new SampleView([1, 1]);
  view.bandwidths.splice(0, 2, 10, 1000);
  view.set(0, false);
  const policy = new LeastBandwidth(2);
  expect(policy.pick(view)).toBe(1);
  view.set(1, false);
  expect(policy.pick(view)).toBe(-1);
});

test("counts that are cleared for a new owner of a row do no harm", () => {
  const view = new SampleView([1, 1]);
  view.bandwidths.splice(0, 2, 100, 100);
  view.calls.splice(0, 2, 1000, 1000);
  const policy = new LeastBandwidth(2);
  policy.pick(view);
  view.calls.splice(0, 2, 0, 0);
  const [one, two] = picks(policy, view, 100);
  expect(Math.abs(one! - two!)).toBeLessThan(20);
});
