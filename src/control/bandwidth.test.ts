import { expect, test } from "bun:test";
import { compile } from "../config/compile.ts";
import { judge } from "../config/judge.ts";
import { Slots } from "../config/slots.ts";
import { Arena } from "../memory/arena.ts";
import { Board } from "../memory/board.ts";
import { serverCell, Tally, Totals } from "../memory/tally.ts";
import { Bandwidth } from "./bandwidth.ts";

function stage(balance: "leastBandwidth" | "random") {
  const arena = Arena.inMemory();
  const slots = new Slots();
  const planOf = (servers: string[]) =>
    compile(
      judge({ listeners: { web: { listen: ":80", use: "app" } }, pools: { app: { servers, balance } } }).config!,
      slots,
      () => undefined,
    );
  const board = new Board(arena);
  const carry = (slot: number, bytes: number): void => {
    const tally = new Tally(arena, 1);
    tally.cells[tally.serverRow(slot) + serverCell.bytesReceived]! += bytes / 2;
    tally.cells[tally.serverRow(slot) + serverCell.bytesSent]! += bytes / 2;
  };
  return { planOf, board, carry, bandwidth: new Bandwidth(new Totals(arena, 2), board) };
}

test("what servers carried since the look before stands on the board, a second", () => {
  const { planOf, board, carry, bandwidth } = stage("leastBandwidth");
  const plan = planOf(["10.0.0.1:80", "10.0.0.2:80"]);
  const [one, two] = plan.pools[0]!.servers.map(({ slot }) => slot) as [number, number];
  carry(one, 10_000);
  bandwidth.look(plan, 1000);
  // What was before the first look was not in one second.
  expect([board.bandwidth(one), board.bandwidth(two)]).toEqual([0, 0]);
  carry(one, 6000);
  carry(two, 6e12);
  bandwidth.look(plan, 3000);
  expect([board.bandwidth(one), board.bandwidth(two)]).toEqual([3000, 0xffff_ffff]);
  bandwidth.look(plan, 4000);
  expect([board.bandwidth(one), board.bandwidth(two)]).toEqual([0, 0]);
});

test("a server that has another's row begins at nothing", () => {
  const { planOf, board, carry, bandwidth } = stage("leastBandwidth");
  const plan = planOf(["10.0.0.1:80"]);
  const { slot } = plan.pools[0]!.servers[0]!;
  bandwidth.look(plan, 1000);
  carry(slot, 1000);
  const renamed = structuredClone(plan) as typeof plan;
  Object.assign(renamed.pools[0]!.servers[0]!, { id: "app/10.0.0.9:80" });
  bandwidth.look(renamed, 2000);
  expect(board.bandwidth(slot)).toBe(0);
});

test("pools that are balanced otherwise are not looked at", () => {
  const { planOf, board, carry, bandwidth } = stage("random");
  const plan = planOf(["10.0.0.1:80"]);
  const { slot } = plan.pools[0]!.servers[0]!;
  bandwidth.look(plan, 1000);
  carry(slot, 1000);
  bandwidth.look(plan, 2000);
  bandwidth.look(null, 3000);
  expect(board.bandwidth(slot)).toBe(0);
});
