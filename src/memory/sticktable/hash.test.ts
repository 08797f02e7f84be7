import { expect, test } from "bun:test";
import type { TableKeyPlan, TablePlan } from "../../config/plan.ts";
import { StickHash, seededHash } from "./hash.ts";
import { bytesOf, formatTable, layoutOf, shapeOf, smallRoom } from "./layout.ts";

const words = Int32Array.from({ length: 65 }, (_, index) => Math.imul(index + 1, 0x9e3779b1));

function tableOf(key: TableKeyPlan, seed: number): { plan: TablePlan; header: Int32Array } {
  const plan: TablePlan = {
    ...{ name: "t", key, entriesMax: 1000, expireMs: 1000, isEvicting: true, share: null },
    store: ["gpc0"],
  };
  const bytes = new Uint8Array(bytesOf(layoutOf(plan, smallRoom)));
  formatTable(bytes, plan, seed, smallRoom);
  return { plan, header: new Int32Array(bytes.buffer, 0, 1024) };
}

test("entries that were laid by the other hash are found: it is what it was", () => {
  const hashes = [1, 2, 4, 17].map((count) => seededHash(words, 0, count, 12_345));
  expect(hashes).toEqual([3_403_780_961, 1_430_398_321, 3_558_270_848, 1_245_781_912]);
  expect(seededHash(words, 3, 2, -7)).toBe(3_291_443_687);
});

test("what clients choose freely is hashed by all of the seed, addresses of networks and integers by its low word", () => {
  const kinds: readonly (readonly [TableKeyPlan, boolean])[] = [
    [{ kind: "string", bytesMax: 32 }, true],
    [{ kind: "binary", bytesMax: 8 }, true],
    [{ kind: "ip", prefix6: 128 }, true],
    [{ kind: "ip", prefix6: 65 }, true],
    [{ kind: "ip", prefix6: 64 }, false],
    [{ kind: "ip", prefix6: 48 }, false],
    [{ kind: "integer" }, false],
  ];
  for (const [key, isKeyed] of kinds) {
    const [one, other] = [7, 2 ** 52 + 7].map((seed) => new StickHash(tableOf(key, seed).header));
    expect([key, one!.of(words, 0, 2, false) !== other!.of(words, 0, 2, false)]).toEqual([key, isKeyed]);
    expect(one!.of(words, 0, 2, false)).not.toBe(one!.of(words, 0, 2, true));
  }
});

// The files of both are named by their shapes: a table of addresses stays the same file over versions.
test("tables of addresses and integers have the shape of the first layout, those of texts another", () => {
  expect(shapeOf(tableOf({ kind: "ip", prefix6: 64 }, 1).plan)).toBe("e168a3d97e3000b5");
  expect(shapeOf(tableOf({ kind: "integer" }, 1).plan)).toBe("2974db9545588483");
  expect(shapeOf(tableOf({ kind: "string", bytesMax: 32 }, 1).plan)).not.toBe("9a4d08a10f7f1d8b");
});

/** Pairs of words whose differences cancel in the rounds of xxHash32 with probability 1/2 each, whatever the seed is: 2^pairs keys. */
function chosenKeys(pairs: number): Int32Array[] {
  const [prime3, prime4] = [0xc2b2ae3d | 0, 0x27d4eb2f | 0];
  let inverse = 1;
  for (let step = 0; step < 6; step++) inverse = Math.imul(inverse, 2 - Math.imul(prime3, inverse));
  const [first, second] = [Math.imul(1 << 31, inverse), Math.imul(Math.imul(1 << 16, prime4), inverse)];
  return Array.from({ length: 2 ** pairs }, (_, number) => {
    const key = words.slice(0, 2 * pairs);
    for (let pair = 0; pair < pairs; pair++) {
      if (((number >> pair) & 1) === 0) continue;
      key[2 * pair] = (key[2 * pair]! + first) | 0;
      key[2 * pair + 1] = (key[2 * pair + 1]! - second) | 0;
    }
    return key;
  });
}

test("keys that were chosen to meet in one bucket are spread as any others are", () => {
  const keys = chosenKeys(12);
  for (const seed of [1, 2 ** 40 + 12_345, 2 ** 53 - 1]) {
    const { header } = tableOf({ kind: "string", bytesMax: 95 }, seed);
    const hash = new StickHash(header);
    const hashes = new Set(keys.map((key) => hash.of(key, 0, key.length, false)));
    expect(hashes.size).toBeGreaterThan(keys.length - 10);
    const buckets = new Set(keys.map((key) => hash.of(key, 0, key.length, false) & 4095));
    // Of 4,096 keys in as many places: 63 % are taken.
    expect(buckets.size).toBeGreaterThan(2400);
    // Without the key they do meet.
    expect(new Set(keys.map((key) => seededHash(key, 0, key.length, seed))).size).toBeLessThan(500);
  }
});
