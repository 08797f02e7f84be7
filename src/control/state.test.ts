import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arena } from "../memory/arena.ts";
import { openState, type StateFolder, stateFolderOf } from "./state.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-state-"));
let next = 0;
/** Another process that lives, by its id and start; every other one is dead. */
const other = { id: 4711, startedAt: 12 };
const isAlive = (id: number, startedAt: number): boolean => id === other.id && startedAt === other.startedAt;
const opened = (folder: string): StateFolder => openState(folder, { id: process.pid, startedAt: 7, isAlive });
const fresh = (): string => join(root, String(next++));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("the arena is a formatted file that others can map", () => {
  const state = opened(fresh());
  const other = new Arena(Bun.mmap(state.arenaPath, { shared: true }));
  expect(other.isFormatted()).toBe(true);
  Atomics.add(state.arena.words, 100, 7);
  expect(Atomics.load(other.words, 100)).toBe(7);
  state.close();
  expect(existsSync(state.path)).toBe(false);
});

test("an arena whose file was removed, or replaced, is still to be had, and is the same", () => {
  const state = opened(fresh());
  expect(state.lostArena()).toBeNull();
  rmSync(state.arenaPath);
  const file = state.lostArena()!;
  const same = new Arena(Bun.mmap(`/dev/fd/${file}`, { shared: true }));
  Atomics.add(state.arena.words, 100, 7);
  expect([same.isFormatted(), Atomics.load(same.words, 100)]).toEqual([true, 7]);
  writeFileSync(state.arenaPath, "a stranger");
  expect(state.lostArena()).toBe(file);
  state.close();
  expect(existsSync(state.path)).toBe(false);
});

test("what outlives a run is there at the next start, and the arena is another", () => {
  const folder = fresh();
  const state = opened(folder);
  Atomics.add(state.arena.words, 100, 7);
  expect(state.isKept()).toBe(false);
  writeFileSync(join(state.tablesPath, "marked"), "entries");
  writeFileSync(join(folder, "bans.json"), "{}");
  expect(state.isKept()).toBe(true);
  state.close();
  expect(readdirSync(folder).sort()).toEqual(["bans.json", "tables"]);
  // The second time nobody closes: as after a crash.
  for (let run = 0; run < 2; run++) {
    const next = opened(folder);
    expect(readFileSync(join(next.tablesPath, "marked"), "utf8")).toBe("entries");
    expect(next.arena.words[100]).toBe(0);
  }
});

test("a second control process is refused by the number of the first", () => {
  const folder = fresh();
  const state = opened(folder);
  writeFileSync(join(folder, "control.pid"), `${other.id} ${other.startedAt}\n`);
  expect(() => opened(folder)).toThrow(`Sluice already runs here as process ${other.id}`);
  state.close();
});

test("a lock whose process is dead, or is another one by now, is taken over", () => {
  const folder = fresh();
  for (const left of [`${other.id + 1} 1\n`, `${other.id} ${other.startedAt + 1}\n`, "nonsense", ""]) {
    opened(folder);
    writeFileSync(join(folder, "control.pid"), left);
  }
  opened(folder).close();
});

test("a link that somebody put in the folder's place is refused", () => {
  const folder = fresh();
  const elsewhere = opened(fresh());
  symlinkSync(elsewhere.path, folder);
  expect(() => opened(folder)).toThrow("is not a folder of this user");
});

test("the default folder differs by identity and is the same for the same one", () => {
  expect(stateFolderOf("a.toml")).toBe(stateFolderOf("a.toml"));
  expect(stateFolderOf("a.toml")).not.toBe(stateFolderOf("b.toml"));
});
