import { expect, test } from "bun:test";
import { shownBytes } from "./shownbytes.ts";

const shown = (text: string): string => shownBytes(Buffer.from(text));

test("text is itself, spaces and other scripts among it", () => {
  expect(shown("Grüße, 世界")).toBe("Grüße, 世界");
});

test("controls, separators and what turns the writing around are written as bytes", () => {
  expect(shown("a\x1b[2Jb\n\u202e\u00a0")).toBe("a\\x1b[2Jb\\x0a\\xe2\\x80\\xae\\xc2\\xa0");
});

test("a backslash is written as a byte too, so that nothing is ambiguous", () => {
  expect(shown("\\x41")).toBe("\\x5cx41");
});

test("what is no UTF-8 is written byte by byte from 0x80 on", () => {
  expect(shownBytes(Uint8Array.of(0x61, 0xff, 0xc3, 0x62))).toBe("a\\xff\\xc3b");
});
