import { expect, test } from "bun:test";
import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Arena, arenaBytes } from "./arena.ts";
import { listenerCell, poolCell, routeCell, serverCell, Tally, Totals, workerCell } from "./tally.ts";

test("a dead worker's gauges are cleared, of rows that somebody has had; memory that nobody has used stays unused", () => {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "sluice-tally-"));
  const path = join(folder, "arena");
  const file = openSync(path, "wx+");
  ftruncateSync(file, arenaBytes);
  closeSync(file);
  const arena = new Arena(Bun.mmap(path, { shared: true }));
  arena.format();
  const totals = new Totals(arena, 64);
  for (const kind of ["listeners", "routes", "pools", "servers"] as const)
    for (let slot = 0; slot <= 3; slot++) totals.clearRow(kind, slot);
  const tally = new Tally(arena, 63);
  const gauges = [
    tally.workerRow() + workerCell.connections,
    tally.listenerRow(3) + listenerCell.connections,
    tally.routeRow(3) + routeCell.open,
    tally.poolRow(3) + poolCell.queued,
    tally.serverRow(3) + serverCell.idle,
  ];
  for (const cell of gauges) arena.cells[cell] = 7;
  arena.cells[tally.serverRow(3) + serverCell.calls] = 8;
  for (let worker = 0; worker < 64; worker++) totals.clearGauges(worker);
  expect(gauges.map((cell) => arena.cells[cell])).toEqual([0, 0, 0, 0, 0]);
  expect(arena.cells[tally.serverRow(3) + serverCell.calls]).toBe(8);
  // Not much more than ten pages of each worker.
  expect(statSync(path).blocks * 512).toBeLessThan(64 * 2 ** 16);
  rmSync(folder, { recursive: true });
});
