// The commands against an admin interface that is a script: what is asked, and what is made of the answers. The real one answers
// them in test/e2e/tables.test.ts.

import { afterEach, expect, test } from "bun:test";
import type { EntriesAnswer, EntryAnswer, TableSummary } from "../control/table/answer.ts";
import { tableClear, tableGet, tableList, tableSet } from "./tables.ts";
import { tableShow } from "./tableshow.ts";

const open: Bun.Server<undefined>[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop(true);
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly body: string;
}

/** Answers in turn, then with the last one. */
function stage(...answers: readonly (readonly [status: number, body: unknown])[]) {
  const asked: Asked[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const { method } = request;
      asked.push({ method, path: pathname, query: Object.fromEntries(searchParams), body: await request.text() });
      const [status, body] = answers[Math.min(asked.length, answers.length) - 1]!;
      return Response.json(body as object, { status });
    },
  });
  open.push(server);
  const out: string[] = [];
  const err: string[] = [];
  const writer = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    note: (text: string) => err.push(text),
  };
  return { options: { admin: `127.0.0.1:${server.port}` }, asked, out, err, writer };
}

const summary: TableSummary = {
  name: "marked",
  key: { kind: "ip", prefix6: 64 },
  entries: 12,
  entriesMax: 204_800,
  expireMs: 600_000,
  whenFull: "evict",
  store: ["gpc0", "conn_rate(10s)"],
  evictions: 0,
  refusals: 0,
  timeouts: 0,
  bytes: 61_440,
  bytesMax: 11_534_336,
  isShared: false,
};

function entry(key: string, gpc0: number, more: Partial<EntryAnswer> = {}): EntryAnswer {
  return { key, uses: 0, expiresMs: 59_001, values: { gpc0, "conn_rate(10s)": 3 }, ...more };
}

const page = (entries: readonly EntryAnswer[], cursor: string | null): readonly [number, EntriesAnswer] => [
  200,
  { table: "marked", entries, cursor },
];

test("ls shows what each table is and how full", async () => {
  const other = { ...summary, name: "users", key: { kind: "string", bytesMax: 32 }, expireMs: 0, evictions: 7 };
  const { options, out, writer } = stage([200, { tables: [summary, other] }]);
  expect(await tableList(options, writer)).toBe(0);
  expect(out.join("\n")).toMatchInlineSnapshot(`
    "  TABLE   KEY         ENTRIES    SIZE  EXPIRE    MEMORY   AT MOST  EVICTED  REFUSED  STORE
      marked  ip               12  204800  10m     60.0 KiB  11.0 MiB        0        0  gpc0 conn_rate(10s)
      users   string(32)       12  204800  never   60.0 KiB  11.0 MiB        7        0  gpc0 conn_rate(10s)"
  `);
});

test("show follows the pages, with columns that grow", async () => {
  const pages = [
    page([entry("10.0.0.1", 1), entry("10.0.0.2", 2, { uses: 1, expiresMs: null })], "a"),
    page([], "b"),
    page([entry("2001:db8:ffff:ffff::/64", 123_456, { values: { gpc0: 1.5, "conn_rate(10s)": 3 } })], null),
  ];
  const { options, asked, out, err, writer } = stage(...pages);
  expect(await tableShow("marked", { ...options, where: "gpc0 > 0", key: "10." }, writer)).toBe(0);
  expect(out.join("\n")).toMatchInlineSnapshot(`
    "  KEY       USES  EXPIRES  gpc0  conn_rate(10s)
      10.0.0.1     0       1m     1               3
      10.0.0.2     1    never     2               3
      2001:db8:ffff:ffff::/64     0       1m  1.50               3"
  `);
  expect(err).toEqual([]);
  expect(asked.map(({ query }) => query)).toEqual([
    { limit: "101", where: "gpc0 > 0", key: "10." },
    { limit: "99", where: "gpc0 > 0", key: "10.", cursor: "a" },
    { limit: "99", where: "gpc0 > 0", key: "10.", cursor: "b" },
  ]);
});

/** What `show --limit 2` says of others, and how many it asked for each time. */
async function shownTwo(...pages: readonly (readonly [number, EntriesAnswer])[]) {
  const { options, asked, out, err, writer } = stage(...pages);
  expect(await tableShow("marked", { ...options, limit: 2 }, writer)).toBe(0);
  expect(out.join("\n").split("\n").length).toBe(3);
  return { err, limits: asked.map(({ query }) => query["limit"]) };
}

const [one, two, three] = [entry("10.0.0.1", 1), entry("10.0.0.2", 1), entry("10.0.0.3", 1)];

test("show ends at the limit and says that there are others, where it has seen one", async () => {
  const others = ["(2 entries; --all shows the others too)"];
  expect(await shownTwo(page([one], "a"), page([two, three], "b"))).toEqual({ err: others, limits: ["3", "2"] });
  expect(await shownTwo(page([one, two, three], "a"))).toEqual({ err: others, limits: ["3"] });
  expect(await shownTwo(page([one, two], "a"), page([three], "b"))).toEqual({ err: others, limits: ["3", "1"] });
});

test("show says nothing of others where there are none, and does not look for them for long", async () => {
  expect(await shownTwo(page([one, two], null))).toEqual({ err: [], limits: ["3"] });
  expect(await shownTwo(page([one, two], "a"), page([], null))).toEqual({ err: [], limits: ["3", "1"] });
  expect(await shownTwo(page([one, two], "a"), page([], "b"))).toEqual({
    ...{ err: ["(2 entries; --all shows whether there are others)"], limits: ["3", "1"] },
  });
});

test("as JSON the pages are one array", async () => {
  const pages = [page([entry("a", 1), entry("b", 2)], "1"), page([], "2"), page([entry("c", 3)], null)];
  const { options, out, writer } = stage(...pages);
  expect(await tableShow("marked", { ...options, json: true, all: true }, writer)).toBe(0);
  expect(JSON.parse(out.join("\n"))).toEqual([entry("a", 1), entry("b", 2), entry("c", 3)]);
  const nothing = stage(page([], null));
  await tableShow("marked", { ...nothing.options, json: true }, nothing.writer);
  expect(JSON.parse(nothing.out.join("\n"))).toEqual([]);
});

test("as JSON nothing is written out of a table that cannot be shown", async () => {
  for (const all of [true, false]) {
    const { options, out, err, writer } = stage([404, { error: "there is no table none" }]);
    expect(await tableShow("none", { ...options, json: true, all }, writer)).toBe(1);
    expect([out, err]).toEqual([[], ["sluice: there is no table none"]]);
  }
});

test("an empty table and a search without a result are told apart", async () => {
  const { options, out, err, writer } = stage(page([], null));
  await tableShow("marked", options, writer);
  await tableShow("marked", { ...options, where: "gpc0 > 1" }, writer);
  expect(out).toEqual([]);
  expect(err).toEqual(["(marked has no entries)", "(no such entry in marked)"]);
});

test("get and set show the entry; keys and values go as they are", async () => {
  const { options, asked, out, writer } = stage([200, entry("a/b c", 5)]);
  expect(await tableGet("marked", "a/b c", options, writer)).toBe(0);
  expect(await tableSet("marked", "a/b c", ["gpc0=5", "conn_rate(10s)=3"], options, writer)).toBe(0);
  expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["GET", "/api/v1/tables/marked/entries/a%2Fb%20c", ""],
    ["PUT", "/api/v1/tables/marked/entries/a%2Fb%20c", '{"gpc0":5,"conn_rate(10s)":3}'],
  ]);
  expect(out[0]).toMatchInlineSnapshot(`
    "  KEY    USES  EXPIRES  gpc0  conn_rate(10s)
      a/b c     0       1m     5               3"
  `);
});

test("clear wants to be told what, and says how many", async () => {
  const { options, asked, out, err, writer } = stage(
    [200, { table: "marked", cleared: 1, cursor: null }],
    [200, { table: "marked", cleared: 1000, cursor: "x" }],
    [200, { table: "marked", cleared: 234, cursor: null }],
  );
  expect(await tableClear("marked", undefined, options, writer)).toBe(2);
  expect(await tableClear("marked", "10.0.0.1", { ...options, all: true }, writer)).toBe(2);
  expect(err[0]).toBe("sluice: say what is to be cleared by one of these: a key, --where CONDITION, --all");
  expect(asked).toEqual([]);
  expect(await tableClear("marked", "10.0.0.1", options, writer)).toBe(0);
  expect(await tableClear("marked", undefined, { ...options, where: "gpc0 > 0" }, writer)).toBe(0);
  expect(out).toEqual(["cleared 1 entry of marked", "cleared 1234 entries of marked"]);
  expect(asked.map(({ method, path, query }) => [method, path, query])).toEqual([
    ["DELETE", "/api/v1/tables/marked/entries/10.0.0.1", {}],
    ["DELETE", "/api/v1/tables/marked", { where: "gpc0 > 0" }],
    ["DELETE", "/api/v1/tables/marked", { where: "gpc0 > 0", cursor: "x" }],
  ]);
});

test("a refusal is a line on stderr and exit code 1", async () => {
  const { options, out, err, writer } = stage([404, { error: 'there is no table markd; did you mean "marked"?' }]);
  const codes = [
    await tableList(options, writer),
    await tableShow("markd", options, writer),
    await tableGet("markd", "a", options, writer),
    await tableSet("markd", "a", ["gpc0=1"], options, writer),
    await tableClear("markd", "a", options, writer),
  ];
  expect(codes).toEqual([1, 1, 1, 1, 1]);
  expect(out).toEqual([]);
  expect(new Set(err)).toEqual(new Set(['sluice: there is no table markd; did you mean "marked"?']));
});

test("what is set is written name=number", async () => {
  const { options, asked, err, writer } = stage([200, {}]);
  expect(await tableSet("marked", "a", ["gpc0"], options, writer)).toBe(2);
  expect(await tableSet("marked", "a", ["gpc0=many"], options, writer)).toBe(2);
  expect(err[1]).toBe('sluice: what is set is written like gpc0=1, not "gpc0=many"');
  expect(asked).toEqual([]);
});
