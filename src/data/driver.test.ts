import { afterEach, beforeEach, expect, jest, spyOn, test } from "bun:test";
import { tickMs } from "../base/timerwheel.ts";
import type { Context } from "../flow/context.ts";
import type { WakeFlow } from "../flow/port.ts";
import { Driver } from "./driver.ts";

class Sleeper implements WakeFlow {
  deadlineMs = 0;
  wheelNext = null;
  wheelPrev = null;
  wheelSlot = -1;
  readonly wokenMs: number[] = [];
  readonly #failure: Error | null;

  constructor(failure: Error | null = null) {
    this.#failure = failure;
  }

  ticked(nowMs: number): void {
    this.wokenMs.push(nowMs);
    if (this.#failure !== null) throw this.#failure;
  }
}

/** What the driver asks of a worker's context, counted. */
class Work {
  readonly waiting = new Set<string>();
  get isWaiting(): boolean {
    return this.waiting.size > 0;
  }

  sweeps = 0;
  polls = 0;
  polled: () => void = () => {};

  sweep(): void {
    this.sweeps++;
  }
  giveUp(): void {}
  pollWaiting(): void {
    this.polls++;
    this.polled();
  }
}

/** The clock goes on by so much, and no timer is called meanwhile. */
function standStill(forMs: number): { againMs(forMs: number): void } & Disposable {
  const now = performance.now.bind(performance);
  let aheadMs = forMs;
  const spy = spyOn(performance, "now").mockImplementation(() => now() + aheadMs);
  return {
    againMs: (more) => {
      aheadMs += more;
    },
    [Symbol.dispose]: () => spy.mockRestore(),
  };
}

let driver: Driver;
let work: Work;
let failures: Error[];

beforeEach(() => {
  jest.useFakeTimers();
  failures = [];
  work = new Work();
  driver = new Driver((error) => failures.push(error));
  // The driver uses no more of a context than this.
  driver.start(work as unknown as Context);
});
afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

test("the clock stands still until it is refreshed, and the wall clock moves with it", () => {
  const { nowMs, wallMs } = driver;
  jest.advanceTimersByTime(10);
  expect(driver.nowMs).toBe(nowMs);
  driver.refresh();
  expect(driver.nowMs).toBe(nowMs + 10);
  expect(driver.wallMs).toBe(wallMs + 10);
  expect(Math.abs(driver.wallMs - Date.now())).toBeLessThan(5);
});

test("a wall clock that is set is followed at the next tick, forwards and back, and the clock of deadlines is not touched", () => {
  const began = driver.nowMs;
  for (const stepMs of [3_600_000, -7_200_000, 20]) {
    jest.setSystemTime(Date.now() + stepMs);
    jest.advanceTimersByTime(2 * tickMs);
    driver.refresh();
    expect(Math.abs(driver.wallMs - Date.now())).toBeLessThanOrEqual(1);
  }
  expect(driver.nowMs - began).toBeLessThanOrEqual(6 * tickMs);
});

test("chance is in [0, 1) and not always the same", () => {
  const drawn = Array.from({ length: 100 }, () => driver.random());
  expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(50);
});

test("a flow is woken once, not before its deadline and at most two ticks after it", () => {
  const flow = new Sleeper();
  const deadlineMs = driver.nowMs + 1000;
  driver.wake(flow, deadlineMs);
  jest.advanceTimersByTime(999);
  expect(flow.wokenMs).toEqual([]);
  jest.advanceTimersByTime(1 + 2 * tickMs);
  expect(flow.wokenMs).toHaveLength(1);
  expect(flow.wokenMs[0]).toBeGreaterThanOrEqual(deadlineMs);
  jest.advanceTimersByTime(10_000);
  expect(flow.wokenMs).toHaveLength(1);
});

test("a flow that is forgotten is not woken, and one whose deadline moves is woken at the later one", () => {
  const [forgotten, moved] = [new Sleeper(), new Sleeper()];
  driver.wake(forgotten, driver.nowMs + 500);
  driver.wake(moved, driver.nowMs + 500);
  driver.forget(forgotten);
  driver.wake(moved, driver.nowMs + 5000);
  jest.advanceTimersByTime(4000);
  expect(moved.wokenMs).toEqual([]);
  jest.advanceTimersByTime(2000);
  expect(moved.wokenMs).toHaveLength(1);
  expect(forgotten.wokenMs).toEqual([]);
});

test("a flow that throws when woken is told as a failure, and the others are woken all the same", () => {
  const flows = [new Sleeper(), new Sleeper(new Error("in ticked")), new Sleeper()];
  for (const flow of flows) driver.wake(flow, driver.nowMs + 100);
  jest.advanceTimersByTime(1000);
  expect(flows.map(({ wokenMs }) => wokenMs.length)).toEqual([1, 1, 1]);
  expect(failures.map(({ message }) => message)).toEqual(["in ticked"]);
});

test("after a standstill one turn passes before anybody is called late: what came meanwhile is read first", () => {
  const flow = new Sleeper();
  jest.advanceTimersByTime(10 * tickMs);
  driver.wake(flow, driver.nowMs + 2000);
  using _still = standStill(30_000);
  jest.advanceTimersByTime(tickMs);
  expect(flow.wokenMs).toEqual([]);
  jest.advanceTimersByTime(tickMs);
  expect(flow.wokenMs).toHaveLength(1);
});

test("a worker that is late at each tick still wakes who is due", () => {
  const flow = new Sleeper();
  driver.wake(flow, driver.nowMs + 2000);
  using still = standStill(0);
  for (let tick = 0; tick < 4; tick++) {
    still.againMs(5000);
    jest.advanceTimersByTime(tickMs);
  }
  expect(flow.wokenMs).toHaveLength(1);
});

test("the house is swept about once a second", () => {
  jest.advanceTimersByTime(10_000);
  expect(work.sweeps).toBeGreaterThanOrEqual(9);
  expect(work.sweeps).toBeLessThanOrEqual(11);
});

test("waiting exchanges are looked after every few milliseconds, by one timer, for as long as there are any", () => {
  jest.advanceTimersByTime(1000);
  expect(work.polls).toBe(0);
  work.waiting.add("pool");
  jest.advanceTimersByTime(1000);
  expect(work.polls).toBeGreaterThan(150);
  expect(work.polls).toBeLessThanOrEqual(251);
  work.waiting.clear();
  jest.advanceTimersByTime(100);
  const { polls } = work;
  jest.advanceTimersByTime(1000);
  expect(work.polls).toBe(polls);
  work.waiting.add("pool");
  jest.advanceTimersByTime(200);
  expect(work.polls).toBeGreaterThan(polls + 20);
});

test("a failure while looking after those who wait is told, and they are looked after again", () => {
  work.waiting.add("pool");
  work.polled = () => {
    work.polled = () => {};
    throw new Error("in poll");
  };
  jest.advanceTimersByTime(1000);
  expect(failures.map(({ message }) => message)).toEqual(["in poll"]);
  expect(work.polls).toBeGreaterThan(100);
});
