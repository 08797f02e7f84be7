// A process that is killed in front of any store leaves the table as it was or as it was to be. Each operation is stopped in
// front of its first store, its second, … until it gets through; after each stop another process finds the table and recovers.

import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { Killed, MortalWords } from "../mortalwords.fixture.ts";
import { type Owner, yieldingRounds } from "../owners.ts";
import { SharedWords } from "../sharedwords.ts";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";
import { bytesOf, formatTable, layoutOf, shardWord } from "./layout.ts";
import { listRows, removeAll, removeKey } from "./rows.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 6,
  expireMs: 10_000,
  isEvicting: true,
  share: null,
  store: [
    "gpc0",
    "gpc0_rate(10s)",
    "conn_cnt",
    "conn_cur",
    "conn_rate(10s)",
    "http_req_cnt",
    "http_req_rate(10s)",
    "tokens(3,1s)",
  ],
};
const start = 1_000_000;
const now = start + 5000;

/** One file and the processes that have it open. */
class World {
  readonly bytes: Uint8Array;
  readonly alive = new Set<number>();
  #ids = 0;

  constructor() {
    const room = { owners: 6, holds: 16 };
    this.bytes = new Uint8Array(bytesOf(layoutOf(plan, room)));
    formatTable(this.bytes, plan, 99, room);
  }

  open(words: SharedWords = new SharedWords(this.bytes)): StickTable {
    const id = ++this.#ids;
    this.alive.add(id);
    const owner: Owner = {
      id,
      startedAt: 7 * id,
      isAlive: (other, at) => at === 7 * other && this.alive.has(other),
      relax() {},
    };
    return new StickTable(this.bytes, plan, owner, words);
  }

  /** A process that does this and is killed in front of its n-th store from then on. Answers whether it got through. */
  live(storesMax: number, act: (table: StickTable) => void, isLeftAlive = false): boolean {
    const words = new MortalWords(this.bytes);
    const table = this.open(words);
    words.left = storesMax;
    try {
      act(table);
      return true;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      return false;
    } finally {
      if (!isLeftAlive) this.alive.clear();
    }
  }
}

function lay(table: StickTable, key: number): StickTable {
  table.key.setInteger(key);
  return table;
}

/** Clients 1 to 4, each used a second after the other; 3 is held by a process that is dead. */
function settle(world: World): void {
  world.live(Number.POSITIVE_INFINITY, (table) => {
    for (let key = 1; key <= 4; key++) lay(table, key).add(0, 0, key, start + key * 1000);
    lay(table, 3).track(start + 4500);
    for (let key = 5; key <= 5; key++) {
      lay(table, key).add(0, 0, 1, start + 4600);
      removeKey(table, start + 4600);
    }
  });
}

/** The table as everybody sees it, once the dead have been recovered. */
function seen(table: StickTable): string {
  const { rows } = listRows(table, now, { cursor: 0, rowsMax: 100, looksMax: 100 });
  return JSON.stringify([...rows].sort((one, other) => Number(one.key) - Number(other.key)));
}

interface Operation {
  readonly name: string;
  readonly act: (table: StickTable) => void;
  /** What can be seen when it is stopped: before, after, and what lies between where it is done in steps. */
  readonly states: number;
}

const operations: readonly Operation[] = [
  { name: "adding to an entry that is there", act: (table) => lay(table, 2).add(0, 0, 1, now), states: 2 },
  { name: "adding to the newest", act: (table) => lay(table, 3).add(0, 0, 1, now), states: 2 },
  { name: "adding to an entry that is not there", act: (table) => lay(table, 9).add(0, 0, 1, now), states: 3 },
  { name: "clearing", act: (table) => lay(table, 2).clear(0, 0, now), states: 2 },
  { name: "assigning a rate", act: (table) => lay(table, 2).assign(1, 0, 5, now), states: 2 },
  { name: "taking a token", act: (table) => lay(table, 1).take(7, 1, now), states: 2 },
  { name: "tracking what is there", act: (table) => lay(table, 1).track(now), states: 2 },
  { name: "tracking what is not there", act: (table) => lay(table, 9).track(now), states: 3 },
  {
    name: "tracking, noting and letting go",
    act: (table) => {
      const hold = lay(table, 1).track(now);
      table.note(hold, "request", 1, now);
      table.untrack(hold, now + 3000);
    },
    states: 4,
  },
  {
    name: "starting an expired entry anew",
    act: (table) => lay(table, 1).add(0, 0, 1, start + 11_500),
    // Freed, made, counted.
    states: 4,
  },
  {
    name: "filling the table until others make room",
    act: (table) => {
      for (let key = 20; key < 24; key++) lay(table, key).add(0, 0, 1, now + key);
    },
    // Four creations, four counts, two evictions.
    states: 11,
  },
  { name: "removing", act: (table) => removeKey(lay(table, 2), now), states: 2 },
  // Three go, and of the one that is held four columns are cleared.
  { name: "removing all", act: (table) => removeAll(table), states: 8 },
  { name: "sweeping", act: (table) => table.sweep(start + 12_500, 100), states: 3 },
  { name: "recovering", act: (table) => table.recover(), states: 1 },
  {
    name: "closing while something is held",
    act: (table) => {
      lay(table, 1).track(now);
      lay(table, 2).track(now);
      table.close();
    },
    states: 3,
  },
];

test.each(operations)("$name: stopped in front of any store, it is as before or as after", ({ act, states }) => {
  const met: string[] = [];
  for (let stores = 0, isThrough = false; !isThrough; stores++) {
    const world = new World();
    settle(world);
    isThrough = world.live(stores, act);
    const heir = world.open();
    heir.recover();
    expect([stores, checkTable(heir)]).toEqual([stores, []]);
    const rows = seen(heir);
    expect(rows).not.toContain('"refs":1');
    expect(rows).not.toContain('"conn_cur":1');
    if (met.at(-1) !== rows) met.push(rows);
    // Never back to what was before.
    expect(new Set(met).size).toBe(met.length);
    // And everything can be done with it.
    for (let key = 30; key < 60; key++) expect(lay(heir, key).add(0, 0, 1, now + 9000)).toBe(1);
    expect(checkTable(heir)).toEqual([]);
    expect(stores).toBeLessThan(500);
  }
  expect(met).toHaveLength(states);
});

test("who takes a lock over may be killed too, at any store", () => {
  for (const { act } of [operations[2]!, operations[6]!])
    for (let stores = 0, isThrough = false; !isThrough; stores++)
      for (let inherited = 0, isRecovered = false; !isRecovered; inherited++) {
        const world = new World();
        settle(world);
        isThrough = world.live(stores, act);
        isRecovered = world.live(inherited, (table) => {
          lay(table, 4).add(0, 0, 1, now);
          table.recover();
        });
        const heir = world.open();
        heir.recover();
        expect([stores, inherited, checkTable(heir)]).toEqual([stores, inherited, []]);
        expect(seen(heir)).not.toContain('"refs":1');
      }
}, 60_000);

test("who only wants its entry takes over the lock of the dead, without recovering anything else", () => {
  const world = new World();
  settle(world);
  world.live(1, (table) => lay(table, 1).track(now));
  const heir = world.open();
  expect(heir.parts.memory.words[heir.parts.layout.shardsAt + shardWord.lock]).not.toBe(0);
  expect(lay(heir, 1).add(0, 0, 1, now)).toBe(2);
  expect(heir.figures().timeouts).toBe(0);
});

test("who lives and does not let go is waited for, and then the call answers as if there were no room", () => {
  const world = new World();
  settle(world);
  let relaxed = 0;
  const stuck = world.open();
  const other = new StickTable(world.bytes, plan, {
    id: 77,
    startedAt: 1,
    isAlive: () => true,
    relax: () => void relaxed++,
  });
  const hold = lay(other, 2).track(now);
  stuck.parts.journal.lock(0);
  lay(other, 1);
  expect([other.add(0, 0, 1, now), other.has(now), other.track(now)]).toEqual([NaN, false, 0]);
  expect([other.read(0, 0, now), other.take(7, 1, now), other.sweep(now + 99_000, 10)]).toEqual([0, 0, 0]);
  expect(other.readOf(hold, 4, 0, now)).toBeNaN();
  // One word needs no lock.
  expect(other.readOf(hold, 0, 0, now)).toBe(2);
  expect(other.figures().timeouts).toBeGreaterThan(5);
  expect(relaxed).toBeGreaterThan(yieldingRounds);
  relaxed = 0;
  other.add(0, 0, 1, now);
  // It has waited in vain before.
  expect(relaxed).toBeLessThan(100);
  // What could not be let go of is, with the next.
  other.untrack(hold, now);
  stuck.parts.journal.unlock(0);
  expect(other.read(3, 0, now)).toBe(0);
  lay(other, 2);
  expect(other.read(3, 0, now)).toBe(1);
  other.untrack(lay(other, 1).track(now), now);
  lay(other, 2);
  expect(other.read(3, 0, now)).toBe(0);
});

test("who lives and stands still for half a second costs no count", () => {
  const world = new World();
  settle(world);
  const holder = world.open();
  let sleeps = 0;
  const waiting = new StickTable(world.bytes, plan, {
    id: 77,
    startedAt: 1,
    isAlive: () => true,
    relax: (round) => {
      if (round >= yieldingRounds && ++sleeps === 490) holder.parts.journal.unlock(0);
    },
  });
  holder.parts.journal.lock(0);
  expect(lay(waiting, 1).add(0, 0, 1, now)).toBe(2);
  expect([sleeps, waiting.figures().timeouts]).toEqual([490, 0]);
});

test("who has waited in vain waits for everybody else as long as ever, and for that one too once the lock was free", () => {
  const world = new World();
  settle(world);
  const [stuck, busy] = [world.open(), world.open()];
  let unlocking: StickTable | null = null;
  const other = new StickTable(world.bytes, plan, {
    id: 77,
    startedAt: 1,
    isAlive: () => true,
    relax: (round) => {
      if (round === 900) unlocking?.parts.journal.unlock(0);
    },
  });
  lay(other, 1);
  const added = (holder: StickTable): number => {
    holder.parts.journal.lock(0);
    unlocking = holder;
    return other.add(0, 0, 1, now);
  };
  stuck.parts.journal.lock(0);
  expect(other.add(0, 0, 1, now)).toBeNaN();
  stuck.parts.journal.unlock(0);
  expect(added(busy)).toBe(2);
  expect(added(stuck)).toBe(3);

  unlocking = null;
  stuck.parts.journal.lock(0);
  expect(other.add(0, 0, 1, now)).toBeNaN();
  stuck.parts.journal.unlock(0);
  // Met free, without having waited.
  expect(other.add(0, 0, 1, now)).toBe(4);
  expect(added(stuck)).toBe(5);
});

test("the row of a dead owner is not freed while one who lives may still be writing out its journal", () => {
  const lockOf = (table: StickTable): number => table.parts.memory.words[table.parts.layout.shardsAt + shardWord.lock]!;
  let met = 0;
  for (let stores = 0, isThrough = false; !isThrough; stores++)
    for (let inherited = 0, isTaken = false; !isTaken; inherited++) {
      const world = new World();
      settle(world);
      isThrough = world.live(stores, (table) => lay(table, 1).track(now));
      // Stopped too, but not dead: it stands on a processor that runs something else.
      isTaken = world.live(inherited, (table) => lay(table, 2).add(0, 0, 1, now), true);
      const heir = world.open();
      const isWriting = !isTaken && (lockOf(heir) & 0xff) === 3;
      if (isWriting) met++;
      if (isWriting) expect([stores, inherited, heir.recover()]).toEqual([stores, inherited, 0]);
      world.alive.delete(3);
      expect(heir.recover()).toBeGreaterThan(0);
      expect([stores, inherited, checkTable(heir)]).toEqual([stores, inherited, []]);
    }
  expect(met).toBeGreaterThan(100);
}, 60_000);
