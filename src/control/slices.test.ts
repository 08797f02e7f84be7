import { expect, test } from "bun:test";
import { inSlices } from "./slices.ts";

test("long work lets others have their turn, and answers its result", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const seen: number[] = [];
  const result = await inSlices(
    (function* () {
      for (let step = 0; step < 4; step++) {
        const end = performance.now() + 11;
        while (performance.now() < end);
        seen.push(turns);
        yield;
      }
      return "done";
    })(),
  );
  clearInterval(timer);
  expect(result).toBe("done");
  expect(seen[0]).toBe(0);
  expect(seen[3]).toBeGreaterThan(0);
});
