import { expect, test } from "bun:test";
import { Random } from "./random.ts";
import { SampleView } from "./sample.fixture.ts";

test("picks are independent of each other and of load", () => {
  const view = new SampleView([1, 1]);
  view.active[0] = 1000;
  const policy = new Random(2);
  const pairs = [0, 0, 0, 0];
  let last = policy.pick(view);
  for (let pick = 0; pick < 4000; pick++) {
    const next = policy.pick(view);
    pairs[last * 2 + next]!++;
    last = next;
  }
  for (const count of pairs) expect(Math.abs(count - 1000)).toBeLessThan(140);
});
