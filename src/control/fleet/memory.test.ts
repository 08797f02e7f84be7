import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { Room } from "../../../test/e2e/harness/room.ts";
import { FleetMemory } from "./memory.ts";

const lifted = [["10.0.0.1", { atMs: 5, node: "n1" }]] as const;

test("what is written is read again, by the same fleet", async () => {
  await using room = new Room();
  const path = room.path("fleet.json");
  const memory = new FleetMemory(path, "eu");
  const nothing = { epoch: "0", ordersTo: 0, lifted: [] };
  expect(memory.read()).toEqual(nothing);
  expect(memory.write({ epoch: "17", ordersTo: 3, lifted })).toBeNull();
  expect(new FleetMemory(path, "eu").read()).toEqual({ epoch: "17", ordersTo: 3, lifted });
  expect(new FleetMemory(path, "us").read()).toEqual(nothing);
  for (const text of ["", "{", "null", '{"version":2}']) {
    writeFileSync(path, text);
    expect(memory.read()).toEqual(nothing);
  }
});

test("a file that cannot be written is told", () => {
  const memory = new FleetMemory("/nowhere/at/all/fleet.json", "eu");
  expect(memory.write({ epoch: "17", ordersTo: 3, lifted })).toContain("ENOENT");
});
