import { expect, test } from "bun:test";
import { type Fault, fault } from "../base/fault.ts";
import { TimerWheel, tickMs } from "../base/timerwheel.ts";
import type { Line, Port } from "./port.ts";
import { type Outlet, Throttle } from "./throttle.ts";

/** A body on its way: what has gone, and when. */
class Way implements Outlet {
  nowMs = 1000;
  passed = 0;
  isTaking = true;
  isPaused = false;
  readonly ends: (Fault | null)[] = [];
  readonly wheel = new TimerWheel(1000);
  readonly throttle: Throttle;

  constructor(bytesPerSecond: number) {
    const way = this;
    const port = {
      get nowMs() {
        return way.nowMs;
      },
      wake: (flow: Throttle, atMs: number) => this.wheel.set(flow, atMs),
      forget: (flow: Throttle) => this.wheel.remove(flow),
    } as unknown as Port; // All that a throttle asks of it.
    const line = {
      pause: () => {
        this.isPaused = true;
      },
      resume: () => {
        this.isPaused = false;
      },
    } as unknown as Line;
    this.throttle = new Throttle(port, bytesPerSecond, this, line);
  }

  pass(_bytes: Uint8Array, start: number, end: number): boolean {
    this.passed += end - start;
    return this.isTaking;
  }

  spent(what: Fault | null): void {
    this.ends.push(what);
  }

  wait(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end; ) {
      this.nowMs = Math.min(end, this.nowMs + tickMs);
      this.wheel.advance(this.nowMs);
    }
  }

  offer(size: number): void {
    this.throttle.offer(new Uint8Array(size + 2), 1, size + 1);
  }
}

test("any rate is kept: nothing before its time, and all of it in time", () => {
  for (const rate of [1, 10, 999, 20_000, 5_000_000]) {
    const way = new Way(rate);
    way.offer(rate * 10);
    for (let second = 1; second <= 9; second++) {
      way.wait(1000);
      expect(way.passed).toBeLessThanOrEqual(rate * second);
      expect(way.passed).toBeGreaterThanOrEqual(Math.floor(rate * second * 0.98 - rate * 0.2) - 1);
    }
    expect(way.isPaused).toBe(true);
    way.wait(1300);
    expect([way.passed, way.isPaused, way.wheel.size]).toEqual([rate * 10, false, 0]);
  }
});

test("many small reads are as slow as a large one", () => {
  const way = new Way(1000);
  for (let count = 0; count < 100; count++) {
    way.offer(50);
    for (let waits = 0; way.isPaused && waits < 100; waits++) way.wait(tickMs);
  }
  expect(way.passed).toBe(5000);
  expect(way.nowMs - 1000).toBeGreaterThanOrEqual(5000);
  expect(way.nowMs - 1000).toBeLessThan(5000 + 3 * tickMs);
});

test("a read that comes on top goes behind what is held", () => {
  const way = new Way(100);
  way.offer(50);
  way.offer(30);
  way.wait(2000);
  expect(way.passed).toBe(80);
});

test("time that a client took nothing makes no burst of more than a second", () => {
  const way = new Way(1000);
  way.offer(60_000);
  way.isTaking = false;
  way.wait(1000);
  const before = way.passed;
  way.wait(30_000);
  expect(way.passed).toBe(before);
  way.isTaking = true;
  way.throttle.drained(true);
  expect(way.passed - before).toBeLessThanOrEqual(1000 + tickMs);
});

test("a client that takes again has the server read on, when nothing is held and the server is still there", () => {
  const way = new Way(1000);
  way.isTaking = false;
  way.offer(10);
  way.wait(100);
  expect([way.passed, way.isPaused]).toEqual([10, true]);
  way.throttle.drained(false);
  expect(way.isPaused).toBe(true);
  way.throttle.drained(true);
  expect(way.isPaused).toBe(false);
});

test("an end of the server is told once what it said has gone, and nothing after a stop", () => {
  for (const what of [null, fault("truncated_response")]) {
    const way = new Way(1000);
    way.offer(100);
    way.throttle.ended(what);
    expect(way.ends).toEqual([]);
    way.wait(300);
    expect([way.passed, way.ends]).toEqual([100, [what]]);
  }
  const stopped = new Way(1000);
  stopped.offer(100);
  stopped.throttle.stop();
  expect(stopped.wheel.size).toBe(0);
  stopped.wait(1000);
  expect(stopped.passed).toBe(0);
});
