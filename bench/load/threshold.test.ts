import { expect, test } from "bun:test";
import type { Metric } from "./summary.ts";
import { judge } from "./threshold.ts";

const metrics: Readonly<Record<string, Metric>> = {
  "http_req_duration{status:200}": { type: "trend", contains: "time", values: { avg: 3, "p(95)": 35 } },
  http_req_failed: { type: "rate", contains: "default", values: { rate: 0.005, passes: 5, fails: 995 } },
};

test("a threshold passes or not by the value that it names", () => {
  const thresholds = {
    "http_req_duration{status:200}": ["p(95)<35", "p(95)<=35", "avg < 3.5"],
    http_req_failed: ["rate<0.01"],
  };
  expect(judge(metrics, thresholds).map(({ value, isPassed }) => [value, isPassed])).toEqual([
    [35, false],
    [35, true],
    [3, true],
    [0.005, true],
  ]);
});

test("each comparison is the one that it says", () => {
  const texts = ["rate<0.005", "rate<=0.005", "rate>0.005", "rate>=0.005", "rate==0.005", "rate!=0.005"];
  const passed = judge(metrics, { http_req_failed: texts }).map(({ isPassed }) => isPassed);
  expect(passed).toEqual([false, true, false, true, true, false]);
});

test("what cannot be judged does not pass unseen", () => {
  for (const [metric, threshold] of [
    ["http_reqs", "rate>1"],
    ["http_req_failed", "p(95)<1"],
    ["http_req_failed", "rate is low"],
  ] as const)
    expect(() => judge(metrics, { [metric]: [threshold] })).toThrow("cannot be judged");
});
