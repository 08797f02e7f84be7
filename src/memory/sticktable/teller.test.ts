// Control may be killed in front of any store while it tells or hears: the table holds together, workers go on, and nothing
// that was told before is told again.

import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import type { Owner } from "../owners.ts";
import { SharedWords } from "../sharedwords.ts";
import { StickTable } from "../sticktable.ts";
import { checkTable } from "./check.ts";
import { bytesOf, formatTable, layoutOf } from "./layout.ts";
import { StickTeller } from "./teller.ts";
import { countTaken, readWide } from "./told.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 6,
  expireMs: 10_000,
  isEvicting: true,
  store: ["gpc(2)", "bytes_in_cnt", "http_req_rate(10s)", "gpt0", "conn_cur", "tokens(5,1s)"],
  share: { staleMs: 5000, whenStale: "open" },
};
const now = 1_000_000;
const room = { owners: 6, holds: 16 };

class Killed extends Error {}

class MortalWords extends SharedWords {
  left = Number.POSITIVE_INFINITY;

  override put(at: number, value: number): void {
    this.#spend();
    super.put(at, value);
  }
  override store(at: number, value: number): void {
    this.#spend();
    super.store(at, value);
  }
  override exchange(at: number, expected: number, value: number): number {
    this.#spend();
    return super.exchange(at, expected, value);
  }
  #spend(): void {
    if (this.left-- <= 0) throw new Killed();
  }
}

function stage() {
  const bytes = new Uint8Array(bytesOf(layoutOf(plan, room)));
  formatTable(bytes, plan, 99, room);
  const alive = new Set<number>();
  let ids = 0;
  const open = (words = new SharedWords(bytes)): StickTable => {
    const id = ++ids;
    alive.add(id);
    const owner: Owner = { id, startedAt: 1, isAlive: (other) => alive.has(other), relax() {} };
    return new StickTable(bytes, plan, owner, words);
  };
  const worker = open();
  worker.key.setInteger(7);
  worker.add(0, 1, 5, now);
  worker.add(1, 0, 6_000_000_000, now);
  worker.add(2, 0, 3, now);
  worker.assign(3, 0, 9, now);
  worker.take(5, 2, now);
  return { bytes, alive, open, worker };
}

const all = [1, 5, 2, 6_000_000_000, 3, 3, 5, 9, 7, 2];
const news = { key: ":07000000", bornMs: 5, told: all, nowMs: now, ledgerMs: 20_000, countedMs: 20_000 };
const totals = [4, 7, 6_000_000_001, 5, 1, 9, 2, 2000];

test("what is new is told once, and what is heard is what others have", () => {
  const { worker } = stage();
  const teller = new StickTeller(worker);
  teller.begin(77, 1);
  const sequence = teller.advance();
  const [entry] = teller.recent(null);
  expect(teller.tell(entry!, sequence, now + 5)).toEqual({ key: ":07000000", ageMs: 5, slots: all });
  expect(teller.recent(null)).toEqual([]);
  const heard = teller.hear({ ...news, slots: totals, sequence });
  expect(heard).toEqual({ others: [4, 2, 1, 2, 1, 9, 2, 0], again: 0 });
  expect(worker.read(5, 0, now)).toBe(3);
  worker.add(0, 0, 1, now);
  expect(teller.tell(entry!, teller.advance(), now)?.slots).toEqual([0, 1]);
  expect([teller.epoch, teller.stream, teller.sequence]).toEqual([77, 1, 2]);
});

test("whenever control is killed, the table holds together and nothing is told twice", () => {
  let isThrough = false;
  for (let stores = 0; !isThrough; stores++) {
    const { bytes, alive, open, worker } = stage();
    const words = new MortalWords(bytes);
    const control = open(words);
    const killed = new StickTeller(control);
    killed.begin(77, 1);
    const [entry] = killed.recent(null);
    let told: readonly number[] = [];
    words.left = stores;
    try {
      const sequence = killed.advance();
      told = killed.tell(entry!, sequence, now)!.slots;
      killed.hear({ ...news, slots: totals, sequence });
      killed.marksTo = 3;
      isThrough = true;
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
    alive.delete(2);
    worker.add(0, 1, 1, now);
    expect(worker.read(0, 1, now)).toBe(6);
    const teller = new StickTeller(open());
    const again = teller.tell(entry!, teller.advance(), now)?.slots ?? [];
    for (const [slot, count] of [
      [1, 6],
      [2, 6_000_000_000],
      [3, 3],
    ] as const)
      expect(numberOf(told, slot) + numberOf(again, slot)).toBeLessThanOrEqual(count);
    worker.recover();
    expect([stores, checkTable(worker)]).toEqual([stores, []]);
  }
});

function numberOf(slots: readonly number[], slot: number): number {
  for (let index = 0; index < slots.length; index += 2) if (slots[index] === slot) return slots[index + 1]!;
  return 0;
}

test("what was taken is counted in thousandths, and given back below what was taken", () => {
  const words = new Int32Array(2);
  const sink = { words, set: (at: number, value: number) => void (words[at] = value) };
  for (const [tokens, sum] of [
    [0.5, 500],
    [-3, -2500],
    [5_000_000, 4_999_997_500],
  ] as const) {
    countTaken(sink, 0, tokens);
    expect(readWide(words, 0)).toBe(sum);
  }
});
