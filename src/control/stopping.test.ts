import { expect, test } from "bun:test";
import { StartStopped, unlessStopped } from "./stopping.ts";

const never = new Promise<never>(() => {});

test("work that is done before the signal is told as it is", async () => {
  const stopper = new AbortController();
  expect(await unlessStopped(Promise.resolve(7), stopper.signal)).toBe(7);
  expect(await unlessStopped(Promise.resolve(8), undefined)).toBe(8);
  await expect(unlessStopped(Promise.reject(new Error("broken")), stopper.signal)).rejects.toThrow("broken");
  stopper.abort();
});

test("a signal ends the wait, whether it comes during it or has come before", async () => {
  const stopper = new AbortController();
  const waited = unlessStopped(never, stopper.signal);
  stopper.abort();
  await expect(waited).rejects.toBeInstanceOf(StartStopped);
  await expect(unlessStopped(never, stopper.signal)).rejects.toBeInstanceOf(StartStopped);
});

test("work that fails after the signal is nobody's error", async () => {
  const stopper = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const waited = unlessStopped(promise, stopper.signal);
  stopper.abort();
  await expect(waited).rejects.toBeInstanceOf(StartStopped);
  reject(new Error("late"));
  await Bun.sleep(0);
});
