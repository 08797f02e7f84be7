import { expect, test } from "bun:test";
import { courseBy } from "./course.ts";
import { Progress } from "./progress.ts";
import { Tally } from "./tally.ts";

const course = courseBy("load", { title: "", startUsers: 5, stages: [{ seconds: 90, target: 5 }] }, 1);

function shown(isWatched: boolean, untilMs: number): string[] {
  const written: string[] = [];
  const tally = new Tally();
  const progress = new Progress(course, "limiter on", isWatched, (text) => written.push(text));
  for (let elapsedMs = 0; elapsedMs <= untilMs; elapsedMs += 50) {
    tally.answered(elapsedMs % 100 === 0 ? 200 : 429, 2000, 10);
    progress.see({ tally, elapsedMs, users: 5 });
  }
  progress.end();
  return written;
}

test("somebody who watches sees one line, four times a second", () => {
  const lines = shown(true, 1000);
  expect(lines).toHaveLength(5);
  expect(lines.every((line) => line.startsWith("\r") && !line.includes("\n"))).toBeTrue();
  expect(lines[3]).toContain("load, limiter on  0:01 of 1:30  5 users  20 requests/s  p95 2.0 ms  429 40 %");
});

test("a file gets a line every ten seconds and no more", () => {
  const lines = shown(false, 30_000);
  expect(lines).toHaveLength(3);
  expect(lines[2]).toMatch(/^load, limiter on {2}0:30 of 1:30 .*\n$/);
});

test("what fails is told", () => {
  const written: string[] = [];
  const tally = new Tally();
  tally.failed("ECONNREFUSED");
  tally.answered(502, 1000, 5);
  new Progress(course, "x", true, (text) => written.push(text)).see({ tally, elapsedMs: 300, users: 1 });
  expect(written.join()).toContain("2 FAILED");
});
