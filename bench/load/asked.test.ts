import { expect, test } from "bun:test";
import { type Asked, readWords, variantsOf } from "./asked.ts";

function asked(words: string): Asked {
  const reading = readWords(words.split(" "));
  if (!reading.ok) throw new Error(reading.problem);
  return reading.asked;
}

const labels = (words: string): unknown[] =>
  variantsOf(asked(words)).map(({ label, isLimited, sources }) => [label, isLimited, sources]);

test("without a URL there are three variants", () => {
  expect(labels("load")).toEqual([
    ["as documented", true, 1],
    ["many addresses", true, null],
    ["limiter off", false, 1],
  ]);
});

test("the limiter and the addresses choose among them", () => {
  expect(labels("load --limiter off")).toEqual([["limiter off", false, 1]]);
  expect(labels("load --limiter on")).toEqual([
    ["as documented", true, 1],
    ["many addresses", true, null],
  ]);
  expect(labels("load --limiter on --sources 40")).toEqual([["40 addresses", true, 40]]);
});

test("a proxy that runs is asked once, and 429 is expected of it unless told otherwise", () => {
  expect(labels("load --url 10.0.0.1:8080")).toEqual([["10.0.0.1:8080", true, 1]]);
  expect(labels("load --url http://10.0.0.1/ --limiter off --sources 7")).toEqual([["10.0.0.1", false, 7]]);
});

test("a scenario is named as a word or as GopherProxy does", () => {
  expect(asked("spike --duration-scale 0.1")).toMatchObject({ scenarios: ["spike"], scale: 0.1 });
  expect(asked("--scenario spike").scenarios).toEqual(["spike"]);
  expect(asked("all").scenarios).toEqual(["smoke", "load", "spike", "sustained"]);
});

test("what is not understood is told", () => {
  for (const [words, problem] of [
    ["--json", "name a scenario"],
    ["lode", 'there is no scenario "lode"'],
    ["load smoke", "name one scenario, not load and smoke"],
    ["load --limiter maybe", "--limiter is on or off"],
    ["load --sources 0", "--sources is a whole number from 1"],
    ["load --sources 1.5", "--sources is a whole number"],
    ["load --duration-scale fast", "--duration-scale is a number from 0.001"],
    ["load --url https://x/", "--url must be http://"],
    ["load --users 3", "--users"],
  ] as const) {
    const reading = readWords(words.split(" "));
    expect(reading.ok ? "" : reading.problem).toContain(problem);
  }
});
