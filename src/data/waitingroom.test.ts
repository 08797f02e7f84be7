import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { Driver } from "./driver.ts";
import { type Waiter, WaitingRoom } from "./waitingroom.ts";

let failures: Error[];
let driver: Driver;
let room: WaitingRoom;
beforeEach(() => {
  jest.useFakeTimers();
  failures = [];
  driver = new Driver((error) => failures.push(error));
  room = new WaitingRoom(driver);
});
afterEach(() => {
  jest.clearAllTimers();
  jest.useRealTimers();
});

class Looker implements Waiter {
  stepMs = 0;
  nextMs = 0;
  readonly lookedMs: number[] = [];
  readonly #startMs = driver.nowMs;
  readonly #looksMax: number;

  constructor(looksMax: number) {
    this.#looksMax = looksMax;
    room.enter(this);
  }

  look(): void {
    this.lookedMs.push(driver.nowMs - this.#startMs);
    if (this.lookedMs.length < this.#looksMax) room.enter(this);
  }
}

test("who waits looks again after 1, 2, 4, 8 and then every 16 ms, and then is out", () => {
  const looker = new Looker(7);
  jest.advanceTimersByTime(200);
  expect(looker.lookedMs).toEqual([1, 3, 7, 15, 31, 47, 63]);
  expect(room.size).toBe(0);
});

test("one timer serves all, each in its own time", () => {
  const first = new Looker(100);
  jest.advanceTimersByTime(40);
  driver.refresh();
  const second = new Looker(3);
  const former = jest.getTimerCount();
  expect(former).toBe(1);
  jest.advanceTimersByTime(30);
  expect(second.lookedMs).toEqual([1, 3, 7]);
  expect(first.lookedMs.at(-1)).toBe(63);
  expect(jest.getTimerCount()).toBe(1);
});

test("who has left is not asked, and without anybody no timer runs", () => {
  const looker = new Looker(100);
  room.leave(looker);
  jest.advanceTimersByTime(100);
  expect(looker.lookedMs).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});

test("one that fails is told to the driver, and the others are looked at", () => {
  const failing: Waiter = {
    stepMs: 0,
    nextMs: 0,
    look() {
      throw new Error("in look");
    },
  };
  room.enter(failing);
  const looker = new Looker(2);
  jest.advanceTimersByTime(10);
  expect(failures.map(({ message }) => message)).toEqual(["in look"]);
  expect(looker.lookedMs).toEqual([1, 3]);
});
