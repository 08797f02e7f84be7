import { expect, test } from "bun:test";
import { type Libc, libc } from "./libc.ts";
import { forsake } from "./oblivion.ts";

/** Notes which options are set; those of `refused` fail. */
function noting(refused: readonly string[]): { system: Libc; asked: string[] } {
  const asked: string[] = [];
  const setOption = (descriptor: number, level: number, name: number, value: number): number => {
    const what = `${descriptor}: ${level} ${name} ${value}`;
    asked.push(what);
    return refused.includes(what) ? -1 : 0;
  };
  return { system: { ...libc()!, setOption }, asked };
}

test.if(process.platform === "linux")("a socket that may be repaired needs no more", () => {
  const { system, asked } = noting([]);
  forsake({ fd: 7 }, system);
  expect(asked).toEqual(["7: 6 19 1"]);
});

test.if(process.platform === "linux")("without the right the RST is given one hop, over IPv4 and IPv6", () => {
  const { system, asked } = noting(["7: 6 19 1"]);
  forsake({ fd: 7 }, system);
  expect(asked).toEqual(["7: 6 19 1", "7: 0 2 1", "7: 41 16 1"]);
});

test("without the C library, or a descriptor, nothing is done", () => {
  const { system, asked } = noting([]);
  forsake({ fd: 7 }, null);
  forsake({}, system);
  expect(asked).toEqual([]);
});
