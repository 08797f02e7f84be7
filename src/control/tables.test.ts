import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TablePlan } from "../config/plan.ts";
import type { Owner } from "../memory/owners.ts";
import { StickTable } from "../memory/sticktable.ts";
import { openLog } from "./log.ts";
import { layKey } from "./table/keytext.ts";
import { Tables } from "./tables.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-tables-"));
let next = 0;
let folder = "";
beforeEach(() => {
  folder = join(root, String(next++));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const marked: TablePlan = {
  name: "marked",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 1000,
  expireMs: 60_000,
  isEvicting: true,
  share: null,
  store: ["gpc0"],
};

/** Processes by their ids; 1 is control. */
const living = new Set([1]);
const ownerOf = (id: number): Owner => ({
  id,
  startedAt: 7,
  isAlive: (other) => living.has(other),
  relax: () => {},
});

function stage(options: { boot?: string; isFresh?: boolean } = {}) {
  const lines: string[] = [];
  const clock = { nowMs: 1_000_000, uptimeS: 1000 };
  const tables = new Tables({
    folder,
    owner: ownerOf(1),
    sharedMs: () => clock.nowMs,
    machine: { boot: options.boot ?? "boot", uptimeS: () => clock.uptimeS },
    isFresh: options.isFresh ?? false,
    log: openLog({ level: "debug", format: "json", isColored: false, write: (line) => lines.push(line) }),
  });
  const records = (): { level: string; msg: string }[] => lines.splice(0).map((line) => JSON.parse(line));
  const said = (): string[] => records().map(({ msg }) => msg);
  /** With the level of each. */
  const told = (): string[] => records().map(({ level, msg }) => `${level} ${msg}`);
  const adopt = (...plans: TablePlan[]): Readonly<Record<string, string>> => {
    const prepared = tables.prepare(plans);
    prepared.keep();
    return prepared.files;
  };
  return { tables, clock, said, told, adopt };
}

function mark(table: StickTable, address: string, nowMs: number, times = 1): void {
  layKey(address, table.key);
  table.add(0, 0, times, nowMs);
}

function marksOf(table: StickTable, address: string, nowMs: number): number {
  layKey(address, table.key);
  return table.read(0, 0, nowMs);
}

/** As a worker opens it. */
function mapped(path: string, plan: TablePlan, id: number): StickTable {
  living.add(id);
  return new StickTable(Bun.mmap(path, { shared: true }), plan, ownerOf(id));
}

describe("files", () => {
  test("a table is there for workers before the plan is in force, and counts for all of them", () => {
    const { tables, clock } = stage();
    const prepared = tables.prepare([marked]);
    const [one, other] = [2, 3].map((id) => mapped(prepared.files["marked"]!, marked, id));
    prepared.keep();
    mark(one!, "10.0.0.1", clock.nowMs);
    mark(other!, "10.0.0.1", clock.nowMs);
    expect(marksOf(tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(2);
    expect(tables.find("other")).toBeNull();
  });

  test("a plan that is refused leaves the files of the one in force, and none of its own", () => {
    const { tables, clock, adopt } = stage();
    const before = adopt(marked)["marked"]!;
    mark(tables.find("marked")!.table, "10.0.0.1", clock.nowMs);
    const prepared = tables.prepare([
      { ...marked, store: ["gpc0", "gpc1"], expireMs: 5 },
      { ...marked, name: "shop" },
    ]);
    const made = Object.values(prepared.files);
    expect(made.every((path) => existsSync(path) && path !== before)).toBe(true);
    prepared.undo();
    expect(made.some(existsSync)).toBe(false);
    expect(marksOf(tables.find("marked")!.table, "10.0.0.1", clock.nowMs + 1000)).toBe(1);
    expect(tables.all.map(({ plan }) => plan.name)).toEqual(["marked"]);
  });

  test("how long entries live may change while the table stays, and is taken back with the plan", () => {
    const { tables, clock, adopt } = stage();
    const path = adopt(marked)["marked"];
    const { table } = tables.find("marked")!;
    mark(table, "10.0.0.1", clock.nowMs);
    const prepared = tables.prepare([{ ...marked, expireMs: 1000 }]);
    expect(prepared.files["marked"]).toBe(path!);
    expect(marksOf(table, "10.0.0.1", clock.nowMs + 2000)).toBe(0);
    prepared.undo();
    expect(marksOf(table, "10.0.0.1", clock.nowMs + 2000)).toBe(1);
  });

  test("a table that the config names no more is removed, and said to be", () => {
    const { tables, adopt, said } = stage();
    adopt(marked, { ...marked, name: "web/limit 1" });
    expect(readdirSync(folder).filter((entry) => entry.startsWith("web"))).toHaveLength(1);
    adopt(marked);
    expect(said()).toEqual(["table web/limit 1: removed, for the config does not name it any more"]);
    expect(tables.all.map(({ plan }) => plan.name)).toEqual(["marked"]);
    adopt();
    tables.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the next run", () => {
  function run(...plans: TablePlan[]): void {
    const { tables, clock, adopt } = stage();
    adopt(...plans);
    mark(tables.find("marked")!.table, "10.0.0.1", clock.nowMs, 5);
    tables.close();
  }

  test("finds the entries of the run before, whether or not that ended well", () => {
    run(marked);
    const { tables, clock, said, adopt } = stage();
    adopt(marked);
    expect(said()).toEqual(["table marked: 1 entry found from the run before"]);
    expect(marksOf(tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(5);
    // Nobody closes this one.
    const after = stage();
    after.adopt(marked);
    expect(marksOf(after.tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(5);
  });

  test("takes over what a config of another shape has left", () => {
    run(marked);
    const { tables, clock, said, adopt } = stage();
    adopt({ ...marked, store: ["conn_rate(100s)", "gpc0", "http_req_cnt"], entriesMax: 2000 });
    expect(said()).toEqual(["table marked: 1 entry taken over; conn_rate(100s), http_req_cnt start anew"]);
    const { table } = tables.find("marked")!;
    layKey("10.0.0.1", table.key);
    expect(table.read(1, 0, clock.nowMs)).toBe(5);
    expect(readdirSync(folder).filter((entry) => entry.startsWith("marked"))).toHaveLength(1);
  });

  test.each([
    [
      "after another start of the machine",
      { boot: "another" },
      "warn",
      "they are from before this machine was started",
    ],
    ["when asked for a fresh start", { isFresh: true }, "info", "a fresh start was asked for"],
  ])("drops them %s", (_, options, level, reason) => {
    run(marked);
    const { tables, clock, told, adopt } = stage(options);
    adopt(marked);
    expect(told()).toEqual([`${level} table marked: its entries are dropped: ${reason}`]);
    expect(marksOf(tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(0);
  });

  test("drops what is no table of this version, and does not read beyond the end of a file that was cut", () => {
    run(marked, { ...marked, name: "shop" });
    for (const entry of readdirSync(folder)) {
      if (entry.startsWith("marked")) truncateSync(join(folder, entry), 100);
      if (entry.startsWith("shop")) writeFileSync(join(folder, entry), "x".repeat(20_000));
    }
    writeFileSync(join(folder, "shop.0123456789abcdef.draft"), "half");
    const { tables, adopt, told } = stage();
    adopt(marked, { ...marked, name: "shop", store: ["gpc1"] });
    expect(tables.find("marked")!.table.figures().used).toBe(0);
    expect(told()).toEqual([
      "warn table marked: dropped, for its file is damaged (it was cut short, or is of another version of Sluice); it starts empty",
      "warn table shop: dropped, for it is of another version of Sluice; it starts empty",
    ]);
    expect(readdirSync(folder).filter((entry) => /^(marked|shop)\./.test(entry))).toHaveLength(2);
  });
});

describe("another shape", () => {
  test("keeps what both store, while those who count in the former one go on undisturbed", () => {
    const { tables, clock, said, adopt } = stage();
    const worker = mapped(adopt(marked)["marked"]!, marked, 2);
    mark(worker, "10.0.0.1", clock.nowMs, 3);
    mark(worker, "10.0.0.2", clock.nowMs);
    layKey("10.0.0.2", worker.key);
    const held = worker.track(clock.nowMs);
    adopt({ ...marked, store: ["gpc0", "conn_rate(100s)"] });
    expect(said()).toEqual(["table marked: 2 entries taken over; conn_rate(100s) starts anew"]);
    expect(marksOf(tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(3);
    worker.untrack(held, clock.nowMs);
  });

  test("counts those who are there already when their workers say so, however long they have been there", () => {
    const counting: TablePlan = { ...marked, store: ["gpc0", "conn_cur"] };
    const { tables, clock, said, adopt } = stage();
    const worker = mapped(adopt(counting)["marked"]!, counting, 2);
    layKey("10.0.0.1", worker.key);
    worker.track(clock.nowMs);
    mark(worker, "10.0.0.1", clock.nowMs, 3);
    expect(worker.read(1, 0, clock.nowMs)).toBe(1);
    clock.nowMs += 10 * marked.expireMs;
    const next = { ...counting, entriesMax: 2000 };
    const later = mapped(adopt(next)["marked"]!, next, 2);
    expect(said()).toEqual(["table marked: 1 entry taken over"]);
    const { table } = tables.find("marked")!;
    layKey("10.0.0.1", table.key);
    expect([table.read(0, 0, clock.nowMs), table.read(1, 0, clock.nowMs)]).toEqual([3, 0]);
    worker.passOn(later, later, clock.nowMs);
    expect([table.read(0, 0, clock.nowMs), table.read(1, 0, clock.nowMs)]).toEqual([3, 1]);
    tables.close();
    const after = stage();
    after.adopt({ ...counting, entriesMax: 3000 });
    expect(after.said()).toEqual(["table marked: 1 entry taken over"]);
  });

  test("with keys of another kind starts empty", () => {
    const { tables, clock, told, adopt } = stage();
    adopt(marked);
    mark(tables.find("marked")!.table, "10.0.0.1", clock.nowMs);
    adopt({ ...marked, key: { kind: "string", bytesMax: 32 } });
    expect(told()).toEqual(["warn table marked: 1 entry dropped, for its keys are of another kind now"]);
  });

  test("with less room takes over as many as there is room for, the newest", () => {
    const { tables, clock, said, adopt } = stage();
    adopt(marked);
    const { table } = tables.find("marked")!;
    for (let host = 0; host < 20; host++) mark(table, `10.0.0.${host}`, clock.nowMs + host);
    adopt({ ...marked, entriesMax: 10, isEvicting: true, share: null });
    const smaller = tables.find("marked")!.table;
    expect(smaller.figures().used).toBeLessThanOrEqual(10);
    expect(marksOf(smaller, "10.0.0.19", clock.nowMs + 20)).toBe(1);
    expect(marksOf(smaller, "10.0.0.0", clock.nowMs + 20)).toBe(0);
    expect(said()[0]).toMatch(/^table marked: \d+ of 20 entries taken over$/);
  });
});

test("what a dead worker held is let go of", () => {
  const { tables, clock, adopt } = stage();
  const worker = mapped(adopt({ ...marked, store: ["conn_cur"] })["marked"]!, { ...marked, store: ["conn_cur"] }, 4);
  layKey("10.0.0.1", worker.key);
  worker.track(clock.nowMs);
  const { table } = tables.find("marked")!;
  expect(marksOf(table, "10.0.0.1", clock.nowMs)).toBe(1);
  tables.recover();
  expect(marksOf(table, "10.0.0.1", clock.nowMs)).toBe(1);
  living.delete(4);
  tables.recover();
  expect(marksOf(table, "10.0.0.1", clock.nowMs)).toBe(0);
});

test("so is what it held in a table of a plan that is being published, and what nobody let go of before the start", () => {
  const gauge = { ...marked, store: ["conn_cur"] };
  const { tables, clock } = stage();
  const prepared = tables.prepare([gauge]);
  const hold = (id: number): StickTable => {
    const worker = mapped(prepared.files["marked"]!, gauge, id);
    layKey("10.0.0.1", worker.key);
    worker.track(clock.nowMs);
    return worker;
  };
  hold(5);
  const other = hold(6);
  living.delete(5);
  tables.recover();
  expect(marksOf(other, "10.0.0.1", clock.nowMs)).toBe(1);
  prepared.keep();
  living.delete(6);
  const after = stage();
  after.adopt(gauge);
  expect(marksOf(after.tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(0);
});

test("the sweep frees what has expired, thousands of entries in one go", async () => {
  const { tables, clock, adopt } = stage();
  adopt({ ...marked, entriesMax: 5000 });
  const { table } = tables.find("marked")!;
  for (let host = 0; host < 3000; host++) mark(table, `10.0.${host >> 8}.${host & 255}`, clock.nowMs);
  await tables.sweep();
  expect(table.figures().used).toBe(3000);
  clock.nowMs += 60_001;
  await tables.sweep();
  expect(table.figures().used).toBe(0);
});

test("a table that is full is told once, until there is room again", async () => {
  const { tables, clock, said, adopt } = stage();
  adopt({ ...marked, entriesMax: 20 }, { ...marked, name: "strict", entriesMax: 2, isEvicting: false, share: null });
  const fill = async (name: string, count: number, from: number): Promise<string[]> => {
    for (let host = 0; host < count; host++) mark(tables.find(name)!.table, `10.1.${from}.${host}`, clock.nowMs);
    await tables.sweep();
    return said();
  };
  expect(await fill("marked", 19, 0)).toEqual([]);
  expect(tables.figures()[0]).toMatchObject({ name: "marked", entries: 19, entriesMax: 20, isFull: false });
  expect(await fill("marked", 21, 0)).toEqual([
    "table marked is full (20 entries): for each new key the entry that would expire first is forgotten, its counters with it; lower tables.marked.expire, or raise tables.marked.size",
  ]);
  expect(tables.figures()[0]).toMatchObject({ name: "marked", isFull: true });
  expect(await fill("marked", 30, 1)).toEqual([]);
  expect(await fill("strict", 3, 0)).toEqual([
    expect.stringContaining("new keys are not taken in, so that what is counted by it does not hold for them"),
  ]);
  clock.nowMs += 60_001;
  expect((await fill("marked", 0, 0)).sort()).toEqual([
    "table marked has room again: 0 of 20 entries",
    "table strict has room again: 0 of 2 entries",
  ]);
});

describe("a table that nodes share", () => {
  const shared: TablePlan = { ...marked, share: { staleMs: 5000, whenStale: "open" } };

  test("has a file beside its own, of which only workers are told", () => {
    const { tables, adopt } = stage();
    expect(Object.keys(adopt(shared))).toEqual(["marked", "others:marked"]);
    expect(tables.all.map(({ plan }) => plan.name)).toEqual(["marked"]);
    expect(tables.find("others:marked")).toBeNull();
    const { shared: both, table } = tables.find("marked")!;
    expect(both?.own).toBe(table);
    adopt(shared);
    expect(tables.find("marked")!.shared).toBe(both);
    expect(tables.figures()).toMatchObject([{ name: "marked", entries: 0 }]);
    expect(tables.othersBytes(shared)).toBeGreaterThan(0);
    tables.close();
  });

  test("that was not before keeps what was counted, and is alone again without what others count", () => {
    const { tables, clock, adopt, said } = stage();
    adopt(marked);
    mark(tables.find("marked")!.table, "10.0.0.1", clock.nowMs, 3);
    said();
    adopt(shared);
    expect(marksOf(tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(3);
    expect(said()).toEqual(["table marked: 1 entry taken over"]);
    adopt(marked);
    expect(marksOf(tables.find("marked")!.table, "10.0.0.1", clock.nowMs)).toBe(3);
    expect(tables.find("marked")!.shared).toBeNull();
    expect(readdirSync(folder).filter((entry) => entry.startsWith("others"))).toEqual([]);
    tables.close();
  });
});

test("a mark that cannot be written is told once and ends nothing", () => {
  const { tables, said } = stage();
  tables.prepare([marked]).keep();
  const mark = join(folder, ".machine");
  rmSync(mark);
  symlinkSync(join(folder, "nowhere", "draft"), `${mark}.draft`);
  said();
  tables.mark();
  tables.mark();
  expect(said()).toEqual([expect.stringContaining(`${mark} cannot be written: `)]);
  rmSync(`${mark}.draft`);
  tables.mark();
  expect(existsSync(mark)).toBe(true);
  expect(said()).toEqual([]);
});
