// What is taken back is gone at once, and what somebody may still look at never is.

import { expect, test } from "bun:test";
import { largeReadBytes, settle, takeBack } from "./reads.ts";

const read = (size = largeReadBytes): Uint8Array => new Uint8Array(size).fill(7);

test("a large read that is spent is taken back when the call is over", () => {
  const bytes = read();
  const port = { spent: bytes as Uint8Array | null };
  settle(port, bytes);
  expect(bytes.length).toBe(0);
  expect(port.spent).toBeNull();
});

test("a read that is not spent stays, and so does a small one", () => {
  const [kept, small] = [read(), read(largeReadBytes - 1)];
  settle({ spent: null }, kept);
  settle({ spent: small }, small);
  expect(kept).toEqual(read());
  expect(small.length).toBe(largeReadBytes - 1);
});

test("what was kept from an earlier read can be spent in a later call, or in one that brings nothing", () => {
  const [earlier, other, later] = [read(), read(), read()];
  settle({ spent: earlier }, later);
  settle({ spent: other }, null);
  expect([earlier.length, other.length, later.length]).toEqual([0, 0, largeReadBytes]);
});

test("a part of a buffer is not taken back, for others may look at the rest", () => {
  const whole = read(2 * largeReadBytes);
  settle({ spent: whole.subarray(largeReadBytes) }, null);
  settle({ spent: whole.subarray(0, largeReadBytes) }, null);
  expect(whole).toEqual(read(2 * largeReadBytes));
});

test("what is all of one's own is taken back by any part of it", () => {
  const [large, small] = [read(2 * largeReadBytes), read(10)];
  takeBack(large.subarray(5, 6));
  takeBack(small);
  expect([large.length, small.length]).toEqual([0, 10]);
});
