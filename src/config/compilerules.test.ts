import { describe, expect, test } from "bun:test";
import { scopeOf } from "../rules/expression/scope.ts";
import { RuleSet } from "../rules/ruleset.ts";
import { compile } from "./compile.ts";
import type { ConfigInput, RuleInput } from "./input.ts";
import { judge } from "./judge.ts";
import type { Plan, RulePlan } from "./plan.ts";
import { phases } from "./rulewalk.ts";
import { Slots } from "./slots.ts";

const tables = {
  marked: { store: ["gpc0"], expire: "10m" },
  tags: { store: ["gpt(2)"] },
  clients: { store: ["http_req_rate(10s)", "tokens(5,500ms)", "gpc(3)"] },
  "a-b": { key: { string: 16 }, store: ["gpc0"], size: 5, full: "refuse" },
  src: { store: ["gpc0"] },
} as const;

function planOf(input: object): Plan {
  const { config, findings } = judge(input);
  if (config === null) throw new Error(JSON.stringify(findings, null, 1));
  const plan = compile(config, new Slots(), () => undefined);
  // What has been checked must compile for those who play it.
  for (const { rules } of [...plan.listeners, ...plan.pools])
    for (const phase of phases) new RuleSet(rules[phase], scopeOf(plan, phase));
  return plan;
}

const inputOf = (rules: unknown, more: object = {}, pools: object = {}): object => ({
  tables,
  listeners: { web: { listen: ":80", use: "app", rules } },
  pools: { app: { servers: ["10.0.0.1:80"] }, slow: { reply: { status: 503 } }, ...pools },
  ...more,
});

function ruleOf(rule: RuleInput): RulePlan {
  return planOf(inputOf([rule])).listeners[0]!.rules.request[0]!;
}

const plain = { reason: "", fields: [], body: null, isTemplate: false };

describe("short forms", () => {
  test("a table that is tracked is tracked by src, in a slot of its own", () => {
    const { request } = planOf(
      inputOf([
        { track: "marked" },
        { track: ["clients", { table: "marked", by: "src" }] },
        { track: { table: "a-b", by: "host", slot: 0 } },
        { track: { table: "a-b", by: "path" } },
      ]),
    ).listeners[0]!.rules;
    expect(request.map(({ effects }) => effects)).toEqual([
      [{ kind: "track", table: 0, key: "src", slot: 1 }],
      [
        { kind: "track", table: 2, key: "src", slot: 2 },
        { kind: "track", table: 0, key: "src", slot: 1 },
      ],
      [{ kind: "track", table: 3, key: "host", slot: 0 }],
      [{ kind: "track", table: 3, key: "path", slot: 3 }],
    ]);
  });

  test("what is marked is gpc0, or gpt0, or what is named", () => {
    expect(ruleOf({ mark: ["marked", "tags[src]", "clients.gpc[2]", "tags[peer].gpt[1]", "src"] }).effects).toEqual([
      { kind: "increment", target: "marked[src].gpc0", by: "1" },
      { kind: "assign", target: "tags[src].gpt0", value: "1" },
      { kind: "increment", target: "clients[src].gpc[2]", by: "1" },
      { kind: "assign", target: "tags[peer].gpt[1]", value: "1" },
      { kind: "increment", target: 'tables["src"][src].gpc0', by: "1" },
    ]);
  });

  test("a limit by a table is by src unless it says otherwise", () => {
    const reply = { ...plain, status: 429, retryAfterS: -1 };
    const target = "clients[src].tokens";
    for (const limit of ["clients", "clients.tokens", "clients[src].tokens", "clients[src]", { table: "clients" }])
      expect(ruleOf({ limit }).outcome).toEqual({ kind: "limit", target, cost: "1", reply });
    expect(ruleOf({ limit: "clients", by: "peer", deny: { status: 503, retryAfter: "1m" } }).outcome).toEqual({
      kind: "limit",
      target: "clients[peer].tokens",
      cost: "1",
      reply: { ...plain, status: 503, retryAfterS: 60 },
    });
  });
});

test("effects come in one order, whatever that of the keys", () => {
  const rule: RuleInput = {
    log: "from {src}",
    slowDown: "2kb/s",
    maxBody: "3mb",
    setMethod: "GET",
    setQuery: "a={path}",
    setPath: "/x",
    removeHeader: ["X-B", "X-C"],
    addHeader: { "X-D": "{src}" },
    setHeader: { "X-A": "1" },
    set: { "vars.country": "host", "tags[src].gpt0": true, "marked[src].gpc0": 0 },
    clear: "marked",
    increment: { "clients[src].gpc0": 2, "clients[src].gpc[1]": "contentLength" },
    mark: "marked",
    track: "marked",
  };
  // A bare table has no counter to clear.
  expect(() => ruleOf(rule)).toThrow("must be a counter of a table");
  expect(ruleOf({ ...rule, set: { "vars.country": "host" }, clear: "marked[src].gpc0" }).effects).toEqual([
    { kind: "track", table: 0, key: "src", slot: 0 },
    { kind: "increment", target: "marked[src].gpc0", by: "1" },
    { kind: "increment", target: "clients[src].gpc0", by: "2" },
    { kind: "increment", target: "clients[src].gpc[1]", by: "contentLength" },
    { kind: "clear", target: "marked[src].gpc0" },
    { kind: "variable", name: "country", value: "host" },
    { kind: "field", operation: "set", name: "X-A", value: "1" },
    { kind: "field", operation: "add", name: "X-D", value: "{src}" },
    { kind: "field", operation: "remove", name: "X-B", value: "" },
    { kind: "field", operation: "remove", name: "X-C", value: "" },
    { kind: "rewrite", part: "path", value: "/x" },
    { kind: "rewrite", part: "query", value: "a={path}" },
    { kind: "rewrite", part: "method", value: "GET" },
    { kind: "slow", bytesPerSecond: 2048 },
    { kind: "maxBody", bytes: 3 * 1024 * 1024 },
    { kind: "log", text: "from {src}" },
  ]);
});

test("a rule on connections may count them as sessions, and no other may", () => {
  const mistakesOf = (phase: "connection" | "request"): number => {
    const web: NonNullable<ConfigInput["listeners"]>[string] = {
      listen: ":80",
      use: "app",
      rules: { [phase]: [{ countSession: true }] },
    };
    return judge({ listeners: { web }, pools: { app: { servers: ["10.0.0.1:80"] } } }).findings.length;
  };
  expect([mistakesOf("connection"), mistakesOf("request")]).toEqual([0, 1]);
});

test("what is written beyond ASCII is its UTF-8, in every text that goes over the wire or into a log", () => {
  const text = "é日{path == 'é' ? 'ü' : ''}";
  const bytes = Buffer.from(text).toString("latin1");
  const { effects } = ruleOf({ setHeader: { "X-A": text }, setPath: text, setQuery: text, log: text });
  expect(effects).toMatchObject([{ value: bytes }, { value: bytes }, { value: bytes }, { text: bytes }]);
  const headers = { "X-A": text };
  expect(ruleOf({ redirect: { to: text, headers } }).outcome).toMatchObject({
    location: bytes,
    fields: [{ value: bytes }],
  });
  expect(ruleOf({ deny: { headers, body: text, template: true } }).outcome).toMatchObject({
    reply: { fields: [{ name: "Content-Type" }, { value: bytes }], body: bytes },
  });
});

test("each outcome", () => {
  const outcomes: [RuleInput, RulePlan["outcome"]][] = [
    [{ accept: true }, { kind: "accept" }],
    [{ reject: true }, { kind: "reject" }],
    [{ reset: true }, { kind: "reset" }],
    [{ drop: true }, { kind: "drop" }],
    [{ use: "slow" }, { kind: "use", pool: 1 }],
    [{ deny: true }, { kind: "reply", isDenial: true, reply: { ...plain, status: 403, retryAfterS: 0 } }],
    [{ deny: 429 }, { kind: "reply", isDenial: true, reply: { ...plain, status: 429, retryAfterS: -1 } }],
    [
      { reply: { body: "é", headers: { "X-A": "b" } } },
      {
        kind: "reply",
        isDenial: false,
        reply: {
          ...plain,
          status: 200,
          fields: [
            { name: "Content-Type", value: "text/plain; charset=utf-8" },
            { name: "X-A", value: "b" },
          ],
          body: "\u00c3\u00a9",
          retryAfterS: 0,
        },
      },
    ],
    [
      { deny: { status: 503, body: "{src}", type: "text/html", template: true, retryAfter: false, reason: "No" } },
      {
        kind: "reply",
        isDenial: true,
        reply: {
          status: 503,
          reason: "No",
          fields: [{ name: "Content-Type", value: "text/html" }],
          body: "{src}",
          isTemplate: true,
          retryAfterS: 0,
        },
      },
    ],
    [{ tarpit: "10s" }, { kind: "tarpit", forMs: 10_000, reply: { ...plain, status: 429, retryAfterS: -1 } }],
    [
      { tarpit: { for: "1s", status: 500 } },
      { kind: "tarpit", forMs: 1000, reply: { ...plain, status: 500, retryAfterS: 0 } },
    ],
    [{ redirect: "https://{host}/" }, { kind: "redirect", status: 302, location: "https://{host}/", fields: [] }],
    [
      { redirect: { to: "/", status: 308, headers: { "Cache-Control": "no-store" } } },
      {
        kind: "redirect",
        status: 308,
        location: "/",
        fields: [{ name: "Cache-Control", value: "no-store" }],
      },
    ],
    [{ mark: "marked" }, null],
  ];
  for (const [rule, outcome] of outcomes) expect(ruleOf(rule).outcome).toEqual(outcome);
});

describe("names, modes, rules within rules", () => {
  test("a rule is called by its place unless it has a name; one that is off is not there", () => {
    const plan = planOf(
      inputOf({
        connection: [{ name: "early", reset: true, if: "srcPort < 1024" }],
        request: [
          { mode: "off", deny: 403 },
          { if: "secure", mode: "observe", rules: [{ name: "inner", accept: true, if: "path == '/'" }, { deny: 403 }] },
        ],
        response: [{ setStatus: 404, if: "response.status == 500" }],
      }),
    );
    const { connection, request, response } = plan.listeners[0]!.rules;
    expect(connection[0]).toMatchObject({ name: "early", place: "listeners.web.rules.connection[0]", mode: "enforce" });
    expect(request).toMatchObject([
      {
        name: "request[1]",
        mode: "observe",
        place: "listeners.web.rules.request[1]",
        outcome: null,
        rules: [
          { name: "inner", condition: "path == '/'", rules: [] },
          { name: "request[1].rules[1]", place: "listeners.web.rules.request[1].rules[1]" },
        ],
      },
    ]);
    expect(response[0]!.effects).toEqual([{ kind: "rewrite", part: "status", value: "404" }]);
  });

  test("a rule keeps its row over a reload as long as its name and phase stay", () => {
    const slots = new Slots();
    const compiled = (rules: RuleInput[]): readonly RulePlan[] => {
      const { config } = judge(inputOf(rules));
      return compile(config!, slots, () => undefined).listeners[0]!.rules.request;
    };
    const [first, second] = compiled([
      { name: "a", mark: "marked" },
      { name: "b", mark: "marked" },
    ]);
    const [moved] = compiled([{ name: "b", deny: 403 }]);
    expect(moved!.slot).toBe(second!.slot);
    expect(slots.gone).toContainEqual({ kind: "rules", name: "listeners/web/request/a", slot: first!.slot });
  });
});

describe("pools", () => {
  test("a list is of requests, or of connections where listeners of mode tcp use the pool", () => {
    const plan = planOf({
      listeners: { web: { listen: ":80", use: "a" }, raw: { listen: ":81", mode: "tcp", use: "b" } },
      pools: {
        a: { servers: ["10.0.0.1:80"], rules: [{ reject: true, if: "secure" }] },
        b: { servers: ["10.0.0.1:80"], rules: [{ use: "c", if: "secure" }] },
        c: { servers: ["10.0.0.2:80"], rules: [{ drop: true }] },
      },
    });
    expect(plan.pools.map(({ rules }) => [rules.connection.length, rules.request.length])).toEqual([
      [0, 1],
      [1, 0],
      [1, 0],
    ]);
  });

  test("every pool that rules lead to has a route from the listener, and a listener need not name one", () => {
    const plan = planOf({
      listeners: { web: { listen: ":80", rules: [{ if: "host == 'a'", rules: [{ use: "a" }] }] } },
      pools: {
        a: { servers: ["10.0.0.1:80"], rules: [{ use: "b", if: "secure" }] },
        b: { servers: ["10.0.0.1:80"], rules: [{ use: "c", if: "secure" }] },
        c: { reply: { body: "c" } },
      },
    });
    expect(plan.listeners[0]!.route).toBe(0);
    expect(plan.routes.map(({ pool }) => pool)).toEqual([null, 0, 1, 2]);
  });

  test("answers in place of ours, a reply, and what clients are kept by", () => {
    const plan = planOf({
      tables: { kept: { store: ["server_id"] } },
      bans: { answer: "close" },
      debug: { token: "0123456789abcdef" },
      lists: { office: { addresses: ["10.0.0.0/8"] }, codes: { map: { a: "b c" } } },
      listeners: {
        web: { listen: ":80", use: "app", errors: { 503: { body: "no" }, 404: { body: "what", status: 404 } } },
      },
      pools: {
        app: {
          servers: ["10.0.0.1:80"],
          stick: { table: "kept" },
          errors: { 502: {} },
          rules: [{ use: "slow", if: "secure" }],
        },
        slow: { reply: { body: "later", headers: { "Retry-After": "5" } } },
      },
    });
    expect(plan.listeners[0]!.errors).toMatchObject([
      { on: 404, reply: { status: 404, retryAfterS: 0 } },
      { on: 503, reply: { status: 503, retryAfterS: 0 } },
    ]);
    expect(plan.pools[0]).toMatchObject({
      stick: { table: 0, key: "src" },
      errors: [{ on: 502, reply: { status: 502, body: null } }],
    });
    expect(plan.pools[1]).toMatchObject({ servers: [], reply: { status: 503, body: "later", retryAfterS: 0 } });
    expect(plan).toMatchObject({ banned: null, debugToken: "0123456789abcdef" });
    expect(plan.lists).toEqual([
      { name: "office", kind: "address" },
      { name: "codes", kind: "map" },
    ]);
  });
});

test("what patterns match is replaced behind fields that are set, as bytes", () => {
  const { effects } = ruleOf({
    setQuery: "x",
    rewritePath: { pattern: "^/é", by: "/e" },
    replaceHeader: { "X-A": { pattern: "a", by: "$&ü" } },
    setHeader: { "X-A": "1" },
  });
  expect(effects).toEqual([
    { kind: "field", operation: "set", name: "X-A", value: "1" },
    { kind: "replaceField", name: "X-A", pattern: "a", by: "$&\u00c3\u00bc" },
    { kind: "replacePart", part: "path", pattern: "^/\u00c3\u00a9", by: "/e" },
    { kind: "rewrite", part: "query", value: "x" },
  ]);
});
