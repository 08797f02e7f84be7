// What each outcome of a rule does to a connection.

import { expect, test } from "bun:test";
import type { EffectPlan, OutcomePlan, RulePlan } from "../../src/config/plan.ts";
import { listenerCell, routeCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { answer, deny, page, rule, rules, table } from "./rules.ts";
import { get, ok, put } from "./words.ts";

/** A listener whose request rules these are; `names` collects the rule of each exchange. */
function judged(request: readonly RulePlan[], options: PlanOptions = {}, names: string[] = []): Playbook {
  const listener = { rules: rules({ request }), ...options.listener };
  return new Playbook({ ...options, listener }, (exchange) => names.push(exchange.rule));
}

/** An answer of ours at the first second of a conversation. */
function given(status: string, body: string, fields: readonly string[] = [], tail: readonly string[] = []): string {
  const date = "Date: Thu, 01 Jan 2026 00:00:00 GMT";
  const lines = [`HTTP/1.1 ${status}`, date, ...fields, "Content-Type: text/plain; charset=utf-8"];
  return [...lines, `Content-Length: ${body.length}`, ...tail, "", body].join("\r\n");
}

const forbidden = given("403 Forbidden", "403 Forbidden\n", [], ["Cache-Control: no-store"]);
const where = (text: string): string => `path == '${text}'`;

test("a rule that holds denies, the connection goes on, and others pass", () => {
  const names: string[] = [];
  const play = judged([rule(where("/no"), deny(), { name: "no", slot: 3 })], {}, names);
  const client = play.connect();
  client.sends(get("/no"));
  play.expect(client.gets(forbidden), "report 403 denied");
  client.sends(get("/yes"));
  play.expect("dial one:80");
  const server = play.accept();
  server.sends(ok("1"));
  play.expect(server.gets(get("/yes")), client.gets(ok("1")), "report 200");
  expect([play.totals.rule(3), names]).toEqual([1, ["no", ""]]);
  expect(play.totals.route(0, routeCell.status4xx)).toBe(1);
  expect(play.totals.route(0, routeCell.dropped)).toBe(0);
});

test("pipelined requests are judged one by one", () => {
  const play = judged([rule(where("/no"), deny())]);
  const client = play.connect();
  client.sends(get("/no") + get("/1") + get("/no"));
  play.expect(client.is("paused"), client.gets(forbidden), "report 403 denied", "dial one:80");
  const server = play.accept();
  server.sends(ok("1"));
  play.expect(
    server.gets(get("/1")),
    client.gets(ok("1")),
    "report 200",
    client.is("resumed"),
    client.gets(forbidden),
    "report 403 denied",
  );
});

test("HEAD is answered without the body, HTTP/1.0 is closed unless it asks to be kept", () => {
  const play = judged([rule(null, deny())]);
  const client = play.connect();
  client.sends("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  play.expect(client.gets(forbidden.slice(0, -"403 Forbidden\n".length)), "report 403 denied");
  const old = play.connect();
  old.sends("GET / HTTP/1.0\r\n\r\n");
  const closing = forbidden.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  play.expect(old.gets(closing), "report 403 denied", old.is("destroyed"));
  const kept = play.connect();
  kept.sends("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const keeping = forbidden.replace("\r\n\r\n", "\r\nConnection: keep-alive\r\n\r\n");
  play.expect(kept.gets(keeping), "report 403 denied");
});

test("a body that came with a denied request is passed over; one that is still to come ends the connection", () => {
  const play = judged([rule(where("/"), deny())]);
  const client = play.connect();
  client.sends(put("POST", "body") + get("/x"));
  play.expectAmong(client.gets(forbidden), "report 403 denied", "dial one:80");
  const other = play.connect();
  other.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  const closing = forbidden.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
  play.expect(other.gets(closing), "report 403 denied", other.is("ended"));
  other.sends("defghij");
  play.pass(2_100);
  play.expectAmong(other.is("destroyed"));
});

test("a reply has its own status, reason, fields and body, and we frame it", () => {
  const fields = [
    { name: "X-A", value: "1" },
    { name: "Content-Length", value: "99" },
    { name: "Content-Type", value: "text/html" },
    { name: "Connection", value: "close" },
  ];
  const reply = answer(404, { reason: "Nope", fields, body: "<p>", retryAfterS: 7 });
  const play = judged([rule(null, { kind: "reply", reply, isDenial: false })]);
  const client = play.connect();
  client.sends(get("/"));
  const head = "HTTP/1.1 404 Nope\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nX-A: 1\r\nContent-Type: text/html\r\n";
  play.expect(
    client.gets(`${head}Content-Length: 3\r\nCache-Control: no-store\r\nRetry-After: 7\r\n\r\n<p>`),
    "report 404",
  );
});

test("what a template makes of a client's text ends no line", () => {
  const fields = [{ name: "X-Q", value: "{params['q']}" }];
  const reply = answer(200, { fields, body: "{path}", isTemplate: true });
  const play = judged([rule(null, { kind: "reply", reply, isDenial: false })]);
  const client = play.connect();
  client.sends(get("/x?q=a%0d%0aSet-Cookie:%20b%00c"));
  play.expect(client.gets(given("200 OK", "/x", ["X-Q: aSet-Cookie: bc"])), "report 200");
});

test("a page that shows what a rule has just changed is an answer, and nothing of the request comes before it", () => {
  const shows = page(403, { body: "{path} {headers['x-a']}", isTemplate: true });
  const changing = rule(null, null, { does: [{ kind: "field", operation: "set", name: "X-A", value: "1" }] });
  const play = judged([changing, rule(null, deny())], { listener: { errors: [shows] } });
  const client = play.connect();
  client.sends(get("/a"));
  const shown = given("403 Forbidden", "/a 1", [], ["Cache-Control: no-store"]);
  play.expect(client.gets(shown), "report 403 denied");
});

test("what rules did to a request is no other's, though the exchange is used again", () => {
  const set = (value: string): EffectPlan => ({ kind: "field", operation: "set", name: "X-A", value });
  const slow: EffectPlan = { kind: "slow", bytesPerSecond: 1_000 };
  const notes: string[] = [];
  const listener = {
    rules: rules({
      request: [
        rule(where("/no"), deny(), { does: [set("1"), slow, { kind: "log", text: "no" }] }),
        rule(where("/long"), null, { does: [set("x".repeat(20_000))] }),
        rule(where("/old"), null, { does: [{ kind: "rewrite", part: "path", value: "/new" }] }),
      ],
      response: [rule(where("/2"), null, { does: [set("2")] })],
    }),
  };
  const play = new Playbook({ listener }, ({ visit }) => notes.push(visit!.notes));
  const client = play.connect();
  client.sends(get("/no"));
  play.expectAmong("report 403 denied");
  client.sends(get("/1"));
  play.expect("dial one:80");
  const server = play.accept();
  server.sends(ok("1"));
  play.expect(server.gets(get("/1")), client.gets(ok("1")), "report 200");
  client.sends(get("/long"));
  play.expectAmong("report 431 head_too_large");
  const other = play.connect();
  other.sends(get("/2"));
  server.sends(ok("2"));
  play.expect(server.gets(get("/2")), other.gets(ok("2", "X-A: 2")), "report 200");
  other.sends(get("/old"));
  server.sends(ok("3"));
  play.expect(server.gets(get("/new")), other.gets(ok("3")), "report 200");
  expect(notes).toEqual(["no", "", "", "", ""]);
});

test("a page takes the place of an answer that has no words, and leaves it the time to wait", () => {
  const tables = [table("buckets", ["tokens(1,90s)"])];
  const reply = answer(429, { retryAfterS: -1 });
  const limit: OutcomePlan = { kind: "limit", target: "buckets[src].tokens", cost: "1", reply };
  const worded: OutcomePlan = { kind: "reply", reply: answer(403, { body: "own" }), isDenial: true };
  const errors = [page(403, { body: "page" }), page(429, { body: "slowly" })];
  const request = [rule(where("/own"), worded), rule(where("/"), deny()), rule(null, limit)];
  const play = judged(request, { tables, listener: { errors } });
  const client = play.connect();
  const tail = "Cache-Control: no-store";
  client.sends(get("/own"));
  play.expect(client.gets(given("403 Forbidden", "own", [], [tail])), "report 403 denied");
  client.sends(get("/"));
  play.expect(client.gets(given("403 Forbidden", "page", [], [tail])), "report 403 denied");
  client.sends(get("/1"));
  play.accept().sends(ok("1"));
  play.take();
  client.sends(get("/2"));
  const limited = given("429 Too Many Requests", "slowly", [], [tail, "Retry-After: 90"]);
  play.expect(client.gets(limited), "report 429 rate_limited");
});

test("a redirect has a location of its own", () => {
  const outcome: OutcomePlan = { kind: "redirect", status: 302, location: "https://{host}{target}", fields: [] };
  const play = judged([rule(null, outcome)]);
  const client = play.connect();
  client.sends(get("/a?b"));
  const body = "302 Found\n";
  play.expect(client.gets(given("302 Found", body, ["Location: https://a/a?b"])), "report 302");
});

test("reject is a FIN without a byte", () => {
  const names: string[] = [];
  const play = judged([rule(null, { kind: "reject" })], {}, names);
  const client = play.connect();
  client.sends(get("/"));
  play.expect("report 0 rejected", client.is("destroyed"));
  expect([play.totals.listener(0, listenerCell.refusedRules), names]).toEqual([1, ["reject"]]);
  expect(play.totals.route(0, routeCell.aborted)).toBe(1);
  play.expectNothingLeft();
});

test("reject waits for what the client still sends, or its RST would be a reset", () => {
  const play = judged([rule(null, { kind: "reject" })]);
  const client = play.connect();
  client.sends("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  play.expect("report 0 rejected", client.is("ended"));
  client.sends("defghij");
  client.ends();
  play.expect(client.is("destroyed"));
  play.expectNothingLeft();
});

test("reset is a RST, drop is nothing at all", () => {
  for (const [kind, said] of [
    ["reset", "reset"],
    ["drop", "dropped"],
  ] as const) {
    const play = judged([rule(null, { kind })]);
    const client = play.connect();
    client.sends(get("/1") + get("/2"));
    play.expect(client.is("paused"), "report 0 rejected", `${client.name} ${said}`);
    play.expectNothingLeft();
    expect(play.totals.listener(0, listenerCell.refusedRules)).toBe(1);
  }
});

test("accept ends the listener's rules, and no others", () => {
  const play = judged([rule(where("/a"), { kind: "accept" }), rule(null, deny())], {
    own: { app: { rules: rules({ request: [rule("headers['x'] == 'no'", deny(410))] }) } },
  });
  const client = play.connect();
  client.sends(get("/a"));
  play.expectAmong("dial one:80");
  const other = play.connect();
  other.sends(get("/a", "X: no"));
  play.expectAmong("report 410 denied");
  other.sends(get("/b"));
  play.expectAmong("report 403 denied");
});

test("use sends a request to another pool, whose rules are asked, and may send it on", () => {
  const names: string[] = [];
  const play = judged(
    [rule(where("/b"), { kind: "use", pool: 1 }, { name: "toB" }), rule(where("/c"), { kind: "use", pool: 2 })],
    {
      pools: ["b", "c"],
      own: {
        b: { rules: rules({ request: [rule("headers['x'] == 'on'", { kind: "use", pool: 2 }, { name: "on" })] }) },
        c: { rules: rules({ request: [rule("headers['x'] == 'no' || headers['y'] == 'no'", deny())] }) },
      },
    },
    names,
  );
  const client = play.connect();
  client.sends(get("/b"));
  play.expect("dial b:80");
  const server = play.accept();
  server.sends(ok("1"));
  play.take();
  client.sends(get("/b", "X: on"));
  play.expect("dial c:80");
  play.accept().sends(ok("2"));
  play.take();
  client.sends(get("/c", "X: no"));
  play.expectAmong("report 403 denied");
  client.sends(get("/b", "X: on", "Y: no"));
  play.expectAmong("report 403 denied");
  expect(names).toEqual(["toB", "on", "reply", "reply"]);
  expect([0, 1, 2].map((route) => play.totals.route(route, routeCell.status2xx))).toEqual([0, 1, 1]);
  expect(play.totals.route(2, routeCell.status4xx)).toBe(2);
});

test("a pool may be an answer, and a request without a pool gets 503", () => {
  const body = "busy\n";
  const play = judged([rule(where("/ease"), { kind: "use", pool: 1 })], {
    pools: ["ease"],
    isPoolless: true,
    own: { ease: { servers: [], reply: answer(503, { body }) } },
  });
  const client = play.connect();
  client.sends(get("/ease"));
  play.expect(client.gets(given("503 Service Unavailable", body, [], ["Cache-Control: no-store"])), "report 503");
  client.sends(get("/"));
  play.expectAmong("report 503 no_server");
  expect(play.totals.route(1, routeCell.status5xx)).toBe(1);
});

test("rules come before the redirect of a listener that passes nothing on", () => {
  const play = judged([rule(where("/here"), { kind: "use", pool: 0 })], {
    pools: ["b"],
    isPoolless: true,
    listener: {
      redirect: { status: 308, port: 443 },
      rules: rules({ request: [rule(where("/here"), { kind: "use", pool: 1 })] }),
    },
  });
  const client = play.connect();
  client.sends(get("/"));
  play.expectAmong("report 308");
  client.sends(get("/here"));
  play.expect("dial b:80");
});

test("a limit answers 429 and says when to come again", () => {
  const tables = [table("buckets", ["tokens(2,500ms)"])];
  const reply = answer(429, { retryAfterS: -1 });
  const limit: OutcomePlan = { kind: "limit", target: "buckets[src].tokens", cost: "1", reply };
  const play = judged([rule(null, limit, { slot: 2 })], { tables });
  const client = play.connect();
  client.sends(get("/1"));
  const server = play.accept();
  server.sends(ok("1"));
  client.sends(get("/2"));
  server.sends(ok("2"));
  play.take();
  client.sends(get("/3"));
  const fields = ["Cache-Control: no-store", "Retry-After: 1"];
  const limited = given("429 Too Many Requests", "429 Too Many Requests\n", [], fields);
  play.expect(client.gets(limited), "report 429 rate_limited");
  expect(play.totals.rule(2)).toBe(1);
  play.pass(600);
  client.sends(get("/4"));
  play.expect(server.gets(get("/4")));
});
