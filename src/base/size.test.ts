import { expect, test } from "bun:test";
import { formatSize, readSize } from "./size.ts";

const bytes = (text: string): number | string => {
  const reading = readSize(text);
  return reading.ok ? reading.value : reading.message;
};

test("a k is 1024 and case does not matter", () => {
  expect(["0", "0b", "512b", "32kb", "32k", "32KiB", "10mb", "10 MB", "1.5g", "1tb"].map(bytes)).toEqual([
    0,
    0,
    512,
    32_768,
    32_768,
    32_768,
    10_485_760,
    10_485_760,
    1_610_612_736,
    1024 ** 4,
  ]);
});

test("a bare number is refused with the units to choose from", () => {
  expect(bytes("10")).toBe('must have a unit: write "10b" for bytes or "10kb" for kilobytes');
});

test("what is not a size is refused", () => {
  for (const text of ["", "kb", "-1kb", "1 0kb", "ten", "1ib", "1xb", "0x10b"])
    expect(bytes(text)).toContain("must be a size");
  expect(bytes("8192tb")).toContain("less than");
  expect(bytes("8191tb")).toBe(8191 * 1024 ** 4);
});

test("a formatted size reads back", () => {
  for (const value of [0, 1, 1023, 1024, 1025, 10_485_760, 1024 ** 4]) expect(bytes(formatSize(value))).toBe(value);
  expect(formatSize(32_768)).toBe("32kb");
});
