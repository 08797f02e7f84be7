// A process that is killed in front of any of its stores. Each operation is stopped in front of its first store, its second, …
// until it gets through; after each stop another process goes on, and control recovers: the board holds together, what is in
// flight is exactly what the living hold, and what was known of others is still known.

import { expect, test } from "bun:test";
import { changeCause, memberState, memberWord, recordWord } from "../egress.ts";
import type { SharedEgressBoard } from "../egressboard.ts";
import { Killed, MortalWords } from "../mortalwords.fixture.ts";
import { checkBoard } from "./check.fixture.ts";
import { header } from "./layout.ts";
import { BoardWorld, nowMs } from "./sample.fixture.ts";

const ids = ["a", "b", "c", "d"];

function under(board: SharedEgressBoard, act: () => void): void {
  board.open();
  act();
  board.close();
}

function outcome(status: number): Parameters<SharedEgressBoard["keep"]>[1] {
  return { atMs: nowMs, status, fault: 0, flags: 0, durationMs: 5, host: 0, key: 0 };
}

const operations: readonly { readonly name: string; readonly act: (board: SharedEgressBoard) => void }[] = [
  {
    name: "holding and letting go",
    act: (board) => {
      const lease = board.hold(board.memberOf("a"), board.find("pair", board.memberOf("a"), 1));
      board.hold(board.memberOf("b"), 0);
      board.letGo(lease);
    },
  },
  {
    name: "taking, until others make room",
    act: (board) =>
      under(board, () => {
        for (let host = 0; host < 30; host++) board.take("pair", board.memberOf("c"), host, nowMs);
      }),
  },
  {
    name: "dropping",
    act: (board) =>
      under(board, () => {
        for (const host of [1, 2]) board.drop("pair", board.find("pair", board.memberOf("b"), host));
        board.drop("pair", board.find("pair", board.memberOf("a"), 1));
        board.drop("session", board.find("session", 5, 5));
      }),
  },
  { name: "adopting others", act: (board) => void board.adopt(["a", "c", "e", "f", "g"], nowMs) },
  {
    name: "learning texts",
    act: (board) => {
      for (let number = 0; number < 80; number++) board.textOf(`text ${number}`);
    },
  },
  {
    name: "keeping outcomes and changes",
    act: (board) => {
      for (let turn = 0; turn < 7; turn++) board.keep(board.memberOf("a"), outcome(300 + turn));
      under(board, () => {
        const { available } = memberState;
        for (let turn = 0; turn < 6; turn++)
          board.keepChange(board.memberOf("a"), { atMs: nowMs, state: available, cause: 6, forMs: 0, text: 0 });
      });
    },
  },
  { name: "recovering", act: (board) => void board.recover() },
  {
    name: "leaving while something is held",
    act: (board) => {
      board.hold(board.memberOf("a"), 0);
      board.leave();
    },
  },
];

/** Control is process 1, what lives and holds 2, who is dead already 3, and who is to die 4. */
function settle(world: BoardWorld): { control: SharedEgressBoard; living: SharedEgressBoard; mortal: MortalWords } {
  const [control, living, dead] = [world.open(), world.open(), world.open()];
  control.adopt(ids, nowMs);
  under(living, () => {
    for (const id of ids) for (const host of [1, 2]) living.take("pair", living.memberOf(id), host, nowMs - 9000);
    living.words[living.take("session", 5, 5, nowMs) + recordWord.state] = 1 + living.memberOf("b");
    living.hold(living.memberOf("a"), living.find("pair", living.memberOf("a"), 1));
    for (const [index, id] of ids.entries()) living.words[living.memberOf(id) + memberWord.failures] = 10 + index;
  });
  for (let turn = 0; turn < 3; turn++) living.keep(living.memberOf("a"), outcome(200 + turn));
  dead.hold(dead.memberOf("a"), 0);
  dead.hold(dead.memberOf("c"), dead.find("pair", dead.memberOf("c"), 2));
  world.kill(3);
  return { control, living, mortal: new MortalWords(world.bytes) };
}

/** Answers whether it got through. */
function live(
  board: SharedEgressBoard,
  mortal: MortalWords,
  stores: number,
  act: (board: SharedEgressBoard) => void,
): boolean {
  mortal.left = stores;
  try {
    act(board);
    return true;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return false;
  } finally {
    mortal.left = Number.POSITIVE_INFINITY;
  }
}

test.each(operations)(
  "$name: stopped in front of any store, the board holds together",
  ({ act }) => {
    for (let stores = 0, isThrough = false; !isThrough; stores++) {
      const world = new BoardWorld();
      const { control, living, mortal } = settle(world);
      const board = world.open(mortal);
      isThrough = live(board, mortal, stores, act);
      world.kill(4);
      // Whoever lives goes on before anybody has recovered.
      const lease = living.hold(living.memberOf("c"), 0);
      living.textOf(`after ${stores}`);
      control.recover();
      expect([stores, control.recover()]).toEqual([stores, 0]);
      if (living.open()) living.close();
      expect([stores, settled(control), control.words[living.memberOf("a") + memberWord.active]]).toEqual([
        stores,
        [],
        1,
      ]);
      living.letGo(lease);
      expect(control.words[living.memberOf("a") + memberWord.failures]).toBe(10);
      const seen: number[] = [];
      control.history(control.memberOf("a"), 9, ({ status }) => seen.push(status) > 0);
      expect([stores, seen.every((status) => status >= 200 && status < 310)]).toEqual([stores, true]);
      // And everything can be done with it.
      expect(control.adopt(["a", "x", "y", "c"], nowMs)).toEqual([]);
      under(living, () => {
        for (let host = 50; host < 80; host++)
          expect(living.take("pair", living.memberOf("x"), host, nowMs + 60_000)).toBeGreaterThan(0);
      });
      expect([stores, checkBoard(control), control.figures().members]).toEqual([stores, [], 4]);
      expect(stores).toBeLessThan(3000);
    }
  },
  60_000,
);

/** Between a name and the index another control must come: those that are in no index yet are no problem until then. */
function settled(control: SharedEgressBoard): string[] {
  return checkBoard(control).filter((problem) => !problem.endsWith("is not found in its row"));
}

test("who takes the lock over may be killed too, at any store", () => {
  for (const operation of [1, 2, 6])
    for (let stores = 3, isThrough = false; !isThrough; stores += 5)
      for (let inherited = 0, isRecovered = false; !isRecovered; inherited += 3) {
        const world = new BoardWorld();
        const { control, mortal } = settle(world);
        isThrough = live(world.open(mortal), mortal, stores, operations[operation]!.act);
        world.kill(4);
        const heirWords = new MortalWords(world.bytes);
        const heir = world.open(heirWords);
        isRecovered = live(heir, heirWords, inherited, (board) => {
          if (board.open()) board.close();
          board.recover();
        });
        world.kill(5);
        control.recover();
        if (control.open()) control.close();
        expect([stores, inherited, checkBoard(control)]).toEqual([stores, inherited, []]);
      }
}, 60_000);

test("who held all up and died holds up nobody for longer than the next looks for the lock", () => {
  for (let stores = 0, isThrough = false; !isThrough; stores++) {
    const world = new BoardWorld();
    const { living, mortal } = settle(world);
    const board = world.open(mortal);
    isThrough = live(board, mortal, stores, (dying) => void dying.recover());
    world.kill(4);
    const lease = living.hold(living.memberOf("d"), 0);
    if (living.open()) living.close();
    living.letGo(lease);
    expect([stores, lease >= 0, living.words[header.halt], living.figures().timeouts]).toEqual([stores, true, 0, 0]);
    expect(living.words[living.memberOf("d") + memberWord.active]).toBe(0);
  }
});

test("a state that was half written ends: nothing is out for ever", () => {
  const world = new BoardWorld();
  const { control, living } = settle(world);
  const [a, b, c] = ["a", "b", "c"].map((id) => living.memberOf(id)) as [number, number, number];
  const pair = living.find("pair", a, 1);
  living.open();
  living.words[a + memberWord.state] = memberState.coolingDown;
  living.words[pair + recordWord.state] = memberState.coolingDown;
  living.words[b + memberWord.state] = memberState.banned;
  living.words[c + memberWord.state] = memberState.coolingDown;
  living.doubles[(c + memberWord.untilMs) / 2] = nowMs + 1000;
  living.words[c + memberWord.timesCount] = 1000;
  const { version } = control;
  world.kill(2);
  control.open();
  control.close();
  expect([a, b, c].map((row) => control.words[row + memberWord.state])).toEqual([
    memberState.available,
    memberState.banned,
    memberState.coolingDown,
  ]);
  expect(control.words[pair + recordWord.state]).toBe(memberState.available);
  expect(control.words[c + memberWord.timesCount]).toBe(0);
  expect([control.words[a + memberWord.cause], control.figures().repairs]).toEqual([changeCause.added, 1]);
  expect(control.version).toBeGreaterThan(version);
});

test("an operation of our own that threw leaves no lock behind that the next would wait for", () => {
  const world = new BoardWorld();
  const { control } = settle(world);
  control.open();
  // It threw here.
  expect([control.open(), control.figures().repairs]).toEqual([true, 1]);
  control.close();
  expect(control.words[header.lock]).toBe(0);
});
