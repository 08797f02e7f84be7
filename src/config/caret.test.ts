// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, not a forgotten template.
import { expect, test } from "bun:test";
import { offsetInside } from "./caret.ts";

/** Where the value's `mark` is found: the source from there on. */
function found(source: string, text: string, mark: string): string | null {
  const at = offsetInside(source, source.indexOf("=") + 1, { text, offset: text.indexOf(mark) });
  return at === null ? null : source.slice(at, at + mark.length);
}

test("a value without quotes stands as it is", () => {
  expect(found("a =src.gpc0 > 5 # more", "src.gpc0 > 5", "gpc0")).toBe("gpc0");
  expect(found("=x", "x", "x")).toBe("x");
});

test("quotes and escapes of all formats are stepped over", () => {
  expect(found(`="a \\"b\\" c" z`, `a "b" c`, "c")).toBe("c");
  expect(found(`="\\u0041\\x42\\tC"`, "AB\tC", "C")).toBe("C");
  expect(found(`='it''s x'`, "it's x", "x")).toBe("x");
  expect(found(`='it\\'s x'`, "it's x", "x")).toBe("x");
  expect(found(`='\\d+ x'`, "\\d+ x", "x")).toBe("x");
  expect(found(`="\\\\d+ x"`, "\\d+ x", "x")).toBe("x");
  expect(found("=`a ${1} x`", "a b x", "a")).toBe("a");
  expect(found('="""a\nb x"""', "a\nb x", "x")).toBe("x");
  expect(found('="""\na\nb x"""', "a\nb x", "x")).toBe("x");
  expect(found("='''a \\ x'''", "a \\ x", "x")).toBe("x");
});

test("lines that were folded into one, or kept, are followed", () => {
  expect(found("=one\n    two\n\n    three", "one two\nthree", "three")).toBe("three");
  expect(found("=>-\n    one\n    two x\n", "one two x", "x")).toBe("x");
  expect(found("=| # note\n    one\n      two x\n", "one\n  two x\n", "x")).toBe("x");
});

test("an end of the text is a place too", () => {
  expect(offsetInside(`"a &&"`, 0, { text: "a &&", offset: 4 })).toBe(5);
  expect(offsetInside("", 0, { text: "", offset: 0 })).toBe(0);
});

test("where a variable was filled in, what stands before it has a place and what comes after has none", () => {
  expect(found("=a.${NAME} > 5", "a.secret > 5", "a.")).toBe("a.");
  expect(found("=a.${NAME} > 5", "a.secret > 5", "> 5")).toBeNull();
});

test("what is computed has no place", () => {
  expect(found("=name", "marked[src].gpc0", "gpc0")).toBeNull();
  expect(found("=", "x y", "y")).toBeNull();
});
