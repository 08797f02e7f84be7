import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formerNowMs, formerPlan, formerTable } from "../../../test/formertable.ts";
import { Prng } from "../../base/prng.ts";
import type { TablePlan } from "../../config/plan.ts";
import { type Owner, ownerWords } from "../../memory/owners.ts";
import { checkTable } from "../../memory/sticktable/check.ts";
import { bytesOf, formatTable, layoutOf, ownerWord, shardWord, smallRoom } from "../../memory/sticktable/layout.ts";
import { StickTable } from "../../memory/sticktable.ts";
import { openLog } from "../log.ts";
import { Tables } from "../tables.ts";
import { openFound } from "./foundtable.ts";

const plan: TablePlan = {
  name: "clients",
  key: { kind: "integer" },
  entriesMax: 50,
  expireMs: 60_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "conn_cur", "http_req_rate(10s)"],
};
const layout = layoutOf(plan, smallRoom);
const living = new Set([1]);
const ownerOf = (id: number): Owner => ({ id, startedAt: 7, isAlive: (other) => living.has(other), relax: () => {} });

/** As a process has left it that was killed while it held entries. */
function left(): Uint8Array {
  const bytes = new Uint8Array(bytesOf(layout));
  formatTable(bytes, plan, 99, smallRoom);
  const table = new StickTable(bytes, plan, ownerOf(2));
  for (let key = 0; key < 20; key++) {
    table.key.setInteger(key);
    table.track(1000 + key);
    table.add(0, 0, 1, 1000 + key);
  }
  return bytes;
}

test("what the dead have left is let go of, and all that was counted is there", () => {
  const table = openFound(left(), plan, ownerOf(1));
  if (typeof table === "string") throw new Error(table);
  expect(table.figures().used).toBe(20);
  table.key.setInteger(3);
  expect([table.read(0, 0, 2000), table.read(1, 0, 2000)]).toEqual([1, 0]);
  expect(checkTable(table)).toEqual([]);
});

const owner = layout.ownersAt;
const cell = layout.holdsAt + 3;
const damages: readonly (readonly [string, number, number])[] = [
  ["more holds than there are", owner + ownerWord.holdFresh, 0x7fff_ffff],
  ["a list of free holds that leads nowhere", owner + ownerWord.holdFree, -5],
  ["a hold of what is no entry", cell, 12],
  ["a hold far outside", cell, 0x7fff_fff0],
  ["a free hold that leads nowhere", cell, -0x7fff_0000],
  ["more entries than there are", layout.shardsAt + shardWord.fresh, 0x7fff_ffff],
  ["an oldest that is none", layout.shardsAt + shardWord.oldest, 5],
  ["free entries that go round", layout.shardsAt + shardWord.free, layout.entriesAt],
  ["a bucket that leads outside", layout.bucketsAt, 0x7fff_0000],
];

test.each(damages)("%s: the table is not used", (_, at, value) => {
  const bytes = left();
  new Int32Array(bytes.buffer)[at] = value;
  expect(openFound(bytes, plan, ownerOf(1))).toBeString();
});

test("a journal that leads out of the table is not written out", () => {
  const bytes = left();
  const words = new Int32Array(bytes.buffer);
  words[layout.shardsAt + shardWord.lock] = (1 << 30) | (1 << 8) | 1;
  words.set([2, layout.words + 5, 1], layout.shardsAt + shardWord.journal);
  expect(openFound(bytes, plan, ownerOf(1))).toContain("a journal leads to");
});

test("a table that others have open is believed, for they may be writing", () => {
  const bytes = left();
  const words = new Int32Array(bytes.buffer);
  words[layout.shardsAt + shardWord.used]!++;
  expect(openFound(bytes.slice(), plan, ownerOf(1))).toBeString();
  living.add(2);
  expect(openFound(bytes, plan, ownerOf(1))).toBeInstanceOf(StickTable);
  living.delete(2);
});

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
test(`whatever stands in a file, looking at it ends, and what is used can be used (SEED=${seed})`, () => {
  const prng = new Prng(seed);
  const places = [layout.shardsAt, layout.ownersAt, layout.bucketsAt, layout.entriesAt, layout.holdsAt] as const;
  const ends = [
    layout.ownersAt,
    layout.ownersAt + ownerWords,
    layout.entriesAt,
    layout.holdsAt,
    layout.holdsAt + 40,
  ] as const;
  for (let round = 0; round < 300; round++) {
    const bytes = left();
    const words = new Int32Array(bytes.buffer);
    const part = prng.below(places.length);
    for (let count = 1 + prng.below(5); count > 0; count--)
      words[places[part]! + prng.below(ends[part]! - places[part]!)] = [
        prng.u32() | 0,
        prng.below(2000),
        -prng.below(50),
      ][prng.below(3)]!;
    const table = openFound(bytes, plan, ownerOf(1));
    if (typeof table === "string") continue;
    for (let key = 0; key < 80; key++) {
      table.key.setInteger(key);
      table.untrack(table.track(5000), 5000);
    }
    table.sweep(90_000, 1000);
    expect([round, checkTable(table)]).toEqual([round, []]);
  }
});

/** A run where a version with another hash has left a table of texts. */
class Upgrade implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "sluice-foundtable-"));
  readonly former: string = join(this.folder, "people.0123456789abcdef");
  readonly #lines: string[] = [];

  constructor() {
    // Files of no known start of the machine would be dropped.
    this.start(0);
    writeFileSync(this.former, formerTable());
  }

  start(nowMs: number, free: object = {}): Tables {
    const log = openLog({ level: "debug", format: "json", isColored: false, write: (line) => this.#lines.push(line) });
    const machine = { boot: "boot", uptimeS: () => 1000 };
    return new Tables({ folder: this.folder, owner: ownerOf(1), sharedMs: () => nowMs, machine, log, ...free });
  }

  said(): string[] {
    return this.#lines.splice(0).map((line) => `${JSON.parse(line).level} ${JSON.parse(line).msg}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}

// Limits are promised to outlive upgrades.
test("a table of texts that a version with another hash has left is taken over, with counts and tokens", () => {
  using upgrade = new Upgrade();
  const nowMs = formerNowMs + 100;
  const tables = upgrade.start(nowMs);
  tables.prepare([formerPlan]).keep();
  expect(upgrade.said()).toEqual(["info table people: 29 entries taken over"]);
  expect(existsSync(upgrade.former)).toBe(false);
  const { table } = tables.find("people")!;
  expect(checkTable(table)).toEqual([]);
  for (let user = 0; user < 30; user++) {
    table.key.setText(`user ${user}`);
    expect([user, table.read(0, 0, nowMs), table.read(2, 0, nowMs)]).toEqual([user, user === 0 ? 0 : user + 1, 0]);
    // How long until there is a token again.
    expect([user, table.take(1, 1, nowMs) > 0]).toEqual([user, user === 1]);
  }
  tables.close();
  const next = upgrade.start(nowMs + 100);
  next.prepare([formerPlan]).keep();
  expect(upgrade.said()).toEqual(["info table people: 30 entries found from the run before"]);
  next.find("people")!.table.key.setText("user 7");
  expect(next.find("people")!.table.read(0, 0, nowMs + 100)).toBe(8);
});

test("where there is no memory for both it starts empty: a new version starts", () => {
  using upgrade = new Upgrade();
  const tables = upgrade.start(formerNowMs, { freeBytes: () => 1000 });
  tables.prepare([formerPlan]).keep();
  expect(upgrade.said()).toEqual([
    "warn table people: dropped, for this version lays it out in another way, and there is no memory for both; it starts empty",
  ]);
  expect(existsSync(upgrade.former)).toBe(false);
  expect(tables.find("people")!.table.figures().used).toBe(0);
});
