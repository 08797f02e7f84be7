import { expect, test } from "bun:test";
import { field } from "../fields.ts";
import { compileTemplate, type ExpressionError } from "./expression.ts";
import { templateLengthMax, templatePartsMax } from "./limits.ts";
import { SampleScene, sampleScope } from "./sample.fixture.ts";

function fill(text: string, scene: SampleScene = new SampleScene()): string {
  const template = compileTemplate(text, sampleScope());
  if (!template.ok) throw new Error(JSON.stringify(template.errors));
  return template.evaluate(scene);
}

function errorsOf(text: string): readonly ExpressionError[] {
  const template = compileTemplate(text, sampleScope());
  return template.ok ? [] : template.errors;
}

test.each([
  ["", ""],
  ["plain", "plain"],
  ["https://{host}{path}", "https://www.example.com/api/items"],
  ["{src}", "10.0.0.7"],
  ["a{{b}}c", "a{b}c"],
  ["{{{host}}}", "{www.example.com}"],
  ["{headers['x-none']}|{tracked[0].key}|", "||"],
  ["{response.status} after {response.duration}", "503 after 1s500ms"],
  ["{secure} {1 / 4}", "true 0.25"],
  ["{now}", "2026-03-01T22:30:05.000Z"],
  ["{headers.list('accept')}", "text/html, text/plain"],
  ["{[src, dst]}", "10.0.0.7, 2001:db8::1"],
  ["{'}'}{\"{\"}{'''}'''}", "}{}"],
  ["{ host /* }", ""],
  ["{host in ['a'] ? 'yes' : 'no'}", "no"],
] as const)("%s", (text, filled) => {
  if (filled === "" && text !== "") expect(errorsOf(text).length).toBe(1);
  else expect(fill(text)).toBe(filled);
});

test("what would end a field is left out of values, and only of values", () => {
  const scene = new SampleScene({ path: "/a\r\nSet-Cookie: b\0c" });
  expect(fill("x{path}\r\ny{'a\\r\\nb'}", scene)).toBe("x/aSet-Cookie: bc\r\nyab");
});

test("a text without expressions is known beforehand", () => {
  expect(compileTemplate("a{{b", sampleScope())).toMatchObject({ ok: true, constant: "a{b" });
  expect(compileTemplate("a{host}", sampleScope())).toMatchObject({
    ok: true,
    constant: null,
    reads: { fields: [field.host] },
  });
});

test("mistakes are told by their place in the whole text", () => {
  expect(errorsOf("at {hots} and {src.sze()}")).toEqual([
    { offset: 4, length: 4, message: 'is not a known name: "hots"; did you mean "host"?' },
    { offset: 19, length: 3, message: 'is not a known function: "sze"' },
  ]);
  expect(errorsOf("a } b")).toEqual([{ offset: 2, length: 1, message: 'closes nothing: write "}}" for a brace' }]);
  expect(errorsOf("a {host")).toEqual([
    { offset: 2, length: 1, message: 'this "{" has no "}"; write "{{" for a brace' },
  ]);
  expect(errorsOf("body {}").length).toBe(1);
  expect(errorsOf("{marked}").length).toBe(1);
});

test("a template may be as long and have as many expressions as the limits, and no more", () => {
  expect(errorsOf("a".repeat(templateLengthMax))).toEqual([]);
  expect(errorsOf("a".repeat(templateLengthMax + 1)).length).toBe(1);
  expect(errorsOf("{1}".repeat(templatePartsMax))).toEqual([]);
  expect(errorsOf("{1}".repeat(templatePartsMax + 1)).length).toBe(1);
});

test("the text is bytes already: nothing is encoded again", () => {
  expect(fill("\xc3\xa4{'\xc3\xa4'}")).toBe("\xc3\xa4\xc3\xa4");
});
