import { expect, test } from "bun:test";
import type { Path } from "./problem.ts";
import { readToml } from "./toml.ts";

function at(text: string, path: Path, part: "key" | "value" = "value"): string {
  const document = readToml(text);
  if (!document.ok) return document.faults[0]!.message;
  if (!document.places.has(path)) return "nowhere";
  const { line, column } = document.places.find(path, part);
  return `${line}:${column}`;
}

test("tables, dotted keys, quoted keys and lists of tables", () => {
  const text = [
    "top = 1",
    "a.b = 2",
    "[c.d] # a comment",
    '"e f" = 3',
    "'g'.h = 4",
    "[[list]]",
    "x = 5",
    "[list.sub]",
    "y = 6",
    "[[list]]",
    "  x = 7",
    "[[list.deep]]",
    "z = 8",
  ].join("\n");
  const found = [
    ["top"],
    ["a", "b"],
    ["c", "d", "e f"],
    ["c", "d", "g", "h"],
    ["list", 0, "x"],
    ["list", 0, "sub", "y"],
    ["list", 1, "x"],
    ["list", 1, "deep", 0, "z"],
  ];
  expect(found.map((path) => at(text, path))).toEqual(["1:7", "2:7", "4:9", "5:9", "7:5", "9:5", "11:7", "13:5"]);
  expect([
    at(text, ["a"], "key"),
    at(text, ["c"], "key"),
    at(text, ["c", "d"], "key"),
    at(text, ["list", 1], "key"),
  ]).toEqual(["2:1", "3:2", "3:4", "10:1"]);
});

test("inline tables and lists, over several lines and with comments in them", () => {
  const text = 'a = { b = [1, "]", [2, 3]], c.d = "}" }\ne = [\n  # ,\n  { f = 4 }, # ]\n  5,\n]\ng = 6';
  const found = [["a", "b", 1], ["a", "b", 2, 1], ["a", "c", "d"], ["e", 0, "f"], ["e", 1], ["g"]];
  expect(found.map((path) => at(text, path))).toEqual(["1:15", "1:24", "1:35", "4:9", "5:3", "7:5"]);
});

test("long texts and dates are stepped over", () => {
  const text =
    'a = """\nb = "x" [c]\\"""\n"""\nd = \'\'\'\n[e]\'\'\'\nf = 1979-05-27 07:32:00Z # g = 1\nh = "\\" # [i]"\nj = 1';
  expect(["a", "d", "f", "h", "j"].map((key) => at(text, [key]))).toEqual(["1:5", "4:5", "6:5", "7:5", "8:5"]);
});

test("what is no TOML is told with its place", () => {
  const document = readToml("a = 1\nb = [1, 2\nc = 3\n");
  expect(document.ok).toBe(false);
  if (!document.ok) expect(document.faults[0]!.at).toBeGreaterThan(5);
  expect(at("a = 99999999999999999999", [])).toContain("integer");
});

test("a text without quotes is told with what to write", () => {
  expect(readToml("a = 1\nrules = [ { if = marked[src].gpc0 > 0, deny = 403 } ]\n")).toEqual({
    ok: false,
    faults: [{ at: 23, message: 'invalid value; put the expression in quotes: if = "marked[src].gpc0 > 0"' }],
  });
});

test("a text whose quotes are not closed is told as that, on its line", () => {
  for (const end of ["\n", "\r\n"])
    expect(readToml(`a = 1${end}b = "open${end}c = 3${end}`)).toEqual({
      ok: false,
      faults: [{ at: 5 + end.length + 9, message: "the text that begins on this line has no quotes at its end" }],
    });
});
