import { expect, test } from "bun:test";
import { compileExpression } from "./expression.ts";
import { rows } from "./functions.ts";
import { SampleScene, sampleScope } from "./sample.fixture.ts";
import { specials } from "./special.ts";

const examples = rows.flatMap((row) => row.examples.map(([text, value]) => [text, value] as const));

test.each(examples)("the example %s comes to what the reference says", (text, value) => {
  const compiled = compileExpression(text, sampleScope(), "any");
  expect(compiled.ok ? compiled.evaluate(new SampleScene()) : compiled.errors).toEqual(value);
});

test("every function has an example, but those that write to a table", () => {
  const without = rows.filter((row) => row.examples.length === 0).map(({ name }) => name);
  expect(without).toEqual(["increment", "clear"]);
});

test("what the catalogue leaves to the compiler is there, and nothing else is", () => {
  const left = rows.filter((row) => row.apply === null).map(({ name }) => name);
  expect(new Set(Object.keys(specials))).toEqual(new Set(left));
  // A name that is special is so for each type that has it, but for the parts of a duration.
  const both = rows.filter((row) => row.apply !== null && left.includes(row.name));
  expect(new Set(both.map(({ receiver }) => receiver))).toEqual(new Set(["duration"]));
});

test("a row is written as it is resolved: receiver, name and as many parameters", () => {
  for (const { usage, name, parameters } of rows.filter((row) => !row.usage.includes("…"))) {
    const [, written, inside] = /^(?:\w+\.)?(\w+)\((.*)\)$/.exec(usage)!;
    expect(written).toBe(name);
    expect(inside === "" ? 0 : inside!.split(",").length).toBe(parameters.length);
  }
});
