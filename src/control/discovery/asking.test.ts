import { afterEach, expect, test } from "bun:test";
import { until } from "../../../test/e2e/harness/wait.ts";
import { Asking, problemOf, Refusal, retryDelayMs } from "./asking.ts";
import type { Answer } from "./source.ts";

const good: Answer = { ok: true, servers: [], remarks: [] };
const running: Asking[] = [];
afterEach(() => {
  for (const asking of running.splice(0)) asking.stop();
});

function asking(...words: ConstructorParameters<typeof Asking>): Asking {
  const made = new Asking(...words);
  running.push(made);
  made.now();
  return made;
}

test("after failures it is asked less and less often, and never less often than usual", () => {
  expect([1, 2, 3, 4, 9].map((failures) => retryDelayMs(failures, 60_000))).toEqual([2000, 4000, 8000, 16_000, 30_000]);
  expect([1, 2, 3].map((failures) => retryDelayMs(failures, 3000))).toEqual([2000, 3000, 3000]);
  expect(retryDelayMs(1, 50)).toBe(50);
  expect([1, 9].map((failures) => retryDelayMs(failures, 0))).toEqual([2000, 30_000]);
});

test("two questions are never under way at once, and what changes meanwhile is asked about once behind", async () => {
  const { promise: held, resolve } = Promise.withResolvers<void>();
  let under = 0;
  let most = 0;
  let count = 0;
  const told: Answer[] = [];
  const one = asking(
    { intervalMs: 60_000, timeoutMs: 60_000 },
    async () => {
      most = Math.max(most, ++under);
      if (++count === 1) await held;
      under--;
      return { answer: good };
    },
    (answer) => told.push(answer),
  );
  for (let round = 0; round < 5; round++) one.now();
  resolve();
  await until("two answers", () => told.length === 2);
  one.now();
  await until("a third", () => told.length === 3);
  expect([most, count]).toEqual([1, 3]);
});

test("a flood of changes makes questions one after the other, with as much time between them as they take", async () => {
  let count = 0;
  const one = asking(
    { intervalMs: 60_000, timeoutMs: 60_000 },
    async () => {
      count++;
      await Bun.sleep(20);
      return { answer: good };
    },
    () => {},
  );
  const beganMs = performance.now();
  while (performance.now() - beganMs < 400) {
    one.now();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(count).toBeGreaterThan(1);
  expect(count).toBeLessThan(12);
});

test("a question that is late is given up, and its answer is nobody's any more", async () => {
  const told: Answer[] = [];
  const signals: AbortSignal[] = [];
  asking(
    { intervalMs: 60_000, timeoutMs: 10 },
    (signal) => {
      signals.push(signal);
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up"))));
    },
    (answer) => told.push(answer),
  );
  await until("an answer", () => told.length === 1);
  expect(told).toEqual([{ ok: false, problem: "does not answer in 0.01 s" }]);
  expect(signals[0]!.aborted).toBe(true);
});

test("what others say in their errors is not told, only its kind", () => {
  const error = Object.assign(new Error("connect ECONNREFUSED secret"), { code: "ECONNREFUSED" });
  expect(problemOf(error)).toBe("does not answer: connection refused");
  expect(problemOf(Object.assign(new Error("secret"), { code: "EODD" }))).toBe("does not answer: EODD");
  expect(problemOf(new Error("secret"))).toBe("does not answer: it failed");
  expect(problemOf(new Refusal("is odd"))).toBe("is odd");
});
