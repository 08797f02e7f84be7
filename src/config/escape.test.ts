import { expect, test } from "bun:test";
import { readEscaped } from "./escape.ts";

const bytesOf = (text: string): number[] => {
  const reading = readEscaped(text);
  if (!reading.ok) throw new Error(reading.message);
  return [...reading.value].map((character) => character.charCodeAt(0));
};

test("each escape is one byte, and everything else stands for itself", () => {
  expect(bytesOf("a\\r\\n\\t\\0\\\\b")).toEqual([97, 13, 10, 9, 0, 92, 98]);
  expect(bytesOf("\\x00\\x7F\\x80\\xff")).toEqual([0, 127, 128, 255]);
  expect(bytesOf("\\\\x41\\x4142")).toEqual([92, 120, 52, 49, 65, 52, 50]);
  expect(bytesOf("a\nb")).toEqual([97, 10, 98]);
});

test("a character beyond ASCII is its bytes in UTF-8, also beside escapes of bytes", () => {
  expect(bytesOf("é\\xe9")).toEqual([0xc3, 0xa9, 0xe9]);
  expect(bytesOf("😀")).toEqual([0xf0, 0x9f, 0x98, 0x80]);
});

test("what is no escape is refused and named", () => {
  for (const [text, named] of [
    ["PING\\q", "not \\q;"],
    ["\\xg0", "not \\x;"],
    ["\\x1", "not \\x;"],
    ["end\\", "not \\;"],
    ["\\\n", 'not "\\\\\\n";'],
    ["\\é", 'not "\\\\é";'],
  ] as const)
    expect(readEscaped(text)).toEqual({ ok: false, message: expect.stringContaining(named) });
  expect(readEscaped("")).toEqual({ ok: false, message: "must not be empty" });
});
