import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TablePlan } from "../../config/plan.ts";
import { SharedTable } from "../../memory/sharedtable.ts";
import { StickTable } from "../../memory/sticktable.ts";
import type { ClearedAnswer, EntryAnswer, TableSummary } from "../table/answer.ts";
import { layKey } from "../table/keytext.ts";
import { makeTable } from "../table/tablefile.ts";
import type { OpenTable } from "../tables.ts";
import { routesOfOperations } from "./router.ts";
import type { TableOrders } from "./tableentry.ts";
import { tableOperations } from "./tables.ts";

const marked: TablePlan = {
  name: "marked",
  key: { kind: "ip", prefix6: 64 },
  entriesMax: 20_000,
  expireMs: 60_000,
  isEvicting: true,
  share: null,
  store: ["gpc0", "conn_rate(10s)", "conn_cur"],
};
const users: TablePlan = {
  ...marked,
  name: "users",
  key: { kind: "string", bytesMax: 20 },
  expireMs: 0,
  store: ["gpc(2)"],
};

/** Of every kind of answer. */
interface Said extends EntryAnswer, ClearedAnswer {
  readonly error: string;
  readonly tables: readonly TableSummary[];
  readonly entries: readonly EntryAnswer[];
}

const noFleet: TableOrders = { set: () => false, clear: () => {}, wish: () => {} };

function stage(...plans: TablePlan[]) {
  const clock = { nowMs: 5000 };
  const all = (plans.length === 0 ? [marked, users] : plans).map(
    (plan): OpenTable => ({ plan, path: "/nowhere", table: StickTable.inMemory(plan), shared: null }),
  );
  const find = (name: string): OpenTable | null => all.find(({ plan }) => plan.name === name) ?? null;
  const routes = routesOfOperations(tableOperations({ all, find, othersBytes: () => 0 }, () => clock.nowMs, noFleet));
  const ask = async (method: string, path: string, body?: unknown) => {
    const url = new URL(`http://localhost/api/v1/tables${path}`);
    const content: RequestInit = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const response = await routes(new Request(url.href, content), url.pathname);
    return { status: response?.status, body: (await response?.json()) as Said };
  };
  const mark = (name: string, key: string, times = 1): void => {
    const { table } = find(name)!;
    layKey(key, table.key);
    table.add(0, 0, times, clock.nowMs);
  };
  return { ask, mark, clock, table: (name: string) => find(name)!.table };
}

test("of a table that nodes share it is told what this one counted and what all did, and which entries only others have", async () => {
  const plan: TablePlan = { ...marked, share: { staleMs: 5000, whenStale: "closed" } };
  const shared = SharedTable.inMemory(plan);
  const all = [{ plan, path: "/nowhere", table: shared.own, shared }];
  const wished: SharedTable[] = [];
  const orders = { ...noFleet, wish: (table: SharedTable): void => void wished.push(table) };
  const routes = routesOfOperations(
    tableOperations({ all, find: () => all[0]!, othersBytes: () => 0 }, () => 5000, orders),
  );
  const ask = async (path: string): Promise<Said> => {
    const url = new URL(`http://localhost/api/v1/tables${path}`);
    return (await (await routes(new Request(url.href), url.pathname))!.json()) as Said;
  };
  for (const [key, table, marks] of [
    ["10.0.0.1", shared.own, 1],
    ["10.0.0.1", shared.others, 4],
    ["10.0.0.2", shared.others, 2],
    ["10.0.0.3", shared.own, 3],
  ] as const) {
    layKey(key, table.key);
    table.add(0, 0, marks, 5000);
  }
  const name = "gpc0";
  const listed = ({ entries }: Said): unknown =>
    entries.map(({ key, values, fleet }) => [key, values[name], fleet?.[name]]);
  const first = await ask("/marked");
  expect(listed(first)).toEqual([
    ["10.0.0.1", 1, 5],
    ["10.0.0.3", 3, 3],
    ["10.0.0.2", 0, 2],
  ]);
  expect(first.cursor).toBeNull();
  expect(listed(await ask("/marked?where=gpc0%3E3"))).toEqual([["10.0.0.1", 1, 5]]);
  const pages: unknown[] = [];
  for (let cursor: string | null = "0"; cursor !== null; ) {
    const page: Said = await ask(`/marked?limit=1&cursor=${cursor}`);
    pages.push(...page.entries.map(({ key }) => key));
    cursor = page.cursor;
  }
  expect(pages).toEqual(["10.0.0.1", "10.0.0.3", "10.0.0.2"]);
  expect(await ask("/marked/entries/10.0.0.2")).toMatchObject({ uses: 0, values: { [name]: 0 }, fleet: { [name]: 2 } });
  expect(wished).toEqual([shared]);
  expect((await ask("")).tables).toMatchObject([{ name: "marked", isShared: true }]);
});

test("paths of others are not answered", () => {
  const routes = routesOfOperations(
    tableOperations({ all: [], find: () => null, othersBytes: () => 0 }, () => 0, noFleet),
  );
  for (const path of ["/api/v1/tablesque", "/api/v1/bans"])
    expect(routes(new Request(`http://localhost${path}`), path)).toBeNull();
});

test("the tables are listed with how full they are", async () => {
  const { ask, mark } = stage();
  mark("marked", "10.0.0.1");
  const { status, body } = await ask("GET", "");
  expect(status).toBe(200);
  expect(body.tables).toMatchObject([
    { name: "marked", key: { kind: "ip" }, entries: 1, entriesMax: 20_000, expireMs: 60_000, whenFull: "evict" },
    { name: "users", entries: 0, evictions: 0, refusals: 0, store: ["gpc(2)"] },
  ]);
});

test("a table never takes more than is said to be the most, workers' notes of what they hold included", async () => {
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "sluice-tables-"));
  const plan: TablePlan = { ...marked, entriesMax: 1 };
  const path = join(folder, "tiny");
  const bytes = makeTable(path, plan, () => {});
  const tables = Array.from({ length: 4 }, (_, index) => {
    const table = new StickTable(bytes, plan, { id: index + 1, startedAt: 1, isAlive: () => true, relax: () => {} });
    layKey("10.0.0.1", table.key);
    table.track(5000);
    return table;
  });
  const all = [{ plan, path, table: tables[0]!, shared: null }];
  const response = await routesOfOperations(
    tableOperations({ all, find: () => null, othersBytes: () => 0 }, () => 5000, noFleet),
  )(new Request("http://a/"), "/api/v1/tables");
  const { tables: said } = (await response!.json()) as Said;
  for (const table of tables) table.close();
  rmSync(folder, { recursive: true });
  expect(said[0]!.bytes).toBeGreaterThan(4 * 4096);
  expect(said[0]!.bytesMax).toBeGreaterThanOrEqual(said[0]!.bytes);
});

describe("one entry", () => {
  test("is set, made if need be, shown, and removed", async () => {
    const { ask } = stage();
    expect<unknown>((await ask("GET", "/marked/entries/10.0.0.1")).body).toEqual({
      error: "table marked has no entry 10.0.0.1",
    });
    const values = { gpc0: 7, "conn_rate(10s)": 3, conn_cur: 0 };
    const entry = { key: "10.0.0.1", uses: 0, expiresMs: 60_000, values };
    const set = await ask("PUT", "/marked/entries/10.0.0.1", { gpc0: 7, conn_rate: 3 });
    expect<unknown>(set).toEqual({ status: 200, body: entry });
    expect<unknown>((await ask("GET", "/marked/entries/10.0.0.1")).body).toEqual(entry);
    expect<unknown>((await ask("DELETE", "/marked/entries/10.0.0.1")).body).toEqual({
      table: "marked",
      cleared: 1,
      cursor: null,
    });
    expect((await ask("DELETE", "/marked/entries/10.0.0.1")).status).toBe(404);
  });

  test("has any key, percent-encoded", async () => {
    const { ask } = stage();
    const path = `/users/entries/${encodeURIComponent("a/b \\x1b é")}`;
    await ask("PUT", path, { "gpc[1]": 2 });
    const { body } = await ask("GET", "/users");
    expect(body.entries).toEqual([
      { key: "a/b \\x1b é", uses: 0, expiresMs: null, values: { "gpc[0]": 0, "gpc[1]": 2 } },
    ]);
    expect((await ask("PUT", "/users/entries/", { gpc0: 1 })).body.key).toBe("");
  });

  test("that is held cannot go, but starts anew", async () => {
    const { ask, table, clock, mark } = stage();
    mark("marked", "10.0.0.1", 5);
    const held = table("marked").track(clock.nowMs);
    expect((await ask("DELETE", "/marked/entries/10.0.0.1")).body.cleared).toBe(1);
    const { body } = await ask("GET", "/marked/entries/10.0.0.1");
    expect(body).toMatchObject({ uses: 1, values: { gpc0: 0, conn_cur: 1 } });
    table("marked").untrack(held, clock.nowMs);
  });

  test.each([
    [
      "PUT",
      "/marked/entries/10.0.0.1",
      { gpc7: 1 },
      422,
      'table marked does not store "gpc7"; it stores gpc0, conn_rate(10s), conn_cur',
    ],
    ["PUT", "/marked/entries/10.0.0.1", { gpc0: -1 }, 422, "gpc0 must be a whole number from 0 on"],
    ["PUT", "/marked/entries/10.0.0.1", { gpc0: 2 ** 32 }, 422, "gpc0 must be at most 4294967295"],
    ["PUT", "/marked/entries/10.0.0.1", { gpc0: "1" }, 422, "gpc0 must be a whole number"],
    ["PUT", "/marked/entries/10.0.0.1", { conn_cur: 1 }, 422, "cannot be set"],
    ["PUT", "/marked/entries/10.0.0.1", {}, 422, "say what is to be set"],
    ["PUT", "/marked/entries/10.0.0.1", [], 400, "the body must be a JSON object"],
    ["GET", "/marked/entries/alice", undefined, 400, "the key must be an address"],
    ["GET", "/markd/entries/10.0.0.1", undefined, 404, 'there is no table markd; did you mean "marked"?'],
    ["GET", "/users/entries/%ff", undefined, 400, "percent-encoded"],
    ["POST", "/marked/entries/10.0.0.1", {}, 405, "use GET or PUT or DELETE"],
  ])("%s %s %j is refused with %d", async (method, path, body, code, message) => {
    const { ask, table } = stage();
    const { status, body: said } = await ask(method, path, body);
    expect([status, said.error]).toEqual([code, expect.stringContaining(message)]);
    expect(table("marked").figures().used).toBe(0);
  });

  test("that finds no room in a table that refuses is told so", async () => {
    const { ask, mark } = stage({ ...marked, entriesMax: 1, isEvicting: false, share: null });
    mark("marked", "10.0.0.1");
    expect<unknown>(await ask("PUT", "/marked/entries/10.0.0.2", { gpc0: 1 })).toEqual({
      status: 409,
      body: { error: "table marked has no room for another entry" },
    });
  });
});

describe("many entries", () => {
  test("come by pages, each entry once, and pages go on where they ended", async () => {
    const { ask, mark } = stage();
    for (let host = 0; host < 250; host++) mark("marked", `10.0.0.${host}`);
    const keys: string[] = [];
    let cursor: string | null = "0";
    let pages = 0;
    for (; cursor !== null; pages++) {
      const { body }: { body: Said } = await ask("GET", `/marked?limit=100&cursor=${cursor}`);
      keys.push(...body.entries.map((entry) => entry.key));
      cursor = body.cursor;
    }
    expect(pages).toBe(3);
    expect(new Set(keys).size).toBe(250);
    expect(keys).toHaveLength(250);
  });

  test("are chosen by conditions and by keys", async () => {
    const { ask, mark, clock } = stage();
    mark("marked", "10.0.0.1", 1);
    mark("marked", "10.0.0.2", 5);
    clock.nowMs += 30_000;
    mark("marked", "10.1.0.2", 5);
    mark("marked", "2001:db8::1", 5);
    mark("users", "alice");
    mark("users", "alan");
    const keysOf = async (name: string, query: Record<string, string>): Promise<string[]> => {
      const { body } = await ask("GET", `/${name}?${new URLSearchParams(query)}`);
      return body.entries.map((entry) => entry.key).sort();
    };
    expect(await keysOf("marked", { where: "gpc0 > 1" })).toEqual(["10.0.0.2", "10.1.0.2", "2001:db8::/64"]);
    expect(await keysOf("marked", { where: "gpc0 > 1 && expires < 31s" })).toEqual(["10.0.0.2"]);
    expect(await keysOf("marked", { key: "10.0.0.0/16" })).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(await keysOf("marked", { key: "2001:db8::/32" })).toEqual(["2001:db8::/64"]);
    expect(await keysOf("users", { key: "ali" })).toEqual(["alice"]);
    clock.nowMs += 30_000;
    expect(await keysOf("marked", {})).toEqual(["10.1.0.2", "2001:db8::/64"]);
  });

  test("are removed where a condition holds, or all, and others stay", async () => {
    const { ask, mark, table } = stage();
    for (let host = 0; host < 10_000; host++) mark("marked", `10.0.${host >> 8}.${host & 255}`, host % 4);
    const clear = async (query: string): Promise<number> => {
      let cleared = 0;
      let cursor: string | null = "0";
      while (cursor !== null) {
        const { body }: { body: Said } = await ask("DELETE", `/marked?cursor=${cursor}&${query}`);
        cleared += body.cleared;
        cursor = body.cursor;
      }
      return cleared;
    };
    expect(await clear("where=gpc0%20%3E%202")).toBe(2500);
    expect(table("marked").figures().used).toBe(7500);
    expect(await clear("")).toBe(7500);
    expect(table("marked").figures().used).toBe(0);
  });

  test.each([
    ["?where=gpc0", "a condition is written like gpc0 > 0"],
    ["?where=sess_cnt%3E1", 'does not store "sess_cnt"'],
    ["?key=alice", "key must be an address or a block"],
    ["?limit=0", "limit must be a number from 1 on"],
    ["?cursor=x", "cursor must be one that the page before has told"],
    ["?wher=1", 'there is no parameter wher; did you mean "where"?'],
  ])("%s is refused", async (query, message) => {
    const { ask } = stage();
    const { status, body } = await ask("GET", `/marked${query}`);
    expect([status, body.error]).toEqual([400, expect.stringContaining(message)]);
    expect((await ask("DELETE", `/marked${query}`)).status).toBe(400);
  });

  test("an unknown table is told, also where there is none at all", async () => {
    const { ask } = stage();
    expect<unknown>((await ask("GET", "/shop")).body).toEqual({ error: "there is no table shop" });
    const routes = routesOfOperations(
      tableOperations({ all: [], find: () => null, othersBytes: () => 0 }, () => 0, noFleet),
    );
    const response = await routes(new Request("http://localhost/api/v1/tables/a"), "/api/v1/tables/a");
    expect(await response!.json()).toEqual({ error: "there is no table a: the config has none" });
  });
});
