import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { egressPlan } from "../../test/playbook/egresses.ts";
import { memberWord, recordWord } from "../memory/egress.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { Egresses } from "./egresses.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-worker-egresses-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = egressPlan(["192.0.2.1", "192.0.2.2"]);

function made(name: string, shape = egressShape(plan)): string {
  const path = join(folder, name);
  const bytes = new Uint8Array(SharedEgressBoard.bytesFor(shape));
  SharedEgressBoard.format(bytes, shape, 1);
  writeFileSync(path, bytes);
  return path;
}

test("a board that stays is the same over plans, and what one process does to it another sees", () => {
  const owner = { id: process.pid, startedAt: 1, isAlive: () => true, relax: () => {} };
  const path = made("a");
  const [one, other] = [new Egresses(owner), new Egresses({ ...owner, id: process.pid + 1 })];
  for (const each of [one, other]) each.adopt([plan], { out: path });
  const board = one.of(plan) as SharedEgressBoard;
  board.adopt(["192.0.2.1"], 0);
  one.adopt([{ ...plan, waitMs: 5 }], { out: path });
  expect(one.of(plan)).toBe(board);
  expect(other.of(plan).memberOf("192.0.2.1")).toBe(board.memberOf("192.0.2.1"));
  one.adopt([plan], { out: made("b") });
  expect(one.of(plan)).not.toBe(board);
});

test("a plan whose board cannot be mapped changes nothing", () => {
  const owner = { id: process.pid, startedAt: 1, isAlive: () => true, relax: () => {} };
  const egresses = new Egresses(owner);
  egresses.adopt([plan], { out: made("c") });
  const board = egresses.of(plan);
  expect(() => egresses.adopt([plan], {})).toThrow("the plan has a board out and no file for it");
  expect(egresses.of(plan)).toBe(board);
});

test("what is held is counted once after a plan that failed when it had its board already", () => {
  const owner = { id: process.pid, startedAt: 1, isAlive: () => true, relax: () => {} };
  const egresses = new Egresses(owner);
  const path = made("g");
  egresses.adopt([plan], { out: path });
  egresses.settle([plan]);
  const board = egresses.of(plan) as SharedEgressBoard;
  board.adopt(["192.0.2.1"], 0);
  const row = board.memberOf("192.0.2.1");
  board.open();
  const pair = board.take("pair", row, 7, 0);
  const held = { row, lease: board.hold(row, pair) };
  board.close();
  const active = (): number[] => [board.words[row + memberWord.active]!, board.words[pair + recordWord.active]!];
  egresses.adopt([plan], { out: made("h", { ...egressShape(plan), members: 128 }) });
  egresses.adopt([plan], { out: path });
  egresses.settle([plan]);
  expect(active()).toEqual([1, 1]);
  (egresses.of(plan) as SharedEgressBoard).letGo(board.heirOf(held).lease);
  expect(active()).toEqual([0, 0]);
});

test("what is held is held on another board once that is in force, and on the former one until it is in force everywhere", () => {
  const owner = { id: process.pid, startedAt: 1, isAlive: () => true, relax: () => {} };
  const egresses = new Egresses(owner);
  const id = "192.0.2.1";
  const adopted = (path: string): SharedEgressBoard => {
    egresses.adopt([plan], { out: path });
    const board = egresses.of(plan) as SharedEgressBoard;
    board.adopt([id], 0);
    return board;
  };
  const activeOf = (board: SharedEgressBoard): number => board.words[board.memberOf(id) + memberWord.active]!;
  const former = adopted(made("d"));
  egresses.settle([plan]);
  const held = { row: former.memberOf(id), lease: former.hold(former.memberOf(id), 0) };
  // A plan that fails has not moved anything.
  const next = adopted(made("e", { ...egressShape(plan), members: 128 }));
  expect([former.successor, activeOf(former), activeOf(next)]).toEqual([null, 1, 0]);
  egresses.settle([plan]);
  expect([former.successor, activeOf(former), activeOf(next)]).toEqual([next, 1, 1]);
  egresses.release();
  expect([activeOf(former), activeOf(next)]).toEqual([0, 1]);
  // The next reload, before which nobody has said that: it is over all the same.
  const last = adopted(made("f"));
  egresses.settle([plan]);
  egresses.settle([plan]);
  expect([activeOf(former), activeOf(next), activeOf(last)]).toEqual([0, 0, 1]);
  last.letGo(former.heirOf(held).lease);
  expect(activeOf(last)).toBe(0);
});
