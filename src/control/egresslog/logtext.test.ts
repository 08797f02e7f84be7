import { expect, test } from "bun:test";
import { LogTexts } from "./logtext.ts";

const read = (texts: LogTexts, text: string): string => {
  const bytes = Buffer.from(`<${text}>`);
  return texts.read(bytes, 1, bytes.length - 1);
};

test("texts that come again are the same, also where others meet them in one place", () => {
  const texts = new LogTexts("default");
  for (let round = 0; round < 3; round++)
    for (let index = 0; index < 20_000; index += 1 + round)
      expect(read(texts, `host-${index}.example`)).toBe(`host-${index}.example`);
  expect([read(texts, "-"), read(texts, ""), read(texts, "--")]).toEqual(["", "", "--"]);
});

test("escapes are read back as they were made, and what is none stays", () => {
  const usual = new LogTexts("default");
  expect(read(usual, String.raw`a\x22b\x5Cc\x0a`)).toBe('a"b\\c\n');
  expect(read(usual, String.raw`\x\x2\xGG\\`)).toBe(String.raw`\x\x2\xGG\\`);
  expect(read(usual, "zürich")).toBe("zürich");
  expect(read(new LogTexts("json"), String.raw`a\"b\\c\u00e9`)).toBe('a"b\\cé');
  expect(read(new LogTexts("json"), String.raw`a\q`)).toBe(String.raw`a\q`);
  expect(read(new LogTexts("none"), String.raw`a\x22`)).toBe(String.raw`a\x22`);
  expect(read(usual, "x".repeat(500))).toHaveLength(500);
});
