import { expect, test } from "bun:test";
import { Lottery } from "./lottery.ts";
import { SampleView } from "./sample.fixture.ts";

/** Counts of draws by server: how often first, how often second. */
function draws(view: SampleView, times: number): [number[], number[]] {
  const lottery = new Lottery(view.count);
  const firsts = new Array<number>(view.count).fill(0);
  const seconds = new Array<number>(view.count).fill(0);
  for (let time = 0; time < times; time++) {
    lottery.refresh(view);
    const position = lottery.draw(view);
    const other = lottery.drawOther(view, position);
    expect(other).not.toBe(position);
    firsts[view.eligible[position]!]!++;
    seconds[view.eligible[other]!]!++;
  }
  return [firsts, seconds];
}

test("first draws follow the weights, and second draws the weights of those left", () => {
  const view = new SampleView([1, 2, 50, 5, 2]);
  view.set(2, false);
  const [firsts, seconds] = draws(view, 20_000);
  const expected = [2000, 4000, 0, 10_000, 4000];
  // P(second = j) is the sum over i of w_i/10 * w_j/(10 - w_i).
  const second = [
    (2 * (2 / 10) * (1 / 8) + (5 / 10) * (1 / 5)) * 20_000,
    ((1 / 10) * (2 / 9) + (5 / 10) * (2 / 5) + (2 / 10) * (2 / 8)) * 20_000,
    0,
    ((1 / 10) * (5 / 9) + 2 * (2 / 10) * (5 / 8)) * 20_000,
    ((1 / 10) * (2 / 9) + (5 / 10) * (2 / 5) + (2 / 10) * (2 / 8)) * 20_000,
  ];
  for (let index = 0; index < view.count; index++) {
    expect(Math.abs(firsts[index]! - expected[index]!)).toBeLessThan(300);
    expect(Math.abs(seconds[index]! - second[index]!)).toBeLessThan(300);
  }
});

test("equal weights are drawn evenly and never twice", () => {
  const [firsts, seconds] = draws(new SampleView([3, 3, 3, 3]), 20_000);
  for (const count of [...firsts, ...seconds]) expect(Math.abs(count - 5000)).toBeLessThan(300);
});

test("weights of very different sizes never draw the taken one again", () => {
  draws(new SampleView([1e-3, 1e15, 1e-3]), 5000);
});

test("new weights hold from the next refresh", () => {
  const view = new SampleView([1, 1]);
  const lottery = new Lottery(2);
  lottery.refresh(view);
  view.weights[0] = 1e9;
  view.changed();
  lottery.refresh(view);
  for (let draw = 0; draw < 100; draw++) expect(lottery.draw(view)).toBe(0);
});
