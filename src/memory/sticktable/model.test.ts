// Thousands of random calls on a table and on a plain model of it, which is short enough to be believed: a list of entries in
// the order of their last refresh. After each call both answer the same, and the table holds together.

import { expect, test } from "bun:test";
import { Prng } from "../../base/prng.ts";
import type { TablePlan } from "../../config/plan.ts";
import { addToRate, assignRate, rateAt, type WordSink } from "../freqcounter.ts";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";

const expireMs = 1000;
const entriesMax = 12;
const period = 700;
const bucket = { burst: 4, periodMs: 90 };
const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax,
  expireMs,
  isEvicting: true,
  share: null,
  store: ["gpc0", "conn_cur", "http_req_rate(700ms)", "bytes_in_cnt", "tokens(4,90ms)"],
};
const [gpc, current, rate, bytes, tokens] = [0, 1, 2, 3, 4];

class Rate implements WordSink {
  readonly words: Int32Array = new Int32Array(3);
  set(at: number, value: number): void {
    this.words[at] = value;
  }
}

class Entry {
  gpc = 0;
  current = 0;
  readonly rate = new Rate();
  bytes = 0;
  fullAt = 0;
  refs = 0;
  readonly key: number;
  stamp: number;

  constructor(key: number, stamp: number) {
    this.key = key;
    this.stamp = stamp;
  }
}

/** Times here do not wrap. */
class Model {
  entries: Entry[] = [];
  readonly isEvicting: boolean;

  constructor(isEvicting: boolean) {
    this.isEvicting = isEvicting;
  }

  find(key: number, now: number): Entry | undefined {
    return this.entries.find((entry) => entry.key === key && !this.#isOver(entry, now));
  }

  enter(key: number, now: number): Entry | undefined {
    const found = this.find(key, now);
    if (found !== undefined) return found;
    this.entries = this.entries.filter((entry) => entry.key !== key);
    if (this.entries.length === entriesMax) {
      // The batch is one entry, looked for among two.
      const oldest = this.entries.slice(0, 2).filter((entry) => this.isEvicting || now - entry.stamp >= expireMs);
      const victim = oldest.find((entry) => entry.refs === 0);
      if (victim === undefined || (!this.isEvicting && now - this.entries[0]!.stamp < expireMs)) return undefined;
      this.entries = this.entries.filter((entry) => entry !== victim);
    }
    const entry = new Entry(key, now);
    this.entries.push(entry);
    return entry;
  }

  refresh(entry: Entry, now: number): void {
    if (now <= entry.stamp) return;
    entry.stamp = now;
    this.#renew(entry);
  }

  sweep(now: number): void {
    for (let looks = 0; looks < 50; looks++) {
      const oldest = this.entries[0];
      if (oldest === undefined || now - oldest.stamp < expireMs) return;
      if (oldest.refs > 0) this.#renew(oldest);
      else this.entries.shift();
    }
  }

  left(entry: Entry, now: number): number {
    return Math.floor((bucket.burst * bucket.periodMs - Math.max(entry.fullAt - now, 0)) / bucket.periodMs);
  }

  take(entry: Entry, amount: number, now: number): number {
    const full = Math.max(entry.fullAt, now) + amount * bucket.periodMs;
    const wait = full - now - bucket.burst * bucket.periodMs;
    if (wait > 0) return wait;
    entry.fullAt = full;
    return 0;
  }

  #renew(entry: Entry): void {
    this.entries = [...this.entries.filter((each) => each !== entry), entry];
  }

  #isOver(entry: Entry, now: number): boolean {
    return entry.refs === 0 && now - entry.stamp >= expireMs;
  }
}

class Duel {
  readonly #prng: Prng;
  readonly #table: StickTable;
  readonly #model: Model;
  readonly #held: [number, Entry][] = [];
  /** Of the shared clock at the model's time 0: it wraps on the way. */
  readonly #zero: number;
  #now = 10_000;

  constructor(seed: number) {
    this.#prng = new Prng(seed);
    const isEvicting = seed % 2 === 0;
    this.#table = StickTable.inMemory({ ...plan, isEvicting });
    this.#model = new Model(isEvicting);
    this.#zero = (seed % 3 === 0 ? 2 ** 31 : 2 ** 32) - 30_000;
  }

  step(): void {
    const prng = this.#prng;
    if (prng.below(3) === 0) this.#now += prng.below(prng.below(20) === 0 ? 900 : 40);
    const key = prng.below(20);
    this.#table.key.setInteger(key);
    const operation = prng.below(12);
    const [ours, models] =
      operation < 6 ? this.#byKey(operation, key) : operation < 8 ? this.#hold(key) : this.#byHold(operation);
    expect([operation, key, ours]).toEqual([operation, key, models]);
  }

  compare(): void {
    expect(checkTable(this.#table)).toEqual([]);
    expect(this.#table.figures().used).toBe(this.#model.entries.length);
    for (let key = 0; key < 20; key++) {
      this.#table.key.setInteger(key);
      const entry = this.#model.find(key, this.#now);
      const now = this.#shared();
      expect([key, this.#table.has(now)]).toEqual([key, entry !== undefined]);
      if (entry === undefined) continue;
      const ours = [gpc, current, rate, bytes, tokens].map((column) => this.#table.read(column!, 0, now));
      const left = this.#model.left(entry, this.#now);
      expect(ours).toEqual([entry.gpc, entry.current, rateAt(entry.rate.words, 0, period, now | 0), entry.bytes, left]);
    }
  }

  end(): void {
    for (const [hold] of this.#held) this.#table.untrack(hold, this.#shared());
    for (const key of this.#model.entries.map((entry) => entry.key)) {
      this.#table.key.setInteger(key);
      expect(this.#table.read(current!, 0, this.#shared())).toBe(0);
    }
  }

  #shared(): number {
    return (this.#zero + this.#now) % 2 ** 32;
  }

  #byKey(operation: number, key: number): [unknown, unknown] {
    const [table, model, now, shared] = [this.#table, this.#model, this.#now, this.#shared()];
    if (operation === 0) return [table.has(shared), model.find(key, now) !== undefined];
    if (operation === 1) {
      model.sweep(now);
      table.sweep(shared, 50);
      return [table.figures().used, model.entries.length];
    }
    const amount = 1 + this.#prng.below(3);
    const entry = model.enter(key, now);
    if (operation === 2) {
      if (entry !== undefined) entry.gpc += amount;
      if (entry !== undefined) model.refresh(entry, now);
      return [table.add(gpc!, 0, amount, shared), entry?.gpc ?? Number.NaN];
    }
    if (operation === 3) {
      const wait = entry === undefined ? 0 : model.take(entry, amount, now);
      if (entry !== undefined) model.refresh(entry, now);
      return [table.take(tokens!, amount, shared), wait];
    }
    if (operation === 4) {
      const former = entry?.gpc ?? Number.NaN;
      if (entry !== undefined) entry.gpc = 0;
      return [table.clear(gpc!, 0, shared), former];
    }
    if (entry !== undefined) assignRate(entry.rate, 0, amount, shared | 0);
    if (entry !== undefined) model.refresh(entry, now);
    return [table.assign(rate!, 0, amount, shared), entry !== undefined];
  }

  #hold(key: number): [unknown, unknown] {
    const entry = this.#model.enter(key, this.#now);
    const hold = this.#table.track(this.#shared());
    if (entry === undefined) return [hold, 0];
    entry.refs++;
    entry.current++;
    this.#model.refresh(entry, this.#now);
    this.#held.push([hold, entry]);
    return [hold !== 0, true];
  }

  #byHold(operation: number): [unknown, unknown] {
    const [table, model, now, shared] = [this.#table, this.#model, this.#now, this.#shared()];
    if (this.#held.length === 0) return [0, 0];
    const index = this.#prng.below(this.#held.length);
    const [hold, entry] = this.#held[index]!;
    if (operation < 10) {
      this.#held.splice(index, 1);
      table.untrack(hold, shared);
      entry.refs--;
      entry.current--;
      model.refresh(entry, now);
      return [0, 0];
    }
    model.refresh(entry, now);
    if (operation === 10) {
      table.note(hold, "request", 2, shared);
      return [table.readOf(hold, rate!, 0, shared), addToRate(entry.rate, 0, period, 2, shared | 0)];
    }
    const amount = this.#prng.u32() * 3;
    entry.bytes += amount;
    table.note(hold, "bytesIn", amount, shared);
    return [table.readOf(hold, bytes!, 0, shared), entry.bytes];
  }
}

test.each(Array.from({ length: 20 }, (_, seed) => seed))("table and model agree, seed %d", (seed) => {
  const duel = new Duel(seed);
  for (let step = 0; step < 4000; step++) {
    duel.step();
    if (step % 25 === 0) duel.compare();
  }
  duel.end();
});
