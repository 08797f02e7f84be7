import { expect, test } from "bun:test";
import { Remainder, type Source } from "./remainder.ts";
import { SampleView } from "./sample.fixture.ts";

class SampleSource extends SampleView implements Source {
  readonly isBackupWell = new Uint8Array(this.count);
  isOneBackup = false;
  readonly full = new Set<number>();
  isFull(index: number): boolean {
    return this.full.has(index);
  }
}

const left = (remainder: Remainder): number[] => [...remainder.eligible.subarray(0, remainder.eligibleCount)];

test("what is left is what was neither tried nor full", () => {
  const source = new SampleSource([1, 2, 3, 4]);
  const remainder = new Remainder(source, 0);
  source.full.add(3);
  remainder.select(Uint8Array.of(1, 0, 0, 0));
  expect(left(remainder)).toEqual([1, 2]);
  expect([...remainder.isEligible]).toEqual([0, 1, 1, 0]);
  remainder.select(null);
  expect(left(remainder)).toEqual([0, 1, 2]);
});

test("the version moves when the set or the source's weights do, and only then", () => {
  const source = new SampleSource([1, 1, 1]);
  const remainder = new Remainder(source, 0);
  remainder.select(Uint8Array.of(1, 0, 0));
  const version = remainder.version;
  remainder.select(Uint8Array.of(1, 0, 0));
  expect(remainder.version).toBe(version);
  remainder.select(Uint8Array.of(0, 1, 0));
  expect(remainder.version).toBe(version + 1);
  source.weights[2] = 9;
  source.changed();
  remainder.select(Uint8Array.of(0, 1, 0));
  expect(remainder.version).toBe(version + 2);
});

test("backups are left when all others were tried, not when one is full", () => {
  const source = new SampleSource([1, 1, 1]);
  source.isBackupWell[2] = 1;
  source.set(2, false);
  const remainder = new Remainder(source, 0);
  remainder.select(Uint8Array.of(1, 1, 0));
  expect(left(remainder)).toEqual([2]);
  source.full.add(1);
  remainder.select(Uint8Array.of(1, 0, 0));
  expect(left(remainder)).toEqual([]);
});

test("its turns are its own", () => {
  const source = new SampleSource([1, 1]);
  const remainder = new Remainder(source, 7);
  expect([remainder.nextTurn(), remainder.nextTurn()]).toEqual([7, 8]);
  expect(source.turn).toBe(0);
});

test("of backups that serve one at a time the first that was not tried is left, full or not", () => {
  const source = new SampleSource([1, 1, 1]);
  source.isBackupWell.fill(1, 1);
  source.isOneBackup = true;
  source.set(1, false);
  source.set(2, false);
  const remainder = new Remainder(source, 0);
  remainder.select(Uint8Array.of(1, 0, 0));
  expect(left(remainder)).toEqual([1]);
  remainder.select(Uint8Array.of(1, 1, 0));
  expect(left(remainder)).toEqual([2]);
  source.full.add(1);
  remainder.select(Uint8Array.of(1, 0, 0));
  expect(left(remainder)).toEqual([]);
});
