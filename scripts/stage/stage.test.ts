import { expect, test } from "bun:test";
import { run } from "./command.ts";
import { readReport } from "./junit.ts";
import { summary } from "./play.ts";

test("a report counts what passed, failed and was skipped, and names the failures", () => {
  const xml = `<?xml version="1.0"?><testsuites name="bun test" tests="4"><testsuite name="src/a.test.ts">
    <testcase name="passes" classname="a" time="0.1" file="src/a.test.ts" line="3" assertions="1" />
    <testcase name="says &quot;no&quot; &amp; &#39;more&#39;" file="src/a.test.ts"><failure type="AssertionError" /></testcase>
    <testcase name="is skipped" file="src/a.test.ts"><skipped /></testcase>
    <testcase name="passes too" file="src/a.test.ts"></testcase></testsuite></testsuites>`;
  expect(readReport(xml)).toEqual({
    passed: 2,
    skipped: 1,
    failures: [{ file: "src/a.test.ts", name: `says "no" & 'more'` }],
  });
  expect(readReport("")).toEqual({ passed: 0, skipped: 0, failures: [] });
});

test("the summary adds up all stages, and speaks of skipped tests only when there are any", () => {
  const failure = { name: "x", again: "y", output: "" };
  expect(
    summary([
      { passed: 3, skipped: 0, failures: [] },
      { passed: 2, skipped: 0, failures: [failure] },
    ]),
  ).toBe("5 passed, 1 failed");
  expect(summary([{ passed: 3, skipped: 2, failures: [] }])).toBe("3 passed, 0 failed, 2 skipped");
});

test("a program that takes too long is ended, with all that it started", async () => {
  const outcome = await run("sh", ["-c", "echo begun; sleep 60 & wait"], { timeoutMs: 200 });
  expect(outcome).toEqual({ code: null, output: "begun\n", isTimedOut: true });
});

test("a program that is not there is a failure, not an exception", async () => {
  const outcome = await run("/nonexistent/program", [], { timeoutMs: 1000 });
  expect(outcome.code).toBeNull();
  expect(outcome.output).toContain("/nonexistent/program");
});
