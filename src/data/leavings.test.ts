import { expect, test } from "bun:test";
import { Leavings } from "./leavings.ts";

const large = 9 * 2 ** 20;

/** As nobody else holds it. */
function leave(leavings: Leavings, bytes: number): void {
  leavings.add(new Uint8Array(bytes));
}

test("what is left is looked for after a second, then less and less often while somebody holds it", () => {
  let count = 0;
  const leavings = new Leavings(() => count++);
  const held = new Uint8Array(large);
  leavings.add(held);
  const counts: number[] = [];
  for (let nowMs = 0; nowMs <= 16_000; nowMs += 250) {
    leavings.look(nowMs);
    if (nowMs % 1000 === 0) counts.push(count);
  }
  expect(counts).toEqual([0, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4]);
  expect(held.byteLength).toBe(large);
});

test("what is small, or nothing, is left to the runtime", () => {
  let count = 0;
  const leavings = new Leavings(() => count++);
  leavings.look(0);
  leave(leavings, 2 ** 20);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 250) leavings.look(nowMs);
  expect(count).toBe(0);
});

test("what nobody holds is gone with the first collection, and then nothing is collected any more", async () => {
  let count = 0;
  const leavings = new Leavings(() => {
    Bun.gc(true);
    count++;
  });
  for (let index = 0; index < 8; index++) leave(leavings, large);
  leavings.look(0);
  // A reference is kept until the turn of the event loop is over.
  await new Promise((resolve) => setImmediate(resolve));
  for (let nowMs = 250; nowMs < 100_000; nowMs += 250) leavings.look(nowMs);
  expect(count).toBeLessThanOrEqual(3);
});
