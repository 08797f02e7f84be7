import { expect, test } from "bun:test";
import type { EjectionPlan } from "../config/plan.ts";
import { Ejection, type EjectionEvent, type Evidence } from "./ejection.ts";

const plan: EjectionPlan = {
  consecutiveFailures: 5,
  errorRatio: 0.5,
  latencyMs: 1000,
  minimumRequests: 10,
  intervalMs: 10_000,
  baseMs: 30_000,
  maximumMs: 100_000,
};

/** A server's counters, and the clock. */
class Bench {
  readonly ejection: Ejection;
  evidence = { consecutiveFailures: 0, requests: 0, failures: 0, durationMs: 0 };
  nowMs = 1000;

  constructor(changes: Partial<EjectionPlan> = {}) {
    this.ejection = new Ejection({ ...plan, ...changes });
    this.look();
  }

  serve(successes: number, failures: number, eachMs = 10): void {
    const { evidence } = this;
    evidence.requests += successes + failures;
    evidence.failures += failures;
    evidence.durationMs += (successes + failures) * eachMs;
    evidence.consecutiveFailures = failures > 0 ? evidence.consecutiveFailures + failures : 0;
  }

  look(laterMs = 0): EjectionEvent | null {
    this.nowMs += laterMs;
    return this.ejection.judge(this.evidence satisfies Evidence, this.nowMs);
  }

  /** Fails at once until ejected; the ejection's length. */
  fail(): number {
    this.serve(0, 5);
    const event = this.look();
    return event?.kind === "ejected" ? event.untilMs - this.nowMs : -1;
  }
}

test("as many failures in a row as planned eject at once, one fewer does not", () => {
  const bench = new Bench();
  bench.serve(3, 4);
  expect(bench.look(1)).toBeNull();
  bench.serve(0, 1);
  expect(bench.look(1)).toEqual({
    kind: "ejected",
    reason: "consecutiveFailures",
    detail: "5 failures in a row",
    untilMs: bench.nowMs + 30_000,
  });
  expect(bench.ejection.isEjected).toBe(true);
});

test("failures that a success interrupts are not in a row", () => {
  const bench = new Bench();
  for (let round = 0; round < 5; round++) {
    bench.serve(0, 4);
    expect(bench.look(1)).toBeNull();
    bench.serve(1, 0);
    expect(bench.look(1)).toBeNull();
  }
});

test("the server returns when its time is up, and old failures do not eject it again", () => {
  const bench = new Bench();
  bench.fail();
  expect(bench.look(29_999)).toBeNull();
  bench.serve(0, 3);
  expect(bench.look(1)).toEqual({ kind: "returned" });
  expect(bench.look(1)).toBeNull();
  bench.serve(0, 4);
  expect(bench.look(1)).toBeNull();
  bench.serve(0, 1);
  expect(bench.look(1)?.kind).toBe("ejected");
});

test("a count of failures that control cleared starts anew", () => {
  const bench = new Bench();
  bench.fail();
  bench.look(30_000);
  bench.evidence.consecutiveFailures = 0;
  expect(bench.look(1)).toBeNull();
  bench.evidence.consecutiveFailures = 5;
  expect(bench.look(1)?.kind).toBe("ejected");
});

test("the share of failures ejects at the end of an interval with enough requests", () => {
  const bench = new Bench({ consecutiveFailures: null });
  bench.serve(5, 5);
  expect(bench.look(9_999)).toBeNull();
  expect(bench.look(1)).toMatchObject({ reason: "errorRatio", detail: "5 of 10 requests failed" });
  const few = new Bench({ consecutiveFailures: null });
  few.serve(0, 9);
  expect(few.look(10_000)).toBeNull();
  const good = new Bench({ consecutiveFailures: null });
  good.serve(6, 5);
  expect(good.look(10_000)).toBeNull();
});

test("each interval is judged by its own requests", () => {
  const bench = new Bench({ consecutiveFailures: null });
  bench.serve(1000, 0);
  expect(bench.look(10_000)).toBeNull();
  bench.serve(2, 8);
  expect(bench.look(10_000)).toMatchObject({ reason: "errorRatio" });
});

test("a slow interval ejects, a slow request among fast ones does not", () => {
  const bench = new Bench();
  bench.serve(99, 0, 10);
  bench.serve(1, 0, 60_000);
  expect(bench.look(10_000)).toBeNull();
  bench.serve(10, 0, 1001);
  expect(bench.look(10_000)).toMatchObject({ reason: "latency", detail: "1001 ms on average over 10 requests" });
});

test("tests that are off never eject", () => {
  const bench = new Bench({ consecutiveFailures: null, errorRatio: null, latencyMs: null });
  bench.serve(0, 1000, 60_000);
  expect(bench.look(10_000)).toBeNull();
});

test("ejections in a row grow by the first one's length up to the maximum", () => {
  const bench = new Bench();
  const lengths: number[] = [];
  for (let round = 0; round < 6; round++) {
    lengths.push(bench.fail());
    bench.look(lengths.at(-1)!);
  }
  expect(lengths).toEqual([30_000, 60_000, 90_000, 100_000, 100_000, 100_000]);
});

test("intervals of good service shrink the next ejection step by step, silent ones do not", () => {
  const bench = new Bench();
  for (let round = 0; round < 6; round++) bench.look(bench.fail());
  for (let interval = 0; interval < 2; interval++) {
    bench.serve(5, 0);
    bench.look(10_000);
  }
  expect(bench.fail()).toBe(90_000);
  bench.look(90_000);
  for (let interval = 0; interval < 10; interval++) bench.look(10_000);
  expect(bench.fail()).toBe(100_000);
  bench.look(100_000);
  for (let interval = 0; interval < 10; interval++) {
    bench.serve(5, 0);
    bench.look(10_000);
  }
  expect(bench.fail()).toBe(30_000);
});

test("counters that were cleared are no evidence", () => {
  const bench = new Bench({ consecutiveFailures: null });
  bench.serve(1000, 0, 1);
  bench.look(10_000);
  bench.evidence = { consecutiveFailures: 0, requests: 20, failures: 20, durationMs: 20 };
  expect(bench.look(10_000)).toBeNull();
});

test("a reset server has no past", () => {
  const bench = new Bench();
  bench.fail();
  bench.ejection.reset();
  expect(bench.ejection.isEjected).toBe(false);
  bench.evidence = { consecutiveFailures: 0, requests: 0, failures: 0, durationMs: 0 };
  expect(bench.look(1)).toBeNull();
  expect(bench.fail()).toBe(30_000);
});
