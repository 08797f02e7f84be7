import { expect, test } from "bun:test";
import { assert } from "../../base/assert.ts";
import { type EgressShape, memberTimesMax, recordWord } from "../egress.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import type { Owner } from "../owners.ts";
import { SharedWords } from "../sharedwords.ts";
import { checkBoard } from "./check.fixture.ts";
import { nowMs } from "./sample.fixture.ts";
import { egressShape } from "./shape.ts";

const pageBytes = 4096;
const ids = Array.from({ length: 300 }, (_, index) => `203.0.${index >> 8}.${index & 255}`);
const shapeFor = (members: number): EgressShape =>
  egressShape({
    members: { length: members } as never,
    history: { entriesMax: 1000, changesMax: 100 },
    session: null,
    users: 0,
  });

/** A file of which nothing but what is firm has memory, on a system that has so many more pages. */
class World {
  readonly shape: EgressShape = shapeFor(300);
  readonly bytes: Uint8Array = new Uint8Array(SharedEgressBoard.bytesFor(this.shape));
  readonly given: Set<number> = new Set();
  pagesMax: number;
  #ids = 0;

  constructor(morePages: number) {
    SharedEgressBoard.format(this.bytes, this.shape, 77);
    for (const [start, end] of SharedEgressBoard.firmRangesFor(this.shape, ids.length))
      for (let page = Math.floor(start / pageBytes); page * pageBytes < end; page++) this.given.add(page);
    this.pagesMax = this.given.size + morePages;
  }

  open(): SharedEgressBoard {
    const owner: Owner = { id: ++this.#ids, startedAt: 7, isAlive: () => true, relax: () => {} };
    return new SharedEgressBoard(this.bytes, "scrape", owner, new SharedWords(this.bytes), (start, bytes) => {
      assert(start % pageBytes === 0 && bytes === pageBytes, "a page is asked for");
      if (this.given.size >= this.pagesMax && !this.given.has(start / pageBytes)) return false;
      this.given.add(start / pageBytes);
      return true;
    });
  }

  /** Pages that somebody has written to and nobody has asked for: on a full system that process has ended. */
  get overrun(): number[] {
    const words = new BigInt64Array(this.bytes.buffer);
    const pages: number[] = [];
    for (let page = 0; page * pageBytes < this.bytes.length; page++) {
      if (this.given.has(page)) continue;
      for (let at = (page * pageBytes) / 8; at < ((page + 1) * pageBytes) / 8; at++)
        if (words[at] !== 0n && pages.push(page) > 0) break;
    }
    return pages;
  }
}

const outcomeOf = (entry: number, text: number) => ({
  ...{ atMs: nowMs + entry, status: 200, fault: 0, flags: 0, durationMs: entry, host: text, key: text },
});

function entriesOf(board: SharedEgressBoard, id: string): number {
  let entries = 0;
  board.history(board.memberOf(id), 5000, () => ++entries > 0);
  return entries;
}

function fill(board: SharedEgressBoard): void {
  for (const [index, id] of ids.entries()) {
    const row = board.memberOf(id);
    if (row === 0) continue;
    board.words.fill(1, board.timesOf(row), board.timesOf(row) + memberTimesMax);
    board.open();
    const pair = board.take("pair", row, index + 1, nowMs);
    if (pair !== 0) board.words[pair + recordWord.text] = board.textOf(`host-${index}`);
    board.close();
    board.letGo(board.hold(row, pair));
    for (let entry = 0; entry < 1000; entry++)
      board.keep(row, outcomeOf(entry, entry % 100 === 0 ? board.textOf(`key ${index} ${entry}`) : 0));
    board.open();
    for (let entry = 0; entry < 100; entry++)
      board.keepChange(row, { atMs: nowMs + entry * 1000, state: 1, cause: 6, forMs: 0, text: 0 });
    board.close();
  }
}

test("300 members are kept whole where there is memory, and take what is told", () => {
  const world = new World(Number.POSITIVE_INFINITY);
  const board = world.open();
  expect(board.adopt(ids, nowMs)).toEqual([]);
  fill(board);
  expect([ids.every((id) => entriesOf(board, id) === 1000), world.overrun, checkBoard(board)]).toEqual([true, [], []]);
  const told = SharedEgressBoard.fullBytesFor(world.shape, ids.length);
  expect([world.given.size * pageBytes < told, told < 10 * 2 ** 20]).toEqual([true, true]);
});

test.each([0, 40, 700])(
  "with %p pages more than is firm nobody touches what has no memory, and what is kept is right",
  (morePages) => {
    const world = new World(morePages);
    const board = world.open();
    expect(board.adopt(ids, nowMs)).toEqual([]);
    fill(board);
    const kept = ids.map((id) => entriesOf(board, id));
    expect([kept.some((entries) => entries === 0), world.overrun, checkBoard(board)]).toEqual([true, [], []]);
    expect(kept.some((entries) => entries > 0)).toBe(morePages > 0);
    // Another process finds the same, others come, and a copy is made.
    const other = world.open();
    expect(ids.map((id) => entriesOf(other, id))).toEqual(kept);
    expect(other.adopt([...ids.slice(10), "new"], nowMs)).toEqual([]);
    const larger = new World(Number.POSITIVE_INFINITY).open();
    larger.adopt(ids, nowMs);
    expect([larger.carry(other), entriesOf(larger, ids[20]!)]).toEqual([true, kept[20]!]);
    expect([world.overrun, checkBoard(other)]).toEqual([[], []]);
    // There is memory again.
    world.pagesMax = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 2; round++) fill(other);
    expect(ids.slice(10).every((id) => entriesOf(other, id) === 1000)).toBe(true);
  },
);

test("a small board has all of its memory from the beginning, and times of failures of all that may have rows", () => {
  const small = shapeFor(256);
  expect(SharedEgressBoard.firmRangesFor(small, 1)).toEqual([[0, SharedEgressBoard.fullBytesFor(small, 3)]]);
  const large = shapeFor(10_000);
  const bytes = (rows: number): number =>
    SharedEgressBoard.firmRangesFor(large, rows).reduce((sum, [start, end]) => sum + end - start, 0);
  expect(bytes(10_000) - bytes(9000)).toBe(1000 * memberTimesMax * 4);
  expect(bytes(10_000)).toBeLessThan(10 * 2 ** 20);
  expect(bytes(20_000)).toBe(bytes(16_384));
});
