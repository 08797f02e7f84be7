import { expect, test } from "bun:test";
import { lex } from "./lexer.ts";

function tokens(text: string, from = 0, isTemplate = false): string[] {
  const lexed = lex(text, from, isTemplate, !isTemplate);
  if (!lexed.ok) return [lexed.error.message];
  return lexed.tokens.map(({ kind, start, end }) => `${kind} ${start}-${end}`);
}

test("tokens say where they stand, and the last is the end", () => {
  expect(tokens("a >= 1.5e3 // rest")).toEqual(["name 0-1", "symbol 2-4", "number 5-10", "end 18-18"]);
  expect(tokens("")).toEqual(["end 0-0"]);
});

test("the longest symbol wins, and a dot before a digit is a number", () => {
  expect(tokens("a<=b")).toEqual(["name 0-1", "symbol 1-3", "name 3-4", "end 4-4"]);
  expect(tokens(".5")).toEqual(["number 0-2", "end 2-2"]);
  expect(tokens("a.b")).toEqual(["name 0-1", "symbol 1-2", "name 2-3", "end 3-3"]);
  expect(tokens("r'a' r")).toEqual(["string 0-4", "name 5-6", "end 6-6"]);
});

test("in a template the closing brace is the end, but not inside of a string", () => {
  expect(tokens("x{'}'} y", 2, true)).toEqual(["string 2-5", "end 5-5"]);
  expect(tokens("x{a", 2, true)).toEqual(["name 2-3", "end 3-3"]);
});

test("a character that is none of the language is named", () => {
  expect(tokens("a # b")).toEqual(['"#" cannot stand in an expression outside of a string']);
  expect(tokens("a \u{1f600}")).toEqual(['"\u{1f600}" cannot stand in an expression outside of a string']);
  expect(tokens("$a")).toEqual(['"$" cannot stand here: names begin with a letter']);
});

test("an address without quotes is told as that, and hexadecimal letters beside a colon are names", () => {
  expect(tokens("10.0.0.0/8")).toEqual(["must stand in quotes: write cidr('10.0.0.0/8')"]);
  expect(tokens("a?b:c")).toHaveLength(6);
  expect(tokens("x ? a ? b:c:d")).toHaveLength(10);
  expect(tokens("1.5+.25")).toHaveLength(4);
});
