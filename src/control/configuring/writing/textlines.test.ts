import { expect, test } from "bun:test";
import { aboveComments, isAlone, itemLine, lineEndOf, lineStart, withoutLines } from "./textlines.ts";

const text = "# all\na = 1 # one\nb = 2\n\n# see\n  # c\n  c = 3";

test("a line is found from anywhere in it, the last one too", () => {
  const at = text.indexOf("= 2");
  expect(text.slice(lineStart(text, at), lineEndOf(text, at))).toBe("b = 2\n");
  expect([lineStart(text, 0), lineEndOf(text, text.length)]).toEqual([0, text.length]);
});

test("comments above are those right above, with the same indent", () => {
  expect(aboveComments(text, lineStart(text, text.indexOf("a =")))).toBe(0);
  expect(aboveComments(text, lineStart(text, text.indexOf("b =")))).toBe(text.indexOf("b ="));
  expect(aboveComments(text, lineStart(text, text.indexOf("c =")))).toBe(text.indexOf("  # c"));
});

test("a line goes with its comment, unless the next one may be meant by it too", () => {
  const gone = (what: string): string => withoutLines(text, text.indexOf(what), text.indexOf(what) + what.length);
  expect(gone("a = 1")).toBe("# all\nb = 2\n\n# see\n  # c\n  c = 3");
  expect(gone("b = 2")).toBe("# all\na = 1 # one\n\n# see\n  # c\n  c = 3");
  expect(gone("c = 3")).toBe("# all\na = 1 # one\nb = 2\n\n# see\n");
  expect(withoutLines("# x\n- a\nb: 1\n", 4, 7)).toBe("b: 1\n");
});

test("an item has a line of its own between others that have", () => {
  const list = "[\n  # one\n  1, # uno\n  2\n]\n";
  const [one, two] = [list.indexOf("1"), list.indexOf("2")];
  expect([isAlone(list, one, one + 1), isAlone("[1, 2]", 1, 2)]).toEqual([true, false]);
  expect(itemLine(list, "0", one, null)).toBe("[\n  0,\n  # one\n  1, # uno\n  2\n]\n");
  expect(itemLine(list, "0", one, one + 1)).toBe("[\n  # one\n  1, # uno\n  0,\n  2\n]\n");
  expect(itemLine(list, "0", one, two + 1)).toBe("[\n  # one\n  1, # uno\n  2,\n  0,\n]\n");
});
