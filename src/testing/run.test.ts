import { expect, test } from "bun:test";
import type { TestInput } from "../config/input.ts";
import { judge } from "../config/judge.ts";
import { resultLines, totalLine } from "./report.ts";
import { runTests, type TestResult } from "./run.ts";
import { subjectOf } from "./subject.ts";

const config = {
  tables: { clients: { key: "ip", size: "1k", expire: "1m", store: ["http_req_rate(10s)"] } },
  pools: { app: { servers: ["one:80"] } },
  listeners: {
    web: {
      listen: ":80",
      use: "app",
      rules: [
        { name: "clients", track: "clients" },
        { name: "fast", if: "clients[src].http_req_rate > 2", deny: 429 },
      ],
    },
  },
};

async function run(...tests: TestInput[]): Promise<TestResult[]> {
  const judged = judge({ ...config, tests });
  if (judged.config === null) throw new Error(JSON.stringify(judged.findings));
  return await runTests(await subjectOf(config), judged.config.tests);
}

test("each test has a world of its own, with steps in time", async () => {
  const fast: TestInput = {
    name: "fast",
    steps: [
      { request: "GET /", repeat: 2, expect: 200 },
      { request: "/", expect: { status: 429, rule: "fast", calls: 0 } },
      { request: { url: "/", from: "203.0.113.7" }, expect: 200 },
      { after: "21s", request: "/", expect: 200 },
    ],
  };
  expect(await run(fast, fast)).toEqual([
    { name: "fast", isPassed: true, requests: 5, failure: null },
    { name: "fast", isPassed: true, requests: 5, failure: null },
  ]);
});

test("servers of a test answer for all of its steps, until one says otherwise", async () => {
  const [result] = await run({
    name: "servers",
    servers: { app: { body: "a" } },
    steps: [
      { request: "/", expect: { body: "a" } },
      { servers: { "one:80": { status: 500 } }, request: "/", expect: 500 },
    ],
  });
  expect(result).toMatchObject({ isPassed: true });
});

test("a failure says where, what and why, and ends its test", async () => {
  const results = await run(
    {
      name: "wrong",
      steps: [{ request: "/" }, { request: "GET /x", repeat: 3, expect: 200 }, { request: "/", expect: 500 }],
    },
    { name: "banned", request: "/", from: "203.0.113.7", banned: ["203.0.113.7"], expect: 403 },
  );
  expect(results.map(({ isPassed, requests }) => [isPassed, requests])).toEqual([
    [false, 3],
    [true, 1],
  ]);
  const lines = resultLines("x.yaml", results);
  expect(lines.slice(0, 5)).toEqual([
    "x.yaml",
    "  FAIL  wrong (3 requests)",
    "          step 2, request 2: GET /x",
    "            status  expected 200, got 429",
    "          why: GET /x at localhost from 127.0.0.1, listener web",
  ]);
  expect(lines.at(-1)).toBe("  ok    banned (1 request)");
});

test("a test that cannot be run fails with why", async () => {
  const results = await run(
    { name: "server", servers: { nobody: {} }, request: "/" },
    { name: "request", request: "ht tp://" },
    { name: "nothing", steps: [{ expect: 200 }] },
  );
  expect(results.map(({ failure }) => failure?.message.slice(0, 30))).toEqual([
    "servers names nobody, which is",
    "url must be such as http://exa",
    "a step that expects something ",
  ]);
});

test("the total says what there is", () => {
  expect([totalLine(2, 0, 1), totalLine(0, 1, 2), totalLine(3, 1, 2), totalLine(3, 0, 2, 1)]).toEqual([
    "2 passed (1 file)",
    "1 failed (2 files)",
    "3 passed, 1 failed (2 files)",
    "3 passed, 1 file not tested (2 files)",
  ]);
});
