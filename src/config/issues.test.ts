import { expect, test } from "bun:test";
import { z } from "zod";
import { type Finding, findings, withoutMistyped } from "./issues.ts";
import { choice, count, section } from "./term.ts";

const told = (schema: z.ZodType, value: unknown): string[] => {
  const parsed = schema.safeParse(value, { reportInput: true });
  return parsed.success
    ? []
    : findings(parsed.error.issues).map(({ path, part, message }) => `${path.join(".")} ${part}: ${message}`);
};
const inner = section({ name: choice(["north", "south"]), size: count(1, 9) });
const either = z.union([choice(["north", "south"]), z.literal(false), inner], { error: "must be one of three kinds" });
const schema = section({ either });

test("each unknown key of a section is a finding of its own, at the key", () => {
  expect(told(section({ ab: count(1, 9).optional() }), { abc: 1, zz: 2 })).toEqual([
    'abc key: is not a known key; did you mean "ab"?',
    "zz key: is not a known key; known here: ab",
  ]);
});

test("of a union, the branch that fits the value's kind tells what is wrong", () => {
  expect(told(schema, { either: "nroth" })).toEqual([
    'either value: is not known here: "nroth"; did you mean "north"?',
  ]);
  expect(told(schema, { either: { name: "south", size: 10 } })).toEqual([
    "either.size value: must be a whole number from 1 to 9, not 10",
  ]);
  expect(told(schema, { either: { name: "south", size: 1, sise: 2 } })).toEqual([
    'either.sise key: is not a known key; did you mean "size"?',
  ]);
});

test("a number that is beyond two bounds at once is told once", () => {
  for (const size of [2 ** 60, -(2 ** 60)])
    expect(told(section({ size: count(1, 9) }), { size })).toEqual([
      `size value: must be a whole number from 1 to 9, not ${size}`,
    ]);
});

test("a value of no branch's kind is told what kinds there are", () => {
  for (const value of [5, true, []])
    expect(told(schema, { either: value })).toEqual(["either value: must be one of three kinds"]);
});

test("a required key under a mistyped name is one mistake, and another that is missing is told", () => {
  const found = (path: Finding["path"], part: Finding["part"], message: string): Finding => ({
    ...{ severity: "error", path, part, message },
  });
  const typo = found(["web", "uses"], "key", 'is not a known key; did you mean "use"?');
  const [use, listen] = [
    found(["web", "use"], "value", "is missing; it must be a name"),
    found(["web", "listen"], "value", "is missing; it must be an address"),
  ];
  const elsewhere = found(["other", "use"], "value", "is missing; it must be a name");
  expect(withoutMistyped([typo, use, listen, elsewhere])).toEqual([typo, listen, elsewhere]);
  expect(withoutMistyped([use])).toEqual([use]);
});
