import { expect, test } from "bun:test";
import { type Decision, decide } from "./quorum.ts";
import type { Quorum } from "./registry.ts";

const table: readonly (readonly [up: number, down: number, quorum: Quorum, Decision])[] = [
  [1, 0, "majority", "up"],
  [0, 1, "majority", "down"],
  [1, 1, "majority", "keep"],
  [2, 1, "majority", "up"],
  [1, 2, "majority", "down"],
  [2, 2, "majority", "keep"],
  [3, 2, "majority", "up"],
  [1, 0, 2, "keep"],
  [2, 0, 2, "up"],
  [2, 1, 2, "up"],
  [2, 2, 2, "keep"],
  [1, 1, 1, "keep"],
  [0, 1, 2, "fade"],
  [0, 2, 2, "down"],
];

test("sentinels agree by majority or by number, and otherwise leave things as they are", () => {
  for (const [up, down, quorum, decision] of table)
    expect([up, down, quorum, decide(up, down, quorum)]).toEqual([up, down, quorum, decision]);
});
