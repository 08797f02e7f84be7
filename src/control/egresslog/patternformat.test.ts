// What plain patterns find is what RE2 finds, whatever the line; and lines that are made to be slow are not.

import { expect, spyOn, test } from "bun:test";
import { RE2JS } from "re2js";
import { Prng } from "../../base/prng.ts";
import { shortRegex } from "../../rules/expression/plain.ts";
import { emptyLine } from "./line.ts";
import { readPatternFormat } from "./patternformat.ts";

const usual = String.raw`\[(?<time>[^\]]+)\] "[^"]*" (?<status>\d{3}) .* Exgress_key: (?<key>\S+) 127\.0\.0\.1:(?<port>\d+) -> Request Host: (?<target>\S+) <-`;
const plain: readonly string[] = [
  usual,
  String.raw`port=(?<port>\d+) status=(?<status>\d+)`,
  String.raw`^(?<time>\S+) (?<address>[0-9a-f:.]+) ?(?P<status>[1-5]\d\d)(?: (?<key>[\w-]{0,8}))$`,
  String.raw`^[^\d]*?(?<status>\d{3}).*(?<key>b+?)`,
  String.raw`^(?<key>\w*)\s?(?<status>\D{2,3})\d*$`,
  String.raw`^(?<status>[^a-c"\s]+)(?<target>[!-9]*)`,
  "(?<status>((.{2})))",
  "(?:status|s)=(?<status>200|4\\d\\d)(?: (?<key>k[^ ]*))? (?<port>\\d+)",
];

function byRe2(text: string, line: string): Record<string, string | undefined> | null {
  const pattern = RE2JS.compile(text);
  const matcher = pattern.matcher(line);
  if (!matcher.find()) return null;
  return Object.fromEntries(Object.keys(pattern.namedGroups()).map((name) => [name, matcher.group(name) ?? undefined]));
}

function byPlain(text: string, line: string): Record<string, string | undefined> | null {
  const values = shortRegex(text)!.exec(line);
  if (values === null) return null;
  const groups = Object.entries(RE2JS.compile(text).namedGroups());
  return Object.fromEntries(groups.map(([name, place]) => [name, values[place]]));
}

test("what a plain pattern finds is what RE2 finds", () => {
  const prng = new Prng(11);
  const below = (limit: number): number => Math.floor(prng.next() * limit);
  const pieces = [
    ...[
      '[22/Nov] "GET /" 200 12 Exgress_key: k 127.0.0.1:19001 -> Request Host: a.example <-',
      "port=80 status=200",
      "s=404 kk 80",
      "s=200 ",
    ],
    ...[
      "2026 1.2.3.4 404 abc",
      "bbb",
      "200",
      " ",
      '"',
      "]",
      "a",
      "\t",
      "\v",
      "\xa0",
      "\u2028",
      "\ufffd",
      "-",
      "Z",
      "\r",
    ],
  ];
  let found = 0;
  for (let round = 0; round < 6000; round++) {
    let line = "";
    for (let count = below(6); count >= 0; count--)
      line += below(5) === 0 ? String.fromCharCode(below(160)) : pieces[below(pieces.length)]!;
    const text = plain[round % plain.length]!;
    const expected = byRe2(text, line);
    if (expected !== null) found++;
    expect([text, line, byPlain(text, line)]).toEqual([text, line, expected]);
  }
  expect(found).toBeGreaterThan(1500);
});

test.each([
  "(?<status>\\d)+",
  "(?i)(?<status>ok)",
  "(?<status>[[:digit:]]+)",
  "(?<status>\\pN+)",
  "(?<status>\\Q200\\E)",
  "(?<status>\\d{3})\\z",
  "(?<status>é)",
  "(?<status>.*) .* .*x",
  "^(?<status>.*) .* .*x",
  ".* (?<status>.*) x",
])("%s is left to RE2", (text) => {
  expect(RE2JS.compile(text)).toBeDefined();
  expect(shortRegex(text)).toBeNull();
});

test("a line of any length, and one that is not ASCII, is read alike", () => {
  const reading = readPatternFormat(usual);
  if (!reading.ok) throw new Error(reading.message);
  for (const filling of ["x", "ü", "\u{1f600}", " Exgress_key: k"]) {
    for (const length of [1, 100, 1000, 3000]) {
      const text = `[22/Nov/2026:09:06:03 +0000] "GET / HTTP/1.1" 404 ${filling.repeat(length)} Exgress_key: k1 127.0.0.1:19001 -> Request Host: shop.example <-`;
      const line = emptyLine();
      const bytes = Buffer.from(text);
      expect(reading.value.read(bytes, 0, bytes.length, line)).toBe(0);
      expect([line.status, line.key, line.port, line.host]).toEqual([404, "k1", 19_001, "shop.example"]);
    }
  }
});

test("what lines can cost is bounded: long ones, and those behind one that was made to be slow, are RE2's", () => {
  const reading = readPatternFormat(String.raw`.*a(?<key>\w*)-(?<status>\d{3})`);
  if (!reading.ok) throw new Error(reading.message);
  const line = emptyLine();
  const read = (text: string): unknown => reading.value.read(Buffer.from(text), 0, text.length, line);
  const asked = spyOn(RegExp.prototype, "exec");
  try {
    // RegExp would take hours for each.
    for (let round = 0; round < 4; round++) expect(read("a".repeat(65_000))).toBe(1);
    expect(asked.mock.calls.filter(([text]) => text.startsWith("aaa"))).toEqual([]);
    // And 20 ms for each of these.
    for (let round = 0; round < 1 + 64 + 1 + 256; round++) expect(read("a".repeat(500))).toBe(1);
    expect(asked.mock.calls.filter(([text]) => text.startsWith("aaa"))).toHaveLength(2);
  } finally {
    asked.mockRestore();
  }
  expect([read("bac-404"), line.status, line.key]).toEqual([0, 404, "c"]);
});
