import { expect, test } from "bun:test";
import { egressPlan, member } from "../../../test/playbook/egresses.ts";
import { Memory } from "../../../test/playbook/memory.ts";
import type { EgressPlan } from "../../config/plan.ts";
import { Arena } from "../../memory/arena.ts";
import { Tally } from "../../memory/tally.ts";
import { Output } from "../../wire/http1/writer.ts";
import { EgressSite } from "./site.ts";

const tally = new Tally(Arena.inMemory(), 0);
const memory = new Memory();

function made(plan: EgressPlan, former?: EgressSite): EgressSite {
  return new EgressSite(plan, memory.boardOf(plan), tally, () => 0.5, former);
}

test("what a pool has made of its plan is kept where the plan is the same, however it came", () => {
  const plan = egressPlan(["192.0.2.1"]);
  const one = made(plan);
  expect(made(JSON.parse(JSON.stringify(plan)) as EgressPlan, one).pool).toBe(one.pool);
  expect(made({ ...plan, waitMs: 1 }, one).pool).not.toBe(one.pool);
  expect(made(egressPlan(["192.0.2.2"]), one).pool).not.toBe(one.pool);
});

function written(site: EgressSite, member: number): string {
  const output = new Output();
  site.writeLine(output, member, site.addressOf(member));
  return new TextDecoder().decode(output.bytes.subarray(0, output.length));
}

test("what is told of a member is its id, where anything is told, and of a proxy its place alone", () => {
  const proxy = { ...member("http://anna:x@p.example:3128"), id: "http://anna@p.example:3128" };
  const site = made(egressPlan(["192.0.2.1", proxy], { isTold: true }));
  expect([site.lineOf(0), site.lineOf(-1)]).toEqual(["X-Egress-IP: 192.0.2.1\r\n", ""]);
  expect(site.lineOf(1)).toBe("X-Egress-IP: p.example:3128\r\n");
  const silent = made(egressPlan(["192.0.2.1"]));
  expect(silent.lineOf(0)).toBe("");
  for (const [each, member] of [
    [site, 0],
    [site, 1],
    [site, -1],
    [silent, 0],
  ] as const)
    expect(written(each, member)).toBe(each.lineOf(member));
});

test("names are looked up first where every member is an address of this machine", () => {
  expect(made(egressPlan(["192.0.2.1", "2001:db8::1"])).isLookingUp).toBe(true);
  expect(made(egressPlan(["192.0.2.1", "http://p.example:1"])).isLookingUp).toBe(false);
});
