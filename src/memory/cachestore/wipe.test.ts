// What is left of a process that is killed: a lock, pins, a draft. Processes are made up here; test/stress kills real ones. At the end
// one is stopped in front of each of its stores, one after the other.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { type CacheKey, cacheState } from "../cache.ts";
import { CacheStore } from "../cachestore.ts";
import { SharedWords } from "../sharedwords.ts";
import { checkStore } from "./check.fixture.ts";
import { shardWord as S, shardWords } from "./layout.ts";
import {
  body,
  bytesOf,
  facts,
  fill,
  found,
  headOf,
  keyOf,
  put,
  read,
  StoreWorld,
  start,
  stateOf,
  TrialPages,
} from "./sample.fixture.ts";

const shape = { bytesMax: 500_000, objectBytesMax: 100_000, policy: "lru" } as const;
const none = new Uint8Array();

/** As if it had been killed in the middle of a change that left nothing as it was. */
function leaveLocked(store: CacheStore, seed: number): void {
  const prng = new Prng(seed);
  const { shard } = store.parts;
  const { words, layout } = shard;
  shard.open(0);
  // Figures that only grow are believed: they lead nowhere.
  for (let word = shard.at + S.counted; word < shard.at + shardWords; word++) words[word] = prng.u32();
  for (const word of [S.entries, S.marks, S.fetching, S.freeUnits, S.looseUnits]) words[shard.at + word] = prng.u32();
  for (let bucket = 0; bucket < layout.buckets; bucket++) words[shard.bucketsAt + bucket] = prng.u32();
}

/** The first long piece of what stands there, to a socket that has it from now on. */
function lend(store: CacheStore, key: CacheKey, pages: TrialPages): void {
  const entry = found(store, key);
  let isLent = false;
  for (let at = 0; !isLent && entry.run(at); at += entry.runEnd - entry.runStart) isLent = pages.take(entry);
  if (!isLent) throw new Error("nothing was lent");
  entry.release();
}

test("a lock that a dead process has left is taken over, and its shard is empty but for what others hold", () => {
  const world = new StoreWorld(shape);
  const [dead, one, other] = [world.open(1), world.open(2), world.open(3)];
  for (let index = 0; index < 20; index++) put(one, keyOf(`/${index}`), body(9000, index));
  put(one, keyOf("/long"), body(70_000, 77));
  const held = [found(one, keyOf("/3")), found(other, keyOf("/3")), found(other, keyOf("/long"))];
  found(dead, keyOf("/4"));
  leaveLocked(dead, 1);
  world.kill(1);
  expect([one.find(keyOf("/5"), start), one.figures().wipes, checkStore(one)]).toEqual([null, 1, []]);
  expect(one.figures()).toMatchObject({ entries: 0, fetching: 0, timeouts: 0 });
  // Nothing that comes takes the place of what is held.
  for (let index = 0; index < 60; index++) put(other, keyOf(`/new/${index}`), body(8000, index));
  expect([read(held[0]!).bytes, read(held[1]!).bytes, read(held[2]!).bytes]).toEqual([
    body(9000, 3),
    body(9000, 3),
    body(70_000, 77),
  ]);
  expect([held[0]!.isWhole, held[0]!.isBroken, headOf(held[2]!)]).toEqual([true, false, "HTTP/1.1 200 OK"]);
  for (const entry of held) entry.release();
  expect([one.recover(), checkStore(one)]).toEqual([1, []]);
  one.purge(keyOf("/new/0"), false);
  one.walk(0, 1_000_000, () => "remove");
  expect([one.figures().bytesUsed, checkStore(one)]).toEqual([0, []]);
});

test("who fills goes on when the shard is wiped, for those who read along", () => {
  const world = new StoreWorld(shape);
  const [dead, writer, reader] = [world.open(1), world.open(2), world.open(3)];
  const draft = writer.lease(keyOf("/filled"), start, 1000)!;
  draft.begin(facts, bytesOf("head"), 0, 4, none);
  draft.append(body(60_000), 0, 20_000);
  const along = found(reader, keyOf("/filled"));
  leaveLocked(dead, 2);
  world.kill(1);
  expect(reader.find(keyOf("/filled"), start)).toBeNull();
  expect([along.isBroken, draft.append(body(60_000), 20_000, 60_000)]).toEqual([false, true]);
  draft.finish();
  expect([along.isWhole, read(along).bytes, stateOf(reader, keyOf("/filled"))]).toEqual([true, body(60_000), 0]);
  along.release();
  expect([writer.figures().bytesUsed, checkStore(reader)]).toEqual([0, []]);
});

test("what no plan has any more gives its memory back, but for what is held, which goes on", () => {
  const world = new StoreWorld({ ...shape, bytesMax: 2_000_000, objectBytesMax: 300_000 });
  const pages = new TrialPages(world.bytes);
  world.pages = pages;
  const [control, worker] = [world.open(1), world.open(2)];
  for (let index = 0; index < 6; index++) put(worker, keyOf(`/${index}`), body(200_000, index));
  const held = found(worker, keyOf("/3"));
  const draft = worker.lease(keyOf("/filled"), start, 1000)!;
  draft.begin(facts, bytesOf("head"), 0, 4, none);
  draft.append(body(60_000), 0, 20_000);
  const along = found(worker, keyOf("/filled"));
  control.empty();
  expect([worker.find(keyOf("/5"), start), control.figures().entries, checkStore(control)]).toEqual([null, 0, []]);
  // All but what is held, and what its pages have beside it.
  expect(pages.detachedBytes).toBeGreaterThan(5 * 200_000 - 20_000);
  expect(draft.append(body(60_000), 20_000, 60_000)).toBe(true);
  draft.finish();
  expect([read(held).bytes, read(along).bytes]).toEqual([body(200_000, 3), body(60_000)]);
  held.release();
  along.release();
  expect([control.figures().bytesUsed, checkStore(worker)]).toEqual([0, []]);
});

test("where pages cannot be taken out of a file its room is free all the same", () => {
  const world = new StoreWorld(shape);
  const store = world.open(1);
  put(store, keyOf("/a"), body(90_000));
  store.empty();
  expect([store.figures().bytesUsed, checkStore(store), put(store, keyOf("/b"), body(90_000))]).toEqual([0, [], true]);
});

test("what a dead process held makes room again when it is recovered", () => {
  const world = new StoreWorld(shape);
  const [dead, heir] = [world.open(1), world.open(2)];
  let filled = 0;
  for (; put(dead, keyOf(`/${filled}`), body(30_000)); filled++) found(dead, keyOf(`/${filled}`));
  expect([put(heir, keyOf("/more"), body(30_000)), heir.recover()]).toEqual([false, 0]);
  world.kill(1);
  expect([heir.recover(), heir.recover(), put(heir, keyOf("/more"), body(30_000))]).toEqual([1, 0, true]);
  expect(checkStore(heir)).toEqual([]);
  const next = world.open(1);
  expect(next.parts.owners.row).toBe(0);
});

test.each(["recovered", "met"])(
  "a draft of a dead process is %s: who read along is told, and others may fetch it",
  (how) => {
    const world = new StoreWorld(shape);
    const [dead, heir] = [world.open(1), world.open(2)];
    const [leased, filled] = [keyOf("/leased"), keyOf("/filled")];
    dead.lease(leased, start, 60_000);
    const draft = dead.lease(filled, start, 60_000)!;
    draft.begin(facts, bytesOf("head"), 0, 4, none);
    draft.append(body(9000), 0, 9000);
    const [waiting, along] = [found(heir, leased), found(heir, filled)];
    expect([waiting.isBroken, along.isBroken, read(along).bytes]).toEqual([false, false, body(9000)]);
    world.kill(1);
    if (how === "recovered") expect(heir.recover()).toBe(1);
    else expect([stateOf(heir, leased, start + 30), stateOf(heir, filled, start + 30)]).toEqual([0, 0]);
    expect([waiting.isBroken, along.isBroken, along.isWhole]).toEqual([true, true, false]);
    for (const key of [leased, filled]) expect(fill(heir.lease(key, start + 30, 1000)!, "mine", body(10))).toBe(true);
    waiting.release();
    along.release();
    heir.recover();
    expect([stateOf(heir, filled), heir.figures().entries, checkStore(heir)]).toEqual([cacheState.whole, 2, []]);
  },
);

test("that a writer has died is found out by those who read along, though nobody recovers it and no time is told", () => {
  const world = new StoreWorld(shape);
  const [dead, heir] = [world.open(1), world.open(2)];
  dead.lease(keyOf("/leased"), start, 60_000);
  const waiting = found(heir, keyOf("/leased"));
  expect(waiting.isBroken).toBe(false);
  world.kill(1);
  let looks = 1;
  while (!waiting.isBroken) looks++;
  expect(looks).toBeLessThan(20);
  waiting.release();
});

test("the task of a dead process is another's", () => {
  const world = new StoreWorld(shape);
  const [dead, heir] = [world.open(1), world.open(2)];
  put(dead, keyOf("/claimed"), body(10));
  found(dead, keyOf("/claimed")).claim(start, 60_000);
  const entry = found(heir, keyOf("/claimed"));
  expect(entry.claim(start, 1000)).toBe(false);
  world.kill(1);
  expect(entry.claim(start + 30, 1000)).toBe(true);
  entry.release();
});

test("a call of our own that threw leaves a shard that the next one wipes", () => {
  const world = new StoreWorld(shape);
  const store = world.open(1);
  put(store, keyOf("/a"), body(10));
  leaveLocked(store, 3);
  expect([store.find(keyOf("/a"), start), store.figures().wipes, checkStore(store)]).toEqual([null, 1, []]);
});

test("what was lent of a shard that is wiped is taken out of the file before others stand there, but for what is held", () => {
  const world = new StoreWorld({ ...shape, bytesMax: 900_000 });
  const pages = new TrialPages(world.bytes);
  world.pages = pages;
  const [dead, heir] = [world.open(1), world.open(2)];
  for (const index of [1, 2, 3]) {
    put(heir, keyOf(`/${index}`), body(70_000, index), { bodyBytes: 70_000 });
    lend(dead, keyOf(`/${index}`), pages);
  }
  const held = found(heir, keyOf("/2"));
  leaveLocked(dead, 5);
  world.kill(1);
  expect([heir.find(keyOf("/1"), start), pages.spoilt, checkStore(heir)]).toEqual([null, 0, []]);
  for (let index = 0; index < 20; index++)
    put(heir, keyOf(`/new/${index}`), body(80_000, index), { bodyBytes: 80_000 });
  expect([pages.spoilt, read(held).bytes]).toEqual([0, body(70_000, 2)]);
  const { detachedBytes } = pages;
  held.release();
  expect([pages.detachedBytes - detachedBytes, checkStore(heir)]).toEqual([72 * 1024, []]);
});

test("where pages cannot be taken out of the file, what was lent is written over by nobody, in a wiped shard neither", () => {
  const world = new StoreWorld({ ...shape, bytesMax: 900_000 });
  const pages = new TrialPages(world.bytes);
  world.pages = pages;
  const [dead, lender] = [world.open(1), world.open(2)];
  world.pages = null;
  const heir = world.open(3);
  put(heir, keyOf("/a"), body(70_000), { bodyBytes: 70_000 });
  lend(lender, keyOf("/a"), pages);
  const { bytesUsed } = heir.figures();
  heir.purge(keyOf("/a"), false);
  expect(bytesUsed - heir.figures().bytesUsed).toBeLessThan(70_000);
  leaveLocked(dead, 6);
  world.kill(1);
  for (let index = 0; index < 20; index++) put(heir, keyOf(`/${index}`), body(80_000, index), { bodyBytes: 80_000 });
  expect([heir.figures().wipes, pages.spoilt]).toEqual([1, 0]);
});

test("who lives and does not let go makes others find and store nothing, and what could not be let go of is later", () => {
  const world = new StoreWorld(shape);
  const [stuck, other] = [world.open(1), world.open(2)];
  put(other, keyOf("/a"), body(10));
  const held = found(other, keyOf("/a"));
  const draft = other.lease(keyOf("/b"), start, 1000)!;
  stuck.parts.shard.open(0);
  expect([other.find(keyOf("/a"), start), other.lease(keyOf("/c"), start, 1), put(other, keyOf("/d"), none)]).toEqual([
    null,
    null,
    false,
  ]);
  expect(fill(draft, "head", body(10))).toBe(false);
  expect(other.walk(0, 100, () => "remove")).toBe(0);
  held.release();
  expect(other.figures().timeouts).toBeGreaterThan(4);
  stuck.parts.shard.close();
  found(other, keyOf("/a")).release();
  expect([stateOf(other, keyOf("/b")), other.figures().fetching, checkStore(other)]).toEqual([0, 0, []]);
});

test("who closes holds nothing any more, and its row is another's", () => {
  const world = new StoreWorld(shape);
  const watcher = world.open(1);
  for (let turn = 0; turn < 20; turn++) {
    const store = world.open(2 + turn);
    put(store, keyOf("/a"), body(1000));
    found(store, keyOf("/a"));
    store.lease(keyOf("/b"), start, 1000);
    store.close();
    expect([checkStore(watcher), watcher.figures().fetching]).toEqual([[], 0]);
  }
});

// ---- in front of any store ----

class Killed extends Error {}
const actual = new WeakMap<Int32Array, Int32Array>();
const { store: atomicStore, load: atomicLoad } = Atomics;
let left = Number.POSITIVE_INFINITY;

function spend(): void {
  if (left-- <= 0) throw new Killed();
}

/** Lets so many stores pass and then ends the process, as far as the cache can tell. */
class MortalWords extends SharedWords {
  override readonly words: Int32Array;
  readonly #words: Int32Array;

  constructor(bytes: Uint8Array) {
    super(bytes);
    this.#words = new Int32Array(bytes.buffer);
    this.words = new Proxy(this.#words, {
      get: (target, property) => {
        const value = Reflect.get(target, property) as unknown;
        return typeof value === "function" ? value.bind(target) : value;
      },
      set: (target, property, value: number) => {
        spend();
        target[Number(property)] = value;
        return true;
      },
    });
    actual.set(this.words, this.#words);
  }
  override put(at: number, value: number): void {
    spend();
    this.#words[at] = value;
  }
  override store(at: number, value: number): void {
    spend();
    atomicStore(this.#words, at, value);
  }
  override add(at: number, value: number): void {
    spend();
    Atomics.add(this.#words, at, value);
  }
  override exchange(at: number, expected: number, value: number): number {
    spend();
    return Atomics.compareExchange(this.#words, at, expected, value);
  }
}

type AnyAtomics = Record<string, (array: Int32Array, at: number, value?: number) => number>;

beforeAll(() => {
  const atomics = Atomics as unknown as AnyAtomics;
  atomics["store"] = (array, at, value) => {
    if (actual.has(array)) spend();
    return atomicStore(actual.get(array) ?? array, at, value!);
  };
  atomics["load"] = (array, at) => atomicLoad(actual.get(array) ?? array, at);
});
afterAll(() => Object.assign(Atomics, { store: atomicStore, load: atomicLoad }));

const operations: readonly { readonly name: string; readonly act: (store: CacheStore) => void }[] = [
  { name: "finding and letting go", act: (store) => found(store, keyOf("/2")).release() },
  { name: "finding what is not there", act: (store) => void store.find(keyOf("/none"), start) },
  { name: "storing in pieces", act: (store) => void put(store, keyOf("/new"), body(40_000)) },
  {
    name: "storing in the place of another",
    act: (store) => void put(store, keyOf("/2"), body(9000), { bodyBytes: 9000 }),
  },
  {
    name: "storing until others make room",
    act: (store) => {
      for (let index = 0; index < 8; index++) put(store, keyOf(`/more/${index}`), body(50_000), { bodyBytes: 50_000 });
    },
  },
  {
    name: "lending what is purged then",
    act: (store) => {
      const entry = found(store, keyOf("/long"));
      entry.run(0);
      entry.lend();
      store.purge(keyOf("/long"), false);
      entry.release();
    },
  },
  {
    name: "bringing up to date what others read",
    act: (store) => {
      for (let turn = 0; turn < 3; turn++) {
        const entry = found(store, keyOf("/held"));
        entry.claim(start, 1000);
        entry.freshen(facts, bytesOf("h".repeat(700 + turn)), 0, 700);
        entry.release();
      }
    },
  },
  { name: "removing what others read", act: (store) => void store.purge(keyOf("/held"), false) },
  {
    name: "marking",
    act: (store) => {
      store.markPass(keyOf("/2"), 1, start + 1000);
      store.markVary(keyOf("/3"), bytesOf("accept"));
    },
  },
  { name: "walking and removing", act: (store) => void store.walk(0, 10_000, () => "remove") },
  { name: "recovering", act: (store) => void store.recover() },
];

test.each(operations)(
  "$name: stopped in front of any store, others go on and what they hold is whole",
  ({ act }) => {
    for (let stores = 0, isThrough = false; !isThrough; stores += 1 + (stores >> 6)) {
      const world = new StoreWorld({ ...shape, bytesMax: 400_000, policy: "tinylfu" });
      const pages = new TrialPages(world.bytes);
      world.pages = pages;
      const living = world.open(1);
      for (let index = 0; index < 6; index++)
        put(living, keyOf(`/${index}`), body(20_000, index), { bodyBytes: 20_000 });
      put(living, keyOf("/held"), body(30_000, 7));
      put(living, keyOf("/long"), body(40_000, 8), { bodyBytes: 40_000 });
      lend(living, keyOf("/long"), pages);
      const held = found(living, keyOf("/held"));
      found(world.open(3), keyOf("/1"));
      world.kill(3);
      const mortal = world.open(2, new MortalWords(world.bytes));
      left = stores;
      try {
        act(mortal);
        isThrough = true;
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
      }
      left = Number.POSITIVE_INFINITY;
      world.kill(2);
      living.recover();
      expect([stores, checkStore(living), pages.spoilt]).toEqual([stores, [], 0]);
      expect([headOf(held), read(held).bytes]).toEqual(["HTTP/1.1 200 OK", body(30_000, 7)]);
      for (let index = 0; index < 6; index++) {
        const entry = living.find(keyOf(`/${index}`), start + 30);
        const sizes = [20_000, 9000, 0];
        if (entry !== null) expect([stores, sizes.includes(entry.written)]).toEqual([stores, true]);
        if (entry?.written === 20_000) expect(read(entry).bytes).toEqual(body(20_000, index));
        entry?.release();
      }
      for (let index = 0; index < 30; index++) put(living, keyOf(`/after/${index}`), body(8000, index));
      expect(read(held).bytes).toEqual(body(30_000, 7));
      held.release();
      living.walk(0, 10_000, () => "remove");
      expect([stores, living.figures().bytesUsed, checkStore(living)]).toEqual([stores, 0, []]);
      expect([stores, pages.spoilt, pages.detachedBytes > 0]).toEqual([stores, 0, true]);
      expect(stores).toBeLessThan(5000);
    }
  },
  60_000,
);

test("who is killed in the middle of a wipe leaves what has no memory yet as it was", () => {
  const large = { bytesMax: 8 * 2 ** 20, objectBytesMax: 2 ** 19, policy: "tinylfu", isShared: false } as const;
  const bytes = new Uint8Array(CacheStore.bytesFor(large));
  const fixed = CacheStore.fixedBytesFor(large);
  CacheStore.format(bytes, large, 99, false);
  const pages = new TrialPages(bytes, fixed);
  pages.pagesMax = Math.ceil((fixed + 2.5 * 2 ** 20) / 4096);
  const alive = new Set<number>();
  const open = (id: number): CacheStore => {
    alive.add(id);
    return new CacheStore(bytes, "large", { id, startedAt: 7, isAlive: (of) => alive.has(of), relax: () => {} }, pages);
  };
  const [holder, wiper, last] = [open(1), open(2), open(3)];
  for (let index = 0; index < 600; index++) put(last, keyOf(`/${index}`), body(9000, index));
  const ready = last.figures().bytesReady;
  holder.parts.shard.open(0);
  alive.delete(1);
  // It finds the lock of a dead process, wipes, and is killed behind the first of what it writes.
  const usual = Int32Array.prototype.fill;
  Int32Array.prototype.fill = function (this: Int32Array, ...all: [number, number?, number?]) {
    usual.apply(this, all);
    throw new Error("killed");
  };
  try {
    expect(() => wiper.parts.shard.open(0)).toThrow("killed");
  } finally {
    Int32Array.prototype.fill = usual;
  }
  alive.delete(2);
  for (let index = 0; index < 2000; index++) put(last, keyOf(`/${index}`), body(9000, index));
  expect(pages.overrun).toBe(0);
  expect(last.figures().bytesReady).toBe(ready);
});
