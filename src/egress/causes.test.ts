import { expect, test } from "bun:test";
import { changeCause, memberState } from "../memory/egress.ts";
import { causeInWords, stateInWords } from "./causes.ts";

test("each cause has words of its own, with the host or reason where it is known", () => {
  const words = Object.values(changeCause).map((cause) => causeInWords(cause, "a.example"));
  expect(new Set(words).size).toBe(words.length);
  expect(causeInWords(changeCause.marked, "a.example")).toBe("an answer that means a ban at a.example");
  expect(causeInWords(changeCause.marked, null)).toBe("an answer that means a ban");
  expect(causeInWords(changeCause.manual, "abuse")).toBe("by an operator: abuse");
  expect(causeInWords(changeCause.manual, "")).toBe("by an operator");
});

test("each state has a word", () => {
  for (const state of Object.values(memberState)) expect(stateInWords[state]).not.toBeEmpty();
});
