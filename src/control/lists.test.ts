import { afterEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListSource } from "../config/loadreplies.ts";
import { ListFile } from "../memory/listfile.ts";
import { type ListFiles, Lists } from "./lists.ts";
import { openLog, silentLog } from "./log.ts";

const folders: string[] = [];
const open: Lists[] = [];
afterEach(() => {
  for (const lists of open.splice(0)) lists.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function stage({ stillMs = 0 as number | null, hasFreeFiles = (): boolean => true } = {}) {
  const root = mkdtempSync(join(tmpdir(), "sluice-lists-"));
  folders.push(root);
  const told: ListFiles[] = [];
  const lines: string[] = [];
  const write = (line: string): void => void lines.push((JSON.parse(line) as { msg: string }).msg);
  const log = openLog({ level: "info", format: "json", isColored: false, write });
  const folder = join(root, "made");
  const changed = (files: ListFiles): void => void told.push(files);
  const lists = new Lists({ folder, log, changed, everyMs: 0, ...(stillMs === null ? {} : { stillMs }), hasFreeFiles });
  open.push(lists);
  const file = join(root, "office.txt");
  /** As editors write: another file in its place. */
  const put = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const sources = { office: { kind: "text", values: null, file } satisfies ListSource };
  const keep = async (given: Record<string, ListSource> = sources): Promise<ListFiles> => {
    const prepared = await lists.prepare(given);
    prepared.keep();
    return prepared.files;
  };
  return { root, folder, lists, told, lines, file, put, sources, keep };
}

const holds = (path: string | undefined, text: string): boolean =>
  new ListFile(readFileSync(path!)).findText(text) !== -1;
const inline = (kind: ListSource["kind"], ...values: string[]): ListSource => ({ kind, values, file: null });

test("values of the config and of files become files that can be mapped, and the log tells how many there are", async () => {
  const { put, keep, sources, lines, lists } = stage();
  put("a\nb\n");
  const files = await keep({
    ...sources,
    "näme/x": inline("name", "*.a.test"),
    pools: inline("map", "a.test one two"),
  });
  expect([holds(files["office"], "a"), holds(files["näme/x"], "www.a.test")]).toEqual([true, true]);
  const pools = new ListFile(readFileSync(files["pools"]!));
  expect(pools.valueOf(pools.findText("a.test"))).toBe("one two");
  expect(lines).toEqual(["list office: 2 entries", "list näme/x: 1 entry", "list pools: 1 entry"]);
  const [first] = lists.status();
  expect(first).toMatchObject({ name: "office", kind: "text", entries: 2, problem: null, problemAtMs: null });
  expect(first!.file).toEndWith("office.txt");
  expect(Math.abs(Date.now() - first!.loadedAtMs)).toBeLessThan(60_000);
  expect(lists.status()[1]!.file).toBeNull();
});

test("a file that has changed is made anew, and workers are told of it", async () => {
  const { put, keep, lists, told, lines } = stage();
  put("a\nb\n");
  const before = await keep();
  await lists.look();
  expect(told).toEqual([]);
  for (const [text, line] of [
    ["a\nb\nc\n", "list office: 3 entries (1 more)"],
    ["c\n", "list office: 1 entry (2 fewer)"],
    ["d\n", "list office: 1 entry (as many as before)"],
  ] as const) {
    put(text);
    await lists.look();
    expect(lines.at(-1)).toBe(line);
  }
  expect([told.length, holds(told[2]!["office"], "d"), told[2]!["office"] === before["office"]]).toEqual([
    3,
    true,
    false,
  ]);
  // A worker that is just starting may still be told of the former one.
  expect(existsSync(before["office"]!)).toBe(true);
});

test("a file that has become bad, or is gone, leaves its former values in force and is told once", async () => {
  const { put, keep, lists, told, lines, file, sources } = stage();
  const addresses = { office: { ...sources.office, kind: "address" } satisfies ListSource };
  put("10.0.0.1\n");
  await keep(addresses);
  put("10.0.0.1\n10.0.0.300\nx\n");
  await lists.look();
  await lists.look();
  expect(lines.slice(1)).toEqual([
    `list office: ${file} has 2 bad lines:`,
    'list office: office.txt:2: "10.0.0.300" is not an IP address or a block such as 10.0.0.0/8',
    'list office: office.txt:3: "x" is not an IP address or a block such as 10.0.0.0/8',
    "list office: the 1 entry from before stays in force",
  ]);
  expect(lists.status()[0]!.problem).toContain("2 bad lines");
  expect(lists.status()[0]!.problemAtMs).toBeGreaterThanOrEqual(lists.status()[0]!.loadedAtMs);
  rmSync(file);
  await lists.look();
  await lists.look();
  expect(lines.slice(5)).toEqual([
    `list office: ${file} does not exist`,
    "list office: the 1 entry from before stays in force",
  ]);
  expect(told).toEqual([]);
  put("10.0.0.1\n10.0.0.2\n");
  await lists.look();
  expect([told.length, lists.status()[0]!.problem, lines.at(-1)]).toEqual([1, null, "list office: 2 entries (1 more)"]);
});

test("what the state folder had no room for is made at a later look, and told once", async () => {
  const { put, keep, lists, told, lines, folder } = stage();
  put("a\n");
  await keep();
  put("a\nb\n");
  // The next two files that are made lead nowhere.
  for (const name of ["office.2", "office.3"]) symlinkSync(join(folder, "none", "none"), join(folder, name));
  await lists.look();
  const { problem, problemAtMs } = lists.status()[0]!;
  expect(problem).toStartWith("its file in the state folder cannot be written: ENOENT");
  await lists.look();
  expect(lists.status()[0]!.problemAtMs).toBe(problemAtMs);
  expect([told.length, lines.length]).toEqual([0, 3]);
  await lists.look();
  expect([told.length, lists.status()[0]!.problem, lines.at(-1)]).toEqual([1, null, "list office: 2 entries (1 more)"]);
});

test("a list that is being made when all ends leaves no file", async () => {
  const { put, keep, lists, told, folder } = stage();
  put("a\n");
  await keep();
  put("a\nb\n");
  const looking = lists.look();
  // It has begun: what comes next is the reading of the file.
  await Promise.resolve();
  lists.close();
  await looking;
  expect([readdirSync(folder), told]).toEqual([[], []]);
});

test("a file is read only when it has stood still, for it may be half written", async () => {
  const { put, keep, lists, told } = stage({ stillMs: 3_600_000 });
  put("a\n");
  await keep();
  put("a\nb\n");
  await lists.look();
  await lists.look();
  expect(told).toEqual([]);
});

test("a file that has become empty is taken for one that is about to be written: what was in it stays, at a reload too", async () => {
  const { put, keep, lists, told, lines, file } = stage();
  put("a\nb\n");
  await keep();
  writeFileSync(file, "");
  await lists.look();
  const problem = `${file} has become empty; a list of nothing is a comment (# ...)`;
  expect([told, lists.status()[0]!.problem, lists.status()[0]!.entries]).toEqual([[], problem, 2]);
  expect(lines.slice(-2)).toEqual([`list office: ${problem}`, "list office: the 2 entries from before stay in force"]);
  expect(holds((await keep())["office"], "a")).toBe(true);
  expect(lines.filter((line) => line.includes("empty"))).toHaveLength(1);
  // Meant.
  writeFileSync(file, "# nobody\n");
  await lists.look();
  expect([lists.status()[0]!.problem, lists.status()[0]!.entries]).toEqual([null, 0]);
  writeFileSync(file, "");
  await lists.look();
  expect(lists.status()[0]!.problem).toBeNull();
});

test("a file that is written where it stands must stand still for longer than one that takes its place", async () => {
  const { put, lists, told, file, keep } = stage({ stillMs: null });
  const looked = async (change: () => void): Promise<number> => {
    const [former, startMs] = [told.length, performance.now()];
    change();
    while (told.length === former) {
      await lists.look();
      await Bun.sleep(5);
    }
    return performance.now() - startMs;
  };
  put("a\n");
  await keep();
  const replacedMs = await looked(() => put("a\nb\n"));
  const writtenMs = await looked(() => writeFileSync(file, "a\nb\nc\n"));
  expect(replacedMs).toBeGreaterThanOrEqual(250);
  expect(writtenMs).toBeGreaterThanOrEqual(2000);
  expect(writtenMs).toBeGreaterThan(replacedMs);
});

test("a file that takes the place of another does not wait for one that is being written where it stands", async () => {
  const { root, put, keep, told, lists, sources } = stage({ stillMs: null });
  const slow = join(root, "slow.txt");
  writeFileSync(slow, "a\n");
  put("a\n");
  const former = await keep({ slow: { kind: "text", values: null, file: slow }, ...sources });
  writeFileSync(slow, "b\n");
  await lists.look();
  put("b\n");
  await lists.look();
  const deadline = performance.now() + 5000;
  while (told.length === 0 && performance.now() < deadline) await Bun.sleep(5);
  expect(holds(told[0]!["office"], "b")).toBe(true);
  expect(told[0]!["slow"]).toBe(former["slow"]!);
});

test("a file that changes is found without being asked", async () => {
  const { put, keep, told } = stage({ stillMs: 1 });
  put("a\n");
  await keep();
  put("b\n");
  const deadline = performance.now() + 5000;
  while (told.length === 0 && performance.now() < deadline) await new Promise((resume) => setImmediate(resume));
  expect(holds(told[0]!["office"], "b")).toBe(true);
});

test("a list without former values that cannot be read refuses the plan, and nothing has changed", async () => {
  const { put, keep, lists, sources, file, folder } = stage();
  put("a\n");
  const files = await keep();
  const bad = { office: { ...sources.office, kind: "address" } satisfies ListSource, other: inline("text", "x") };
  await expect(lists.prepare(bad)).rejects.toThrow(`list office: ${file} has a bad line:\noffice.txt:1: "a" is not`);
  expect(lists.status()).toMatchObject([{ name: "office", kind: "text", entries: 1, problem: null }]);
  expect(readdirSync(folder)).toEqual([files["office"]!.slice(folder.length + 1)]);
});

test("a plan that is refused leaves no files behind, and one in force takes those that are as they were", async () => {
  const { put, keep, lists, sources, folder, lines } = stage();
  put("a\n");
  const files = await keep();
  const refused = await lists.prepare({ ...sources, other: inline("text", "x") });
  expect(refused.files["office"]).toBe(files["office"]!);
  refused.undo();
  expect([readdirSync(folder).length, lists.status().length]).toEqual([1, 1]);
  const taken = await keep({ ...sources, other: inline("text", "x") });
  expect(taken["office"]).toBe(files["office"]!);
  expect((await keep({ other: inline("text", "x", "y") }))["other"]).not.toBe(taken["other"]);
  expect(lines).toEqual(["list office: 1 entry", "list other: 1 entry", "list other: 2 entries (1 more)"]);
});

test("while a plan is being put in force its files stay as they are", async () => {
  const { put, lists, sources, keep, told } = stage();
  put("a\n");
  await keep();
  const prepared = await lists.prepare(sources);
  put("b\n");
  await lists.look();
  expect(told).toEqual([]);
  prepared.keep();
  await lists.look();
  expect(told.length).toBe(1);
});

test("files of a former run go at the start, and all go at the end", async () => {
  const { put, keep, lists, folder, root } = stage();
  put("a\n");
  await keep();
  put("b\n");
  await lists.look();
  expect(readdirSync(folder).length).toBe(2);
  lists.close();
  expect(readdirSync(folder)).toEqual([]);
  const other = join(root, "other");
  mkdirSync(other);
  writeFileSync(join(other, "office.7"), "left");
  const next = new Lists({
    folder: other,
    log: silentLog(),
    changed: () => {},
    everyMs: 0,
  });
  open.push(next);
  expect(readdirSync(other)).toEqual([]);
});

test("a file that cannot be read for want of descriptors is not to blame, and is read when there are some", async () => {
  const answers: boolean[] = [];
  const { put, keep, lists, told, lines, file } = stage({ hasFreeFiles: () => answers.shift() ?? true });
  put("a\n");
  await keep();
  lines.length = 0;
  put("a\nb\n");
  answers.push(false);
  await lists.look();
  // They run out while it is read.
  rmSync(file);
  answers.push(true, false);
  await lists.look();
  expect([answers, told, lists.status()[0]!.problem]).toEqual([[], [], null]);
  expect(lines.splice(0)).toEqual([expect.stringContaining("lists that have changed are not read")]);
  put("a\nb\n");
  await lists.look();
  expect(lines).toEqual(["list office: 2 entries (1 more)"]);
});
