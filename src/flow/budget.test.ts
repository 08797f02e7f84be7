import { expect, test } from "bun:test";
import { RetryBudget } from "./budget.ts";

function budgetOf(ratio: number, minimumPerSecond: number): RetryBudget {
  const budget = new RetryBudget();
  budget.configure({ ratio, minimumPerSecond });
  return budget;
}

const spendable = (budget: RetryBudget): number => {
  let count = 0;
  while (budget.spend()) count++;
  return count;
};

test("nothing may be spent from an empty budget", () => {
  expect(spendable(budgetOf(0, 0))).toBe(0);
});

test("the minimum stands for each of the ten seconds of the window", () => {
  expect(spendable(budgetOf(0, 2))).toBe(20);
});

test("the ratio is of the requests within the window", () => {
  const budget = budgetOf(0.2, 0);
  for (let count = 0; count < 50; count++) budget.noteRequest();
  expect(spendable(budget)).toBe(10);
});

test("requests and retries are forgotten after ten seconds, not before", () => {
  const budget = budgetOf(0.5, 0);
  for (let count = 0; count < 10; count++) budget.noteRequest();
  expect(spendable(budget)).toBe(5);
  for (let second = 0; second < 9; second++) budget.tick();
  expect(budget.spend()).toBe(false);
  budget.tick();
  for (let count = 0; count < 4; count++) budget.noteRequest();
  expect(spendable(budget)).toBe(2);
});
