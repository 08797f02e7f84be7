import { expect, test } from "bun:test";
import { courseBy, courseOf, scenarioNames } from "./course.ts";

const stages = [
  { seconds: 10, target: 100 },
  { seconds: 20, target: 100 },
  { seconds: 5, target: 0 },
];

test("users come and go evenly within a stage", () => {
  const course = courseBy("x", { title: "", startUsers: 0, stages }, 1);
  const at = [0, 99, 100, 5000, 9999, 10_000, 29_999, 30_000, 32_500, 34_999, 35_000, 99_000];
  expect(at.map((ms) => course.usersAt(ms))).toEqual([0, 0, 1, 50, 99, 100, 100, 100, 50, 1, 0, 0]);
});

test("a scale changes the time and not the users", () => {
  const course = courseBy("x", { title: "", startUsers: 0, stages }, 0.1);
  expect(course).toMatchObject({ durationMs: 3500, usersMax: 100, userMs: 100 * 500 + 100 * 2000 + 50 * 500 });
  expect([500, 1000, 2999, 3250, 3500].map((ms) => course.usersAt(ms))).toEqual([50, 100, 100, 50, 0]);
});

test("the scenarios are those that GopherProxy documents", () => {
  const seen = scenarioNames.map((name) => {
    const { usersMax, durationMs } = courseOf(name);
    return [name, usersMax, durationMs / 1000];
  });
  expect(seen).toEqual([
    ["smoke", 10, 30],
    ["load", 500, 330],
    ["spike", 500, 190],
    ["sustained", 200, 300],
  ]);
  const load = courseOf("load");
  expect([30, 75, 120, 200, 299.9].map((s) => load.usersAt(s * 1000))).toEqual([100, 300, 500, 500, 500]);
  const spike = courseOf("spike");
  expect([0, 30, 32.5, 35, 154, 161].map((s) => spike.usersAt(s * 1000))).toEqual([10, 10, 255, 500, 500, 10]);
});
