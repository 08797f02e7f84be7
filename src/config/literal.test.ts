// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
import { expect, test } from "bun:test";
import { placeLiteral } from "./literal.ts";
import { Places } from "./place.ts";
import type { Path } from "./problem.ts";

/** What stands in the text at the value (or key) of a path. */
function at(text: string, path: Path, part: "key" | "value" = "value"): string {
  const places = new Places(text);
  placeLiteral(text, places);
  if (!places.has(path)) return "nowhere";
  const { line, column } = places.find(path, part);
  return text
    .split("\n")
    [line - 1]!.slice(column - 1)
    .split(/[,})\]\s]/)[0]!;
}

test("keys are found however they are written", () => {
  const text = "export default defineConfig({ a: 1, 'b c': 2, \"d\": 3, $e_1: 4, 5: 6, ключ: 7, short, last })";
  for (const [key, value] of [
    ["a", "1"],
    ["b c", "2"],
    ["d", "3"],
    ["$e_1", "4"],
    ["5", "6"],
    ["ключ", "7"],
    ["short", "short"],
    ["last", "last"],
  ] as const)
    expect(at(text, [key])).toBe(value);
});

test("sections and lists are entered, and what follows them is found", () => {
  const text =
    "export default {\n  a: { b: [1, { c: 2 }, [3, 4]], d: 5 },\n  e: [] as string[],\n  f: 6,\n} satisfies X;";
  expect([
    at(text, ["a", "b", 0]),
    at(text, ["a", "b", 1, "c"]),
    at(text, ["a", "b", 2, 1]),
    at(text, ["a", "d"]),
    at(text, ["f"]),
  ]).toEqual(["1", "2", "4", "5", "6"]);
});

test("expressions are stepped over, whatever brackets and quotes they hold", () => {
  for (const expression of [
    '"},{"',
    "'\\'}'",
    "`}${ { a: `}` }[`x`] }{`",
    "/[}\"'/]\\/}/g",
    "x / 2 / (y)",
    "(a: { b: 1 }) => ({ hidden: 1 })",
    "function () { return { hidden: 1 }; }",
    "cond ? { hidden: 1 } : [1, 2]",
    "call({ hidden: 1 }, [2])",
    "/* }, */ 1 // },\n",
    "{ ...spread, [`key${1}`]: 2, get x() { return 1; }, async *y() {} }",
    "[...list, { z: 1 }]",
    "a < b ? 1 : 2",
    "new Map<string, { a: 1 }>()",
  ]) {
    const text = `export default defineConfig({ first: ${expression}, after: 42 });`;
    expect([expression, at(text, ["after"])]).toEqual([expression, "42"]);
    expect(at(text, ["hidden"])).toBe("nowhere");
  }
});

test("the config is found behind what only looks like one", () => {
  const text = [
    "// defineConfig({ a: 1 })",
    "/* export default { a: 2 } */",
    'const s = "defineConfig({ a: 3 })", t = `defineConfig({ a: ${4} })`;',
    "const o = { defineConfig: 5 }; myDefineConfig({ a: 6 });",
    'export default defineConfig<"app">( /* here */ { a: 7 });',
  ].join("\n");
  expect(at(text, ["a"])).toBe("7");
});

test("what is computed elsewhere has no place, and no text makes the scanner hang or throw", () => {
  expect(at("const c = { a: 1 }; export default c;", ["a"])).toBe("nowhere");
  expect(at("export default defineConfig(make({ a: 1 }))", ["a"])).toBe("nowhere");
  const text = "export default defineConfig({ a: { b: [1, `x${2}`, /r/] }, ...c, 'd': () => { } });";
  for (let end = 0; end <= text.length; end++)
    for (const tail of ["", "`", "${", "}", "/", "'", "\\"]) placeLiteral(text.slice(0, end) + tail, new Places(text));
});
