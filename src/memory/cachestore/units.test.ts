import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import { CacheStore } from "../cachestore.ts";
import { checkStore } from "./check.ts";
import { classes, extentUnitsMax, shardWord, unitWords } from "./layout.ts";
import { classOf } from "./units.ts";

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
      expect([units.given <= wanted, units.given >= least]).toEqual([true, true]);
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
  units.take(201, 201);
  expect([units.given, words[at + shardWord.freeUnits]]).toEqual([201, free - 201]);
  while (units.take(256, 256) !== 0);
  const rest = (free - 201) % 256;
  expect([units.take(256, rest + 1), units.take(256, rest) === 0, units.given]).toEqual([0, false, rest]);
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
    // Others of that size take the place of those that go, wherever they stood.
    for (let step = 0; step < 500; step++) {
      units.give(taken.splice(prng.below(taken.length), 1)[0]!, size);
      taken.push(units.take(size, size));
    }
    expect(shard.words[shard.at + shardWord.freeUnits]).toBeLessThan(size);
    expect(taken).not.toContain(0);
  }
});
