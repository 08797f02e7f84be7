// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the characters are meant, as an operator writes them.
// What HAProxy 2.6 itself makes of these lines was asked of it, by .notice with the same text.

import { expect, test } from "bun:test";
import { lexLine } from "./lexer.ts";

const environment = { HOME: "/root", EMPTY: "", LIST: "a b  c" };
const words = (text: string): string[] => lexLine(text, 1, 0, environment).words.map((word) => word.text);

test("words end at white space, and a # begins a comment anywhere", () => {
  expect(words("  bind\t*:80   # the door")).toEqual(["bind", "*:80"]);
  expect(words("a#b")).toEqual(["a"]);
  expect(words('"a # b" # c')).toEqual(["a # b"]);
  expect(words("# only a remark")).toEqual([]);
});

test("quotes keep white space, and quotes of one kind keep those of the other", () => {
  expect(words(`"a'b" 'c"d' "e"f'g' "" x`)).toEqual(["a'b", 'c"d', "efg", "", "x"]);
});

test("a backslash stands before white space, quotes, # and itself; before other characters it is one of them", () => {
  expect(words(String.raw`a\ b a\#b \"a a\\b a\'b`)).toEqual(["a b", "a#b", '"a', "a\\b", "a'b"]);
  expect(words(String.raw`\.php$ a\$b "a\$HOME" 'a\ b\n' "a\"b"`)).toEqual([
    "\\.php$",
    "a\\$b",
    "a$HOME",
    "a\\ b\\n",
    'a"b',
  ]);
  expect(words(String.raw`GET\r\n a\x41\tb`)).toEqual(["GET\r\n", "aA\tb"]);
  expect(words("a\\")).toEqual(["a\\"]);
});

test("variables are filled in within double quotes only", () => {
  expect(words('"$HOME/x" $HOME \'$HOME\' "x ${HOME} y"')).toEqual(["/root/x", "$HOME", "$HOME", "x /root y"]);
  expect(words('"${NOPE}" "a${NOPE-b c}d" "${EMPTY-usual}" "$NOPE-usual"')).toEqual(["", "ab cd", "", "-usual"]);
  expect(words('"${NOPE-"quoted"}"')).toEqual(["quoted"]);
  expect(words('x "${LIST[*]}" y')).toEqual(["x", "a", "b", "c", "y"]);
});

test("each word has its place, its number, and whether it was quoted", () => {
  const line = lexLine('  server "a b" \\{ c', 7, 100, {});
  expect(
    line.words.map(({ text, line: number, column, at, index, isQuoted }) => [
      text,
      number,
      column,
      at,
      index,
      isQuoted,
    ]),
  ).toEqual([
    ["server", 7, 3, 102, 0, false],
    ["a b", 7, 10, 109, 1, true],
    ["\\{", 7, 16, 115, 2, false],
    ["c", 7, 19, 118, 3, false],
  ]);
});

test.each([
  ['bind "abc', 5, "this quote is not closed on its line"],
  ["bind 'abc", 5, "this quote is not closed on its line"],
  ['a "${HOME"', 4, "this { of a variable is not closed"],
  ["a\\xZZ", 1, "\\x must be followed by two hexadecimal digits"],
  ['"$ x"', 1, "a $ in double quotes begins the name of a variable, as in ${NAME}; write \\$ for the character itself"],
  [
    '"${1A}"',
    1,
    "a $ in double quotes begins the name of a variable, as in ${NAME}; write \\$ for the character itself",
  ],
])("%s is told at its character", (text, at, message) => {
  expect(lexLine(text, 1, 0, environment).fault).toEqual({ at, message });
});

test("a line has at most 64 words", () => {
  expect(lexLine("x ".repeat(64), 1, 0, {}).fault).toBeNull();
  expect(lexLine("x ".repeat(65), 1, 0, {}).fault).toEqual({
    at: 128,
    message: "a line has at most 64 words, as in HAProxy",
  });
});
