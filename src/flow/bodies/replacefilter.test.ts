import { expect, test } from "bun:test";
import { TextReplacement } from "../../rewrite/textreplacement.ts";
import { replaceFilter } from "./replacefilter.ts";

test("what becomes of a piece goes on as one, the rest at the end, and who does not take it stops it", () => {
  const told: string[] = [];
  let isTaking = true;
  const filter = replaceFilter(() => new TextReplacement(Buffer.from("aa"), Buffer.from("b")))({
    passed: (bytes, start, end) => {
      told.push(Buffer.from(bytes.slice(start, end)).toString());
      return isTaking;
    },
    ended: () => told.push("ended"),
    failed: () => told.push("failed"),
    room: () => told.push("room"),
  });
  const write = (text: string): boolean => filter.write(Buffer.from(text), 0, text.length);
  expect([write("xaaxaaxa"), told]).toEqual([true, ["xbxbx"]]);
  isTaking = false;
  expect(write("ay")).toBe(false);
  filter.resume();
  expect(write("a")).toBe(true);
  filter.end();
  expect(told.slice(1)).toEqual(["by", "room", "a", "ended"]);
});
