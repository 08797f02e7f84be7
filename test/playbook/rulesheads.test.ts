// What rules change: the heads of requests and responses, the answers that are ours, the speed of bodies, and the choice of a server.

import { expect, test } from "bun:test";
import type { EffectPlan, RulePlan } from "../../src/config/plan.ts";
import { serverCell } from "../../src/memory/tally.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";
import { answer, deny, rule, rules, table } from "./rules.ts";
import { get, put } from "./words.ts";

const field = (operation: "set" | "add" | "remove", name: string, value = ""): EffectPlan => ({
  kind: "field",
  operation,
  name,
  value,
});
const rewrite = (part: "method" | "path" | "query" | "target" | "status", value: string): EffectPlan => ({
  kind: "rewrite",
  part,
  value,
});

function judged(
  phases: { request?: readonly RulePlan[]; response?: readonly RulePlan[] },
  options: PlanOptions = {},
): Playbook {
  return new Playbook({ ...options, listener: { rules: rules(phases), ...options.listener } });
}

/** What the server is sent when rules with these effects have changed the request. */
function sent(does: readonly EffectPlan[], request: string, options: PlanOptions = {}): string {
  const play = judged({ request: [rule(null, null, { does })] }, options);
  play.connect().sends(request);
  if (play.dialing === 0) throw new Error(play.take().join("\n"));
  play.take();
  play.accept();
  const [said] = play.take();
  return JSON.parse(`"${said!.slice(said!.indexOf(" gets ") + 6)}"`);
}

const request = (line: string, ...fields: string[]): string =>
  `${line} HTTP/1.1\r\n${fields.map((one) => `${one}\r\n`).join("")}\r\n`;

test("fields are set, added and removed; the body goes on behind them", () => {
  const does = [
    field("set", "X-A", "{path}"),
    field("add", "X-B", "2"),
    field("remove", "x-c"),
    field("add", "X-B", "3"),
  ];
  expect(sent(does, put("POST", "body", "x-a: old", "X-B: 1", "X-C: 1", "x-a: older"))).toBe(
    "POST / HTTP/1.1\r\nHost: a\r\nX-B: 1\r\nContent-Length: 4\r\nX-A: /\r\nX-B: 2\r\nX-B: 3\r\n\r\nbody",
  );
});

test("set, then add, then remove: what is there in the end is what their order says", () => {
  expect(sent([field("add", "X-A", "1"), field("set", "X-A", "2"), field("add", "X-A", "3")], get("/", "X-A: 0"))).toBe(
    request("GET /", "Host: a", "X-A: 2", "X-A: 3"),
  );
  expect(sent([field("set", "X-A", "1"), field("remove", "X-A")], get("/", "X-A: 0"))).toBe(
    request("GET /", "Host: a"),
  );
});

test("path, query, target and method are rewritten, and what they may not hold is encoded", () => {
  const cases: readonly [EffectPlan, string, string][] = [
    [rewrite("path", "/new"), "/old?q=1", "GET /new?q=1"],
    [rewrite("path", "new path?#"), "/old", "GET /new%20path%3F%23"],
    [rewrite("query", "a=b c"), "/old?q=1", "GET /old?a=b%20c"],
    [rewrite("query", ""), "/old?q=1", "GET /old"],
    [rewrite("target", "/t?{query}"), "/old?q=1", "GET /t?q=1"],
    [rewrite("target", "no path"), "/old", "GET /old"],
    [rewrite("method", "PUT"), "/", "PUT /"],
    [rewrite("method", "P T"), "/", "GET /"],
    [rewrite("method", "HEAD"), "/", "GET /"],
    [rewrite("path", "/x{params['p']}"), "/?p=%0d%0aEvil:%201", "GET /xEvil:%201?p=%0d%0aEvil:%201"],
  ];
  for (const [effect, target, line] of cases) expect(sent([effect], get(target))).toBe(request(line, "Host: a"));
});

test("a host that is set is the one that the server sees, whatever form the target had", () => {
  const does = [field("set", "Host", "b.test")];
  expect(sent(does, get("/x"))).toBe(request("GET /x", "Host: b.test"));
  const absolute = "GET http://a/x?y HTTP/1.1\r\nHost: a\r\n\r\n";
  expect(sent(does, absolute)).toBe(request("GET /x?y", "Host: b.test"));
});

test("no edit says where a body ends, or what becomes of the connection", () => {
  const names = [
    "Content-Length",
    "transfer-encoding",
    "Connection",
    "Keep-Alive",
    "TE",
    "Upgrade",
    "Trailer",
    "Expect",
    "bad name",
  ];
  const does = names.flatMap((name) => [field("remove", name), field("set", name, "0"), field("add", name, "chunked")]);
  expect(sent(does, put("POST", "body"))).toBe(put("POST", "body"));
});

test("a value that a client has a hand in begins no line", () => {
  const value = "{params['x']}";
  expect(sent([field("set", "X-A", value)], get("/?x=a%0d%0aTransfer-Encoding:%20chunked%00"))).toBe(
    request("GET /?x=a%0d%0aTransfer-Encoding:%20chunked%00", "Host: a", "X-A: aTransfer-Encoding: chunked"),
  );
});

test("a client cannot have a field taken away that a rule has given", () => {
  const text = get("/", "Connection: X-User, x-other, keep-alive", "X-User: forged", "X-Other: 1");
  expect(sent([field("set", "X-User", "real")], text)).toBe(request("GET /", "Host: a", "X-User: real"));
});

test("what rules say of the client takes the place of what we would say, and of what the client says", () => {
  const options: PlanOptions = { forwarding: { xForwardedFor: true, xForwardedProto: true } };
  const does = [field("set", "X-Forwarded-Proto", "https")];
  expect(sent(does, get("/", "X-Forwarded-For: 1.2.3.4"), options)).toBe(
    request("GET /", "Host: a", "X-Forwarded-Proto: https", "X-Forwarded-For: 192.0.2.1"),
  );
  const added = [field("add", "X-Forwarded-For", "{src}")];
  expect(sent(added, get("/", "X-Forwarded-For: 1.2.3.4"), options)).toBe(
    request("GET /", "Host: a", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: http"),
  );
});

test("rules behind an edit see what it made", () => {
  const play = judged({
    request: [
      rule(null, null, { does: [rewrite("path", "/new"), field("set", "X-A", "1")] }),
      rule("path == '/new' && headers['x-a'] == '1'", deny()),
    ],
  });
  play.connect().sends(get("/old"));
  play.expectAmong("report 403 denied");
});

test("an edit that makes a head too large is refused as such a head is, and the connection lives by the rules of that", () => {
  const play = judged(
    { request: [rule("path == '/x'", null, { does: [field("set", "X-A", "{headers['y'] + headers['y']}")] })] },
    { limits: { headBytesMax: 2048 } },
  );
  const client = play.connect();
  client.sends(get("/x", `Y: ${"y".repeat(1500)}`));
  const said = play.take();
  expect(said[0]).toContain("431 Request Header Fields Too Large");
  expect(said[1]).toBe("report 431 head_too_large");
  play.pass(3_000);
  play.expectNothingLeft();
});

test("a response is changed before it goes on; the pool's rules come before the listener's", () => {
  const play = judged(
    { response: [rule(null, null, { does: [field("add", "X-Seen", "{response.headers['x-pool']}")] })] },
    {
      own: {
        app: {
          rules: rules({
            response: [
              rule("response.status == 200", null, {
                does: [field("set", "X-Pool", "{response.server}"), field("remove", "Server")],
              }),
            ],
          }),
        },
      },
    },
  );
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 200 Fine\r\nServer: x\r\nContent-Length: 2\r\n\r\nok");
  play.expect(
    client.gets("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nX-Pool: one:80\r\nX-Seen: one:80\r\n\r\nok"),
    "report 200",
  );
  expect(play.totals.server(0, serverCell.idle)).toBe(1);
});

test("a status is rewritten for the client, and counted as the server said it; not to or from one without a body", () => {
  for (const [from, to, line] of [
    [200, "404", "404 Not Found"],
    [204, "200", "204 X"],
    [200, "204", "200 X"],
    [200, "bad", "200 X"],
  ] as const) {
    const play = judged({ response: [rule(null, null, { does: [rewrite("status", to)] })] });
    const client = play.connect();
    client.sends(get("/"));
    const server = play.accept();
    play.take();
    server.sends(`HTTP/1.1 ${from} X\r\n${from === 204 ? "" : "Content-Length: 0\r\n"}\r\n`);
    const [said, report] = play.take();
    expect(said).toStartWith(`${client.name} gets HTTP/1.1 ${line}\\r\\n`);
    expect(report).toBe(`report ${line.slice(0, 3)}`);
    expect(play.totals.server(0, serverCell.status2xx)).toBe(1);
  }
});

test("a response is replaced, and its server's connection let go", () => {
  const play = judged({ response: [rule("response.status == 500", deny(502), { name: "mask" })] });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends("HTTP/1.1 500 Oops\r\nContent-Length: 6\r\n\r\nsecret");
  const [reset, said, report] = play.take();
  expect([reset, report]).toEqual([server.is("reset"), "report 502 denied"]);
  expect(said).toContain("502 Bad Gateway");
  expect(said).not.toContain("secret");
  expect([play.totals.server(0, serverCell.status5xx), play.totals.route(0, 5)]).toEqual([1, 1]);
  client.sends(get("/"));
  play.expect("dial one:80");
});

test("answers of our own are the pages of the pool, then the listener's", () => {
  const options: PlanOptions = {
    listener: {
      rules: rules({ request: [rule("path == '/no'", deny())] }),
      errors: [
        answer(403, { body: "no {path}", isTemplate: true }),
        answer(503, { body: "listener" }),
        answer(400, { body: "bad" }),
      ],
    },
    pool: { errors: [answer(503, { body: "pool", retryAfterS: -1 })] },
  };
  const play = new Playbook(options);
  play.setServer(0, false);
  const client = play.connect();
  const bodies: string[] = [];
  for (const text of [get("/no"), get("/"), "nonsense\r\n\r\n"]) {
    client.sends(text);
    const said = play.take();
    bodies.push(said[0]!.slice(said[0]!.indexOf("\\r\\n\\r\\n") + 8));
    if (text === get("/")) expect(said[0]).toContain("Retry-After: 5");
  }
  expect(bodies).toEqual(["no /no", "pool", "bad"]);
});

test("a body is slowed down to its rate, exactly over time, and the server is not read on meanwhile", () => {
  const play = judged({ request: [rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] })] });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n${"x".repeat(4000)}`);
  play.expect(client.gets("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n"), server.is("paused"));
  const passed = (ms: number): number => {
    play.pass(ms);
    return play
      .take()
      .filter((line) => line.includes(" gets "))
      .reduce((sum, line) => sum + line.length - line.indexOf(" gets ") - 6, 0);
  };
  let bytes = passed(1_000);
  expect(bytes).toBeGreaterThan(900);
  expect(bytes).toBeLessThanOrEqual(1_000);
  bytes += passed(2_000);
  expect(Math.abs(bytes - 3_000)).toBeLessThan(100);
  bytes += passed(1_200);
  expect([bytes, server.isPaused]).toEqual([4_000, false]);
  server.sends("x".repeat(6_000));
  bytes += passed(3_000);
  expect(Math.abs(bytes - 7_000)).toBeLessThan(350);
  server.closes(false);
  play.pass(4_000);
  play.expectAmong("report 200");
});

test("a slow body of which the server breaks off is cut where it broke; a client that does not take waits; one that leaves is let go", () => {
  const slow = rule(null, null, { does: [{ kind: "slow", bytesPerSecond: 1000 }] });
  const play = judged({ request: [slow] });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  server.sends(`HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n${"x".repeat(500)}`);
  server.closes();
  play.take();
  play.pass(1_000);
  const said = play.take();
  expect(said.slice(-2)).toEqual(["report 200 truncated_response", client.is("reset")]);
  const other = play.connect();
  other.sends(get("/"));
  const next = play.accept();
  other.isFull = true;
  next.sends(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(500)}`);
  play.take();
  play.pass(5_000);
  play.expect();
  other.drains();
  play.pass(200);
  expect(play.take().length).toBeGreaterThan(0);
  next.ends();
  other.isFull = false;
  play.pass(1_000);
  play.expectAmong("report 200");
  const leaving = play.connect();
  leaving.sends(get("/"));
  play.accept().sends(`HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n${"x".repeat(500)}`);
  leaving.closes();
  play.pass(5_000);
  play.expectAmong("report 200 client_closed");
});

test("a key keeps the server that it was given, while that is up, and a cookie comes first", () => {
  const options: PlanOptions = {
    servers: ["one", "two"],
    tables: [table("seen", ["server_id"])],
    pool: { stick: { table: 0, key: "src" } },
  };
  const play = new Playbook(options);
  const ask = (address: string, ...fields: string[]): string => {
    const client = play.connect(address);
    client.sends(get("/", ...fields));
    const said = play.take();
    client.closes();
    play.take();
    return said.find((line) => line.startsWith("dial")) ?? "";
  };
  expect([ask("192.0.2.1"), ask("192.0.2.2"), ask("192.0.2.1"), ask("192.0.2.1"), ask("192.0.2.2")]).toEqual([
    "dial one:80",
    "dial two:80",
    "dial one:80",
    "dial one:80",
    "dial two:80",
  ]);
  play.setServer(0, false);
  expect(ask("192.0.2.1")).toBe("dial two:80");
  play.setServer(0, true);
  expect(ask("192.0.2.1")).toBe("dial two:80");
  // The table names servers by what they are, not by where they stand.
  play.reload({ ...options, servers: ["zero", "two"] });
  expect([ask("192.0.2.1"), ask("192.0.2.1")]).toEqual(["dial two:80", "dial two:80"]);
});
