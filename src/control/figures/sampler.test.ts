import { expect, test } from "bun:test";
import { compile } from "../../config/compile.ts";
import type { ConfigInput } from "../../config/input.ts";
import { judge } from "../../config/judge.ts";
import { noMaterials } from "../../config/materials.ts";
import type { Plan } from "../../config/plan.ts";
import { Slots } from "../../config/slots.ts";
import { Arena } from "../../memory/arena.ts";
import {
  bucketOf,
  listenerCell,
  poolCell,
  routeCell,
  serverCell,
  Tally,
  Totals,
  workerCell,
} from "../../memory/tally.ts";
import { figures as figuresSchema, serverFigures } from "../api/shape/figures.ts";
import type { Condition } from "../status.ts";
import { Sampler } from "./sampler.ts";

const draft: ConfigInput = {
  listeners: {
    web: {
      listen: "127.0.0.1:8080",
      use: "app",
      rules: [
        { if: "path == '/b'", use: "other" },
        { if: "path == '/c'", rules: [{ name: "inner", deny: true }] },
      ],
    },
    mail: { listen: "127.0.0.1:2525", mode: "tcp", use: "post" },
  },
  pools: {
    app: { servers: ["10.0.0.1:80", "10.0.0.2:80^3"], cache: true },
    other: { servers: ["10.0.0.3:80"] },
    post: { servers: ["10.0.0.4:25"] },
  },
};

const up: Condition = { state: "up", reason: null, sinceMs: 5000, isEligible: true };

/** Two workers, a clock that is moved, and servers whose conditions are said. */
function stage() {
  const slots = new Slots();
  const planOf = (input: ConfigInput, generation: number): Plan => {
    const { config } = judge(input);
    return compile(config!, slots, () => undefined, generation, noMaterials);
  };
  const arena = Arena.inMemory();
  const conditions = new Map<number, Condition>();
  const state = {
    plan: planOf(draft, 1) as Plan | null,
    nowMs: 10_000,
    usage: { cpuSeconds: 1, residentBytes: 1000 },
    confirmBy: null as string | null,
  };
  const sampler = new Sampler({
    totals: new Totals(arena, 2),
    caches: { find: () => null },
    egresses: { all: [] },
    uptimeMs: () => 8000,
    plan: () => state.plan,
    state: () => "ready",
    workers: () =>
      [0, 1].map((worker) => {
        const [pid, standing] = worker === 0 ? ([77, "up"] as const) : ([null, "waiting"] as const);
        return { worker, pid, state: standing, generation: 1, restarts: 0, lastExit: null };
      }),
    conditionOf: (slot) => conditions.get(slot) ?? up,
    bans: () => 3,
    confirmBy: () => state.confirmBy,
    usageOf: () => state.usage,
    nowMs: () => state.nowMs,
    monotonicMs: () => state.nowMs,
  });
  const plan = state.plan!;
  const routeOf = (listener: string, pool: string) =>
    plan.routes.find(
      (route) =>
        plan.listeners[route.listener]!.name === listener &&
        route.pool !== null &&
        plan.pools[route.pool]!.name === pool,
    )!.slot;
  const slotOf = (name: string) => plan.pools.flatMap(({ servers }) => servers).find((one) => one.name === name)!.slot;
  const tallies = [new Tally(arena, 0), new Tally(arena, 1)] as const;
  return { sampler, state, conditions, planOf, plan, routeOf, slotOf, tallies };
}

function add({ cells }: Tally, row: number, amounts: Readonly<Record<number, number>>): void {
  for (const [cell, amount] of Object.entries(amounts)) cells[row + Number(cell)]! += amount;
}

test("rates are what was counted since the look before, over all workers, and fit their schema", () => {
  const { sampler, state, tallies, routeOf, plan } = stage();
  const [one, two] = tallies;
  const app = routeOf("web", "app");
  add(one, one.routeRow(app), { [routeCell.status2xx]: 1000, [routeCell.bucket]: 1000 });
  sampler.look();
  add(one, one.routeRow(app), { [routeCell.status2xx]: 8, [routeCell.bucket + bucketOf(0.004)]: 8 });
  add(two, two.routeRow(app), { [routeCell.status5xx]: 2, [routeCell.bucket + bucketOf(0.2)]: 2 });
  add(two, two.routeRow(app), { [routeCell.aborted]: 2, [routeCell.cut]: 1 });
  add(two, two.routeRow(routeOf("web", "other")), { [routeCell.status4xx]: 4, [routeCell.own]: 2 });
  add(one, one.listenerRow(0), { [listenerCell.accepted]: 6, [listenerCell.connections]: 5 });
  add(one, one.listenerRow(0), { [listenerCell.bytesReceived]: 200, [listenerCell.bytesSent]: 4000 });
  add(one, one.listenerRow(0), { [listenerCell.refusedLimit]: 2, [listenerCell.banned]: 2 });
  add(one, one.poolRow(plan.pools[0]!.slot), { [poolCell.retries]: 4, [poolCell.queued]: 3 });
  add(one, one.workerRow(), { [workerCell.connections]: 5, [workerCell.upstreamConnections]: 2 });
  state.nowMs += 2000;
  state.usage = { cpuSeconds: 1.5, residentBytes: 2000 };
  state.confirmBy = "1970-01-01T00:01:00.000Z";
  const { figures } = sampler.look()!;
  expect(figuresSchema.safeParse(figures).error).toBeUndefined();
  expect(figures).toMatchObject({
    ...{ requests: 8, errors: 1.5, connections: 5, upstreamConnections: 2, bytesReceived: 100, bytesSent: 2000 },
    statuses: { "1xx": 0, "2xx": 4, "3xx": 0, "4xx": 2, "5xx": 1, none: 1 },
    ...{
      state: "ready",
      generation: 1,
      confirmBy: state.confirmBy,
      uptimeSeconds: 8,
      bans: 3,
      at: "1970-01-01T00:00:12.000Z",
    },
    control: { cpu: 0.25, residentBytes: 2000 },
  });
  expect(figures.latency!.p50Ms).toBeLessThan(5);
  expect(figures.latency!.p99Ms).toBeGreaterThan(100);
  expect(figures.workers).toEqual([
    { worker: 0, state: "up", requests: 4, connections: 5, upstreamConnections: 2, cpu: 0.25, residentBytes: 2000 },
    { worker: 1, state: "waiting", requests: 4, connections: 0, upstreamConnections: 0, cpu: 0, residentBytes: 0 },
  ]);
  const [web] = figures.listeners;
  expect(web).toMatchObject({ name: "web", address: "127.0.0.1:8080", accepted: 3, refused: 2, connections: 5 });
  expect(web!.flows.filter(({ requests }) => requests > 0)).toEqual([
    { pool: "app", requests: 6 },
    { pool: "other", requests: 1 },
    { pool: "", requests: 1 },
  ]);
  expect(figures.pools).toMatchObject([
    { name: "app", requests: 6, errors: 1.5, queued: 3, retries: 2, servers: 2, eligible: 2 },
    { name: "other", requests: 1, errors: 0 },
    { name: "post", requests: 0, servers: 1 },
  ]);
});

test("connections of mode tcp flow when they have found a server, and are no requests", () => {
  const { sampler, state, tallies, routeOf } = stage();
  const [one] = tallies;
  sampler.look();
  add(one, one.routeRow(routeOf("mail", "post")), { [routeCell.open]: 2, [routeCell.sessions]: 3 });
  state.nowMs += 1000;
  const { figures } = sampler.look()!;
  expect(figures.requests).toBe(0);
  expect(figures.listeners[1]).toMatchObject({ name: "mail", requests: 0, latency: null });
  expect(figures.listeners[1]!.flows).toEqual([{ pool: "post", requests: 5 }]);
  expect(figures.pools[2]).toMatchObject({ name: "post", requests: 5 });
});

test("rules are told of by where they stand, and only those whose conditions held", () => {
  const { sampler, state, tallies, plan } = stage();
  const [one, two] = tallies;
  sampler.look();
  const inner = plan.listeners[0]!.rules.request[1]!.rules[0]!;
  one.cells[one.ruleCell(inner.slot)]! += 4;
  two.cells[two.ruleCell(inner.slot)]! += 2;
  state.nowMs += 1000;
  expect(sampler.look()!.figures.rules).toEqual([{ id: "listeners.web.rules[1].rules[0]", hits: 6 }]);
});

test("a cache has hits and misses of all pools that use it", () => {
  const { sampler, state, tallies, plan } = stage();
  const [one] = tallies;
  sampler.look();
  add(one, one.poolRow(plan.pools[0]!.slot), { [poolCell.cacheHit]: 2, [poolCell.cacheStale]: 1 });
  add(one, one.poolRow(plan.pools[0]!.slot), { [poolCell.cacheMiss]: 1, [poolCell.cacheBypass]: 50 });
  state.nowMs += 1000;
  const [cache] = sampler.look()!.figures.caches;
  expect(cache).toMatchObject({ hits: 3, misses: 1, hitRatio: 0.75, entries: 0 });
  state.nowMs += 1000;
  expect(sampler.look()!.figures.caches[0]).toMatchObject({ hits: 0, misses: 0, hitRatio: null });
});

test("all servers are told of at first, then those that differ: by state, by traffic, and when that is over", () => {
  const { sampler, state, tallies, conditions, slotOf } = stage();
  const [one, two] = tallies;
  const first = sampler.look()!;
  expect(first.changed.map(({ pool, name }) => `${pool}/${name}`)).toEqual([
    "app/10.0.0.1:80",
    "app/10.0.0.2:80",
    "other/10.0.0.3:80",
    "post/10.0.0.4:25",
  ]);
  for (const each of first.changed) expect(serverFigures.safeParse(each).error).toBeUndefined();
  expect(first.changed[1]).toMatchObject({ weight: 3, address: "10.0.0.2:80", since: "1970-01-01T00:00:05.000Z" });
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toEqual([]);

  const slot = slotOf("10.0.0.2:80");
  conditions.set(slot, { state: "down", reason: "no answer", sinceMs: 11_000, isEligible: false });
  state.nowMs += 1000;
  const second = sampler.look()!;
  expect(second.changed).toMatchObject([
    { name: "10.0.0.2:80", state: "down", reason: "no answer", isEligible: false },
  ]);
  expect(second.figures.pools[0]).toMatchObject({ servers: 2, eligible: 1 });
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toEqual([]);

  const busy = slotOf("10.0.0.1:80");
  add(one, one.serverRow(busy), { [serverCell.calls]: 3, [serverCell.status2xx]: 2, [serverCell.durationSum]: 0.5 });
  add(two, two.serverRow(busy), { [serverCell.calls]: 1, [serverCell.connectFailures]: 1 });
  one.words[one.activeWord(busy)] = 1;
  state.nowMs += 1000;
  const third = sampler.look()!;
  expect(third.changed).toMatchObject([{ name: "10.0.0.1:80", active: 1, requests: 4, errors: 1, meanMs: 250 }]);
  expect(third.figures.pools[0]).toMatchObject({ active: 1 });
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toMatchObject([{ active: 1, requests: 0, errors: 0, meanMs: null }]);
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toEqual([]);

  // An answer of 5xx is counted by its status and as a failure of the response; it is one error.
  const answered = { [serverCell.calls]: 1, [serverCell.status5xx]: 1, [serverCell.durationSum]: 0.25 };
  add(one, one.serverRow(busy), { ...answered, [serverCell.responseFailures]: 1 });
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toMatchObject([{ requests: 1, errors: 1, meanMs: 250 }]);
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toMatchObject([{ requests: 0, errors: 0, meanMs: null }]);
  // The last one ends: nothing has begun, and yet it has changed.
  add(one, one.serverRow(busy), { [serverCell.status2xx]: 1, [serverCell.durationSum]: 0.1 });
  one.words[one.activeWord(busy)] = 0;
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toMatchObject([{ active: 0, requests: 0, meanMs: 100 }]);
  state.nowMs += 1000;
  expect(sampler.look()!.changed).toMatchObject([{ active: 0, meanMs: null }]);
});

test("a server that another plan is without is told to be gone, one that stays is told again where the plan says otherwise", () => {
  const { sampler, state, planOf } = stage();
  sampler.look();
  const pools = { ...draft.pools, app: { servers: ["10.0.0.2:80^9", "10.0.0.9:80"] } };
  state.plan = planOf({ ...draft, pools }, 2);
  state.nowMs += 1000;
  const { changed, gone, figures } = sampler.look()!;
  expect(gone).toEqual([{ pool: "app", name: "10.0.0.1:80" }]);
  expect(changed.map(({ name, weight }) => [name, weight])).toEqual([
    ["10.0.0.9:80", 1],
    ["10.0.0.2:80", 9],
  ]);
  expect(figures.generation).toBe(2);
  expect([...sampler.servers()].map(({ name }) => name)).toEqual([
    "10.0.0.2:80",
    "10.0.0.9:80",
    "10.0.0.3:80",
    "10.0.0.4:25",
  ]);
});

test("whoever is told of servers one by one is told of all of another plan that comes in between", () => {
  const { sampler, state, planOf } = stage();
  sampler.look();
  const told = sampler.servers()[Symbol.iterator]();
  expect(told.next().value).toMatchObject({ name: "10.0.0.1:80" });
  state.plan = planOf({ ...draft, pools: { ...draft.pools, app: { servers: ["10.0.0.9:80"] } } }, 2);
  sampler.look();
  const rest = [...{ [Symbol.iterator]: () => told }].map(({ name }) => name);
  expect(rest).toEqual(["10.0.0.9:80", "10.0.0.3:80", "10.0.0.4:25"]);
});

test("without a plan there is nothing to see", () => {
  const { sampler, state } = stage();
  state.plan = null;
  expect(sampler.look()).toBeNull();
});
