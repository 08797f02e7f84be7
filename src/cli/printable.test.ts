import { expect, test } from "bun:test";
import { printable, printableLines } from "./printable.ts";

const hostile = "a\x1b]0;pwned\x07\x9b2J\u202eb\r\x7f\n";

test("orders to a terminal are shown, and not given", () => {
  expect(printable(hostile)).toBe("a\\u001b]0;pwned\\u0007\\u009b2J\\u202eb\\u000d\\u007f\\u000a");
});

test("lines keep their ends, tabs and colors, and nothing else that is not seen", () => {
  const ours = "\x1b[31mbad\x1b[0m\tone\r\ntwo\n";
  expect(printableLines(ours)).toBe(ours);
  expect(printableLines(`${ours}\x1b[2J${hostile}`)).toBe(
    `${ours}\\u001b[2Ja\\u001b]0;pwned\\u0007\\u009b2J\\u202eb\\u000d\\u007f\n`,
  );
});

test("letters, marks and pictures of any language stay, and JSON says what it said", () => {
  const text = "é 漢字 עברית 👩‍👧";
  expect(printable(text)).toBe(text);
  const json = JSON.stringify({ reason: hostile });
  expect(JSON.parse(printableLines(json))).toEqual({ reason: hostile });
});
