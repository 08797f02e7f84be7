import { expect, test } from "bun:test";
import { standardInstead } from "./standardstream.ts";

const refused = (path: string): number | null => standardInstead(path, "ENXIO");

test("what a process was started with is known by its names, and nothing else is", () => {
  expect(["/dev/stdout", "/dev/fd/1"].map(refused)).toEqual([1, 1]);
  expect(["/dev/stderr", "/proc/self/fd/2"].map(refused)).toEqual([2, 2]);
  expect(["/dev/fd/3", "stderr", "/run/log"].map(refused)).toEqual([null, null, null]);
});

test("it is written to itself where the system refuses to open it anew, and not where it is not there", () => {
  const codes = ["ENXIO", "EACCES", "ENOENT", undefined];
  expect(codes.map((code) => standardInstead("/dev/stderr", code))).toEqual([2, 2, null, null]);
});
