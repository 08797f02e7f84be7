import { expect, test } from "bun:test";
import { First } from "./first.ts";
import { SampleView } from "./sample.fixture.ts";

test("the first server takes all until it is down, and again when it is back", () => {
  const view = new SampleView([1, 5, 1]);
  const policy = new First();
  expect(policy.pick(view)).toBe(0);
  view.set(0, false);
  expect(policy.pick(view)).toBe(1);
  view.set(0, true);
  expect(policy.pick(view)).toBe(0);
});
