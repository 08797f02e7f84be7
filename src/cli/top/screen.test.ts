import { expect, test } from "bun:test";
import { frameBytes, keysOf } from "./screen.ts";

test("keys, also several at once, and what means nothing", () => {
  expect(keysOf("q")).toEqual(["quit"]);
  expect(keysOf("\x1b[A\x1b[Bj3\t\x1b[5~x\x03")).toEqual(["up", "down", "down", "3", "right", "pageup", "quit"]);
  expect(keysOf("\x1b")).toEqual(["quit"]);
  expect(keysOf("é\x1b[99;5R")).toEqual([]);
});

test("a frame is written over the former, line by line", () => {
  expect(frameBytes(["a", "b"])).toBe("\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J");
});
