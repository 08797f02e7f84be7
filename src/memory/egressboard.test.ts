// The board as its users see it: members and their rows, records, turns, versions; the size of it; and of bytes that are none. What is in
// flight, who dies and what stands in rings is tested beside the files of egressboard/.

import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { changeCause, memberState, memberTimesMax, memberWord, type RecordKind, recordWord } from "./egress.ts";
import { checkBoard } from "./egressboard/check.fixture.ts";
import { idBytesMax } from "./egressboard/layout.ts";
import { BoardWorld, nowMs, pairOf, smallShape } from "./egressboard/sample.fixture.ts";
import { egressShape } from "./egressboard/shape.ts";
import { SharedEgressBoard } from "./egressboard.ts";

const idOf = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
const idsTo = (count: number): string[] => Array.from({ length: count }, (_, number) => idOf(number));

function membersOf(board: SharedEgressBoard): string[] {
  const found: string[] = [];
  board.members((_, id) => found.push(id));
  return found;
}

test("members keep their rows over reloads; who leaves takes with it all that was known, and who comes knows nothing", () => {
  const board = SharedEgressBoard.inMemory(smallShape);
  expect(board.adopt(["a", "b", "c"], nowMs)).toEqual([]);
  const [a, b] = [board.memberOf("a"), board.memberOf("b")];
  const pair = pairOf(board, "b", 7);
  board.open();
  const session = board.take("session", 1, 2, nowMs);
  board.words[session + recordWord.state] = 1 + b;
  board.words[board.take("session", 3, 4, nowMs) + recordWord.state] = 1 + a;
  board.words[b + memberWord.failures] = board.words[a + memberWord.failures] = 2;
  board.close();
  const outcome = { atMs: nowMs, status: 200, fault: 0, flags: 0, durationMs: 1, host: 0, key: 0 };
  for (let turn = 0; turn < 3; turn++) for (const row of [a, b]) board.keep(row, outcome);
  const { version } = board;

  expect(board.adopt(["c", "d", "a"], nowMs + 1000)).toEqual([]);
  expect([membersOf(board), board.memberOf("a"), board.memberOf("b"), board.memberOf("d")]).toEqual([
    ["a", "d", "c"],
    a,
    0,
    b,
  ]);
  expect([board.find("pair", b, 7), board.find("session", 1, 2), board.words[pair]]).toEqual([0, 0, 0]);
  expect(board.find("session", 3, 4)).not.toBe(0);
  expect([board.words[a + memberWord.failures], board.words[b + memberWord.failures]]).toEqual([2, 0]);
  expect([board.words[b + memberWord.outcomes], board.words[a + memberWord.outcomes]]).toEqual([0, 3]);
  expect(board.version).toBeGreaterThan(version);
  const changes: unknown[] = [];
  board.changes(b, 10, (change) => changes.push({ ...change }) > 0);
  const { available } = memberState;
  expect(changes).toEqual([{ atMs: nowMs + 1000, state: available, cause: changeCause.added, forMs: 0, text: 0 }]);
  expect([board.doubles[(b + memberWord.sinceMs) / 2], board.words[b + memberWord.state]]).toEqual([
    nowMs + 1000,
    available,
  ]);
  expect(checkBoard(board)).toEqual([]);
});

test("what is told to a row that is nobody's is not known of who gets it", () => {
  const board = SharedEgressBoard.inMemory(smallShape);
  board.adopt(["a"], nowMs);
  const row = board.memberOf("a");
  board.adopt([], nowMs);
  board.keep(row, { atMs: nowMs, status: 200, fault: 0, flags: 0, durationMs: 1, host: 0, key: 0 });
  board.words[row + memberWord.requests] = 5;
  board.adopt(["b"], nowMs);
  expect([board.memberOf("b"), board.words[row + memberWord.requests], board.words[row + memberWord.outcomes]]).toEqual(
    [row, 0, 0],
  );
  board.history(row, 10, () => expect.unreachable());
});

test("of who has left nothing stands in the file any more, but for texts", () => {
  const board = new BoardWorld().open();
  const { idsAt, rowsAt, textsAt } = board.parts.file.layout;
  board.adopt(["a"], nowMs);
  const row = board.memberOf("a");
  board.words.fill(77, row + memberWord.requests, row + memberWord.outcomes);
  board.words.fill(77, row + memberWord.bytesUp, row + memberWord.changes);
  board.words.fill(77, board.timesOf(row), board.timesOf(row) + memberTimesMax);
  for (let turn = 0; turn < 9; turn++) {
    board.keep(row, { atMs: nowMs, status: 200, fault: 0, flags: 0, durationMs: 1, host: 7, key: 7 });
    board.keepChange(row, { atMs: nowMs, state: 2, cause: 1, forMs: 7, text: 7 });
  }
  expect(board.words.subarray(idsAt, textsAt).some((word) => word !== 0)).toBe(true);
  board.adopt([], nowMs);
  expect(board.words.subarray(rowsAt, textsAt).some((word) => word !== 0)).toBe(false);
});

test("ids without room are answered: too many, too long, none; any text in UTF-8 is an id", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, members: 4 });
  const long = "ü".repeat(idBytesMax / 2);
  expect(board.adopt([long, "", `${long}x`, "http://ü@proxy:1"], nowMs)).toEqual(["", `${long}x`]);
  expect([board.idOf(board.memberOf(long)), board.memberOf("http://ü@proxy:1") > 0]).toEqual([long, true]);
  expect([board.memberOf("http://ö@proxy:1"), board.memberOf("http://u@proxy:1"), board.memberOf("")]).toEqual([
    0, 0, 0,
  ]);
  expect(board.adopt(["a", "b", "c", "d", "e", "f"], nowMs)).toEqual(["e", "f"]);
  expect([membersOf(board), checkBoard(board)]).toEqual([["a", "b", "c", "d"], []]);
});

test("ten thousand members come, go and are found, whatever the order", () => {
  const shape = egressShape({
    members: idsTo(10_000).map(String) as never,
    history: { entriesMax: 10, changesMax: 2 },
    session: null,
    users: 0,
  });
  const board = SharedEgressBoard.inMemory({ ...shape, members: 16_384 });
  const prng = new Prng(5);
  for (let turn = 0; turn < 4; turn++) {
    const ids = idsTo(20_000).filter(() => prng.below(2) === 0);
    expect(board.adopt(ids, nowMs)).toEqual([]);
    expect(ids.every((id) => board.idOf(board.memberOf(id)) === id)).toBe(true);
    expect([board.figures().members, board.memberOf("10.9.9.9"), checkBoard(board)]).toEqual([ids.length, 0, []]);
  }
});

test("a record is found by both of its words, made when it is taken, and forgotten when it is dropped", () => {
  const board = SharedEgressBoard.inMemory(smallShape);
  for (const kind of ["host", "session", "user"] as RecordKind[]) {
    expect(board.find(kind, 5, 6)).toBe(0);
    board.open();
    const record = board.take(kind, 5, 6, nowMs);
    expect([board.take(kind, 5, 6, nowMs), board.find(kind, 5, 6), board.find(kind, 6, 5)]).toEqual([
      record,
      record,
      0,
    ]);
    expect(board.find(kind, -5, 6)).toBe(0);
    board.words[record + recordWord.failures] = 3;
    board.drop(kind, record);
    expect([board.find(kind, 5, 6), board.count(kind)]).toEqual([0, 0]);
    expect(board.words[board.take(kind, 5, 6, nowMs) + recordWord.failures]).toBe(0);
    board.close();
  }
  expect(checkBoard(board)).toEqual([]);
});

test("what was not used longest makes room, but not what is in flight, and what cools down only where nothing else can", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, pairs: 4 });
  board.adopt(["a"], nowMs);
  const row = board.memberOf("a");
  board.open();
  const pairs = [1, 2, 3, 4].map((host) => board.take("pair", row, host, nowMs + host * 1000));
  board.words[pairs[0]! + recordWord.state] = memberState.coolingDown;
  board.doubles[(pairs[0]! + recordWord.untilMs) / 2] = nowMs + 1e6;
  const leases = [board.hold(row, pairs[1]!), board.hold(row, pairs[3]!)];
  const hosts = (): number[] => [1, 2, 3, 4, 5, 6, 7].filter((host) => board.find("pair", row, host) !== 0);
  board.take("pair", row, 5, nowMs + 9000);
  expect(hosts()).toEqual([1, 2, 4, 5]);
  leases.push(board.hold(row, board.find("pair", row, 5)));
  board.take("pair", row, 6, nowMs + 9000);
  expect(hosts()).toEqual([2, 4, 5, 6]);
  leases.push(board.hold(row, board.find("pair", row, 6)));
  expect([board.take("pair", row, 7, nowMs), board.figures().records.pair]).toEqual([
    0,
    { count: 4, evictions: 2, refusals: 1 },
  ]);
  // In flight it stays, and knows nothing.
  board.words[pairs[1]! + recordWord.failures] = 5;
  board.drop("pair", pairs[1]!);
  expect([hosts(), board.words[pairs[1]! + recordWord.failures]]).toEqual([[2, 4, 5, 6], 0]);
  board.close();
  for (const lease of leases) board.letGo(lease);
  expect(checkBoard(board)).toEqual([]);
});

test("what has a turn still to come makes room only where nothing else can", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, pairs: 4 });
  board.adopt(["a"], nowMs);
  const row = board.memberOf("a");
  board.open();
  const pairs = [1, 2, 3, 4].map((host) => board.take("pair", row, host, nowMs + host * 1000));
  for (const at of [0, 1, 3]) board.doubles[(pairs[at]! + recordWord.atMs) / 2] = nowMs + 60_000;
  const hosts = (): number[] => [1, 2, 3, 4, 5, 6].filter((host) => board.find("pair", row, host) !== 0);
  board.take("pair", row, 5, nowMs + 9000);
  expect(hosts()).toEqual([1, 2, 4, 5]);
  board.doubles[(board.find("pair", row, 5) + recordWord.atMs) / 2] = nowMs + 60_000;
  board.take("pair", row, 6, nowMs + 9000);
  expect(hosts()).toEqual([2, 4, 5, 6]);
  // It is over: the one that was not used for longest goes.
  board.take("pair", row, 1, nowMs + 61_000);
  expect(hosts()).toEqual([1, 4, 5, 6]);
  board.close();
});

test("who is taken again is used, and stays", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, users: 2 });
  board.open();
  for (const user of [1, 2]) board.take("user", user, 0, nowMs);
  board.take("user", 1, 0, nowMs + 5000);
  board.take("user", 3, 0, nowMs + 6000);
  board.close();
  expect([1, 2, 3].map((user) => board.find("user", user, 0) !== 0)).toEqual([true, false, true]);
});

test("there is always one that makes room, wherever it is", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, hosts: 1025 });
  board.open();
  for (let host = 1; host <= 5000; host++)
    expect(board.take("host", host, host, nowMs + host * 1000)).toBeGreaterThan(0);
  board.close();
  expect([board.figures().records.host.refusals, board.count("host"), checkBoard(board)]).toEqual([0, 1025, []]);
});

test("records that come and go without order are all found, for as long as they are there", () => {
  const board = SharedEgressBoard.inMemory({ ...smallShape, hosts: 2000 });
  const prng = new Prng(3);
  const known = new Map<number, number>();
  board.open();
  for (let turn = 0; turn < 20_000; turn++) {
    const name = 1 + prng.below(1000);
    if (prng.below(3) === 0 && known.has(name)) {
      board.drop("host", board.find("host", name, name * 7));
      known.delete(name);
    } else {
      known.set(name, turn);
      board.words[board.take("host", name, name * 7, nowMs) + recordWord.requests] = turn;
    }
  }
  board.close();
  // Half of the cells are free, so hardly any set was full.
  expect(board.figures().records.host.evictions).toBe(0);
  for (let name = 1; name <= 1000; name++) {
    const record = board.find("host", name, name * 7);
    expect(record === 0 ? undefined : board.words[record + recordWord.requests]).toBe(known.get(name));
  }
  expect([board.count("host"), checkBoard(board)]).toEqual([known.size, []]);
});

test("turns go round over all processes", () => {
  const world = new BoardWorld();
  const [one, other] = [world.open(), world.open()];
  expect([one.nextTurn(), other.nextTurn(), one.nextTurn()]).toEqual([0, 1, 2]);
});

test("who lives and does not let go of the lock is waited for, and then done without", () => {
  const world = new BoardWorld();
  const [stuck, other] = [world.open(), world.open()];
  other.adopt(["a"], nowMs);
  stuck.open();
  expect([other.open(), other.adopt(["b"], nowMs), other.textOf("new")]).toEqual([false, ["b"], 0]);
  expect([other.memberOf("a") > 0, other.figures().timeouts]).toEqual([true, 3]);
  stuck.close();
  expect([other.adopt(["b"], nowMs), other.textOf("new") > 0]).toEqual([[], true]);
});

test("bytes that are no board, or one of another shape or cut short, are told apart", () => {
  const bytes = new Uint8Array(SharedEgressBoard.bytesFor(smallShape));
  expect([SharedEgressBoard.isFormatted(bytes, smallShape), SharedEgressBoard.shapeIn(bytes)]).toEqual([false, null]);
  SharedEgressBoard.format(bytes, smallShape, 4);
  expect(SharedEgressBoard.isFormatted(bytes, smallShape)).toBe(true);
  expect(SharedEgressBoard.isFormatted(bytes, { ...smallShape, users: 9 })).toBe(false);
  expect([SharedEgressBoard.shapeIn(bytes), SharedEgressBoard.shapeIn(bytes.subarray(0, 90_000))]).toEqual([
    smallShape,
    null,
  ]);
  expect(() => SharedEgressBoard.format(new Uint8Array(10_000), smallShape, 4)).toThrow("needs");
});

/** Of a system's page. */
const pageBytes = 4096;

function touchedPages(bytes: Uint8Array): number {
  const words = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
  let pages = 0;
  for (let at = 0; at < words.length; at += pageBytes / 8)
    for (let word = at; word < at + pageBytes / 8; word++)
      if (words[word] !== 0n) {
        pages++;
        break;
      }
  return pages;
}

test("300 members with a thousand outcomes and changes each, texts without end, and four hosts each, take less than 10 MiB in all", () => {
  const ids = idsTo(300);
  const shape = egressShape({
    members: ids as never,
    history: { entriesMax: 1000, changesMax: 1000 },
    session: null,
    users: 0,
  });
  const bytes = new Uint8Array(SharedEgressBoard.bytesFor(shape));
  SharedEgressBoard.format(bytes, shape, 12_345);
  const owner = { id: 1, startedAt: 0, isAlive: () => true, relax: () => {} };
  const board = new SharedEgressBoard(bytes, "scrape", owner);
  board.adopt(ids, nowMs);
  let text = 0;
  for (const id of ids) {
    const row = board.memberOf(id);
    for (let entry = 0; entry < 1003; entry++) {
      const key = entry % 10 === 0 ? board.textOf(`a key as long as clients like to make them ${text++}`) : 0;
      board.keep(row, { atMs: nowMs + entry, status: 200, fault: 0, flags: 0, durationMs: entry, host: key, key });
      board.keepChange(row, { atMs: nowMs + entry * 1000, state: 1, cause: 6, forMs: 0, text: key });
    }
    board.open();
    const pair = board.take("pair", row, 77, nowMs);
    board.close();
    board.hold(row, pair);
  }
  board.open();
  for (let host = 1; host <= 20; host++) board.take("host", host, 1, nowMs);
  const takePairs = (count: number): void => {
    for (let host = 78; board.count("pair") < count; host++)
      for (const id of ids.slice(0, 100)) board.take("pair", board.memberOf(id), host, nowMs);
  };
  takePairs(4 * shape.members);
  board.close();
  expect(text).toBeGreaterThan(3 * shape.texts);
  for (const id of ids) {
    let entries = 0;
    board.history(board.memberOf(id), 2000, ({ atMs }) => atMs === nowMs + 1002 - entries++);
    expect(entries).toBe(1000);
  }
  // Rings: 2345 pages; texts: 64; rows and ids: 20; 2048 pairs: 80; 20 hosts, cells, leases, index, owners and header: 25.
  const pages = touchedPages(bytes);
  expect([pages, pages * pageBytes]).toEqual([2534, 10_379_264]);
  expect(pages * pageBytes).toBeLessThan(10 * 2 ** 20);
  // All pairs that there is room for: 160 bytes each, some of them in pages that are there.
  board.open();
  takePairs(shape.pairs);
  board.close();
  expect(touchedPages(bytes) - pages).toBeLessThanOrEqual((12 * shape.members * 160) / pageBytes);
});

test("ten thousand members that nothing has happened to take less than 4 MiB: of their rings the pages with their first changes", () => {
  const ids = idsTo(10_000);
  const shape = egressShape({
    members: ids as never,
    history: { entriesMax: 1, changesMax: 100 },
    session: null,
    users: 0,
  });
  const bytes = new Uint8Array(SharedEgressBoard.bytesFor(shape));
  SharedEgressBoard.format(bytes, shape, 12_345);
  const owner = { id: 1, startedAt: 0, isAlive: () => true, relax: () => {} };
  const board = new SharedEgressBoard(bytes, "crawl", owner);
  board.adopt(ids, nowMs);
  // Rows: 313 pages; ids: 313; changes: 118; the index: 32 of two; header and owners: 3.
  const { changesAt, textsAt } = board.parts.file.layout;
  expect(touchedPages(bytes.subarray(changesAt * 4, textsAt * 4))).toBe(118);
  expect(touchedPages(bytes) * pageBytes).toBeLessThan(4 * 2 ** 20);
  // And what is said is there, to the last.
  const found: number[] = [];
  board.changes(board.memberOf(ids.at(-1)!), 10, ({ cause }) => found.push(cause) > 0);
  expect(found).toEqual([changeCause.added]);
});

test("an index without an end, as garbage has none, is looked through once", () => {
  const board = SharedEgressBoard.inMemory(smallShape);
  const { indexAt, indexCells } = board.parts.file.layout;
  board.words.fill(-1, indexAt, indexAt + 2 * indexCells);
  expect(board.memberOf("a")).toBe(0);
});
