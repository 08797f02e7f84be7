import { expect, test } from "bun:test";
import { Sessions } from "./sessions.ts";

test("a session is found under the terms that it began with, and the newest counts", () => {
  const sessions = new Sessions();
  sessions.keep("app/a:443", "verified", Buffer.from("first"));
  sessions.keep("app/a:443", "verified", Buffer.from("second"));
  expect(sessions.find("app/a:443", "verified")?.toString()).toBe("second");
  expect(sessions.find("app/a:443", "unverified")).toBeUndefined();
  expect(sessions.find("app/b:443", "verified")).toBeUndefined();
});

test("a session that is dropped is gone, and there are only so many", () => {
  const sessions = new Sessions();
  sessions.keep("a", "", Buffer.from("x"));
  sessions.drop("a");
  expect(sessions.find("a", "")).toBeUndefined();
  for (let count = 0; count < 10_000; count++) sessions.keep(`server ${count}`, "", Buffer.from("x"));
  const left = Array.from({ length: 10_000 }, (_, count) => sessions.find(`server ${count}`, "")).filter(Boolean);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThanOrEqual(4096);
});
