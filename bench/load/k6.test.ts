// The scripts of deploy/k6 with a k6 that is made here: what they ask it for, what a user does, and what they write. Its real types
// are not among our packages; options are compared with what its documentation says of `ramping-vus`.

import { afterAll, expect, mock, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { courseOf, type ScenarioName, scenarioNames } from "./course.ts";

interface Script {
  readonly options: {
    readonly scenarios: Readonly<Record<string, Plan>>;
    readonly thresholds: Readonly<Record<string, readonly string[]>>;
    readonly summaryTrendStats: readonly string[];
  };
  readonly handleSummary: (data: object) => Readonly<Record<string, string>>;
  readonly default: () => void;
}

interface Plan {
  readonly executor: string;
  readonly startVUs: number;
  readonly stages: readonly { readonly duration: string; readonly target: number }[];
}

const asked: unknown[][] = [];
const slept: number[] = [];
const checked: Record<string, boolean>[] = [];
const limited: boolean[] = [];
const rates: string[] = [];
let response: { status: number; body: string | null } = { status: 200, body: "hello" };
let expected: unknown;

mock.module("k6", () => ({
  check: (value: unknown, checks: Record<string, (value: unknown) => boolean>) => {
    checked.push(Object.fromEntries(Object.entries(checks).map(([name, holds]) => [name, holds(value)])));
  },
  sleep: (seconds: number) => slept.push(seconds),
}));
mock.module("k6/http", () => ({
  default: {
    get: (...words: unknown[]) => {
      asked.push(words);
      return response;
    },
    expectedStatuses: (...statuses: number[]) => statuses,
    setResponseCallback: (statuses: unknown) => {
      expected = statuses;
    },
  },
}));
mock.module("k6/metrics", () => ({
  Rate: class {
    constructor(name: string) {
      rates.push(name);
    }
    add(value: boolean): void {
      limited.push(value);
    }
  },
}));

const scripts = join(import.meta.dir, "..", "..", "deploy", "k6");
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** From a copy each time: what a module reads of the environment it reads once. */
async function load(file: string, environment: Record<string, string> = {}): Promise<Script> {
  Object.assign(globalThis, { __ENV: environment });
  const folder = mkdtempSync(join(tmpdir(), "sluice-k6-"));
  folders.push(folder);
  cpSync(scripts, folder, { recursive: true });
  return (await import(join(folder, file))) as Script;
}

for (const name of scenarioNames)
  test(`${name}.js gives k6 the stages and thresholds that our own generator has`, async () => {
    const { options } = await load(`${name}.js`);
    const plan = options.scenarios[name]!;
    expect(Object.keys(options.scenarios)).toEqual([name]);
    expect(plan.executor).toBe("ramping-vus");
    expect(plan.stages.every(({ duration }) => /^\d+ms$/.test(duration))).toBeTrue();
    const course = courseOf(name);
    let atMs = 0;
    expect(course.usersAt(0)).toBe(plan.startVUs);
    for (const { duration, target } of plan.stages) {
      atMs += Number.parseInt(duration, 10);
      expect(Math.abs(course.usersAt(atMs - 1) - target)).toBeLessThanOrEqual(1);
    }
    expect(atMs).toBe(course.durationMs);
    expect(options.thresholds).toEqual(course.thresholds(true));
    expect(options.summaryTrendStats).toContain("p(95)");
  });

test("a user asks, says what came, and thinks as long as ours do", async () => {
  const script = await load("load.js", { PROXY_URL: "http://proxy.test:8080/" });
  for (const next of [
    { status: 200, body: "hello" },
    { status: 429, body: "" },
    { status: 503, body: "no" },
    { status: 0, body: null },
    { status: 200, body: "" },
  ]) {
    response = next;
    script.default();
  }
  expect(asked.map(([url]) => url)).toEqual(Array(5).fill("http://proxy.test:8080/"));
  expect(asked[0]![1]).toEqual({ timeout: "60s" });
  expect(slept).toEqual(Array(5).fill(0.1));
  expect(limited).toEqual([false, true, false, false, false]);
  expect(checked.map((each) => Object.values(each))).toEqual([
    [true, true],
    [true, true],
    [false, true],
    [false, true],
    [true, false],
  ]);
  expect(expected).toEqual([200, 429]);
  expect(new Set(rates)).toEqual(new Set(["rate_limited"]));
});

test("the environment chooses scenario, length and whether 429 is expected", async () => {
  const { options } = await load("run.js", { SCENARIO: "spike", DURATION_SCALE: "0.1", LIMITER: "off" });
  expect(options.scenarios["spike"]!.stages[1]).toEqual({ duration: "500ms", target: 500 });
  expect(options.thresholds).toEqual(courseOf("spike").thresholds(false));
  expect(options.thresholds["rate_limited"]).toEqual(["rate<0.001"]);
});

test("a scenario or a scale that is none is told", async () => {
  await expect(load("run.js", { SCENARIO: "lode" })).rejects.toThrow(
    'no scenario "lode"; there are smoke, load, spike',
  );
  await expect(load("run.js", { DURATION_SCALE: "fast" })).rejects.toThrow("DURATION_SCALE must be a number");
});

test("the results are written by k6 under the scenario's name, and told in lines", async () => {
  const { handleSummary } = await load("sustained.js");
  const threshold = { "p(95)<35": { ok: false } };
  const data = {
    metrics: {
      http_reqs: { type: "counter", values: { count: 1200, rate: 120 } },
      "http_req_duration{status:200}": { values: { med: 1, "p(95)": 40, "p(99)": 50 }, thresholds: threshold },
      rate_limited: { values: { rate: 0.25 } },
    },
  };
  const written = handleSummary(data);
  expect(Object.keys(written)).toEqual(["k6-results-sustained.json", "stdout"]);
  expect(JSON.parse(written["k6-results-sustained.json"]!)).toEqual(data);
  for (const line of [
    "1200 requests, 120 a second",
    "429            25.0 %",
    "FAILED         http_req_duration{status:200} p(95)<35",
  ])
    expect(written["stdout"]).toContain(line);
});

test("nothing but its name and what it is for stands in the file of a scenario", async () => {
  const bare = async (name: ScenarioName): Promise<string> =>
    (await Bun.file(join(scripts, `${name}.js`)).text()).replace(/^.*\n/, "").replaceAll(name, "NAME");
  for (const name of scenarioNames) expect(await bare(name)).toBe(await bare("smoke"));
});
