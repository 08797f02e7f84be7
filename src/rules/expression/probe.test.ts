// What an explanation is told.
import { expect, test } from "bun:test";
import type { Value } from "../scene.ts";
import type { Probe, ProbedTerm } from "./compiled.ts";
import { compileExpression, compileTemplate } from "./expression.ts";
import { SampleScene, sampleScope } from "./sample.fixture.ts";

function probed(text: string, scene: SampleScene = new SampleScene()): [string, Value][] {
  const told: [string, Value][] = [];
  const probe: Probe = (start, end, value, term) => {
    expect(term.text).toBe(text.slice(start, end));
    told.push([term.text, value]);
  };
  const compiled = compileExpression(text, sampleScope(), "any", probe);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.errors));
  compiled.evaluate(scene);
  return told;
}

test("fields, reads and comparisons are told, operands first", () => {
  expect(probed("host == 'www.example.com' && contentLength + 1 > 100")).toEqual([
    ["host", "www.example.com"],
    ["host == 'www.example.com'", true],
    ["contentLength", 17],
    ["contentLength + 1", 18],
    ["contentLength + 1 > 100", false],
  ]);
  expect(probed("marked[src].gpc0 > 0").map(([text]) => text)).toEqual([
    "src",
    "marked[src].gpc0",
    "marked[src].gpc0 > 0",
  ]);
});

test("what is not evaluated is not told, and what is absent is", () => {
  expect(probed("headers['x-none'] == 'a' && host == 'b'")).toEqual([
    ["headers['x-none']", null],
    ["headers['x-none'] == 'a'", null],
  ]);
});

test("constants are not told, nor what goes on inside of a macro", () => {
  expect(probed("1 + 1 == 2 && ip('::1') == ip('::1')")).toEqual([]);
  expect(probed("headers.list('accept').exists(v, v == host)")).toEqual([
    ["headers.list('accept')", ["text/html", "text/plain"]],
    ["headers.list('accept').exists(v, v == host)", false],
  ]);
});

test("brackets belong to what stands in them", () => {
  expect(probed("!(secure) && (1 < 2)").map(([text]) => text)).toEqual(["(secure)"]);
  expect(probed("(host + 'a').size()").map(([text]) => text)).toEqual(["host", "(host + 'a')", "(host + 'a').size()"]);
});

test("a term tells its kind, its type and the table it reads or writes", () => {
  const terms: ProbedTerm[] = [];
  const probe: Probe = (_start, _end, _value, term) => terms.push(term);
  const text =
    "increment(marked[src].gpc0) > 0 && shop[src].conn_rate < 5 && src in shop && now > timestamp('2026-01-01')";
  const compiled = compileExpression(text, sampleScope(), "bool", probe);
  expect(compiled.ok && compiled.test(new SampleScene())).toBe(false);
  expect(terms.map(({ kind, type, table }) => [kind, type, table])).toEqual([
    ["field", "address", -1],
    ["effect", "number", 0],
    ["comparison", "bool", -1],
    ["field", "address", -1],
    ["read", "number", 1],
    ["comparison", "bool", -1],
    ["field", "address", -1],
    ["read", "bool", 1],
  ]);
});

test("the expressions of a template are told too", () => {
  const told: string[] = [];
  const template = compileTemplate("{host}{path.size()}", sampleScope(), (_start, _end, value, { text }) =>
    told.push(`${text}=${value}`),
  );
  expect(template.ok && template.evaluate(new SampleScene())).toBe("www.example.com10");
  expect(told).toEqual(["host=www.example.com", "path=/api/items", "path.size()=10"]);
});
