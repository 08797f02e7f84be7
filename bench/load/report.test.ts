import { expect, test } from "bun:test";
import { courseOf, type ScenarioName } from "./course.ts";
import type { Outcome } from "./crowd.ts";
import { type Result, reportOf } from "./report.ts";
import { sectionOf, withResults } from "./section.ts";
import { metricsOf, summaryOf } from "./summary.ts";
import { Tally } from "./tally.ts";
import { judge } from "./threshold.ts";

function result(label: string, name: ScenarioName, limited: number, us: number, ownCpu = 0.2): Result {
  const tally = new Tally();
  for (let i = 0; i < 1000; i++) tally.answered(i < limited ? 429 : 200, us, i < limited ? 0 : 5);
  tally.fullMs = 100;
  tally.fullRequests = 420;
  const course = courseOf(name, 0.1);
  const target = { hostname: "127.0.0.1", port: 1, request: new Uint8Array() };
  const outcome: Outcome = { course, target, sources: 3000, isLimited: true, tally, durationMs: 1000, ownCpu };
  const metrics = metricsOf(outcome);
  const verdicts = judge(metrics, course.thresholds(true));
  return { label, outcome, summary: summaryOf(outcome, metrics, verdicts), verdicts, proxyCpuUs: 50_000 };
}

function rows(report: string): Map<string, string[]> {
  const lines = report.split("\n").filter((line) => line.startsWith("|"));
  return new Map(
    lines.map((line) => {
      const [, name = "", ...cells] = line.split("|").map((cell) => cell.trim());
      return [name, cells.slice(0, -1)];
    }),
  );
}

test("load stands beside what is claimed, and says that it is shortened", () => {
  const report = reportOf([result("as documented", "load", 990, 1000), result("limiter off", "load", 0, 40_000)], 0.1);
  expect(report.split("\n")[0]).toEndWith("; 0:33 min, every stage shortened to 0.1 of its time");
  const table = rows(report);
  expect(table.get("")).toEqual(["claimed", "as documented", "limiter off"]);
  expect(table.get("at full load, a second")).toEqual(["4,200", "4,200", "4,200"]);
  expect(table.get("429")).toEqual(["12 %", "99.0 %", "0.0 %"]);
  expect(table.get("served: p95 ms")![0]).toBe("< 35");
  expect(table.get("proxy: CPU us a request")).toEqual(["", "50", "50"]);
  expect(table.get("thresholds")).toEqual(["", "passed", "FAILED"]);
  expect(report).toContain("FAILED  limiter off: http_req_duration{status:200} p(95)<35 (40)");
});

test("of what nothing is claimed nothing is said", () => {
  const report = reportOf([result("x", "smoke", 0, 1000)], 1);
  expect(rows(report).get("")).toEqual(["x"]);
  expect(report).not.toContain("shortened");
});

test("failures are told by their reasons, and a generator that was busy too", () => {
  const busy = result("x", "smoke", 0, 1000, 0.93);
  busy.outcome.tally.answered(502, 1000, 5);
  busy.outcome.tally.failed("ECONNRESET");
  for (let i = 0; i < 10; i++) busy.outcome.tally.late.record(20_000);
  const report = reportOf([busy], 1);
  expect(report).toContain("x: users went on 20.00 ms late (p95)");
  expect(report).toContain("x: failed were 1 x ECONNRESET, 1 x 502");
  expect(report).toContain("the generator was busy 93 % of the time");
  expect(rows(report).get("failed")).toEqual(["0.20 %"]);
});

test("results take their place in a page, and the rest of it stays", () => {
  const page =
    "# Load\n\nBetween `<!-- begin: results of npm run load -->` and `<!-- end: results of npm run load -->`.\n\n<!-- begin: results of npm run load -->\nformer\n<!-- end: results of npm run load -->\n\nEnd.\n";
  const section = sectionOf([reportOf([result("x", "smoke", 0, 1000)], 1)], ["A machine."]);
  const made = withResults(page, section);
  expect(made).toStartWith(
    "# Load\n\nBetween `<!-- begin: results of npm run load -->` and `<!-- end: results of npm run load -->`.\n\n<!-- begin: results of npm run load -->\n\nA machine.\n\n### smoke: 10 users",
  );
  expect(made).toEndWith("(1)\n\n<!-- end: results of npm run load -->\n\nEnd.\n");
  expect(made).not.toContain("former");
  expect(withResults(made, section)).toBe(made);
  expect(() => withResults("# Load\n", section)).toThrow("the page has no line");
});
