import { expect, test } from "bun:test";
import { headersOf } from "./question.ts";

test("headers are lines of name and value, of which the value may have colons", () => {
  expect(headersOf("Accept: text/html\n\n  X-Time : 10:30 \r\nHost")).toEqual([
    ["Accept", "text/html"],
    ["X-Time", "10:30"],
    ["Host", ""],
  ]);
  expect(headersOf("")).toEqual([]);
});
