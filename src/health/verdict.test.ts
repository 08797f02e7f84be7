import { expect, test } from "bun:test";
import { Verdict } from "./verdict.ts";

function states(verdict: Verdict, results: string): string[] {
  return [...results].map((result) => {
    verdict.observe(result === "+");
    return verdict.state;
  });
}

test("the first result decides at once, whatever rise and fall are", () => {
  expect(states(new Verdict(5, 5), "+")).toEqual(["up"]);
  expect(states(new Verdict(5, 5), "-")).toEqual(["down"]);
});

test("it takes fall failures in a row to go down and rise successes in a row to come up", () => {
  expect(states(new Verdict(2, 3), "+---++")).toEqual(["up", "up", "up", "down", "down", "up"]);
});

test("failures that are not in a row never add up, nor do successes", () => {
  expect(states(new Verdict(2, 3), "+--+--+--+").at(-1)).toBe("up");
  expect(states(new Verdict(3, 1), "-++-++-++").at(-1)).toBe("down");
});

test("a change is told once", () => {
  const verdict = new Verdict(1, 2);
  expect([..."++---++"].map((result) => verdict.observe(result === "+"))).toEqual([
    true,
    false,
    false,
    true,
    false,
    true,
    false,
  ]);
});

test("after a reset the next result decides at once again", () => {
  const verdict = new Verdict(3, 3);
  states(verdict, "+--");
  expect(verdict.against).toBe(2);
  verdict.reset();
  expect(verdict.state).toBe("unchecked");
  expect(states(verdict, "-")).toEqual(["down"]);
});

test("while results speak against the state it is changing, and settled with the first that does not", () => {
  const verdict = new Verdict(2, 3);
  const standings = [..."+--+---+-++"].map((result) => {
    verdict.observe(result === "+");
    return verdict.standing;
  });
  const [up, changing, down] = ["up", "changing", "down"] as const;
  expect(standings).toEqual([up, changing, changing, up, changing, changing, down, changing, down, changing, up]);
});
