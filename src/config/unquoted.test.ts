// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
import { expect, test } from "bun:test";
import { adviseQuotes, findUnquoted } from "./unquoted.ts";

/** The advice for the place that ^ marks in the text, and where the bare text begins. */
function advice(marked: string, assign: ":" | "=" = ":"): string | null {
  const at = marked.indexOf("^");
  const text = marked.replace("^", "");
  const found = findUnquoted(text, at, assign);
  if (found !== null) expect(text.slice(found.at, found.end)).toBe(found.text);
  return found === null ? null : adviseQuotes(found, assign);
}

test("the text ends where the braces around it say, its own brackets and texts left whole", () => {
  expect(advice("- { if: max(a, b^[c]) > 1, deny: 1 }")).toBe('put the expression in quotes: if: "max(a, b[c]) > 1"');
  expect(advice("a: { if: x^['}, y'] }")).toBe(`put the expression in quotes: if: "x['}, y']"`);
  expect(advice("a: [ $^{A}, b ]")).toBe('put the text in quotes: "${A}"');
  expect(advice("  - if: a^[b] > 0 # why\r\n")).toBe('put the expression in quotes: if: "a[b] > 0"');
});

test("quotes are such that the text needs no escapes, where there are such", () => {
  expect(advice('a: { if: x == "y" && z^[src] }')).toBe(`put the expression in quotes: if: 'x == "y" && z[src]'`);
  expect(advice("a: { if: x^[\"y\"] == 'z' }")).toBe('put the expression in quotes: if: "x[\\"y\\"] == \'z\'"');
});

test("what is no text without quotes is left to the reader's own words", () => {
  for (const text of ["a: ^]", "a: [ ^[1, 2] ]", "a: { b: ^{ c: 1 } }", "a: ^yes", "^a", "", 'a: "x^"', "a: !env ^B"])
    expect([text, advice(text)]).toEqual([text, null]);
});

test("in TOML an equals sign assigns", () => {
  expect(advice("a = { b = $^{C} }", "=")).toBe('put the text in quotes: b = "${C}"');
  expect(advice('if = ^path == "/x"', "=")).toBe("put the expression in quotes: if = 'path == \"/x\"'");
});
