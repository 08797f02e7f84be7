import { expect, test } from "bun:test";
import { Buckets } from "./buckets.ts";

test("so many at once, then as many as come back, and it says how long to wait", () => {
  const buckets = new Buckets({ periodMs: 20, burst: 3 });
  expect([1, 2, 3, 4].map(() => buckets.take("192.0.2.1", 0))).toEqual([0, 0, 0, 20]);
  expect(buckets.take("192.0.2.1", 15)).toBe(5);
  expect(buckets.take("192.0.2.1", 20)).toBe(0);
  expect(buckets.take("192.0.2.1", 20)).toBe(20);
});

test("no more are saved up than the burst, and a clock that goes back takes none away", () => {
  const buckets = new Buckets({ periodMs: 20, burst: 2 });
  buckets.take("a", 1000);
  expect([1, 2, 3].map(() => buckets.take("a", 9_000_000))).toEqual([0, 0, 20]);
  expect(buckets.take("a", 5)).toBe(20);
});

test("asking how long it takes takes none", () => {
  const buckets = new Buckets({ periodMs: 20, burst: 1 });
  expect(buckets.wait("a", 0)).toBe(0);
  expect(buckets.take("a", 0)).toBe(0);
  expect(buckets.wait("a", 0)).toBe(20);
});

test("peers do not pay for each other, but one IPv4 address in two spellings and one /64 are one peer", () => {
  const buckets = new Buckets({ periodMs: 20, burst: 1 });
  const free = (peer: string): boolean => buckets.take(peer, 0) === 0;
  expect([free("192.0.2.1"), free("192.0.2.2"), free("::ffff:192.0.2.1")]).toEqual([true, true, false]);
  expect([free("2001:db8::1"), free("2001:db8::ffff:1"), free("2001:db8:0:1::1")]).toEqual([true, false, true]);
  expect([free("unix"), free("unix")]).toEqual([true, false]);
});

test("of more peers than are kept those are forgotten that asked longest ago", () => {
  const buckets = new Buckets({ periodMs: 1000, burst: 1, peersMax: 2 });
  for (const peer of ["a", "b", "a", "c"]) buckets.take(peer, 0);
  expect(buckets.peers).toBe(2);
  expect(buckets.wait("a", 0)).toBeGreaterThan(0);
  expect(buckets.wait("c", 0)).toBeGreaterThan(0);
  expect(buckets.wait("b", 0)).toBe(0);
});
