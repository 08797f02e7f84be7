// Entries of a table in an order, and by a part of their keys: what the hot keys are, also among a million.

import { expect, test } from "bun:test";
import type { TablePlan } from "../../config/plan.ts";
import { SharedTable } from "../../memory/sharedtable.ts";
import { StickTable } from "../../memory/sticktable.ts";
import type { EntriesAnswer } from "../table/answer.ts";
import { layKey } from "../table/keytext.ts";
import type { OpenTable } from "../tables.ts";
import { routesOfOperations } from "./router.ts";
import type { TableOrders } from "./tableentry.ts";
import { tableOperations } from "./tables.ts";

const hot: TablePlan = {
  name: "hot",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 20_000,
  expireMs: 60_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "http_req_rate(10s)"],
};
const users: TablePlan = { ...hot, name: "users", key: { kind: "string", bytesMax: 20 } };
const noFleet: TableOrders = { set: () => false, clear: () => {}, wish: () => {} };

type Said = EntriesAnswer & { readonly error: string };

function stage(open: OpenTable, clock: { nowMs: number }) {
  const routes = routesOfOperations(
    tableOperations({ all: [open], find: () => open, othersBytes: () => 0 }, () => clock.nowMs, noFleet),
  );
  return async (query: string, method = "GET") => {
    const url = new URL(`http://localhost/api/v1/tables/${open.plan.name}?${query}`);
    const response = (await routes(new Request(url.href, { method }), url.pathname))!;
    return { status: response.status, body: (await response.json()) as Said };
  };
}

function tableOf(plan: TablePlan) {
  const table = StickTable.inMemory(plan);
  const clock = { nowMs: 5000 };
  const mark = (key: string, gpc0: number, requests = 0): void => {
    layKey(key, table.key);
    table.add(0, 0, gpc0, clock.nowMs);
    layKey(key, table.key);
    if (requests > 0) table.add(1, 0, requests, clock.nowMs);
  };
  return { table, mark, clock, ask: stage({ plan, path: "/nowhere", table, shared: null }, clock) };
}

const keysOf = ({ body }: { body: Said }): string[] => body.entries.map(({ key }) => key);

test("entries come sorted by what the table stores, in one page, those that have expired left out", async () => {
  const { ask, mark, clock } = tableOf(hot);
  mark("10.0.0.9", 100);
  clock.nowMs += 59_000;
  mark("10.0.0.1", 5, 10);
  mark("10.0.0.2", 7, 10);
  mark("10.0.0.3", 6, 90);
  expect(keysOf(await ask("sort=-gpc0&limit=2"))).toEqual(["10.0.0.9", "10.0.0.2"]);
  clock.nowMs += 2000;
  expect(keysOf(await ask("sort=-gpc0&limit=2"))).toEqual(["10.0.0.2", "10.0.0.3"]);
  const answer = await ask("sort=-http_req_rate,gpc0");
  expect(keysOf(answer)).toEqual(["10.0.0.3", "10.0.0.1", "10.0.0.2"]);
  expect(answer.body.cursor).toBeNull();
  expect(keysOf(await ask("sort=gpc0&where=gpc0 > 5"))).toEqual(["10.0.0.3", "10.0.0.2"]);
  expect(keysOf(await ask("sort=gpc0&key=10.0.0.2/31"))).toEqual(["10.0.0.3", "10.0.0.2"]);
});

test("keys are found by a part of them, capitals or not, and as they are shown", async () => {
  const { ask, mark } = tableOf(users);
  for (const key of ["Alice", "bob", "malice", "carol"]) mark(key, 1);
  expect(keysOf(await ask("find=ALICE")).toSorted()).toEqual(["Alice", "malice"]);
  expect(keysOf(await ask("find=o&sort=gpc0")).toSorted()).toEqual(["bob", "carol"]);
  expect(keysOf(await ask("find=nobody"))).toEqual([]);
  const addresses = tableOf(hot);
  for (const key of ["203.0.113.7", "203.0.113.8", "198.51.100.7"]) addresses.mark(key, 1);
  expect(keysOf(await addresses.ask("find=.7")).toSorted()).toEqual(["198.51.100.7", "203.0.113.7"]);
});

test("what makes no sense with an order is refused", async () => {
  const { ask, mark } = tableOf(hot);
  mark("10.0.0.1", 1);
  for (const [query, method, error] of [
    ["sort=-nothing", "GET", "table hot does not store"],
    ["sort=gpc0&cursor=0", "GET", "leave cursor out"],
    ["sort=gpc0", "DELETE", "leave sort out"],
  ] as const) {
    const { status, body } = await ask(query, method);
    expect(status).toBe(400);
    expect(body.error).toContain(error);
  }
  expect(keysOf(await ask(""))).toEqual(["10.0.0.1"]);
  await ask("find=10.0.0.2", "DELETE");
  expect(keysOf(await ask(""))).toEqual(["10.0.0.1"]);
});

test("in a table that nodes share the sum over all nodes decides", async () => {
  const plan: TablePlan = { ...hot, share: { staleMs: 5000, whenStale: "open" } };
  const shared = SharedTable.inMemory(plan);
  const ask = stage({ plan, path: "/nowhere", table: shared.own, shared }, { nowMs: 5000 });
  for (const [key, own, others] of [
    ["10.0.0.1", 5, 0],
    ["10.0.0.2", 1, 9],
    ["10.0.0.3", 7, 0],
  ] as const) {
    layKey(key, shared.own.key);
    shared.own.add(0, 0, own, 5000);
    if (others === 0) continue;
    layKey(key, shared.others.key);
    shared.others.assign(0, 0, others, 5000);
  }
  expect(keysOf(await ask("sort=-gpc0"))).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.1"]);
});

test("the hot keys of a million entries are found soon, and control does other things meanwhile", async () => {
  const plan = { ...hot, entriesMax: 1_000_000 };
  const { table, ask, clock } = tableOf(plan);
  const { key } = table;
  for (let index = 0; index < 1_000_000; index++) {
    key.setAddress(addressOf(index), 0);
    table.add(0, 0, 1 + (index % 97), clock.nowMs);
  }
  for (const [index, gpc0] of [
    [777_777, 5000],
    [12, 6000],
  ] as const) {
    key.setAddress(addressOf(index), 0);
    table.assign(0, 0, gpc0, clock.nowMs);
  }
  expect(table.figures().used).toBeGreaterThan(990_000);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const startMs = performance.now();
  const { body } = await ask("sort=-gpc0&limit=100");
  const tookMs = performance.now() - startMs;
  clearInterval(timer);
  expect(body.isPartial).toBeUndefined();
  expect(body.entries).toHaveLength(100);
  expect(body.entries.slice(0, 3).map(({ values }) => values["gpc0"])).toEqual([6000, 5000, 97]);
  expect(turns).toBeGreaterThan(10);
  // It takes about a tenth of this where nothing else runs.
  expect(tookMs).toBeLessThan(2500);
}, 60_000);

const octets = new Uint8Array(16);
octets[10] = octets[11] = 0xff;

function addressOf(index: number): Uint8Array {
  octets[12] = 10;
  octets[13] = index >> 16;
  octets[14] = (index >> 8) & 255;
  octets[15] = index & 255;
  return octets;
}
