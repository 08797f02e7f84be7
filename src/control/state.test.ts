import { afterAll, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arena, arenaBytes, offset, rowWords } from "../memory/arena.ts";
import { openState, type StateFolder, stateFolderOf } from "./state.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-state-"));
let next = 0;
/** Another process that lives, by its id and start; every other one is dead. */
const other = { id: 4711, startedAt: 12 };
const isAlive = (id: number, startedAt: number): boolean => id === other.id && startedAt === other.startedAt;
const opened = (folder: string): StateFolder =>
  openState(folder, { id: process.pid, startedAt: 7, isAlive, tryFlock: () => true });
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

test("rows that are given memory keep what was said of them before", () => {
  const state = opened(fresh());
  const word = offset.board / 4 + 3 * rowWords;
  state.arena.words[word] = 7;
  const rows = { listeners: 1, routes: 1, pools: 1, servers: 4, rules: 0, egresses: 0 };
  state.reserve(rows);
  expect(state.arena.words[word]).toBe(7);
  state.reserve({ ...rows, servers: 2000 });
  expect([state.arena.words[word], state.arena.isFormatted()]).toEqual([7, true]);
  state.close();
});

test("a copy of the arena has what stands there, and takes no memory of the file", () => {
  const state = opened(fresh());
  const used = [100, arenaBytes / 64 - 1, arenaBytes / 8 - 1];
  for (const word of used) state.arena.words[word] = word;
  const { blocks } = statSync(state.arenaPath);
  const copy = state.arena.snapshot(64);
  expect(used.map((word) => copy.words[word])).toEqual(used);
  expect([copy.isFormatted(), copy.words[101], copy.words.length]).toEqual([true, 0, arenaBytes / 4]);
  expect(statSync(state.arenaPath).blocks).toBe(blocks);
  copy.words[100] = 7;
  expect(state.arena.words[100]).toBe(100);
  state.close();
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

test("an end leaves alone what another start has made in the place of its folder", () => {
  const folder = fresh();
  const state = opened(folder);
  rmSync(folder, { recursive: true });
  const next = openState(folder, { id: other.id, startedAt: other.startedAt, isAlive, tryFlock: () => true });
  state.close();
  expect([existsSync(next.arenaPath), next.lostArena()]).toEqual([true, null]);
  next.close();
  expect(existsSync(folder)).toBe(false);
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

/** A file system of its own, which others do not see; null where that takes rights that we have not. */
const isMountable = Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "none", root]).exitCode === 0;

/** What a start says where so much of a small memory is taken by what `fill` writes, a shell's words; `$1` is the state folder. */
function startedIn(size: string, fill: string): string[] {
  const script = join(root, "start.ts");
  const file = JSON.stringify(join(import.meta.dir, "state.ts"));
  writeFileSync(
    script,
    `import { openState } from ${file};
     import { readdirSync } from "node:fs";
     const folder = process.argv[2];
     const isAlive = (id) => id === ${other.id};
     const warn = (text) => console.log("warned: " + text);
     try {
       openState(folder, { id: process.pid, startedAt: 7, isAlive, tryFlock: () => true }, 1, warn);
       console.log(readdirSync(folder).sort().join(" "));
     } catch (error) {
       console.log("failed: " + error.message);
       try { console.log(readdirSync(folder).sort().join(" ")); } catch { console.log("no folder"); }
     }`,
  );
  const mounted = join(root, "mounted");
  const words = `mkdir -p "$1" && mount -t tmpfs -o size=${size} none "$1" && set -- "$1/state" "$2" "$3" && mkdir "$1" && { ${fill}; }; exec "$2" "$3" "$1"`;
  const { stdout, stderr } = Bun.spawnSync([
    "unshare",
    "-m",
    "sh",
    "-c",
    words,
    "sh",
    mounted,
    process.execPath,
    script,
  ]);
  return `${stdout}${stderr}`.replaceAll(mounted, "MEMORY").trim().split("\n");
}

const made = "arena caches control.pid egress egresslogs lists tables";
/** Takes all that is left; what does not fit is no error here. */
const use = (path: string): string => `head -c 99m /dev/zero > "$1/${path}" 2>&-`;

test.skipIf(!isMountable)("where memory is used up by what a dead run alone can use, that goes", () => {
  const fill = `echo "${other.id + 1} 1" > "$1/control.pid"; mkdir "$1/caches" "$1/recorder"; echo kept > "$1/caches/main"; : > "$1/control.pid.99"; ${use("recorder/1")}`;
  expect(startedIn("8m", fill)).toEqual([made]);
});

test.skipIf(!isMountable)("where caches have used memory up they go, with a warning, and tables stay", () => {
  const fill = `mkdir "$1/caches" "$1/tables"; echo kept > "$1/tables/marked"; ${use("caches/main")}`;
  const [warned, names] = startedIn("8m", fill);
  expect(warned).toStartWith("warned: what caches had stored is dropped: there was no room left for the state folder");
  expect(names).toBe(made);
});

test.skipIf(!isMountable)("where others have used memory up the start says so, and leaves nothing there", () => {
  const said = startedIn("1m", use("../others"));
  expect(said[0]).toStartWith(
    "failed: there is no room for the state folder MEMORY/state: 0 KiB are free there; remove",
  );
  expect(said[0]).toContain("not needed in MEMORY, or make its file system larger");
  expect(said[1]).toBe("no folder");
  // There is room for the lock, and for nothing else.
  expect(startedIn("64k", "true")[0]).toStartWith("failed: there is no room for the state folder MEMORY/state: 6");
});

test.skipIf(!isMountable)("nothing of a run that lives is thrown away for room", () => {
  const fill = `echo "${other.id} ${other.startedAt}" > "$1/control.pid"; mkdir "$1/caches" "$1/recorder"; ${use("caches/main")}`;
  expect(startedIn("8m", fill)).toEqual([
    `failed: Sluice already runs here as process ${other.id} (it holds MEMORY/state/control.pid)`,
    "caches control.pid recorder",
  ]);
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
