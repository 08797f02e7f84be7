// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
import { expect, test } from "bun:test";
import { yamlFaults } from "./yamlfault.ts";
import { tagMessage } from "./yamltree.ts";

/** Each fault as line:column and message. */
function told(text: string): string[] {
  return yamlFaults(text).map(({ at, message }) => {
    const before = text.slice(0, at!).split("\n");
    return `${before.length}:${before.at(-1)!.length + 1} ${message}`;
  });
}

test("an expression without quotes in braces is one fault, told with what to write", () => {
  const rule = "rules: [ { if: marked[src].gpc0 > 0, deny: 403 } ]\n";
  expect(told(rule)).toEqual(['1:16 put the expression in quotes: if: "marked[src].gpc0 > 0"']);
  expect(told("debug: { token: ${TOKEN} }\nlisteners:\n  web:\n    listen: :80\n")).toEqual([
    '1:17 put the text in quotes: token: "${TOKEN}"',
  ]);
});

test("each of several is told, and independent mistakes behind them too", () => {
  const text = `debug: { token: \${TOKEN} }
rules:
  - { if: path == "/a" && headers["x"] == "y", deny: 403 }
  - if: !secure
  - { deny: 1, if: src in lists.x || method in ["A", "B"] }
a: 1
a: 2
b: ]
`;
  expect(told(text)).toEqual([
    '1:17 put the text in quotes: token: "${TOKEN}"',
    `3:11 put the expression in quotes: if: 'path == "/a" && headers["x"] == "y"'`,
    '4:9 put the expression in quotes: if: "!secure"',
    `5:20 put the expression in quotes: if: 'src in lists.x || method in ["A", "B"]'`,
    "7:1 a stands twice in its section, first in line 6",
    '8:4 Unexpected flow-seq-end token in YAML stream: "]"',
  ]);
});

test("in block style the expressions that YAML reads as something else are told likewise", () => {
  expect(told('r:\n  - if: "a" == host # why\n  - if: x ? y : z\n')).toEqual([
    `2:9 put the expression in quotes: if: '"a" == host'`,
    '3:9 put the expression in quotes: if: "x ? y : z"',
  ]);
});

test("what a list that is not closed makes of the rest is told once", () => {
  expect(told("a: [ { b: 1, [ c ]\nd: 1\ne:\n  f: 2\n")).toHaveLength(1);
  expect(told("a: { b: 1 ] }\nc: 1\nd:\n  e: 2\n")).toHaveLength(1);
  expect(told("a: [1, 2\nb: 3\nc:\n  d: [}\n").map((fault) => fault.split(" ")[0])).toEqual(["2:1", "4:7"]);
});

test("a tag of YAML is no expression under a key that holds none", () => {
  expect(told("a: !secret b\nc: 1\n")).toEqual([`1:4 ${tagMessage("!secret")}`]);
});

test("a text that is all mistakes costs a bounded number of parses", () => {
  const text = `${"- { if: a[b], deny: 1 }\n".repeat(200)}`;
  const faults = told(text);
  expect(faults.length).toBeGreaterThan(19);
  expect(faults.length).toBeLessThan(23);
});

test("lines inside of brackets that are not indented are told once, and how they should be", () => {
  const rules = Array.from({ length: 5 }, (_, index) => `{ name: r${index}, if: "path == '/${index}'", deny: 403 },\n`);
  const text = `listeners: { web: { listen: ":1", rules: [\n${rules.join("")}] } }\npools: { app: { servers: ["a:1"] } }\n`;
  expect(yamlFaults(text)).toEqual([
    {
      at: text.indexOf("{ name: r0"),
      message: "what stands inside of a list in brackets is indented, by one space at least",
    },
  ]);
});
