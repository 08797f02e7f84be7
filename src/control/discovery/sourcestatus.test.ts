import { expect, test } from "bun:test";
import { sourceStatus } from "./sourcestatus.ts";

test("an age is never less than nothing, though the clock was set back", () => {
  const figures = {
    source: "dns a:1",
    servers: [],
    lastSuccessMs: 9000,
    failures: 0,
    ...{ changes: 0, lastChangeMs: null },
    problem: null,
    remarks: [],
    kept: null,
  };
  expect([9000, 12_499, 12_500, 1000].map((nowMs) => sourceStatus(figures, nowMs).ageSeconds)).toEqual([0, 3, 4, 0]);
});
