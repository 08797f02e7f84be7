import { expect, test } from "bun:test";
import { columnNames, readColumn } from "./column.ts";

function value(text: string): unknown {
  const column = readColumn(text);
  return column.ok ? column.value : column.message;
}

test.each([
  ["gpc0", { name: "gpc0", type: "gpc", form: "count", first: 0, length: 1, periodMs: 0, burst: 0, words: 1 }],
  ["gpc1", { name: "gpc1", type: "gpc", form: "count", first: 1, length: 1, periodMs: 0, burst: 0, words: 1 }],
  ["gpc(3)", { name: "gpc(3)", type: "gpc", form: "count", first: 0, length: 3, periodMs: 0, burst: 0, words: 3 }],
  [
    "gpt(100)",
    { name: "gpt(100)", type: "gpt", form: "tag", first: 0, length: 100, periodMs: 0, burst: 0, words: 100 },
  ],
  [
    "gpc1_rate(10s)",
    {
      name: "gpc1_rate(10s)",
      type: "gpc_rate",
      form: "rate",
      first: 1,
      length: 1,
      periodMs: 10_000,
      burst: 0,
      words: 3,
    },
  ],
  [
    "gpc_rate( 2, 1m )",
    {
      name: "gpc_rate(2,1m)",
      type: "gpc_rate",
      form: "rate",
      first: 0,
      length: 2,
      periodMs: 60_000,
      burst: 0,
      words: 6,
    },
  ],
  [
    "conn_rate(100s)",
    {
      name: "conn_rate(100s)",
      type: "conn_rate",
      form: "rate",
      first: 0,
      length: 1,
      periodMs: 100_000,
      burst: 0,
      words: 3,
    },
  ],
  [
    "bytes_out_cnt",
    {
      name: "bytes_out_cnt",
      type: "bytes_out_cnt",
      form: "bytes",
      first: 0,
      length: 1,
      periodMs: 0,
      burst: 0,
      words: 2,
    },
  ],
  [
    "tokens(5,500ms)",
    { name: "tokens(5,500ms)", type: "tokens", form: "tokens", first: 0, length: 1, periodMs: 500, burst: 5, words: 2 },
  ],
])("%s is read", (text, column) => {
  expect(value(text)).toEqual(column);
});

test.each([
  ["conn_rate(1m40s)", "conn_rate(100s)"],
  ["conn_rate(100000ms)", "conn_rate(100s)"],
  ["conn_rate(60s)", "conn_rate(1m)"],
  ["conn_rate(0.5s)", "conn_rate(500ms)"],
  ["gpc(007)", "gpc(7)"],
  ["tokens(05, 0.5s)", "tokens(5,500ms)"],
])("%s has the name of the equal %s", (text, name) => {
  expect(value(text)).toEqual(value(name));
  expect(value(text)).toMatchObject({ name });
});

test.each([
  ["gpc7", 'must be a counter such as "gpc0" or "http_req_rate(10s)", not "gpc7"'],
  ["toString", 'must be a counter such as "gpc0" or "http_req_rate(10s)", not "toString"'],
  ["", 'must be a counter such as "gpc0" or "http_req_rate(10s)", not ""'],
  ["conn_rate(10s", 'must be a counter such as "gpc0" or "http_req_rate(10s)", not "conn_rate(10s"'],
  ["conn_rate", 'must be written "conn_rate(10s)", not "conn_rate"'],
  ["conn_rate(2,10s)", 'must be written "conn_rate(10s)", not "conn_rate(2,10s)"'],
  ["conn_rate(10)", 'must be written "conn_rate(10s)" with a duration from 1ms to 24d, not "conn_rate(10)"'],
  ["conn_rate(0s)", 'must be written "conn_rate(10s)" with a duration from 1ms to 24d, not "conn_rate(0s)"'],
  ["conn_rate(25d)", 'must be written "conn_rate(10s)" with a duration from 1ms to 24d, not "conn_rate(25d)"'],
  ["gpc0(2)", 'must be written "gpc0", not "gpc0(2)"'],
  ["gpc", 'must be written "gpc(2)", not "gpc"'],
  ["gpc()", 'must be written "gpc(2)" with a number from 1 to 100, not "gpc()"'],
  ["gpc(101)", 'must be written "gpc(2)" with a number from 1 to 100, not "gpc(101)"'],
  ["gpc_rate(10s)", 'must be written "gpc_rate(2,10s)", not "gpc_rate(10s)"'],
  ["tokens(0,1s)", 'must be written "tokens(5,500ms)" with a number from 1 to 1000000, not "tokens(0,1s)"'],
  ["tokens(1000,1h)", 'must hold no more tokens than come back within 24 days, not "tokens(1000,1h)"'],
])("%s is refused", (text, message) => {
  expect(value(text)).toBe(message);
});

test("every name can be written in some way", () => {
  for (const name of columnNames) {
    const ways = [name, `${name}(2)`, `${name}(10s)`, `${name}(2,10s)`];
    expect(ways.filter((way) => readColumn(way).ok)).toHaveLength(1);
  }
});

test("names that every object has are no counters", () => {
  for (const name of ["constructor", "toString", "__proto__", "valueOf(10s)"])
    expect(value(name)).toStartWith('must be a counter such as "gpc0"');
});
