import { expect, test } from "bun:test";
import { depthMax, textDepthFault, tooDeep, valueFault, valuesMax } from "./depth.ts";
import { readToml } from "./toml.ts";
import { readJson, readYaml } from "./yaml.ts";

const lists = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const indented = (depth: number): string =>
  Array.from({ length: depth }, (_, index) => `${" ".repeat(index)}a:`).join("\n");

test("a text of YAML may be as deep as a config may, and no deeper, however that is written", () => {
  for (const of of [lists, indented, (depth: number) => `${"- ".repeat(depth)}a`]) {
    const fits = readYaml(of(depthMax));
    expect(fits.ok).toBe(true);
    const refused = readYaml(of(depthMax + 1));
    expect(refused.ok ? null : refused.faults.map(({ message }) => message)).toEqual([tooDeep]);
  }
  expect(textDepthFault(`a: 1\nb: ${lists(depthMax + 2)}`)).toEqual({ at: 8 + depthMax, message: tooDeep });
});

test("what is deep in texts and comments alone, or ends again, is not deep", () => {
  const brackets = "[{".repeat(200);
  const text = `# ${brackets}\na: "${brackets}"\nb: |\n  ${brackets}\nc: 'x\n  ${brackets}'\nd: x${brackets}\n`;
  expect(textDepthFault(text)).toBeNull();
  expect(textDepthFault("a: { b: [1] }\nc:\n  - d\n  - e: f\n".repeat(500))).toBeNull();
  expect(textDepthFault(indented(60).concat("\n").repeat(3))).toBeNull();
});

test("what is nested tens of thousands deep is refused in moments, by every reader", () => {
  const many = 30_000;
  const started = performance.now();
  const read = [
    readYaml(`a: ${"[".repeat(many)}`),
    readYaml(`a: ${"{b: ".repeat(many)}${"}".repeat(many)}`),
    readYaml("- ".repeat(many)),
    readYaml("? ".repeat(many)),
    readYaml(`a: ${'[{"b":'.repeat(many)}`),
    readJson(`{"a":${lists(many)}}`),
    readToml(`a = ${lists(many)}`),
    readToml(`a = ${"{b=".repeat(many)}1${"}".repeat(many)}`),
    readToml(`${"a.".repeat(5000)}a = 1`),
    readToml(`[${"a.".repeat(5000)}a]\nb = 1`),
  ];
  for (const document of read) expect(document.ok ? null : document.faults).toMatchObject([{ message: tooDeep }]);
  // Of YAML's parser, minutes.
  expect(performance.now() - started).toBeLessThan(20_000);
});

test("a tree that holds itself is told with the key that does, and what it is", () => {
  const rule: { name: string; rules?: unknown[] } = { name: "a" };
  rule.rules = [rule];
  expect(valueFault({ rules: [rule] })).toEqual({
    path: ["rules", 0, "rules", 0],
    message: "rules[0].rules[0] is rules[0] again, which would have no end",
  });
  const tree: Record<string, unknown> = { a: 1 };
  tree["self"] = tree;
  expect(valueFault(tree)?.message).toBe("self is the config itself again, which would have no end");
});

test("the same in several places is no circle, but counts in each", () => {
  const shared = { a: [1, 2] };
  expect(valueFault({ b: shared, c: [shared, shared] })).toBeNull();
  let bomb: unknown = "x";
  for (let level = 0; level < 40; level++) bomb = [bomb, bomb];
  expect(valueFault({ pools: { app: bomb } })).toEqual({
    path: ["pools", "app"],
    message: `the config holds more than ${valuesMax} values, what stands in several places counted in each`,
  });
});

test("what is no section and no list is not walked into", () => {
  expect(valueFault({ a: new Date(0), b: new Map([[1, 2]]), c: process })).toBeNull();
});
