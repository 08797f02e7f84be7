import { expect, test } from "bun:test";
import { Prng } from "../base/prng.ts";
import { HashRing } from "./hashring.ts";

const idsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `pool/10.0.0.${index}:80`);
const equal = (ids: readonly string[]): number[] => ids.map(() => 1);
const keys = ((prng) => Array.from({ length: 40_000 }, () => prng.u32()))(new Prng(9));

function ownerId(ring: HashRing, ids: readonly string[], key: number): string {
  return ids[ring.ownerAt(ring.positionOf(key))]!;
}

function shares(ids: readonly string[], weights: readonly number[]): number[] {
  const ring = new HashRing(ids, weights);
  const counts = ids.map(() => 0);
  for (const key of keys) counts[ring.ownerAt(ring.positionOf(key))]! += 1 / keys.length;
  return counts;
}

test("removing one of n servers moves its own keys and no others", () => {
  const ids = idsOf(10);
  const left = ids.filter((_, index) => index !== 4);
  const before = new HashRing(ids, equal(ids));
  const after = new HashRing(left, equal(left));
  let moved = 0;
  for (const key of keys) {
    const owner = ownerId(before, ids, key);
    if (owner === ids[4]) moved++;
    else expect(ownerId(after, left, key)).toBe(owner);
  }
  expect(Math.abs(moved / keys.length - 0.1)).toBeLessThan(0.03);
});

test("the keys of a removed server spread over all that are left", () => {
  const ids = idsOf(6);
  const left = ids.slice(1);
  const before = new HashRing(ids, equal(ids));
  const after = new HashRing(left, equal(left));
  const heirs = new Map<string, number>();
  for (const key of keys)
    if (ownerId(before, ids, key) === ids[0]) {
      const heir = ownerId(after, left, key);
      heirs.set(heir, (heirs.get(heir) ?? 0) + 1);
    }
  expect(heirs.size).toBe(5);
  const total = [...heirs.values()].reduce((sum, count) => sum + count, 0);
  for (const count of heirs.values()) expect(count / total).toBeGreaterThan(0.1);
});

test("the order of the servers in the config does not matter", () => {
  const ids = idsOf(50);
  const turned = [...ids].reverse();
  const one = new HashRing(ids, equal(ids));
  const other = new HashRing(turned, equal(turned));
  for (const key of keys) expect(ownerId(other, turned, key)).toBe(ownerId(one, ids, key));
});

test("equal weights get equal shares and others get theirs", () => {
  for (const share of shares(idsOf(10), equal(idsOf(10)))) expect(Math.abs(share - 0.1)).toBeLessThan(0.025);
  const [one, two, five] = shares(idsOf(3), [1, 2, 5]);
  expect(Math.abs(one! - 1 / 8)).toBeLessThan(0.03);
  expect(Math.abs(two! - 2 / 8)).toBeLessThan(0.04);
  expect(Math.abs(five! - 5 / 8)).toBeLessThan(0.05);
});

test("changing one weight moves keys only to or from that server", () => {
  const ids = idsOf(8);
  const before = new HashRing(ids, equal(ids));
  const after = new HashRing(
    ids,
    ids.map((_, index) => (index === 3 ? 2 : 1)),
  );
  for (const key of keys) {
    const [from, to] = [ownerId(before, ids, key), ownerId(after, ids, key)];
    if (from !== to) expect(to).toBe(ids[3]!);
  }
});

test("enormous weights keep the ring within its bound and their shares", () => {
  const ids = idsOf(3);
  expect(new HashRing(ids, [1_000_000, 2_000_000, 1]).size).toBeLessThanOrEqual(1 << 18);
  const [one, two] = shares(ids, [1_000_000, 2_000_000, 1]);
  expect(Math.abs(one! - 1 / 3)).toBeLessThan(0.02);
  expect(Math.abs(two! - 2 / 3)).toBeLessThan(0.02);
});

test("positions are found at, between and past the points", () => {
  const ids = idsOf(3);
  const ring = new HashRing(ids, equal(ids));
  expect(ring.size).toBe(480);
  expect(ring.positionOf(0)).toBe(0);
  expect(ring.positionOf(2 ** 32 - 1)).toBe(0);
  expect(ring.next(479)).toBe(0);
  let last = 0;
  for (const key of [...keys].sort((a, b) => a - b)) {
    const position = ring.positionOf(key);
    expect(position >= last || position === 0).toBe(true);
    last = position;
  }
});

test("placement never changes between versions: it would empty every cache behind a ring", () => {
  const ids = ["shop/10.0.0.1:80", "shop/10.0.0.2:80", "shop/10.0.0.3:80"];
  const ring = new HashRing(ids, [1, 2, 1]);
  const owners = Array.from({ length: 32 }, (_, step) => ring.ownerAt(ring.positionOf(step * 0x0800_0000)));
  expect(owners.join("")).toBe("02001112211121101011001200222021");
});
