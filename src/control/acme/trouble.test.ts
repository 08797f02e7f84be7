import { expect, test } from "bun:test";
import { consequenceOf, isAccountLost, problemIn, retryAfterMs, safeText, Trouble, troubleOf } from "./trouble.ts";

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

test("what is no trouble with the authority is one of this machine, and what follows depends on what is in use", () => {
  const lost = new Trouble("refused", "no such account", { type: "accountDoesNotExist" });
  expect([isAccountLost(lost), isAccountLost(new Trouble("refused", "no")), isAccountLost(new Error())]).toEqual([
    true,
    false,
    false,
  ]);
  expect(troubleOf(lost)).toBe(lost);
  expect(troubleOf(new Error("disk\nfull"))).toMatchObject({ kind: "ours", message: "disk full" });
  expect([null, -1, 0, 20].map(consequenceOf)).toEqual([
    "certificate could not be had, and clients are shown a placeholder that they refuse",
    "certificate could not be renewed, and has expired",
    "certificate could not be renewed; the one in use has 0 days left",
    "certificate could not be renewed; the one in use has 20 days left",
  ]);
});
