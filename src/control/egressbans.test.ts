import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awayBansMax, type EgressBan, EgressBans } from "./egressbans.ts";
import { openLog } from "./log.ts";

const root = mkdtempSync(join(tmpdir(), "sluice-egressbans-"));
let next = 0;
afterAll(() => rmSync(root, { recursive: true, force: true }));

function stage() {
  const folder = join(root, String(next++));
  mkdirSync(folder);
  const lines: string[] = [];
  const write = (line: string): void => void lines.push((JSON.parse(line) as { msg: string }).msg);
  const log = openLog({ level: "info", format: "json", isColored: false, write });
  const begin = (isFresh = false): EgressBans => new EgressBans({ folder, isFresh, log });
  return { folder, path: join(folder, ".bans.json"), lines, begin };
}

const ban = (member: string, untilMs = 0): EgressBan => ({ pool: "scrape", member, untilMs, note: 'ann: "x"' });
const nowMs = Date.UTC(2026, 10, 22);

test("bans are there in the next run while they hold, each of its pool", () => {
  const { begin, path } = stage();
  const bans = [ban("10.0.0.1"), ban("10.0.0.2", nowMs + 1), { ...ban("10.0.0.3"), pool: "other" }];
  begin().keep(bans);
  const later = begin();
  expect(later.of("scrape", nowMs)).toEqual(bans.slice(0, 2));
  expect(later.of("scrape", nowMs + 1)).toEqual(bans.slice(0, 1));
  expect(begin(true).of("other", nowMs)).toEqual([]);
  expect(existsSync(path)).toBe(false);
});

test("without any there is no file, and what is the same is not written again", () => {
  const { begin, path } = stage();
  const bans = begin();
  bans.keep([ban("10.0.0.1")]);
  rmSync(path);
  bans.keep([ban("10.0.0.1")]);
  expect(existsSync(path)).toBe(false);
  bans.keep([ban("10.0.0.2")]);
  expect(existsSync(path)).toBe(true);
  bans.keep([]);
  expect(existsSync(path)).toBe(false);
});

test("what cannot be written is told once, and owed until it is", () => {
  const { begin, path, lines } = stage();
  const bans = begin();
  mkdirSync(`${path}.new`);
  bans.keep([ban("10.0.0.1")]);
  bans.keep([ban("10.0.0.1")]);
  expect([bans.isOwed, lines.length]).toEqual([true, 1]);
  rmSync(`${path}.new`, { recursive: true });
  bans.keep([ban("10.0.0.1")]);
  expect([bans.isOwed, begin().of("scrape", nowMs).length]).toEqual([false, 1]);
});

test("a file that is not understood is put aside", () => {
  for (const text of [
    "{",
    '{"version":2,"bans":[]}',
    '{"version":1,"bans":[{"pool":"scrape"}]}',
    '{"version":1,"bans":[null]}',
  ]) {
    const { begin, path, lines } = stage();
    writeFileSync(path, text);
    expect(begin().of("scrape", nowMs)).toEqual([]);
    expect([readFileSync(`${path}.damaged`, "utf8"), existsSync(path), lines.length]).toEqual([text, false, 1]);
  }
});

test("of members that are away the newest are kept, as many as there is room for, and none that is over", () => {
  const bans = stage().begin();
  const many = Array.from({ length: awayBansMax + 3 }, (_, at) => ban(`10.0.${at >> 8}.${at & 255}`));
  bans.keep([...many, ban("10.9.0.1", nowMs), ban("10.9.0.2")]);
  const away = bans.away(({ member }) => member === "10.9.0.2", nowMs);
  expect([away.length, away[0]!.member, away.at(-1)!.member]).toEqual([awayBansMax, "10.0.0.3", many.at(-1)!.member]);
});
