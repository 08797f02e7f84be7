import { describe, expect, test } from "bun:test";
import { readColumn } from "../../../memory/column.ts";
import type { TableDraft } from "./draft.ts";
import { mistakesIn, ruleScene } from "./rules.fixture.ts";
import { type StickTable, stores } from "./sticktable.ts";

const tables: readonly (readonly [string, TableDraft])[] = [
  ["type ip size 200k", { key: "ip", size: "200k", expire: "0s", store: [] }],
  ["type ip size 10 expire 30", { key: "ip", size: 10, expire: "30ms", store: [] }],
  ["type ipv6 size 1m expire 30m", { key: { ip: 128 }, size: "1m", expire: "30m", store: [] }],
  ["type integer size 10 nopurge", { key: "integer", size: 10, expire: "0s", store: [], full: "refuse" }],
  ["type string size 10", { key: { string: 31 }, size: 10, expire: "0s", store: [] }],
  ["type string len 64 size 10", { key: { string: 64 }, size: 10, expire: "0s", store: [] }],
  ["type binary size 10", { key: { binary: 32 }, size: 10, expire: "0s", store: [] }],
  ["type binary len 20 size 10", { key: { binary: 20 }, size: 10, expire: "0s", store: [] }],
  [
    "type ip size 10 store gpc0,conn_rate(100s),bytes_out_rate(60000)",
    { key: "ip", size: 10, expire: "0s", store: ["gpc0", "conn_rate(100s)", "bytes_out_rate(60000ms)"] },
  ],
  [
    "type ip size 10 store gpc(3) store gpc_rate(3,1000),gpt(2)",
    { key: "ip", size: 10, expire: "0s", store: ["gpc(3)", "gpc_rate(3,1000ms)", "gpt(2)"] },
  ],
  // HAProxy counts a rate whose count is not stored.
  ["type ip size 10 store gpc0_rate(1m)", { key: "ip", size: 10, expire: "0s", store: ["gpc0_rate(1m)", "gpc0"] }],
  ["type ip size 10 store gpc_rate(2,1m)", { key: "ip", size: 10, expire: "0s", store: ["gpc_rate(2,1m)", "gpc(2)"] }],
  ["type ip size 10 store server_id,server_key", { key: "ip", size: 10, expire: "0s", store: ["server_id"] }],
];

describe("stick-table", () => {
  for (const [written, expected] of tables)
    test(written, () => {
      const scene = ruleScene(`  stick-table ${written}`);
      expect(scene.told).toEqual([]);
      expect(mistakesIn(scene)).toEqual([]);
      const { store, ...rest } = scene.input.tables!["web"] as TableDraft;
      const names = (list: unknown): string[] => (list as string[]).map(canonical);
      const { store: wanted, ...others } = expected;
      expect(rest).toEqual(others);
      expect(names(store)).toEqual(names(wanted));
    });
});

/** A period by what it says, however it is written. */
function canonical(name: string): string {
  const column = readColumn(name);
  return column.ok
    ? `${column.value.type} ${column.value.first} ${column.value.length} ${column.value.periodMs}`
    : name;
}

const wrong: readonly (readonly [string, string])[] = [
  ["size 10 store gpc0", "1:0 has no type, such as: type ip"],
  ["type ip store gpc0", "1:0 has no size, such as: size 200k"],
  ["type ip size 0", "1:0 has no size, such as: size 200k"],
  ["type ip size 10x", '1:4 must be a number of entries such as 200k, not "10x"'],
  ["type nosuch size 10", '1:2 must be ip, ipv6, integer, string or binary, not "nosuch"'],
  ["type ip len 10 size 10", "1:3 goes with string and binary, not with ip"],
  ["type string len 0 size 10", "1:4 must be a length in bytes, 1 or more"],
  ["type ip size 10 expire foo", '1:6 must be a time such as 10s, not "foo"'],
  ["type ip size 10 expire 30d", "1:6 must be at most 24 days"],
  ["type ip size 10 expire", "1:5 needs a value"],
  ["type ip size 10 foo", '1:5 is no option of a stick-table: "foo"'],
  ["type ip size 10 store nosuch", '1:6 must be a counter such as "gpc0" or "http_req_rate(10s)", not "nosuch"'],
  ["type ip size 10 store conn_rate", '1:6 must be written "conn_rate(10s)", not "conn_rate"'],
  ["type ip size 10 store gpc0(1)", '1:6 must be written "gpc0", not "gpc0(1)"'],
  [
    "type ip size 10 store gpc0,gpc(2)",
    "1:6 stores gpc and gpc0, which are one counter: HAProxy wants only one of them",
  ],
  ["type ip size 10 write-to x", "1:5 is refused: there are no peers to learn entries from"],
];

describe("a stick-table that is wrong", () => {
  for (const [written, expected] of wrong)
    test(`${written}: ${expected}`, () => {
      expect(ruleScene(`  stick-table ${written}`).told).toEqual([`error ${expected}`]);
    });
});

test("a second table of one name is told, and whose table is refused is told once", () => {
  const twice = "  stick-table type ip size 10\n  stick-table type ip size 20";
  expect(ruleScene(twice).told).toEqual([
    expect.stringMatching(/^error 2:0 is the second of that name: line \d+ has a table web$/),
  ]);
  const { told } = ruleScene("  stick-table type ip\n  http-request track-sc0 src");
  expect(told).toEqual(["error 1:0 has no size, such as: size 200k", "error 2:2 asks table web, which is refused"]);
});

test("peers and counters that are said twice are told", () => {
  const { told } = ruleScene("  stick-table type ip size 10 peers all store gpc0,gpc0");
  expect(told).toEqual([
    "error 1:6 is the name of no section peers",
    "warning 1:5 does nothing here: the table outlasts restarts by itself, and other machines do not share it",
    "warning 1:8 says gpc0 twice; the second is of no account",
  ]);
});

test("an element is stored by its own name, or by an array that has it", () => {
  const table = { store: ["gpc(3)", "gpt0"] } as unknown as StickTable; // Nothing else of it is asked for.
  expect([stores(table, "gpc", 0), stores(table, "gpc", 2), stores(table, "gpc", 3)]).toEqual([true, true, false]);
  expect([stores(table, "gpt", 0), stores(table, "gpt", 1), stores(table, "conn_cnt", 0)]).toEqual([
    true,
    false,
    false,
  ]);
});

test("a key that is a number is taken of a text by the digits it begins with, and of an address as a whole", () => {
  const more = "backend numbers\n  mode http\n  stick-table type integer size 1k expire 1m store gpc0\n";
  const lines = `  http-request track-sc0 hdr(id) table numbers
  http-request track-sc1 src table numbers
  http-request track-sc2 hdr_cnt(x) table numbers`;
  const { listener, told } = ruleScene(lines, { more });
  expect(told.filter((line) => !line.startsWith("note"))).toEqual([]);
  expect(listener.request!.map(({ track }) => (track as { readonly by: string }).by)).toEqual([
    "headers.list('id')[-1]",
    "src",
    "has(headers['x']) ? headers.list('x').size() : 0",
  ]);
});

test("a slot that connections take is not taken again for their requests, there and in backends", () => {
  const lines = `  tcp-request connection track-sc0 src table st
  http-request track-sc0 hdr(x) table keys
  http-request track-sc1 hdr(x) table keys`;
  const { listener, pool, told } = ruleScene(lines, { backend: "  http-request track-sc0 path table keys" });
  expect(told.filter((line) => !line.startsWith("note"))).toEqual([]);
  const keys = [...listener.request!, ...pool.request!].map(({ track }) => (track as { readonly by: string }).by);
  expect(keys).toEqual([
    "has(tracked[0].key) ? null : headers.list('x')[-1]",
    "headers.list('x')[-1]",
    "has(tracked[0].key) ? null : path",
  ]);
});
