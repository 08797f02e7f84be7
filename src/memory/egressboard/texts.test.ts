// Texts by number: the same for all, for as long as there is room; afterwards a number is known to mean nothing.

import { expect, test } from "bun:test";
import { textBytesMax } from "../egress.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import { MortalWords } from "../mortalwords.fixture.ts";
import { SharedWords } from "../sharedwords.ts";
import { header } from "./layout.ts";
import { BoardWorld, smallShape } from "./sample.fixture.ts";

test("a text has one number, in all processes, and nothing is 0", () => {
  const world = new BoardWorld();
  const [one, other] = [world.open(), world.open()];
  const number = one.textOf("example.com");
  expect(number).toBeGreaterThan(0);
  expect([one.textOf("example.com"), other.textOf("example.com"), other.text(number)]).toEqual([
    number,
    number,
    "example.com",
  ]);
  expect([one.textOf(""), one.text(0), one.text(-5), one.text(12_345)]).toEqual([0, "", null, null]);
  expect(one.textOf("example.org")).not.toBe(number);
  expect(one.figures().texts).toBe(2);
});

test("a text that is known costs no lock", () => {
  const world = new BoardWorld();
  const [stuck, other] = [world.open(), world.open()];
  const number = other.textOf("example.com");
  stuck.textOf("example.com");
  stuck.open();
  expect([other.textOf("example.com"), other.text(number), other.figures().timeouts]).toEqual([
    number,
    "example.com",
    0,
  ]);
});

test("texts of characters that are no byte are not taken for others", () => {
  const board = new BoardWorld().open();
  const texts = ["4", "\u0430", "\u0135"];
  expect(texts.map((text) => board.text(board.textOf(text)))).toEqual(texts);
});

test("a text that others put another in the place of, as soon as the lock is free, is not thought to be there", () => {
  const world = new BoardWorld();
  const other = world.open();
  let isOthersTurn = false;
  class Watched extends SharedWords {
    override store(at: number, value: number): void {
      super.store(at, value);
      if (at !== header.lock || value !== 0 || !isOthersTurn) return;
      isOthersTurn = false;
      for (let turn = 0; turn < 1000; turn++) other.textOf(`text ${turn}`);
    }
  }
  const board = world.open(new Watched(world.bytes));
  isOthersTurn = true;
  expect(board.text(board.textOf("example.com"))).toBe(null);
  expect(board.text(board.textOf("example.com"))).toBe("example.com");
});

test("what is longer is cut off, between characters", () => {
  const board = SharedEgressBoard.inMemory(smallShape);
  const kept = (text: string): string | null => board.text(board.textOf(text));
  const long = "a".repeat(textBytesMax);
  expect([kept(long), kept(`${long}b`), kept(`${long.slice(1)}ü`)]).toEqual([long, long, long.slice(1)]);
  expect(kept("ü".repeat(40))).toBe("ü".repeat(26));
  expect(kept(`${long.slice(0, 49)}\u{1f600}!`)).toBe(long.slice(0, 49));
  expect(kept(`${long.slice(0, 48)}\u{1f600}!`)).toBe(`${long.slice(0, 48)}\u{1f600}`);
  expect(board.textOf(`${long}b`)).toBe(board.textOf(`${long}c`));
});

test("what was not asked for longest is forgotten, and its number means nothing from then on", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, texts: 128 });
  const numbers = new Map<string, number>();
  const wanted = board.textOf("wanted");
  for (let turn = 0; turn < 3000; turn++) {
    const text = `text ${turn}`;
    numbers.set(text, board.textOf(text));
    if (turn % 4 === 0) expect(board.textOf("wanted")).toBe(wanted);
  }
  let known = 0;
  for (const [text, number] of numbers) {
    const found = board.text(number);
    if (found === null) continue;
    expect(found).toBe(text);
    known++;
  }
  expect(known).toBe(127);
  expect(board.text(numbers.get("text 2999")!)).toBe("text 2999");
  // And what was forgotten has another number when it is asked for again.
  expect(board.textOf("text 0")).not.toBe(numbers.get("text 0"));
  expect(board.figures().textsForgotten).toBe(3000 + 1 + 1 - 128);
});

test("a process remembers no more than so many, and still knows the others", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, texts: 131_072 });
  const numbers = Array.from({ length: 20_000 }, (_, number) => board.textOf(`text ${number}`));
  expect(Array.from({ length: 20_000 }, (_, number) => board.textOf(`text ${number}`))).toEqual(numbers);
  expect(board.figures().texts).toBe(20_000);
});

test("a text whose writer died is none, and its room is used again", () => {
  const world = new BoardWorld({ ...smallShape, texts: 16 });
  const words = new MortalWords(world.bytes);
  const [living, mortal] = [world.open(), world.open(words)];
  for (let stores = 2; stores < 5; stores++) {
    words.left = stores;
    expect(() => mortal.textOf(`text ${stores}`)).toThrow();
    words.left = Number.POSITIVE_INFINITY;
    // Its lock is its own still: it goes on, as after an operation that threw.
    expect(mortal.text(mortal.textOf("another"))).toBe("another");
    if (mortal.open()) mortal.close();
  }
  const kept = Array.from({ length: 14 }, (_, number) => living.textOf(`${number}`));
  words.left = 4;
  expect(() => mortal.textOf("never")).toThrow();
  world.kill(2);
  // Of sixteen slots one holds "another", and one is what was left.
  expect(living.text(living.textOf("one more"))).toBe("one more");
  expect([kept.map((number) => living.text(number)), living.figures().textsForgotten]).toEqual([
    kept.map((_, number) => `${number}`),
    0,
  ]);
  for (let number = 0; number < 16; number++) expect(living.text(living.textOf(`${number}`))).toBe(`${number}`);
});
