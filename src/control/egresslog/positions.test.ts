import { expect, test } from "bun:test";
import { Positions } from "./positions.ts";

function made(rows: number): { bytes: Uint8Array; positions: Positions } {
  const bytes = new Uint8Array(Positions.bytesFor(rows));
  Positions.format(bytes, rows);
  return { bytes, positions: new Positions(bytes) };
}

test("each path has a row of its own, which it finds again whatever others come and go", () => {
  const { bytes, positions } = made(4);
  const [a, b] = positions.adopt(["/a", "/b"]);
  a!.begin(1, 10);
  a!.offset = 100;
  b!.begin(1, 11);
  b!.offset = 200;
  b!.isSkipping = true;
  const again = new Positions(bytes).adopt(["/c", "/b", "/d", "/a"]);
  expect(again.map(({ isKnown, isSkipping, offset }) => [isKnown, isSkipping, offset])).toEqual([
    [false, false, 0],
    [true, true, 200],
    [false, false, 0],
    [true, false, 100],
  ]);
  expect([again[1]!.isOf(1, 11), again[1]!.isOf(1, 10)]).toEqual([true, false]);
  again[0]!.offset = 7;
  expect(new Positions(bytes).adopt(["/x", "/y", "/z", "/b"]).map(({ offset }) => offset)).toEqual([0, 0, 0, 200]);
});

test("what comes back after others were there without it is new", () => {
  const { bytes, positions } = made(3);
  const [a] = positions.adopt(["/a", "/b"]);
  a!.begin(1, 10);
  a!.offset = 100;
  new Positions(bytes).adopt(["/b"]);
  const [b, back] = new Positions(bytes).adopt(["/b", "/a"]);
  expect([b!.isKnown, back!.isKnown, back!.offset]).toEqual([false, false, 0]);
});

test("a larger file takes over what a smaller one knows", () => {
  const from = made(2).positions;
  const [a] = from.adopt(["/a"]);
  a!.begin(5, 6);
  a!.offset = 2 ** 40;
  a!.keepMark(Buffer.from("the end\n"), 0, 8, 2 ** 40);
  const { positions } = made(8);
  positions.carry(from, ["/b", "/a"]);
  const [b, carried] = positions.adopt(["/b", "/a"]);
  expect([b!.isKnown, carried!.isOf(5, 6), carried!.offset]).toEqual([false, true, 2 ** 40]);
  expect(carried!.markAt).toEqual([2 ** 40 - 8, 2 ** 40]);
  expect([carried!.isMarked(Buffer.from("the end\n")), carried!.isMarked(Buffer.from("the End\n"))]).toEqual([
    true,
    false,
  ]);
});

test("a file of another size, or none of ours, is told", () => {
  const { bytes } = made(4);
  expect([Positions.isFormatted(bytes, 4), Positions.isFormatted(bytes, 8)]).toEqual([true, false]);
  expect(Positions.isFormatted(bytes.subarray(0, 100), 4)).toBe(false);
  expect(Positions.isFormatted(new Uint8Array(Positions.bytesFor(4)), 4)).toBe(false);
});

test("once cleared everything is new", () => {
  const { positions } = made(2);
  positions.adopt(["/a"])[0]!.begin(1, 2);
  positions.clear();
  expect(positions.adopt(["/a"])[0]!.isKnown).toBe(false);
});
