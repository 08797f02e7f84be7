import { expect, test } from "bun:test";
import type { Document } from "./document.ts";
import type { Path } from "./problem.ts";
import { readJson, readYaml } from "./yaml.ts";
import { tagMessage } from "./yamltree.ts";

const at = (document: Document, path: Path, part: "key" | "value" = "value"): string => {
  if (!document.ok) return document.faults[0]!.message;
  const { line, column } = document.places.find(path, part);
  return `${line}:${column}`;
};
const fault = (document: Document): string =>
  document.ok ? "no fault" : `${document.faults[0]!.at} ${document.faults[0]!.message}`;

test("anchors, aliases and merge keys work, and have places", () => {
  const document = readYaml("base: &base { a: 1, b: 2 }\nother:\n  <<: *base\n  b: 3\nlist: [*base]\n");
  expect(document).toMatchObject({ value: { other: { a: 1, b: 3 }, list: [{ a: 1 }] } });
  expect(at(document, ["other", "b"])).toBe("4:6");
  expect(at(document, ["other", "a"])).toBe("2:1");
  expect(at(document, ["list", 0])).toBe("5:8");
});

test("an alias bomb, an unknown tag and a second document are refused", () => {
  const bomb = `a: &a [x]\n${"bcdefghi"
    .split("")
    .map((name, index) => `${name}: &${name} [${Array(10).fill(`*${"abcdefgh"[index]}`).join(", ")}]`)
    .join("\n")}\n`;
  expect(fault(readYaml(bomb))).toMatch(/^\d+ the config holds more than 1000000 values/);
  expect(fault(readYaml("a: !secret b\n"))).toBe(`3 ${tagMessage("!secret")}`);
  expect(fault(readYaml("a: 1\n---\nb: 2\n"))).toContain("a second document begins here");
  expect(fault(readYaml("a: 1\na: 2\n"))).toBe("5 a stands twice in its section, first in line 1");
  expect(readYaml("a: &base 1\nb: { <<: *bse }\nc: [*later]\nd: &later 2\ne: *later\n")).toEqual({
    ok: false,
    faults: [
      { at: 20, message: 'there is no anchor &bse before this alias; did you mean "base"?' },
      { at: 31, message: "there is no anchor &later before this alias" },
    ],
  });
});

test("the words of YAML 1.1 that were truth values are texts", () => {
  expect(readYaml("a: on\nb: no\nc: 12:30:00\n")).toMatchObject({ value: { a: "on", b: "no", c: "12:30:00" } });
});

test("each habit of YAML is refused in JSON, where it stands", () => {
  const habits: [string, string][] = [
    ['{"a": b}', "6 this is not JSON: the text b must stand in double quotes"],
    ["{a: 1}", "1 this is not JSON: the text a must stand in double quotes"],
    ["a: 1", "0 this is not JSON: write sections in braces"],
    ["- 1", "0 this is not JSON: write lists in brackets"],
    ["{\"a\": 'b'}", "6 this is not JSON: texts stand in double quotes"],
    ['{"a": &x 1}', "no aliases"],
    ['{"a": [1, 2,]}', "11 this is not JSON: there is a comma after the last item"],
    ['{"a": 1, }', "7 this is not JSON: there is a comma after the last item"],
    ['{"a": 1 # one\n}', "8 this is not JSON: it has no comments"],
    ['{"a": 1, // one\n "b": 2}', "9 this is not JSON: it has no comments"],
    ['{"a": 1, /* one */ "b": 2}', "9 this is not JSON: it has no comments"],
    ['{"a": 0x10}', "6 this is not JSON: the text 0x10"],
    ['{"a": .5}', "6 this is not JSON: the text .5"],
    ['{"a": yes}', "6 this is not JSON: the text yes"],
    ['{"if": a[src].b > 0, "c": 1}', "7 this is not JSON: the text a[src].b > 0 must stand in double quotes"],
    ['{"a": 1', "is not closed with }"],
    ['{"a": [1, 2}', "is not closed with ]"],
    ['{"a":', "5 this is not JSON: a value is missing"],
    ['{"a": , "b": 1}', "6 this is not JSON: a value is missing"],
    ['{"a"}', "4 this is not JSON: a colon and a value are missing"],
    ['{"a", "b": 1}', "4 this is not JSON: a colon and a value are missing"],
    ['{"a": 1, "a": 2}', "9 a stands twice in its section, first in line 1"],
    ['{"a" 1}', "not JSON"],
    ['{"a": "x\ty"}', "not JSON"],
  ];
  for (const [text, expected] of habits) {
    const told = fault(readJson(text));
    expect([text, told]).toEqual([
      text,
      expected.includes("alias") ? expect.stringContaining("anchors") : expect.stringContaining(expected),
    ]);
  }
});

test("what is JSON is read as JSON, with places", () => {
  const text = '\ufeff{\r\n\t"a": {"b": [true, null, -1.5e3, "\\u00e9 // # \'"]},\r\n\t"url": "http://x"\r\n}\r\n';
  const document = readJson(text);
  expect(document).toMatchObject({ ok: true, value: JSON.parse(text.slice(1)) });
  expect([at(document, ["a", "b", 3]), at(document, ["url"], "key")]).toEqual(["2:34", "3:2"]);
});

test("an alias may stand as often as a config has places", () => {
  const document = readYaml(`a: &one { b: 1 }\nc: [${Array(3000).fill("*one").join(", ")}]\n`);
  expect(document.ok && (document.value as { c: unknown[] }).c.length).toBe(3000);
});
