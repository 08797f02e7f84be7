// Results of tests for people: a line for each test, and below it, for one that failed, what was expected, what came, and why.
//
//   shop.yaml
//     ok    abusers are denied (1 request)
//     FAIL  a limit lets go after its time (3 requests)
//             step 3: GET http://shop.test/
//               status    expected 200, got 429
//             why: GET / at shop.test from 127.0.0.1, listener web
//               ...

import type { TestFailure, TestResult } from "./run.ts";

export function resultLines(file: string, results: readonly TestResult[]): string[] {
  return [file, ...results.flatMap(testLines)];
}

function testLines({ name, isPassed, requests, failure }: TestResult): string[] {
  const count = requests === 1 ? "1 request" : `${requests} requests`;
  const line = `  ${isPassed ? "ok  " : "FAIL"}  ${name} (${count})`;
  return failure === null ? [line] : [line, ...failureLines(failure).map((each) => `          ${each}`)];
}

function failureLines({ where, request, differences, message, explanation, complaints }: TestFailure): string[] {
  if (message !== "") return message.split("\n");
  const width = Math.max(...differences.map(({ what }) => what.length));
  const why =
    explanation === "" ? [] : explanation.split("\n").map((line, index) => `${index === 0 ? "why: " : "  "}${line}`);
  return [
    where === "" ? request : `${where}: ${request}`,
    ...differences.map(
      ({ what, expected, received }) => `  ${what.padEnd(width)}  expected ${expected}, got ${received}`,
    ),
    ...complaints.map((complaint) => `  ${complaint}`),
    ...why,
  ];
}

/** "7 passed, 1 failed (2 files)". `unread`: files in which nothing was tested, for they have mistakes or no tests. */
export function totalLine(passed: number, failed: number, files: number, unread = 0): string {
  const parts = [
    ...(passed > 0 || failed === 0 ? [`${passed} passed`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unread > 0 ? [`${unread === 1 ? "1 file" : `${unread} files`} not tested`] : []),
  ];
  return `${parts.join(", ")} (${files === 1 ? "1 file" : `${files} files`})`;
}
