import { expect, test } from "bun:test";
import { chosenOf, poolTrouble } from "./flowchoice.ts";
import { poolOf } from "./testing.ts";

type Item = readonly [name: string, trouble: number, requests: number];
const choose = (all: readonly Item[], most: number, former: readonly string[] = []): string[] =>
  chosenOf(all, {
    ...{ most, former: new Set(former), keyOf: ([name]) => name },
    ...{ troubleOf: ([, trouble]) => trouble, requestsOf: ([, , requests]) => requests },
  }).shown.map(([name]) => name);

test("where there is room for all, all are shown", () => {
  expect(
    choose(
      [
        ["a", 0, 0],
        ["b", 1, 0],
      ],
      2,
    ),
  ).toEqual(["a", "b"]);
});

test("trouble has half of the room, the worst of it, and the busiest have the rest, in the order that they had", () => {
  const all: readonly Item[] = [
    ...([
      ["idle", 0, 0],
      ["busy", 0, 9],
      ["short", 1, 0],
      ["less", 0, 5],
      ["least", 0, 1],
      ["down", 3, 0],
    ] as const),
    ...([
      ["short too", 1, 2],
      ["none", 0, 0],
    ] as const),
  ];
  expect(choose(all, 4)).toEqual(["busy", "less", "down", "short too"]);
});

test("one that was shown gives way to one with twice as much to do only", () => {
  const all: readonly Item[] = [
    ["a", 0, 5],
    ["b", 0, 9],
    ["c", 0, 0],
  ];
  expect(choose(all, 1)).toEqual(["b"]);
  expect(choose(all, 1, ["a"])).toEqual(["a"]);
  expect(
    choose(
      [
        ["a", 0, 5],
        ["b", 0, 11],
        ["c", 0, 0],
      ],
      1,
      ["a"],
    ),
  ).toEqual(["b"]);
});

test("a pool without a server is worse than one that is slow or fails, and that than one that is short of servers", () => {
  const of = (more: Parameters<typeof poolOf>[1]): number => poolTrouble(poolOf("app", { requests: 10, ...more }));
  expect([of({ servers: 2, eligible: 0 }), of({ queued: 1 }), of({ errors: 1 })]).toEqual([3, 2, 2]);
  expect([of({ servers: 2, eligible: 1 }), of({}), of({ servers: 0, eligible: 0 })]).toEqual([1, 0, 0]);
});
