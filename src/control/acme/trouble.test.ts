import { expect, test } from "bun:test";
import { problemIn, retryAfterMs, safeText } from "./trouble.ts";

test("somebody else's words are one line that a terminal can bear, and not too long", () => {
  expect(safeText("a\u001b[31m\r\nb\u202ec\u0000")).toBe("a [31m b c");
  expect(safeText("x".repeat(1000))).toHaveLength(400);
  expect(safeText(undefined)).toBe("");
});

test("a problem is told with what it says of single names", () => {
  const type = "urn:ietf:params:acme:error:compound";
  const subproblems = [{ detail: "is no name", identifier: { type: "dns", value: "a b" } }, { detail: "other" }, null];
  expect(problemIn({ type, detail: "several", subproblems })).toEqual({
    type: "compound",
    text: "several; a b: is no name; other (compound)",
  });
  expect(problemIn({ type })).toEqual({ type: "compound", text: "compound" });
  for (const none of [null, "no", 5, {}, []]) expect(problemIn(none)).toBeNull();
});

test("how long to wait stands there in seconds or as a date", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  expect(retryAfterMs("120", nowMs)).toBe(120_000);
  expect(retryAfterMs("Thu, 01 Jan 2026 00:01:00 GMT", nowMs)).toBe(60_000);
  expect(retryAfterMs("Wed, 31 Dec 2025 00:00:00 GMT", nowMs)).toBe(0);
  for (const none of [null, "soon", ""]) expect(retryAfterMs(none, nowMs)).toBe(0);
});
