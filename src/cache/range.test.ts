import { describe, expect, test } from "bun:test";
import { Ranges, rangeOutcome } from "./range.ts";

const ranges = new Ranges();

function read(value: string, bodyBytes = 10): string {
  const bytes = Buffer.from(`..${value}..`, "latin1");
  const outcome = ranges.read(bytes, 2, bytes.length - 2, bodyBytes);
  if (outcome !== rangeOutcome.partial) return outcome === rangeOutcome.whole ? "whole" : "none";
  return Array.from({ length: ranges.count }, (_, index) => `${ranges.starts[index]}-${ranges.ends[index]}`).join(" ");
}

describe("ranges of ten bytes, as [start, end)", () => {
  const many = (count: number): string =>
    `bytes=${Array.from({ length: count }, (_, index) => `${index}-${index}`).join()}`;
  const rows: readonly (readonly [string, string])[] = [
    ["bytes=0-1", "0-2"],
    ["bytes=1-", "1-10"],
    ["bytes=-1", "9-10"],
    ["bytes=-100", "0-10"],
    ["bytes=0-0", "0-1"],
    ["bytes=0-99", "0-10"],
    ["bytes=9-9", "9-10"],
    ["BYTES=0-1", "0-2"],
    ["bytes=0-1,5-6", "0-2 5-7"],
    ["bytes=0-1 ,\t, 5-6,", "0-2 5-7"],
    ["bytes=5-6,0-1", "5-7 0-2"],
    ["bytes=0-1,50-60", "0-2"],
    ["bytes=0-4,5-9", "0-5 5-10"],
    ["bytes=00000000000000000000000001-2", "1-3"],
    ["bytes=0-99999999999999999999999999", "0-10"],
    // Nothing of it is there.
    ["bytes=10-", "none"],
    ["bytes=10-11", "none"],
    ["bytes=-0", "none"],
    ["bytes=99999999999999999999999999-", "none"],
    ["bytes=20-21,-0", "none"],
    // No range: the whole.
    ["", "whole"],
    ["bytes", "whole"],
    ["bytes=", "whole"],
    ["bytes=,", "whole"],
    ["bytes=-", "whole"],
    ["bytes=a-b", "whole"],
    ["bytes=1", "whole"],
    ["bytes=2-1", "whole"],
    ["bytes=0-1,2-1", "whole"],
    ["bytes=0-1;", "whole"],
    ["bytes=0-1 2-3", "whole"],
    ["bytes= 0 - 1", "whole"],
    ["bytes =0-1", "whole"],
    ["bytes=0x0-1", "whole"],
    ["bytes=--1", "whole"],
    ["bytes=0-1-2", "whole"],
    ["lines=0-1", "whole"],
    ["byte=0-1", "whole"],
    // Not in earnest: the whole.
    ["bytes=0-5,5-9", "whole"],
    ["bytes=0-,0-", "whole"],
    ["bytes=0-1,-9", "whole"],
  ];
  for (const [value, wanted] of rows) test(`${value} is ${wanted}`, () => expect(read(value)).toBe(wanted));

  test("sixteen are read, seventeen are the whole, whatever they touch", () => {
    expect(read(many(16), 100).split(" ").length).toBe(16);
    expect(read(many(17), 100)).toBe("whole");
    expect(read(many(17), 1)).toBe("whole");
  });

  test("of an empty body there is no range", () => {
    for (const value of ["bytes=0-", "bytes=-5", "bytes=0-0"]) expect(read(value, 0)).toBe("none");
  });
});
