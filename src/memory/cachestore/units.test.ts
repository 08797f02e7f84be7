import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { CacheStore } from "../cachestore.ts";
import { checkStore } from "./check.fixture.ts";
import { classes, extentUnitsMax, shardWord, unitWords } from "./layout.ts";
import { classOf, ownsPages, toPageEnd } from "./units.ts";

/** What is taken where there is room for all that is asked for. */
const enoughFor = (wanted: number): number => (ownsPages(wanted) ? toPageEnd(wanted) : wanted);

function open(bytesMax: number): CacheStore["parts"] & { store: CacheStore } {
  const store = CacheStore.inMemory({ bytesMax, objectBytesMax: 2 ** 18, policy: "lru" });
  store.parts.shard.open(0);
  return { ...store.parts, store };
}

test.each([1, 2, 3, 4, 5])("extents never overlap, and what is given back is one again, seed %d", (seed) => {
  const { units, shard, store } = open(2 ** 20 + seed * 4321);
  const prng = new Prng(seed);
  const total = shard.layout.units;
  const owners = new Int32Array(total);
  const taken: [unit: number, units: number][] = [];
  for (let step = 1; step < 3000; step++) {
    if (prng.below(5) < 3) {
      const wanted = 1 + prng.below(prng.below(3) === 0 ? extentUnitsMax : 12);
      const least = 1 + prng.below(wanted);
      const address = units.take(wanted, least);
      if (address === 0) continue;
      const unit = (address - shard.unitsAt) / unitWords;
      expect([units.given <= enoughFor(wanted), units.given >= least]).toEqual([true, true]);
      if (ownsPages(units.given)) expect([(address * 4) % 4096, units.given % 8]).toEqual([0, 0]);
      for (let index = unit; index < unit + units.given; index++) {
        expect([step, owners[index]]).toEqual([step, 0]);
        owners[index] = step;
      }
      taken.push([unit, units.given]);
    } else if (taken.length > 0) {
      const [unit, count] = taken.splice(prng.below(taken.length), 1)[0]!;
      owners.fill(0, unit, unit + count);
      units.give(shard.unitsAt + unit * unitWords, count);
    }
    const free = owners.reduce((sum, owner) => sum + (owner === 0 ? 1 : 0), 0);
    expect(shard.words[shard.at + shardWord.freeUnits]).toBe(free);
  }
  for (const [unit, count] of taken) units.give(shard.unitsAt + unit * unitWords, count);
  shard.close();
  expect(checkStore(store)).toEqual([]);
  // As many of the largest as there is room for.
  shard.open(0);
  for (let count = 0; count < Math.floor(total / extentUnitsMax); count++)
    expect(units.take(extentUnitsMax, extentUnitsMax)).not.toBe(0);
  expect(units.take(extentUnitsMax, extentUnitsMax)).toBe(0);
});

test("of what is asked for nothing more is taken, and less only down to the least", () => {
  const { units, shard } = open(2 ** 20);
  const { words, at } = shard;
  const free = words[at + shardWord.freeUnits]!;
  units.take(24, 24);
  expect([units.given, words[at + shardWord.freeUnits]]).toEqual([24, free - 24]);
  while (units.take(256, 256) !== 0);
  const rest = (free - 24) % 256;
  expect([units.take(256, rest + 1), units.take(256, rest) === 0, units.given]).toEqual([0, false, rest]);
});

test("a long extent begins with a page and is whole pages, and what a free run has before that stays free", () => {
  const { units, shard, store } = open(2 ** 20);
  const { words, at } = shard;
  const free = words[at + shardWord.freeUnits]!;
  const small = units.take(3, 3);
  const long = units.take(201, 201);
  expect([units.given, (long * 4) % 4096, long - small]).toEqual([208, 0, 8 * unitWords]);
  expect(words[at + shardWord.freeUnits]).toBe(free - 3 - 208);
  const other = units.take(5, 5);
  expect([other - small, units.given]).toEqual([3 * unitWords, 5]);
  expect([units.take(63, 63) - long, units.given]).toEqual([208 * unitWords, 63]);
  for (const [address, count] of [
    [long, 208],
    [small, 3],
    [other, 5],
    [long + 208 * unitWords, 63],
  ] as const)
    units.give(address, count);
  shard.close();
  expect([words[at + shardWord.freeUnits], checkStore(store)]).toEqual([free, []]);
});

test("where a run is long enough, but not from a page on, another is taken or the extent is short", () => {
  const { units, shard } = open(2 ** 20);
  // One run of 70 units that begins behind a page's first, and nothing else.
  const first = units.take(1, 1);
  const run = units.take(63, 63);
  const more = units.take(7, 7);
  while (units.take(1, 1) !== 0);
  units.give(run, 63);
  units.give(more, 7);
  expect([run - first, more - run]).toEqual([unitWords, 63 * unitWords]);
  expect(units.take(64, 64)).toBe(0);
  expect([units.take(100, 10), units.given]).toEqual([run, 63]);
  units.give(run, 63);
  units.give(first, 1);
  expect([units.take(64, 64), units.given, shard.words[shard.at + shardWord.freeUnits]]).toEqual([first, 64, 7]);
});

test("every length has a list, and a longer one never one before it", () => {
  let former = 0;
  for (let length = 1; length < 3_000_000; length += 1 + (length >> 6)) {
    const list = classOf(length);
    expect([list >= former, list < classes]).toEqual([true, true]);
    former = list;
  }
  expect([classOf(1), classOf(32), classOf(33), classOf(2 ** 20), classOf(3_000_000)]).toEqual([0, 31, 32, 152, 152]);
});

test("whatever the size, what is left over is less than one more would take", () => {
  for (const size of [1, 3, 10, 33, 100, 257]) {
    const { units, shard } = open(2 ** 21);
    const prng = new Prng(size);
    const taken: number[] = [];
    for (let address = units.take(size, size); address !== 0; address = units.take(size, size)) taken.push(address);
    const whole = enoughFor(size);
    // Others of that size take the place of those that go, wherever they stood.
    for (let step = 0; step < 500; step++) {
      units.give(taken.splice(prng.below(taken.length), 1)[0]!, whole);
      taken.push(units.take(size, size));
    }
    expect(shard.words[shard.at + shardWord.freeUnits]).toBeLessThan(whole);
    expect(taken).not.toContain(0);
  }
});
