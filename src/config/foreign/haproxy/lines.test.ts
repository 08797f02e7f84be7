// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
import { expect, test } from "bun:test";
import { readLines } from "./lines.ts";

const environment = { ROLE: "edge" };
const kept = (text: string): string[] =>
  readLines(text, environment).lines.map((words) => words.map((word) => word.text).join(" "));
const said = (text: string): string[] =>
  readLines(text, environment).said.map(
    ({ severity, word, message }) => `${word.line} ${severity} ${word.text} ${message}`,
  );

test("of a block of .if one branch is kept, the first that holds", () => {
  expect(kept(".if 0\na\n.elif 1\nb\n.elif 1\nc\n.else\nd\n.endif\ne")).toEqual(["b", "e"]);
  expect(kept(".if 0\na\n.else\nd\n.endif")).toEqual(["d"]);
  expect(kept(".if 0\n.if 1\na\n.else\nb\n.endif\n.else\nc\n.endif")).toEqual(["c"]);
});

test.each([
  ["defined(ROLE)", true],
  ["defined(OTHER)", false],
  ['streq("$ROLE",edge)', true],
  ["strneq(a,a)", false],
  ["version_atleast(2.4)", true],
  ["version_atleast(2.8.1)", false],
  ["version_before(3.0)", true],
  ["feature(OPENSSL)", true],
  ["!defined(OTHER) && (0 || 2)", true],
  ["1 && 0 || 1", true],
  ["!1 || !!0", false],
  ["", false],
])(".if %s is %p", (condition, holds) => {
  expect(said(`.if ${condition}\n.endif`)).toEqual([]);
  expect(kept(`.if ${condition}\nyes\n.endif`)).toEqual(holds ? ["yes"] : []);
});

test("messages are said where they count", () => {
  expect(said('.if 0\n.alert "no"\n.else\n.warning "yes"\n.notice "quiet"\n.diag quiet\n.endif\n.alert stop')).toEqual([
    "4 warning .warning says: yes",
    "8 error .alert says: stop",
  ]);
});

test.each([
  [".endif", "1 error .endif stands outside of any .if"],
  [".else", "1 error .else stands outside of any .if"],
  ["a\n.if 1", "2 error .if has no .endif"],
  [".if 1\n.else\n.else\n.endif", "3 error .else comes after the .else of its block"],
  [".if maybe\n.endif", '1 error .if cannot be decided: "maybe" is no condition'],
  [".if (1\n.endif", "1 error .if cannot be decided: a parenthesis is not closed"],
  [".if 1 1\n.endif", '1 error .if cannot be decided: "1" is one word too many'],
  [
    ".if enabled(X)\n.endif",
    "1 error .if cannot be decided: enabled is no predicate that is known here; known are defined, feature, streq, strneq, version_atleast, version_before",
  ],
  [".notice a b", "1 error b is one word too many: a message with spaces stands in quotes"],
  [
    ".include x",
    "1 error .include is no directive; known are .if, .elif, .else, .endif, .diag, .notice, .warning, .alert",
  ],
])("%s is told", (text, message) => {
  expect(said(text)).toEqual([message]);
});

test("variables that a line sets hold for the lines after it", () => {
  expect(kept('presetenv ROLE inner\nsetenv PORT 80\nbind "$ROLE:$PORT"\nunsetenv PORT\nbind "$ROLE:$PORT"')).toEqual([
    "presetenv ROLE inner",
    "setenv PORT 80",
    "bind edge:80",
    "unsetenv PORT",
    "bind edge:",
  ]);
  expect(kept('setenv A 1\nresetenv A\nx "$ROLE$A"').at(-1)).toBe("x 1");
});

test("what the file leaves of the environment is told with the lines", () => {
  expect(readLines("setenv A 1\nsetenv A 2\nsetenv B 3\nunsetenv B", environment).environment).toEqual({
    ROLE: "edge",
    A: "2",
  });
});

test("a mistake in a line that is left out is none", () => {
  expect(readLines('.if 0\nbind "x\n.endif\n', {}).faults).toEqual([]);
  expect(readLines('a\nbind "x', {}).faults).toEqual([{ at: 7, message: "this quote is not closed on its line" }]);
});

test("lines may end as on Windows", () => {
  expect(kept("a b\r\nc\r\n")).toEqual(["a b", "c"]);
});
