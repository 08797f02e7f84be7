import { describe, expect, test } from "bun:test";
import { compile } from "./compile.ts";
import { listedOf } from "./compiletable.ts";
import { judge } from "./judge.ts";
import type { Plan } from "./plan.ts";
import { Slots } from "./slots.ts";

function planOf(input: object): Plan {
  const { config, findings } = judge(input);
  if (config === null) throw new Error(JSON.stringify(findings, null, 1));
  return compile(config, new Slots(), () => undefined);
}

const inputOf = (rules: unknown, pools: object = {}): object => ({
  listeners: { web: { listen: ":80", use: "app", rules } },
  pools: { app: { servers: ["10.0.0.1:80"] }, ...pools },
});

describe("a limit with a rate has a table of its own", () => {
  test("named by its owner and rule, by what its key is", () => {
    const plan = planOf(
      inputOf([
        { limit: { rate: "2/s", burst: 5 } },
        {
          name: "by key",
          limit: { rate: "100/m", by: "headers['x-api-key']", size: "1k", cost: "contentLength / 1000" },
        },
        { name: "by number", limit: { rate: "10/30s", by: "srcPort" } },
      ]),
    );
    expect(plan.tables).toEqual([
      {
        name: "limit:web/request[0]",
        key: { kind: "ip", prefix6: 64 },
        entriesMax: 102_400,
        expireMs: 3500,
        isEvicting: true,
        share: null,
        store: ["tokens(5,500ms)"],
      },
      {
        name: "limit:web/by key",
        key: { kind: "string", bytesMax: 256 },
        entriesMax: 1024,
        expireMs: 61_000,
        isEvicting: true,
        share: null,
        store: ["tokens(100,600ms)"],
      },
      expect.objectContaining({
        name: "limit:web/by number",
        key: { kind: "integer" },
        store: ["tokens(10,3s)"],
      }),
    ]);
    expect(plan.listeners[0]!.rules.request[1]!.outcome).toMatchObject({
      target: `tables["limit:web/by key"][headers['x-api-key']].tokens`,
      cost: "contentLength / 1000",
    });
  });

  test("two of one name would share it, and are refused", () => {
    const rules = [{ limit: { rate: "1/s" } }];
    const { findings } = judge(
      inputOf(rules, {
        web: { servers: ["10.0.0.1:80"], rules },
        app: { servers: ["10.0.0.1:80"], rules: [{ use: "web" }] },
      }),
    );
    expect(findings.filter(({ severity }) => severity === "error")).toMatchObject([
      {
        path: ["pools", "web", "rules", 0, "limit"],
        message: "makes the table limit:web/request[0], as listeners.web.rules[0] does: name one of the rules",
      },
    ]);
  });
});

test("tables as they are written, and as they are left out", () => {
  const tables = {
    usual: {},
    written: { size: "200k", expire: "0s", store: ["gpc( 2 )", "tokens(5, 500ms)"], full: "refuse" },
    binary: { key: "binary" },
    integer: { key: "integer", size: 5 },
    prefix: { key: { ip: 48 } },
    short: { key: { binary: 4 } },
    text: { key: "string" },
  };
  const plans = planOf({ ...inputOf([]), tables }).tables;
  expect(plans.slice(0, 2)).toEqual([
    {
      name: "usual",
      key: { kind: "ip", prefix6: 64 },
      entriesMax: 102_400,
      expireMs: 600_000,
      isEvicting: true,
      share: null,
      store: [],
    },
    {
      name: "written",
      key: { kind: "ip", prefix6: 64 },
      entriesMax: 204_800,
      expireMs: 0,
      isEvicting: false,
      share: null,
      store: ["gpc(2)", "tokens(5,500ms)"],
    },
  ]);
  expect(plans.slice(2).map(({ key }) => key)).toEqual([
    { kind: "binary", bytesMax: 32 },
    { kind: "integer" },
    { kind: "ip", prefix6: 48 },
    { kind: "binary", bytesMax: 4 },
    { kind: "string", bytesMax: 32 },
  ]);
  expect(plans[3]!.entriesMax).toBe(5);
});

test("a list is its values, a line each, or its file", () => {
  expect(listedOf({ addresses: ["10.0.0.0/8"] })).toEqual({ kind: "address", values: ["10.0.0.0/8"], file: null });
  expect(listedOf({ map: { a: "b c" } })).toEqual({ kind: "map", values: ["a b c"], file: null });
  expect(listedOf({ names: "names.txt" })).toEqual({ kind: "name", values: null, file: "names.txt" });
});

test("a table that no file could hold is refused, that of a limit too", () => {
  const rules = [{ limit: { rate: "1/s", by: "path", size: "64m" } }];
  const { findings } = judge({ ...inputOf(rules), tables: { wide: { key: { string: 1024 }, size: "8m" } } });
  expect(findings.filter(({ severity }) => severity === "error")).toMatchObject([
    { path: ["tables", "wide", "size"], message: expect.stringMatching(/^makes a table of 8\.\d GiB when it is full/) },
    { path: ["listeners", "web", "rules", 0, "limit", "size"] },
  ]);
});
