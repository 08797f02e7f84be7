import { expect, test } from "bun:test";
import { Arena } from "../memory/arena.ts";
import { poolCell, Tally } from "../memory/tally.ts";
import type { Attempt } from "./attempt.ts";
import { Queue } from "./queue.ts";
import type { PoolSite } from "./site.ts";

function room(lengthMax: number) {
  const tally = new Tally(Arena.inMemory(), 0);
  const waiting = new Set<PoolSite>();
  const gone: string[] = [];
  // Of a pool a queue knows its row and its bound, of an attempt what it may ask and say.
  const pool = { row: tally.poolRow(0), plan: { queue: { lengthMax } } } as unknown as PoolSite;
  const queue = new Queue(pool, tally);
  let places = 0;
  const attempt = (name: string, then: () => void = () => {}, isChoosy = false): Attempt =>
    ({
      context: { waiting },
      isChoosy,
      canGoOn: () => !isChoosy && places > 0 && places-- > 0,
      goOn: () => {
        gone.push(name);
        then();
      },
    }) as unknown as Attempt;
  const free = (count: number): void => {
    places = count;
    queue.serve();
  };
  const queued = (): number => tally.cells[pool.row + poolCell.queued]!;
  return { queue, waiting, gone, attempt, free, queued, full: () => tally.cells[pool.row + poolCell.queueFull]! };
}

test("those who wait go on in order, as many as there are places", () => {
  const { queue, gone, attempt, free, queued } = room(5);
  for (const name of ["a", "b", "c"]) expect(queue.enter(attempt(name))).toBe(true);
  expect(queued()).toBe(3);
  free(2);
  expect(gone).toEqual(["a", "b"]);
  expect(queued()).toBe(1);
});

test("a full room turns away and counts it", () => {
  const { queue, attempt, full } = room(1);
  expect(queue.enter(attempt("a"))).toBe(true);
  expect(queue.enter(attempt("b"))).toBe(false);
  expect([queue.length, full()]).toEqual([1, 1]);
});

test("one who was refused where there is a place now lets those behind go there, and keeps its own", () => {
  const { queue, gone, attempt, free } = room(5);
  queue.enter(attempt("a", () => {}, true));
  for (const name of ["b", "c", "d"]) queue.enter(attempt(name));
  free(2);
  expect(gone).toEqual(["b", "c"]);
  expect(queue.length).toBe(2);
});

test("one who leaves gives up its place in the row; leaving twice is nothing", () => {
  const { queue, gone, attempt, free } = room(5);
  const leaver = attempt("b");
  for (const one of [attempt("a"), leaver, attempt("c")]) queue.enter(one);
  queue.leave(leaver);
  queue.leave(leaver);
  free(5);
  expect(gone).toEqual(["a", "c"]);
});

test("the pool is known to wait exactly while somebody does", () => {
  const { queue, waiting, attempt, free } = room(5);
  queue.enter(attempt("a"));
  expect(waiting.size).toBe(1);
  free(1);
  expect(waiting.size).toBe(0);
});

test("one who goes on and ends at once does not serve the room from inside", () => {
  const { queue, gone, attempt, free } = room(5);
  queue.enter(attempt("a", () => queue.serve()));
  queue.enter(attempt("b", () => queue.serve()));
  free(2);
  expect(gone).toEqual(["a", "b"]);
  expect(queue.length).toBe(0);
});
