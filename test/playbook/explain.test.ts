// What explanations say, and that asking for one changes nothing.

import { expect, test } from "bun:test";
import { health } from "../../src/memory/board.ts";
import { Place } from "./place.ts";
import { deny, rule, rules, table, track } from "./rules.ts";

const seen = table("seen", ["gpc0", "http_req_rate(10s)", "conn_cur"]);
const abusers = rule("seen[src].gpc0 > 0", deny(), { name: "abusers" });
const clients = rule(null, null, { name: "clients", does: [track()] });

test("every rule that is asked is told with the values of its terms, up to the one that decides", () => {
  const place = new Place({ tables: [seen], listener: { rules: rules({ request: [clients, abusers, abusers] }) } });
  place.count("seen", 0, 2);
  expect(place.lines({ url: "http://a/login?x=1" })).toEqual([
    "GET /login?x=1 at a from 203.0.113.7, listener web",
    "request rules of listener web",
    "  clients  yes      always  (here)",
    "                    - tracks src in seen, slot 0",
    "                        src = 203.0.113.7",
    "  abusers  decides  seen[src].gpc0 > 0  (here)",
    "                      src = 203.0.113.7",
    "                      seen[src].gpc0 = 2",
    "                    => answers 403",
    "  (1 rule behind not asked)",
    "entries of tables",
    "  seen[203.0.113.7]  gpc0 2, http_req_rate(10s) 0 -> 1, conn_cur 0 -> 1",
    "=> rule abusers of listener web answers 403",
  ]);
});

test("one that passes is told with its pool, all servers, the one that is picked, and what that gets", () => {
  const place = new Place({
    servers: ["one", "two", "three"],
    balance: { policy: "leastConnections" },
    listener: { rules: rules({ request: [abusers], response: [rule("response.status == 404", deny(410))] }) },
    tables: [seen],
  });
  place.becomes(1, { health: health.down, isEligible: false });
  expect(place.lines({ url: "http://a/", method: "POST", status: 404 })).toEqual([
    "POST / at a from 203.0.113.7, listener web",
    "request rules of listener web",
    "  abusers  no       seen[src].gpc0 > 0  (here)",
    "                      src = 203.0.113.7",
    "                      seen[src].gpc0 = 0",
    "pool app: 2 of 3 servers may be picked (leastConnections)",
    "  * one:80    up, not checked, weight 1, 0 in flight",
    "    two:80    down, weight 1, 0 in flight",
    "    three:80  up, not checked, weight 1, 0 in flight",
    "  one:80: of 2 it has the fewest in flight for its weight",
    "the server gets",
    "  POST / HTTP/1.1",
    "  Host: a",
    "response rules of listener web",
    "  reply  decides  response.status == 404  (here)",
    "                    response.status = 404",
    "                  => answers 410",
    "entries of tables",
    "  seen[203.0.113.7]  is not there",
    "=> rule reply of listener web answers 410",
    "(assumed: the server answers 404, without fields of its own)",
  ]);
});

test("asking changes nothing: the same is answered again, and tables, turns and counts stay", () => {
  const place = new Place({
    servers: ["one", "two"],
    balance: { policy: "roundRobin" },
    tables: [seen],
    listener: { rules: rules({ connection: [clients], request: [clients] }) },
  });
  place.count("seen", 0, 1);
  const words = place.arena.words.slice();
  const first = place.ask({ url: "/" });
  expect(place.ask({ url: "/" })).toEqual(first);
  expect(first.choices[0]!.why).toBe("it is its turn, one after the other among 2");
  expect(place.arena.words).toEqual(words);
  expect(place.table("seen").figures().used).toBe(1);
  expect(first.entries[0]).toMatchObject({ before: { conn_cur: 0 }, after: { conn_cur: 2 } });
});

test("a rule that sends elsewhere is told, and the rules of that pool after it", () => {
  const place = new Place({
    pools: ["other"],
    own: { other: { rules: rules({ request: [rule(null, null, { name: "there" })] }) } },
    listener: { rules: rules({ request: [rule("path == '/o'", { kind: "use", pool: 1 }, { name: "move" })] }) },
  });
  const { phases, pool, choices } = place.ask({ url: "/o" });
  expect(phases.map(({ of }) => of)).toEqual(["listener web", "pool other"]);
  expect([pool, choices[0]!.server]).toEqual(["other", "other:80"]);
  expect(phases[0]!.rules[0]!.outcome).toBe("uses the pool other");
});

test("what rules change is what the server gets", () => {
  const edit = rule(null, null, { does: [{ kind: "field", operation: "set", name: "x-client", value: "{src}" }] });
  const place = new Place({ listener: { rules: rules({ request: [edit] }) } });
  expect(place.ask({ url: "http://a/p?q", headers: [["Accept", "text/html"]] }).forwarded).toEqual([
    "GET /p?q HTTP/1.1",
    "Host: a",
    "Accept: text/html",
    "x-client: 203.0.113.7",
  ]);
});

test("a connection of mode tcp is told of with the rules that it meets and the server that gets it", () => {
  const rejecting = rule("tls.sni == 'bad.example.com'", { kind: "reject" }, { name: "bad name" });
  const place = new Place({ listener: { mode: "tcp", rules: rules({ connection: [rejecting] }) } });
  expect(place.ask({ url: "tcp://bad.example.com:80" }).outcome.text).toBe(
    "rule bad name of listener web closes the connection",
  );
  const { outcome, subject } = place.ask({ url: "tcp://good.example.com:80" });
  expect(outcome.text).toBe("it is carried to one:80 of pool app");
  expect(subject).toMatchObject({ mode: "tcp", serverName: "good.example.com" });
});

test("a request that no client should send is answered as it would be", () => {
  const place = new Place({});
  expect(place.ask({ url: "/", headers: [["Host", "a b"]] }).outcome.status).toBe(400);
});

test("an upgrade is asked for as a client would, which names it in Connection, and that is told", () => {
  const place = new Place({});
  const upgrade = ["Upgrade", "websocket"] as const;
  const asked = (...headers: (readonly [string, string])[]) => place.ask({ url: "http://a/", headers });
  const whole = asked(["Connection", "keep-alive, upgrade"], upgrade);
  expect(whole.forwarded).toContain("Upgrade: websocket");
  const short = asked(upgrade);
  expect(short.forwarded!.toSorted()).toEqual(whole.forwarded!.toSorted());
  const told = "a client that sends Upgrade sends Connection: Upgrade too; without, it would not be passed on";
  expect([short.assumptions[0], whole.assumptions.includes(told)]).toEqual([told, false]);
  const closing = asked(["Connection", "close"], upgrade);
  expect(closing.forwarded).not.toContain("Upgrade: websocket");
  expect(closing.assumptions[0]).toBe(
    "Connection does not name Upgrade: it asks for none, and Upgrade is not passed on",
  );
});

test("hooks are not run, and that is told", () => {
  const hooks = {
    names: ["onRequest", "pick"],
    budgetMs: 1,
    failure: null,
    bodyBytesMax: 1,
    tooLarge: "fail",
  } as const;
  const place = new Place({ listener: { hooks: { ...hooks, names: ["onRequest"] } }, pool: { hooks } });
  expect(place.ask({ url: "http://a/" }).assumptions).toEqual([
    "the server answers 200, without fields of its own",
    "onRequest of listener web changes nothing: hooks are not run",
    "onRequest and pick of pool app change nothing: hooks are not run",
  ]);
});
