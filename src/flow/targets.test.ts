import { expect, test } from "bun:test";
import { egressPlan } from "../../test/playbook/egresses.ts";
import { makePlan } from "../../test/playbook/plan.ts";
import { proxyPlan } from "../../test/playbook/proxies.ts";
import type { PoolPlan, ServerPlan } from "../config/plan.ts";
import { Arena } from "../memory/arena.ts";
import { Tally } from "../memory/tally.ts";
import { doorsMax } from "./egress/doors.ts";
import type { EgressSite } from "./egress/site.ts";
import type { IdleConnections } from "./idle.ts";
import { ServerSite } from "./site.ts";
import { readPlace } from "./targets/place.ts";
import { Target } from "./targets/target.ts";
import { Targets } from "./targets.ts";
import type { Upstream } from "./upstream.ts";

const tally = new Tally(Arena.inMemory(), 0);

function made(former: Targets | null = null, changes: Partial<PoolPlan> = {}): Targets {
  const plan = { ...makePlan(proxyPlan()).pools[0]!, ...changes };
  return new Targets(plan, tally, 0, (server, idle) => new ServerSite(server, 0, tally, idle), former);
}

function targetAt(authority: string, isSecure = false, isTunnel = false, address = "1.1.1.1"): Target {
  const target = new Target(readPlace(authority, isSecure ? 443 : 80)!, isSecure, isTunnel);
  target.lead([address]);
  return target;
}

test("a target has its idle connections by host, port and TLS, wherever its name leads", () => {
  const targets = made();
  const one = targets.serverOf(targetAt("a.example"));
  expect(targets.serverOf(targetAt("a.example"))).toBe(one);
  const moved = targets.serverOf(targetAt("a.example", false, false, "1.1.1.2"));
  expect(moved.plan.address).toEqual({ kind: "tcp", host: "1.1.1.2", port: 80 });
  expect(moved.idle).toBe(one.idle);
  expect(targets.serverOf(targetAt("a.example:81")).idle).not.toBe(one.idle);
  expect(targets.serverOf(targetAt("a.example:80", true)).idle).not.toBe(one.idle);
  expect(targets.count).toBe(3);
});

test("over TLS the certificate must be for the host", () => {
  const { tls } = made().serverOf(targetAt("a.example", true)).plan;
  expect(tls).toMatchObject({ serverName: "a.example", verify: true, ca: null });
  expect(made().serverOf(targetAt("a.example")).plan.tls).toBeNull();
});

test("a tunnel's connection is kept for nobody", () => {
  const targets = made();
  targets.serverOf(targetAt("a.example:443", false, true));
  expect(targets.count).toBe(0);
});

test("all count as the one server of the pool", () => {
  const targets = made();
  const star = makePlan(proxyPlan()).pools[0]!.servers[0]!;
  const server = targets.serverOf(targetAt("a.example"));
  expect([server.row, server.plan.slot, server.plan.name]).toEqual([
    tally.serverRow(star.slot),
    star.slot,
    "a.example:80",
  ]);
});

test("only so many targets are known, and the one that was not asked for longest is forgotten", () => {
  const targets = made();
  const first = targets.serverOf(targetAt("a0.example"));
  for (let count = 1; count < doorsMax; count++) targets.serverOf(targetAt(`a${count}.example`));
  expect(targets.serverOf(targetAt("a0.example"))).toBe(first);
  targets.serverOf(targetAt("b.example"));
  expect(targets.count).toBe(doorsMax);
  expect(targets.serverOf(targetAt("a0.example"))).toBe(first);
  // That of a1 has gone, and is another now.
  targets.serverOf(targetAt("a1.example"));
  expect(targets.count).toBe(doorsMax);
});

test("of idle connections to all targets there are only so many: one of the target that was not asked for longest makes room", () => {
  const plan = makePlan(proxyPlan()).pools[0]!;
  const make = (server: ServerPlan, idle: IdleConnections): ServerSite => new ServerSite(server, 0, tally, idle);
  const targets = new Targets(plan, tally, 0, make, null, null, 3);
  const closed: string[] = [];
  const rest = (name: string): void => {
    // Closing needs two members of an upstream only.
    const upstream = { idleSinceMs: 0, destroy: () => void closed.push(name) } as unknown as Upstream;
    targets.serverOf(targetAt(name)).idle.put(upstream);
  };
  for (const name of ["a.example", "b.example", "b.example"]) rest(name);
  expect([closed, targets.count]).toEqual([[], 2]);
  targets.serverOf(targetAt("a.example"));
  rest("c.example");
  expect([closed, targets.count]).toEqual([["b.example"], 3]);
  rest("c.example");
  rest("c.example");
  expect([closed, targets.count]).toEqual([["b.example", "b.example", "a.example"], 2]);
});

test("hundreds of targets keep their connections", () => {
  const targets = made();
  let closed = 0;
  for (let count = 0; count < 1000; count++)
    for (let each = 0; each < 2; each++)
      targets
        .serverOf(targetAt(`a${count}.example`))
        .idle.put({ idleSinceMs: 0, destroy: () => void closed++ } as unknown as Upstream);
  targets.sweep(0);
  expect([closed, targets.count]).toEqual([0, 1000]);
});

test("a plan that allows the same goes on with what is known, another begins anew", () => {
  const targets = made();
  const one = targets.serverOf(targetAt("a.example"));
  const same = made(targets);
  targets.retire(same);
  expect(same.serverOf(targetAt("a.example"))).toBe(one);
  const { targets: wanted } = makePlan(proxyPlan({ targets: { isPrivateAllowed: true } })).pools[0]!;
  const other = made(same, { targets: wanted });
  expect(other.serverOf(targetAt("a.example"))).not.toBe(one);
  same.retire(other);
  expect(same.count).toBe(0);
});

test("each egress pool has doors of its own, whichever was asked for before", () => {
  const [one, other] = ["one", "other"].map(
    (name) => ({ plan: { ...egressPlan(["192.0.2.1"]), name } }) as unknown as EgressSite,
  ) as [EgressSite, EgressSite];
  const plan = makePlan(proxyPlan()).pools[0]!;
  const make = (server: ServerPlan, idle: IdleConnections): ServerSite => new ServerSite(server, 0, tally, idle);
  const targets = new Targets(plan, tally, 0, make, null, { http: one, https: other, tunnels: one });
  const [first, second] = [targets.doorsOf(one), targets.doorsOf(other)];
  expect(first).not.toBe(second);
  for (const [site, doors] of [
    [one, first],
    [one, first],
    [other, second],
    [one, first],
  ] as const)
    expect(targets.doorsOf(site)).toBe(doors);
});
