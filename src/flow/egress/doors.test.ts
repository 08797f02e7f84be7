import { expect, test } from "bun:test";
import { egressPlan, member } from "../../../test/playbook/egresses.ts";
import { makePlan } from "../../../test/playbook/plan.ts";
import { proxyPlan } from "../../../test/playbook/proxies.ts";
import type { EgressMemberPlan } from "../../config/plan.ts";
import { Arena } from "../../memory/arena.ts";
import { serverCell, Tally } from "../../memory/tally.ts";
import { ServerSite } from "../site.ts";
import { readPlace } from "../targets/place.ts";
import { Target } from "../targets/target.ts";
import type { Upstream } from "../upstream.ts";
import { Doors, doorsMax, type Way } from "./doors.ts";

function doorsOf(members: readonly EgressMemberPlan[], former: Doors | null = null, idleMax?: number, tally = made()) {
  const plan = makePlan(proxyPlan()).pools[0]!;
  const make = (server: ConstructorParameters<typeof ServerSite>[0], idle: ServerSite["idle"]): ServerSite =>
    new ServerSite(server, 0, tally, idle);
  return new Doors(plan, tally, tally.serverRow(0), make, former, members, idleMax);
}

const made = (): Tally => new Tally(Arena.inMemory(), 0);

function targetAt(authority: string, isTunnel = false): Target {
  const target = new Target(readPlace(authority, 80)!, false, isTunnel);
  target.lead(["8.8.8.8"]);
  return target;
}

const by = (to: EgressMemberPlan | null, options: Partial<Way> = {}): Way => ({
  member: to,
  index: to === null ? -1 : [one, two, gateway, proxy].indexOf(to),
  isHopped: false,
  isTunnel: false,
  isForAll: to !== null && to.door.kind !== "source" && options.isHopped !== true,
  tls: null,
  ...options,
});

/** A connection that stands idle, as far as these know it. */
function idle(server: ServerSite, closed: string[] = [], name = ""): Upstream {
  const upstream = { idleSinceMs: 0, server, destroy: () => void closed.push(name) } as unknown as Upstream;
  if (!server.idle.put(upstream)) closed.push(`${name} not kept`);
  return upstream;
}

const [one, two] = egressPlan(["192.0.2.1", "192.0.2.2"]).members as readonly [EgressMemberPlan, EgressMemberPlan];
const gateway = member("gateway 192.0.2.3 19003");
const proxy = member("http://p.example:3128");

test("a target has its connections for each source address, a gateway and a proxy have theirs for all targets", () => {
  const doors = doorsOf([one, two, gateway, proxy]);
  const [a, b] = [targetAt("a.example"), targetAt("b.example")];
  expect(doors.serverOf(a, by(one))).toBe(doors.serverOf(a, by(one)));
  expect(doors.serverOf(a, by(two)).idle).not.toBe(doors.serverOf(a, by(one)).idle);
  expect(doors.serverOf(b, by(one)).idle).not.toBe(doors.serverOf(a, by(one)).idle);
  expect(doors.serverOf(a, by(null)).idle).not.toBe(doors.serverOf(a, by(one)).idle);
  for (const shared of [gateway, proxy])
    expect(doors.serverOf(a, by(shared)).idle).toBe(doors.serverOf(b, by(shared)).idle);
  expect(doors.serverOf(a, by(proxy, { isHopped: true })).idle).not.toBe(
    doors.serverOf(b, by(proxy, { isHopped: true })).idle,
  );
});

test("no two members share a name by which TLS sessions are kept", () => {
  const doors = doorsOf([one, two]);
  const target = targetAt("a.example");
  expect(doors.serverOf(target, by(one)).plan.id).not.toBe(doors.serverOf(target, by(two)).plan.id);
});

test("a tunnel's connection is kept for nobody", () => {
  const doors = doorsOf([one]);
  const closed: string[] = [];
  idle(doors.serverOf(targetAt("a.example:443", true), by(one, { isTunnel: true })), closed, "tunnel");
  expect([closed, doors.count]).toEqual([["tunnel not kept"], 0]);
});

test("of idle connections through all members there are only so many, and the oldest make room", () => {
  const tally = made();
  const doors = doorsOf([one, two], null, 2, tally);
  const closed: string[] = [];
  for (const name of ["a", "b", "c"]) idle(doors.serverOf(targetAt(`${name}.example`), by(one)), closed, name);
  expect(closed).toEqual(["a"]);
  expect(tally.cells[tally.serverRow(0) + serverCell.idle]).toBe(2);
  // Used again is young again.
  doors.serverOf(targetAt("b.example"), by(one));
  idle(doors.serverOf(targetAt("d.example"), by(two)), closed, "d");
  expect(closed).toEqual(["a", "c"]);
});

test("only so many pairs of target and member are known, and the one that was not asked for longest is forgotten", () => {
  const doors = doorsOf([one]);
  const closed: string[] = [];
  idle(doors.serverOf(targetAt("first.example"), by(one)), closed, "first");
  for (let count = 0; count < doorsMax; count++) doors.serverOf(targetAt(`${count}.example`), by(one));
  expect([doors.count, closed]).toEqual([doorsMax, ["first"]]);
});

test("a reload keeps what members that stay have, and closes what is of others, or of the same by another door", () => {
  const doors = doorsOf([one, two, proxy]);
  const closed: string[] = [];
  const target = targetAt("a.example");
  for (const each of [one, two, proxy, null]) idle(doors.serverOf(target, by(each)), closed, each?.id ?? "direct");
  const other = { ...proxy, door: { ...proxy.door, password: "new" } } as EgressMemberPlan;
  const next = doorsOf([two, other], doors);
  expect(closed).toEqual([one.id, proxy.id]);
  expect(next.serverOf(target, by(two)).idle.count).toBe(1);
  doors.retire(next);
  expect(closed).toHaveLength(2);
  next.retire(null);
  expect(closed).toEqual([one.id, proxy.id, two.id, "direct"]);
  // An exchange of the plan before may still go on with them.
  next.serverOf(target, by(two));
  expect(next.count).toBe(0);
});

test("what requests that began before a reload, or two, leave idle counts with the rest of it, and is not kept where nobody goes on", () => {
  for (const reloads of [1, 2]) {
    const first = doorsOf([one], null, 2);
    const closed: string[] = [];
    idle(first.serverOf(targetAt("a.example"), by(one)), closed, "a");
    let newest = first;
    for (let turn = 0; turn < reloads; turn++) {
      const next = doorsOf([one], newest, 2);
      newest.retire(next);
      newest = next;
    }
    for (const name of ["b", "c"]) idle(first.serverOf(targetAt(`${name}.example`), by(one)), closed, name);
    idle(newest.serverOf(targetAt("d.example"), by(one)), closed, "d");
    expect([newest.idleCount, closed]).toEqual([2, ["a", "b"]]);
    newest.retire(null);
    expect([newest.idleCount, newest.count, closed]).toEqual([0, 0, ["a", "b", "c", "d"]]);
    expect(first.serverOf(targetAt("e.example"), by(one)).idle.put({} as Upstream)).toBe(false);
    expect([newest.count, first.take(targetAt("e.example"), by(one))]).toEqual([0, null]);
  }
});

test("a member that is sighted has what it had, and its doors are no younger for it", () => {
  const tally = made();
  const doors = doorsOf([one, two], null, 2, tally);
  const closed: string[] = [];
  const [a, b] = [targetAt("a.example"), targetAt("b.example")];
  const oldest = idle(doors.serverOf(a, by(one)), closed, "a by one");
  idle(doors.serverOf(a, by(two)), closed, "a by two");
  const counted = (): number[] => [doors.count, doors.idleCount, tally.cells[tally.serverRow(0) + serverCell.idle]!];
  const before = counted();
  // The system's own address, those that have a door, one that was never asked for.
  for (const index of [-1, 0, 1, 2, 0]) doors.sight(index);
  expect([counted(), closed]).toEqual([before, []]);
  // It is still the oldest that makes room.
  idle(doors.serverOf(b, by(two)), closed, "b by two");
  expect(closed).toEqual(["a by one"]);
  expect(doors.take(a, by(one))).not.toBe(oldest);
  doors.retire(null);
  const after = counted();
  for (const index of [-1, 0, 1, 2]) doors.sight(index);
  expect(counted()).toEqual(after);
});

test("of a member that is sighted the connection is looked at that would be taken", () => {
  const doors = doorsOf([one, two]);
  const target = targetAt("a.example");
  for (const [name, isHolding] of [
    ["first", false],
    ["last", true],
  ] as const) {
    const upstream = { line: { isHolding }, destroy: () => {} } as unknown as Upstream;
    doors.serverOf(target, by(one)).idle.put(upstream);
    doors.sight(0);
    expect([name, doors.isHolding]).toEqual([name, isHolding]);
  }
  doors.sight(1);
  expect(doors.isHolding).toBe(false);
});
