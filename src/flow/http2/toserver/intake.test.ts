import { expect, test } from "bun:test";
import { Intake, streamWindowAtFirst, streamWindowBytes } from "./intake.ts";
import { Untaken, untakenBytesMax } from "./untaken.ts";

test("a window is small until half of it was taken, and then as large as it gets", () => {
  const intake = new Intake(new Untaken());
  expect(intake.window).toBe(streamWindowAtFirst);
  const came = (bytes: number): number => {
    intake.window -= bytes;
    intake.came(bytes);
    return intake.take();
  };
  expect(came(30_000)).toBe(0);
  expect(came(10_000)).toBe(40_000 + streamWindowBytes - streamWindowAtFirst);
  expect(intake.window).toBe(streamWindowBytes);
  expect(came(100_000)).toBe(0);
  expect(came(100_000)).toBe(200_000);
  expect(intake.window).toBe(streamWindowBytes);
  intake.reset();
  expect(intake.window).toBe(streamWindowAtFirst);
});

test("while too much is held in all a window stays as it is", () => {
  const all = new Untaken();
  const intake = new Intake(all);
  all.add(untakenBytesMax + 1);
  intake.came(40_000);
  expect(intake.take()).toBe(40_000);
  expect(intake.window).toBe(streamWindowAtFirst + 40_000);
  all.take(1);
  intake.came(40_000);
  expect(intake.take()).toBe(40_000 + streamWindowBytes - streamWindowAtFirst);
});

test("what is not taken opens no window, its framing does", () => {
  const intake = new Intake(new Untaken());
  intake.came(60_000);
  expect(intake.take(200)).toBe(0);
  expect(intake.take(40_000)).toBeGreaterThan(40_000);
});

test("what is held counts for all until it is released", () => {
  const all = new Untaken();
  const intake = new Intake(all);
  intake.keep(Uint8Array.from([1, 2, 3]), 2);
  intake.keep(Uint8Array.from([4]), 1);
  expect([intake.isHolding, all.bytes]).toEqual([true, 3]);
  const held = intake.release()!;
  expect([...held.bytes.subarray(held.start, held.end)]).toEqual([1, 2, 4]);
  expect([intake.isHolding, all.bytes, intake.release()]).toEqual([false, 0, null]);
});
