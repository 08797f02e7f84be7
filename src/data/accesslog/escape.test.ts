import { expect, test } from "bun:test";
import { appendEscaped, appendName, appendNothing, escapeCapture, escapeRequest } from "./escape.ts";

function written(write: (out: Uint8Array) => number): string {
  const out = new Uint8Array(2000);
  return Buffer.from(out.subarray(0, write(out))).toString("latin1");
}

test("what would end a text, speak to a terminal or is no ASCII is a hash and its number, as HAProxy writes it", () => {
  const bytes = Buffer.from('/a"b#c|{}\x1b\x7f\xe9 d', "latin1");
  const of = (escape_: typeof escapeRequest): string => written((out) => escape_(out, 0, bytes, 0, bytes.length));
  expect(of(escapeRequest)).toBe("/a#22b#23c|{}#1B#7F#E9 d");
  expect(of(escapeCapture)).toBe("/a#22b#23c#7C#7B#7D#1B#7F#E9 d");
});

test("strings are cut, and escaped as their UTF-8", () => {
  expect(written((out) => appendEscaped(out, 0, "añb", 2, escapeRequest))).toBe("a#C3#B1");
});

test("names are as the config has them, unless they hold what no line can take", () => {
  expect(written((out) => appendName(out, 0, "app/s1#2"))).toBe("app/s1#2");
  expect(written((out) => appendName(out, 0, 'a"\n'))).toBe("a#22#0A");
  expect(written((out) => appendName(out, 0, "x".repeat(300)))).toHaveLength(256);
});

test("nothing is a dash, or empty quotes", () => {
  expect([written((out) => appendNothing(out, 0, false)), written((out) => appendNothing(out, 0, true))]).toEqual([
    "-",
    '""',
  ]);
});
