import { expect, test } from "bun:test";
import { madeBytesMax, type Replacement } from "../../rewrite/replacement.ts";
import { TextReplacement } from "../../rewrite/textreplacement.ts";
import type { Filter, FilterMaker } from "../filter.ts";
import { chained } from "../filterchain.ts";
import type { Port, WakeFlow } from "../port.ts";
import { aheadBytesMax, replaceFilter, turnBytesMax } from "./replacefilter.ts";

interface Scene {
  readonly filter: Filter;
  /** Words, and with `texts` what was passed. */
  readonly told: string[];
  /** Sizes of what was passed. */
  readonly sizes: number[];
  isTaking: boolean;
  /** Time goes on, and who wanted to be woken is. */
  tick(): void;
}

function scene(make: (port: Port) => FilterMaker): Scene {
  const told: string[] = [];
  const sizes: number[] = [];
  const waking = new Set<WakeFlow>();
  const port = {
    nowMs: 0,
    wake: (flow: WakeFlow) => void waking.add(flow),
    forget: (flow: WakeFlow) => void waking.delete(flow),
  };
  const made = { isTaking: true };
  const filter = make(port as unknown as Port)({
    passed: (bytes, start, end) => {
      sizes.push(end - start);
      if (end - start < 100) told.push(Buffer.from(bytes.slice(start, end)).toString());
      return made.isTaking;
    },
    ended: () => told.push("ended"),
    failed: ({ code }) => told.push(code),
    room: () => told.push("room"),
  });
  const tick = (): void => {
    port.nowMs++;
    const flows = [...waking];
    waking.clear();
    for (const flow of flows) flow.ticked(port.nowMs);
  };
  return Object.assign(made, { filter, told, sizes, tick });
}

const text = (find: string, by: string) => (port: Port) =>
  replaceFilter(port, () => new TextReplacement(Buffer.from(find), Buffer.from(by)));
const write = (filter: Filter, content: string): boolean => filter.write(Buffer.from(content), 0, content.length);
const sum = (sizes: readonly number[]): number => sizes.reduce((before, size) => before + size, 0);

test("what becomes of a piece goes on as one, the rest at the end, and who does not take it stops it", () => {
  const it = scene(text("aa", "b"));
  expect([write(it.filter, "xaaxaaxa"), it.told]).toEqual([true, ["xbxbx"]]);
  it.isTaking = false;
  expect(write(it.filter, "ay")).toBe(false);
  // It takes this all the same, and keeps it.
  expect(write(it.filter, "zaa")).toBe(false);
  it.isTaking = true;
  it.filter.resume();
  expect(write(it.filter, "a")).toBe(true);
  it.filter.end();
  expect(it.told.slice(1)).toEqual(["by", "zb", "room", "a", "ended"]);
});

test("no more is made than is taken, however much would be", () => {
  const it = scene(text("a", "b".repeat(1000)));
  it.isTaking = false;
  expect(write(it.filter, "a".repeat(10_000))).toBe(false);
  it.filter.end();
  expect(it.sizes).toEqual([66_000]);
  it.filter.resume();
  expect([it.sizes, it.told]).toEqual([[66_000, 66_000], []]);
  it.isTaking = true;
  it.filter.resume();
  for (let turn = 0; turn < 3; turn++) it.tick();
  expect([sum(it.sizes), it.told]).toEqual([10_000_000, ["ended"]]);
});

test("it stops at so many bytes and not before", () => {
  const one = scene(text("a", "b".repeat(aheadBytesMax - 2)));
  write(one.filter, "xaaa");
  expect(one.sizes).toEqual([2 * aheadBytesMax - 3, aheadBytesMax - 2]);
  const other = scene(text("a", "b".repeat(aheadBytesMax - 1)));
  write(other.filter, "xaaa");
  expect(other.sizes).toEqual([aheadBytesMax, 2 * aheadBytesMax - 2]);
});

test("in a chain of them none gets ahead of the next, and all comes out in the end", () => {
  const big = (port: Port): FilterMaker =>
    chained(chained(text("a", "aaaa")(port), text("a", "aaaaa")(port)), text("a", "b".repeat(50))(port));
  const it = scene(big);
  it.isTaking = false;
  const content = "a".repeat(20_000);
  expect(write(it.filter, content)).toBe(false);
  it.filter.end();
  let most = 0;
  for (let turn = 0; turn < 1_000 && !it.told.includes("ended"); turn++) {
    const before = sum(it.sizes);
    it.filter.resume();
    it.tick();
    most = Math.max(most, sum(it.sizes) - before);
  }
  expect(sum(it.sizes)).toBe(20_000 * 4 * 5 * 50);
  expect(most).toBeLessThan(2 * aheadBytesMax);
});

test("a client that takes whatever comes is given so much in a turn, and the rest when others have had theirs", () => {
  const by = turnBytesMax / 16;
  const it = scene(text("a", "b".repeat(by)));
  expect(write(it.filter, "a".repeat(16))).toBe(true);
  it.tick();
  expect(write(it.filter, "a".repeat(40))).toBe(false);
  expect(it.sizes.length).toBe(16 + 16);
  it.filter.end();
  it.filter.resume();
  expect(it.sizes.length).toBe(32);
  it.tick();
  expect(it.sizes.length).toBe(48);
  it.tick();
  expect([sum(it.sizes), it.told]).toEqual([56 * by, ["ended"]]);
});

test("what is longer than it may be fails, and nothing is told after that", () => {
  const tooLong: Replacement = {
    matches: 0,
    write: (bytes, start, end, emit) => (emit(bytes, start, end) ? "tooLong" : "stopped"),
    goOn: () => "done",
    end: () => "done",
  };
  const it = scene((port) => replaceFilter(port, () => tooLong));
  expect(write(it.filter, "before")).toBe(true);
  it.filter.end();
  it.filter.resume();
  expect(it.told).toEqual(["before", "replacement_too_long"]);
  expect(madeBytesMax).toBeGreaterThan(aheadBytesMax);
});

test("who is stopped is not woken, and tells nothing", () => {
  const it = scene(text("a", "b".repeat(turnBytesMax)));
  expect(write(it.filter, "aaa")).toBe(false);
  it.filter.stop();
  it.tick();
  it.filter.resume();
  expect([it.sizes, it.told]).toEqual([[turnBytesMax], []]);
});
