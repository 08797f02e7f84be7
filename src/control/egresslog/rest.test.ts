import { afterEach, beforeEach, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isShortage } from "./rest.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-rest-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Of a process with few descriptors: what a tail says of a log that is rotated while they are gone, or the folder is shut. */
function said(shut: string, open: string): unknown {
  const at = (name: string): string => JSON.stringify(join(import.meta.dir, name));
  const source = `
    const { appendFileSync, closeSync, openSync, renameSync, utimesSync, writeFileSync, chmodSync } = await import("node:fs");
    const { Tail, chunkBytes } = await import(${at("tail.ts")});
    const { Rest } = await import(${at("rest.ts")});
    const { Positions } = await import(${at("positions.ts")});
    const folder = ${JSON.stringify(folder)};
    const path = folder + "/access.log";
    const bytes = new Uint8Array(Positions.bytesFor(1));
    Positions.format(bytes, 1);
    const lines = [];
    const sink = { line: (buffer, start, end) => lines.push(buffer.toString("utf8", start, end)), long() {}, read() {} };
    const position = new Positions(bytes).adopt([path])[0];
    const tail = new Tail({ path, position, isFromStart: true, isHeld: false, rest: new Rest(), buffer: Buffer.alloc(chunkBytes), sink });
    let nowMs = 0;
    const look = () => {
      nowMs += 2000;
      while (tail.read(nowMs));
      return [lines.splice(0).join(), tail.problem];
    };
    writeFileSync(path, "a\\n");
    const answers = [look()];
    appendFileSync(path, "b\\n");
    renameSync(path, path + ".1");
    writeFileSync(path, "c\\n");
    // Long ago, so that the folder counts as one that has not changed since it was listed.
    utimesSync(folder, 1, 1);
    const files = [];
    ${shut};
    answers.push(look());
    ${open};
    answers.push(look(), look());
    console.log(JSON.stringify(answers));`;
  const { stdout, stderr } = Bun.spawnSync([
    "bash",
    "-c",
    'ulimit -n 64; exec "$@"',
    "bash",
    process.execPath,
    "-e",
    source,
  ]);
  expect(String(stderr)).toBe("");
  return JSON.parse(String(stdout));
}

test("the rest of a log that was rotated while no file could be opened is read as soon as one can", () => {
  const shut = `try { for (;;) files.push(openSync("/dev/null", "r")); } catch {}`;
  expect(said(shut, "for (const file of files) closeSync(file)")).toEqual([
    ["a", null],
    ["", "too many files are open"],
    ["b", null],
    ["c", null],
  ]);
});

test("and so it is with one descriptor left, which the listing of the folder takes", () => {
  const shut = `try { for (;;) files.push(openSync("/dev/null", "r")); } catch {} closeSync(files.pop())`;
  const answers = said(shut, "for (const file of files) closeSync(file)") as [string, string | null][];
  expect(answers.map(([lines]) => lines).join("")).toBe("abc");
});

const isRoot = process.getuid?.() === 0;
/** What root may not list there is none of; somebody else's process may. */
const asNobody = isRoot ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : [];
const isRunnable = Bun.spawnSync([...asNobody, process.execPath, "--version"]).exitCode === 0;

test.skipIf(!isRunnable)("a folder that could not be listed is listed again though nothing in it has changed", () => {
  writeFileSync(join(folder, "access.log.1"), "a");
  // Long ago, so that the folder counts as one that has not changed since.
  utimesSync(folder, 1, 1);
  chmodSync(folder, 0o711);
  if (isRoot) chownSync(folder, 65534, 65534);
  const rest = readFileSync(join(import.meta.dir, "rest.ts"), "utf8").replace(/^import type .*$/gm, "");
  const source = `
    import { chmodSync } from "node:fs";
    ${new Bun.Transpiler({ loader: "ts" }).transformSync(rest)}
    const folder = ${JSON.stringify(folder)};
    const beside = () => rested.beside(folder + "/access.log", () => true).length;
    const rested = new Rest();
    chmodSync(folder, 0o300);
    const shut = beside();
    chmodSync(folder, 0o700);
    console.log(shut, beside());`;
  const { stdout, stderr } = Bun.spawnSync([...asNobody, process.execPath, "-e", source], { cwd: "/" });
  expect([String(stdout), String(stderr)]).toEqual(["0 1\n", ""]);
});

test("only a want of descriptors or memory is a shortage", () => {
  const of = (code: string): Error => Object.assign(new Error(code), { code });
  expect(["EMFILE", "ENFILE", "ENOMEM", "EACCES", "ENOENT"].map((code) => isShortage(of(code)))).toEqual([
    ...[true, true, true],
    ...[false, false],
  ]);
});
