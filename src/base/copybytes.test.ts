import { expect, test } from "bun:test";
import { copyBytes } from "./copybytes.ts";

test("a range is copied to its place and nothing else is touched, however long it is", () => {
  const source = Uint8Array.from({ length: 200 }, (_, at) => at + 1);
  for (let size = 0; size <= 100; size++) {
    const target = new Uint8Array(120);
    copyBytes(source, 50, 50 + size, target, 7);
    expect([...target]).toEqual([
      ...new Array<number>(7).fill(0),
      ...source.subarray(50, 50 + size),
      ...new Array<number>(113 - size).fill(0),
    ]);
  }
});
