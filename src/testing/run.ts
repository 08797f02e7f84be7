// The tests of a config, run: each in a world of its own, one after the other. A test ends with its first step that fails, for what
// comes after would be of another world.

import type { Test, TestStep } from "../config/types.ts";
import { type Difference, differences } from "./expectation.ts";
import { TestProxy } from "./proxy.ts";
import type { Subject } from "./subject.ts";
import type { TestAnswer, TestRequest, TestServers } from "./types.ts";

export interface TestResult {
  readonly name: string;
  readonly isPassed: boolean;
  /** How many requests were sent. */
  readonly requests: number;
  readonly failure: TestFailure | null;
}

export interface TestFailure {
  /** "step 2, request 3", "" where there is one of each. */
  readonly where: string;
  readonly request: string;
  /** None where the test itself could not be run: `message` says why. */
  readonly differences: readonly Difference[];
  readonly message: string;
  /** Why all went as it did, in lines. */
  readonly explanation: string;
  readonly complaints: readonly string[];
}

export async function runTests(subject: Subject, tests: readonly Test[]): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const test of tests) results.push(await runTest(subject, test));
  return results;
}

interface Course {
  requests: number;
}

async function runTest(subject: Subject, test: Test): Promise<TestResult> {
  const { name } = test;
  const course: Course = { requests: 0 };
  const steps: readonly TestStep[] = test.steps.length > 0 ? [withoutRequest(test), ...test.steps] : [test];
  try {
    const proxy = await TestProxy.open(subject, { servers: {}, banned: test.banned });
    for (const [index, step] of steps.entries()) {
      const where = test.steps.length > 1 ? `step ${index}` : "";
      const failure = await runStep(subject, proxy, step, where, course);
      if (failure !== null) return { name, isPassed: false, requests: course.requests, failure };
    }
    return { name, isPassed: true, requests: course.requests, failure: null };
  } catch (error) {
    const failure = { where: "", request: "", differences: [], explanation: "", complaints: [] };
    return {
      name,
      isPassed: false,
      requests: course.requests,
      failure: { ...failure, message: (error as Error).message },
    };
  }
}

/** What a test with steps says at its own level is for all of them. */
function withoutRequest({ servers }: Test): TestStep {
  return { servers };
}

async function runStep(
  subject: Subject,
  proxy: TestProxy,
  step: TestStep,
  where: string,
  course: Course,
): Promise<TestFailure | null> {
  const { after, servers, request, repeat = 1, expect } = step;
  if (after !== undefined) proxy.pass(after);
  if (servers !== undefined) proxy.servers(known(subject, servers));
  if (request === undefined) {
    if (expect !== undefined) throw new Error("a step that expects something must have a request");
    return null;
  }
  for (let count = 1; count <= repeat; count++) {
    const answer = await proxy.request(requestOf(step, request));
    course.requests++;
    const found = expect === undefined ? [] : differences(expect, answer);
    if (found.length > 0) return failureOf(found, answer, request, [where, repeat > 1 ? `request ${count}` : ""]);
  }
  return null;
}

function failureOf(
  found: readonly Difference[],
  answer: TestAnswer,
  request: NonNullable<TestStep["request"]>,
  where: readonly string[],
): TestFailure {
  return {
    where: where.filter((part) => part !== "").join(", "),
    request: typeof request === "string" ? request : `${request.method} ${request.url}`,
    differences: found,
    message: "",
    explanation: answer.toString(),
    complaints: answer.complaints,
  };
}

function requestOf({ from }: TestStep, request: NonNullable<TestStep["request"]>): TestRequest {
  if (typeof request !== "string") return { ...request, from: request.from ?? from };
  const match = /^([A-Za-z]+)\s+(\S.*)$/.exec(request.trim());
  return match === null ? { url: request.trim(), from } : { method: match[1]!, url: match[2]!, from };
}

/** A name that stands for nothing would be passed over in silence. */
function known({ config }: Subject, servers: TestServers): TestServers {
  const pools = Object.entries(config.pools);
  const names = new Set(["*", ...pools.map(([name]) => name)]);
  for (const [pool, { servers: all }] of pools)
    for (const server of all) {
      const address = (typeof server === "string" ? server : server.address).replace(/\^\d+$/, "");
      names.add(address).add(`${pool}/${address}`);
    }
  const stranger = Object.keys(servers).find((name) => !names.has(name));
  if (stranger !== undefined) throw new Error(`servers names ${stranger}, which is neither a server nor a pool`);
  return servers;
}
