import { expect, test } from "bun:test";
import { Patience } from "./patience.ts";

async function waited(timeoutMs: number, stillMs: number): Promise<number> {
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  new Patience(timeoutMs, resolve);
  Bun.sleepSync(stillMs);
  await promise;
  return performance.now() - startedMs;
}

test("it ends when its time is over", async () => {
  expect(await waited(30, 0)).toBeGreaterThan(29);
});

test("the time that this process stood still is given once more, as far as all of it", async () => {
  expect(await waited(100, 500)).toBeGreaterThan(599);
  expect(await waited(400, 700)).toBeGreaterThan(999);
});

test("nothing is told after its end", async () => {
  let told = 0;
  const patience = new Patience(5, () => told++);
  const late = new Patience(5, () => told++);
  patience.end();
  Bun.sleepSync(300);
  // Its timer comes late, and begins another.
  await new Promise((resolve) => setTimeout(resolve, 0));
  late.end();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(told).toBe(0);
});
