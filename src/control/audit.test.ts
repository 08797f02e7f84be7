import { afterEach, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditNote, AuditRecord } from "./api/shape/audit.ts";
import { Audit } from "./audit.ts";
import { openLog, silentLog } from "./log.ts";

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
});

function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), "audit-"));
  ends.push(() => rmSync(folder, { recursive: true }));
  return folder;
}

function opened(folder: string | null, bytesMax?: number): Audit {
  const audit = new Audit({ folder, log: silentLog(), ...(bytesMax === undefined ? {} : { bytesMax }) });
  ends.push(() => audit.close());
  return audit;
}

function record(operation: string): AuditNote {
  const at = "2030-01-31T18:00:00.000Z";
  const of = { actor: "ann", peer: "127.0.0.1", method: "POST", path: "/x", body: "", status: 200, problem: null };
  return { at, operation, ...of };
}

test("the last ones are told, the newest first, and who follows hears of each", () => {
  const audit = opened(null);
  const heard: string[] = [];
  const leave = audit.follow(({ operation }) => heard.push(operation));
  for (const name of ["one", "two", "three"]) audit.note(record(name));
  leave();
  audit.note(record("four"));
  expect(audit.last(2).map(({ operation }) => operation)).toEqual(["four", "three"]);
  expect(heard).toEqual(["one", "two", "three"]);
});

test("a thousand are kept in memory, and all are in the file, which nobody else may read", () => {
  const folder = folderOf();
  const audit = opened(folder);
  for (let index = 0; index < 1003; index++) audit.note(record(`n${index}`));
  expect(audit.last(5000).length).toBe(1000);
  expect(audit.last(5000).at(-1)!.operation).toBe("n3");
  const path = join(folder, "audit.log");
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect([lines.length, JSON.parse(lines[0]!).operation]).toEqual([1003, "n0"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("the next run knows what was asked for before, and passes over a line that was cut short", () => {
  const folder = folderOf();
  opened(folder).note(record("before"));
  appendFileSync(join(folder, "audit.log"), '{"at":"20\n');
  const audit = opened(folder);
  audit.note(record("after"));
  expect(audit.last(10).map(({ operation }) => operation)).toEqual(["after", "before"]);
});

test("a file that is full is put aside, and nothing is lost", () => {
  const folder = folderOf();
  const line = JSON.stringify({ number: 1, ...record("n0") }).length + 1;
  const audit = opened(folder, line * 2);
  for (let index = 0; index < 5; index++) audit.note(record(`n${index}`));
  const path = join(folder, "audit.log");
  const lines = (file: string): string[] =>
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((each) => (JSON.parse(each) as AuditRecord).operation);
  expect([lines(`${path}.1`), lines(path)]).toEqual([["n2", "n3"], ["n4"]]);
});

test("no two records have one number, though they are alike in all else, over restarts and files that are put aside", () => {
  const folder = folderOf();
  const heard: number[] = [];
  // As former versions wrote them.
  appendFileSync(join(folder, "audit.log"), `${JSON.stringify(record("old"))}\n`.repeat(2));
  for (let run = 0; run < 3; run++) {
    const audit = opened(folder, 600);
    audit.follow(({ number }) => heard.push(number));
    for (let index = 0; index < 4; index++) audit.note(record("same"));
    expect(audit.last(1)[0]!.number).toBe(heard.at(-1)!);
    audit.close();
  }
  expect(heard).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
  expect(
    opened(folder)
      .last(2)
      .map(({ number }) => number),
  ).toEqual([14, 13]);
});

test("where nothing can be written it is said once, and the records are there all the same", () => {
  const lines: string[] = [];
  const log = openLog({ level: "info", format: "json", isColored: false, write: (line) => lines.push(line) });
  const audit = new Audit({ folder: "/nowhere/at/all", log });
  audit.note(record("one"));
  audit.note(record("two"));
  expect(audit.last(5).length).toBe(2);
  expect(lines.length).toBe(1);
  expect(lines[0]).toContain("cannot be written");
});
