import { expect, test } from "bun:test";
import type { EntryAnswer, TableSummary } from "../table/answer.ts";
import type { Asked, Told } from "./asker.ts";
import type { Level } from "./command.ts";
import { tableCommands } from "./tablecommands.ts";
import { countersOf, entryLine, heading, readFilters } from "./tablewords.ts";

const table: TableSummary = {
  ...{ name: "web", key: { kind: "ip", prefix6: 64 }, entries: 2, entriesMax: 204_800, expireMs: 600_000 },
  ...{ whenFull: "evict", store: ["http_req_rate(10s)", "gpc0", "gpc_rate(2,1m)"], evictions: 0, refusals: 0 },
  ...{ timeouts: 0, bytes: 1, bytesMax: 1, isShared: false },
};
const entry: EntryAnswer = { key: "10.0.0.1", uses: 1, expiresMs: 5000, values: { gpc0: 3, "gpc_rate[1]": 7 } };
const line = "key=10.0.0.1 use=1 exp=5000 gpc0=3 http_req_rate(10000)=0 gpc0_rate(60000)=0 gpc1_rate(60000)=7\n";

function stage(answer: (asked: Asked) => Partial<Told> = () => ({}), problem: string | null = null) {
  const asked: [string, string, unknown][] = [];
  const commands = tableCommands({
    named: () => [{ name: "st:x", table: "st-x", listeners: [], servers: [] }],
    ask: async (one) => {
      if (one.path === "/api/v1/tables")
        return { status: 200, problem, body: { tables: [table, { ...table, name: "st-x" }] } };
      asked.push([one.method, one.path, one.body]);
      return { status: 200, problem: null, body: null, ...answer(one) };
    },
  });
  const say = async (text: string, level: Level = "admin"): Promise<string> => {
    const words = text.split(" ");
    const found = commands.find(({ name }) => `${text} `.startsWith(`${name} `))!;
    const told = await found.answer({ words, level, actor: "a test" });
    if (typeof told === "string") return told;
    let all = "";
    for await (const part of told) all += part;
    return all;
  };
  return { asked, say };
}

test("a table's heading, and its counters in HAProxy's order with their periods in ms", () => {
  expect(heading(table)).toBe("# table: web, type: ip, size:204800, used:2\n");
  expect(entryLine(countersOf(table), entry).replace(/^0x[0-9a-f]+: /, "")).toBe(line);
  expect(entryLine([], { ...entry, key: "a b=c\\x0a", expiresMs: null })).toContain("key=a\\ b\\=c\\x0a use=1 exp=0\n");
  expect(entryLine(countersOf(table), { ...entry, fleet: { gpc0: 9 } })).toContain("gpc0=9");
});

test("filters are conditions of the admin API, wrong ones are told with their number", () => {
  const counters = countersOf(table);
  const read = (text: string) => readFilters(text.split(" "), counters);
  expect(read("data.gpc0 gt 0 data.http_req_rate le 5 data.gpc1_rate ne 1")).toEqual({
    ...{ ok: true, key: null },
    where: "gpc0 > 0 && http_req_rate(10s) <= 5 && gpc_rate[1] != 1",
  });
  expect(read("key 10.0.0.1")).toEqual({ ok: true, where: null, key: "10.0.0.1" });
  const wrong = ["foo", "data.foo gt 0", "data.gpt0 gt 0", "data.gpc0 xx 0", "data.gpc0 gt 0 data.gpc0 gt -1"];
  expect(wrong.map(read).map((each) => (each.ok ? "" : each.message))).toEqual([
    'Optional argument only supports "data.<store_data_type>" <operator> <value> and key <key>\n',
    "Filter entry #1: Unknown data type\n",
    "Filter entry #1: Data type not stored in this table\n",
    'Filter entry #1: Require and operator among "eq", "ne", "le", "ge", "lt", "gt"\n',
    "Filter entry #2: Require a valid integer value to compare against\n",
  ]);
});

test("all tables, one with its entries by pages, an entry by its key", async () => {
  const { say, asked } = stage(({ path }) => {
    if (path.includes("/entries/")) return { body: entry };
    return { body: { entries: [entry], cursor: path.includes("cursor=0") ? "7" : null } };
  });
  const named = heading({ ...table, name: "st:x" });
  expect(await say("show table")).toBe(`${named}${heading(table)}`);
  const told = await say("show table st:x data.gpc0 gt 1");
  expect(told.startsWith(named)).toBe(true);
  expect(told.match(/key=/g)?.length).toBe(2);
  expect(asked.map(([, path]) => path)).toEqual([
    "/api/v1/tables/st-x?limit=1000&cursor=0&where=gpc0+%3E+1",
    "/api/v1/tables/st-x?limit=1000&cursor=7&where=gpc0+%3E+1",
  ]);
  expect(await say("show table web key ::1")).toContain(line);
  expect(asked.at(-1)).toEqual(["GET", "/api/v1/tables/web/entries/%3A%3A1", undefined]);
  expect(await say("show table none")).toBe("No such table\n");
});

test("who may only see figures sees no contents", async () => {
  const { say, asked } = stage();
  expect(await say("show table web", "user")).toBe(
    `${heading(table)}# contents not dumped due to insufficient privileges\n`,
  );
  expect(await say("show table web key 10.0.0.1", "user")).toBe("Permission denied\n");
  expect(asked).toEqual([]);
});

test("an entry is set by the admin API, with what it stores alone", async () => {
  const { say, asked } = stage();
  expect(await say("set table web key 10.0.0.9 data.gpc0 5 data.gpc1_rate 2")).toBe("");
  expect(asked).toEqual([["PUT", "/api/v1/tables/web/entries/10.0.0.9", { gpc0: 5, "gpc_rate[1]": 2 }]]);
  const wrong = ["web key 1 data.foo 1", "web key 1 data.gpt0 1", "web key 1 data.gpc0 x", "web 1", "web data.gpc0 1"];
  expect(await Promise.all(wrong.map((words) => say(`set table ${words}`)))).toEqual([
    "Unknown data type\n",
    "Data type not stored in this table\n",
    "Require a valid integer value to store\n",
    "Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n",
    'content-based lookup is only supported with the "show" and "clear" actions\n',
  ]);
  const full = stage(() => ({ status: 409, problem: "no room" }));
  expect(await full.say("set table web key 1 data.gpc0 1")).toBe("Unable to allocate a new entry\n");
});

test("a table is cleared until nothing is left of what was asked for", async () => {
  const { say, asked } = stage(({ path }) => ({ body: { cursor: path.includes("cursor") ? null : "9" } }));
  expect(await say("clear table web data.gpc0 eq 1")).toBe("");
  expect(asked.map(([method, path]) => `${method} ${path}`)).toEqual([
    "DELETE /api/v1/tables/web?where=gpc0+%3D%3D+1",
    "DELETE /api/v1/tables/web?where=gpc0+%3D%3D+1&cursor=9",
  ]);
  const absent = stage(() => ({ status: 404, problem: "there is none" }));
  expect(await absent.say("clear table web key 10.0.0.1")).toBe("");
  expect(await absent.say("clear table none")).toBe("No such table\n");
  expect(await absent.say("clear table")).toStartWith("Required arguments: <table> ");
});

test("why tables cannot be asked for is told, and is no table that there is not", async () => {
  const { say } = stage(() => ({}), "it failed");
  for (const words of ["show table", "show table web", "set table web key 1", "clear table web key 1"])
    expect([words, await say(words)]).toEqual([words, "it failed\n"]);
});
