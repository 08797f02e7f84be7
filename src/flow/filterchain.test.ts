import { expect, test } from "bun:test";
import { fault } from "../base/fault.ts";
import type { Filter, FilterMaker, FilterSink } from "./filter.ts";
import { chained } from "./filterchain.ts";

/** Puts its name behind each piece, and can be told to be full. */
class Stamp implements Filter {
  isFull = false;
  isStopped = false;
  resumed = 0;
  readonly sink: FilterSink;
  readonly #name: string;

  constructor(name: string, sink: FilterSink) {
    this.#name = name;
    this.sink = sink;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    const text = Buffer.from(Buffer.from(bytes.subarray(start, end)).toString() + this.#name);
    return this.sink.passed(text, 0, text.length) && !this.isFull;
  }

  end(): void {
    this.sink.ended();
  }

  resume(): void {
    this.resumed++;
    this.sink.room();
  }

  stop(): void {
    this.isStopped = true;
  }
}

function chain(...names: string[]): { filter: Filter; stamps: Stamp[]; told: string[]; taking: { is: boolean } } {
  const stamps: Stamp[] = [];
  const told: string[] = [];
  const taking = { is: true };
  const makers = names.map(
    (name): FilterMaker =>
      (sink) => {
        const stamp = new Stamp(name, sink);
        stamps.unshift(stamp);
        return stamp;
      },
  );
  const make = makers.reduce((first, second) => chained(first, second));
  const filter = make({
    passed: (bytes, start, end) => {
      told.push(Buffer.from(bytes.subarray(start, end)).toString());
      return taking.is;
    },
    ended: () => told.push("ended"),
    failed: (what) => told.push(what.code),
    room: () => told.push("room"),
  });
  return { filter, stamps, told, taking };
}

const x = Buffer.from("x");

test("content goes through all filters in the order that they were added in, and so does the end", () => {
  const { filter, told } = chain("1", "2", "3");
  expect(filter.write(x, 0, 1)).toBe(true);
  filter.end();
  expect(told).toEqual(["x123", "ended"]);
});

test("a client that takes no more stops all of them, and all go on when it does", () => {
  const { filter, stamps, told, taking } = chain("1", "2", "3");
  taking.is = false;
  expect(filter.write(x, 0, 1)).toBe(false);
  filter.resume();
  expect([told, stamps.map(({ resumed }) => resumed)]).toEqual([
    ["x123", "room"],
    [1, 1, 1],
  ]);
});

test("a filter in the middle that has enough stops what comes before it only", () => {
  const { filter, stamps, told } = chain("1", "2", "3");
  const second = stamps.find((stamp) => stamp.write(x, 0, 1) && told.at(-1) === "x23")!;
  told.length = 0;
  second.isFull = true;
  expect(filter.write(x, 0, 1)).toBe(false);
  second.isFull = false;
  second.sink.room();
  expect(told).toEqual(["x123", "room"]);
  expect(stamps.map(({ resumed }) => resumed).sort()).toEqual([0, 0, 1]);
});

test("one that fails ends all, and nothing is told after that", () => {
  const { filter, stamps, told } = chain("1", "2", "3");
  stamps[1]!.sink.failed(fault("bad_response"));
  expect([told, stamps.every(({ isStopped }) => isStopped)]).toEqual([["bad_response"], true]);
  expect(filter.write(x, 0, 1)).toBe(true);
  filter.end();
  filter.resume();
  expect(told).toEqual(["bad_response"]);
});
