import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { egressPlan } from "../../test/playbook/egresses.ts";
import { egressShape } from "../memory/egressboard/shape.ts";
import { SharedEgressBoard } from "../memory/egressboard.ts";
import { Egresses } from "./egresses.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-worker-egresses-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = egressPlan(["192.0.2.1", "192.0.2.2"]);

function made(name: string): string {
  const path = join(folder, name);
  const shape = egressShape(plan);
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
