import { expect, test } from "bun:test";
import { join } from "node:path";
import { openLog } from "./log.ts";
import { hasFreeFiles, residentBytes, Shortage } from "./openfiles.ts";

test("memory is what the system tells, and files are free as a rule", () => {
  expect(residentBytes()).toBeGreaterThan(10_000_000);
  expect([hasFreeFiles(), hasFreeFiles(8)]).toEqual([true, true]);
});

/** In a process that may open few: what the program says, with `fill` to open them all and `free` to give some back. */
function saidByFew(program: string): unknown {
  const path = JSON.stringify(join(import.meta.dir, "openfiles.ts"));
  const figures = JSON.stringify(join(import.meta.dir, "processfigures.ts"));
  const source = `
    import { closeSync, openSync } from "node:fs";
    import { hasFreeFiles, residentBytes } from ${path};
    import { figuresOf } from ${figures};
    const files = [];
    const fill = () => { try { for (;;) files.push(openSync("/dev/null", "r")); } catch {} };
    const free = (count) => { for (const file of files.splice(-count)) closeSync(file); };
    ${program}`;
  const limited = ["bash", "-c", 'ulimit -n 64; exec "$@"', "bash", process.execPath, "-e", source];
  const { stdout, stderr, exitCode } = Bun.spawnSync(limited);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString());
}

test("a full table of files ends nothing: memory is what it was last", () => {
  const said = saidByFew(`
    const before = residentBytes();
    fill();
    const full = [residentBytes(), residentBytes()];
    const figures = figuresOf(process.pid);
    free(1);
    console.log(JSON.stringify({ before, full, figures, after: residentBytes() > 0 }));`);
  const { before } = said as { before: number };
  expect(said).toEqual({
    before: expect.any(Number),
    full: [before, before],
    figures: { cpuSeconds: expect.any(Number), residentBytes: before, openFiles: expect.any(Number) },
    after: true,
  });
});

test("free is what can be opened, and no file is kept", () => {
  const said = saidByFew(`
    fill();
    const full = hasFreeFiles();
    free(2);
    console.log(JSON.stringify([full, hasFreeFiles(2), hasFreeFiles(3), hasFreeFiles(2), hasFreeFiles()]));`);
  expect(said).toEqual([false, true, false, true, true]);
});

test("what is left undone is told once a minute", () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push((JSON.parse(line) as { msg: string }).msg);
  const log = openLog({ level: "info", format: "json", isColored: false, write });
  const shortage = new Shortage("lists are not read");
  for (const atMs of [0, 1, 59_999, 60_000]) shortage.tell(log, atMs);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toStartWith("this process may open no more files: lists are not read, until it may;");
});
