import { expect, test } from "bun:test";
import { KnownNumbers } from "./known.ts";

function kept(known: KnownNumbers, text: string, number: number, clock = 0): void {
  known.find(text);
  known.keep(number, clock);
}

test("what was kept is found by its text, and what is kept anew is in its place", () => {
  const known = new KnownNumbers(256, 7);
  expect([known.find(""), known.find("1")]).toEqual([0, 0]);
  for (let number = 1; number <= 40; number++) kept(known, `text ${number}`, number);
  for (let number = 1; number <= 40; number++) expect(known.find(`text ${number}`)).toBe(number);
  kept(known, "text 1", 99);
  expect([known.find("text 1"), known.find("text 41"), known.find("text")]).toEqual([99, 0, 0]);
});

test("with each stands when it was seen last", () => {
  const known = new KnownNumbers(256, 7);
  kept(known, "one", 1, 5);
  kept(known, "other", 2, 6);
  expect([known.find("one"), known.seenAt]).toEqual([1, 5]);
  known.seenAt = 9;
  expect([known.find("other"), known.seenAt, known.find("one"), known.seenAt]).toEqual([2, 6, 1, 9]);
});

test("where a set is full somebody makes room, and what was kept last is there", () => {
  const known = new KnownNumbers(16, 7);
  for (let number = 1; number <= 1000; number++) {
    kept(known, `text ${number}`, number);
    expect(known.find(`text ${number}`)).toBe(number);
  }
  let left = 0;
  for (let number = 1; number <= 1000; number++) if (known.find(`text ${number}`) === number) left++;
  expect(left).toBe(16);
});

test("characters that are no byte are told apart from those that are, and from each other", () => {
  const known = new KnownNumbers(256, 7);
  // All of one fold: 0x34, "4".
  const texts = ["4", "\u0430", "\u0135", "a4", "a\u0430", "4a", "\u0430a", "\u0430\u0135", "\u0135\u0430", "44"];
  for (const [index, text] of texts.entries()) {
    expect(known.find(text)).toBe(0);
    known.keep(index + 1, 0);
  }
});
