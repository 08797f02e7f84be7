import { expect, test } from "bun:test";
import type { PlanOptions } from "../../test/playbook/plan.ts";
import { deny, field, rewrite, rule, rules } from "../../test/playbook/rules.ts";
import { get, put } from "../../test/playbook/words.ts";
import { Playbook } from "../../test/playbook.ts";
import type { EffectPlan, RulePlan } from "../config/plan.ts";
import { requestIdOf } from "./requestid.ts";

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

test("what a pattern matches is replaced in each value of a field, in those that rules have given too", () => {
  const replace = (name: string, pattern: string, by: string): EffectPlan => ({
    kind: "replaceField",
    name,
    pattern,
    by,
  });
  expect(sent([replace("x-a", "(\\d)b", "<$1>")], get("/", "X-A: 1b2b", "X-B: 1b", "x-a:3b ", "X-A: none"))).toBe(
    request("GET /", "Host: a", "X-A: <1><2>", "X-B: 1b", "x-a: <3>", "X-A: none"),
  );
  expect(
    sent([field("add", "X-A", "1"), replace("X-A", "1", "2"), field("add", "X-A", "1")], get("/", "X-A: 11")),
  ).toBe(request("GET /", "Host: a", "X-A: 22", "X-A: 2", "X-A: 1"));
  expect(sent([replace("X-A", "a", "b"), field("set", "X-A", "a")], get("/", "X-A: a"))).toBe(
    request("GET /", "Host: a", "X-A: a"),
  );
  expect(sent([replace("X-A", ",", "\r\nEvil: 1")], get("/", "X-A: a,b"))).toBe(
    request("GET /", "Host: a", "X-A: aEvil: 1b"),
  );
  for (const name of ["Host", "Connection", "Content-Length"])
    expect(sent([replace(name, ".", "x")], get("/"))).toBe(request("GET /", "Host: a"));
});

test("path, or path and query, are rewritten with what a pattern has captured", () => {
  const replace = (part: "path" | "target", pattern: string, by: string): EffectPlan => ({
    kind: "replacePart",
    part,
    pattern,
    by,
  });
  const cases: readonly [EffectPlan, string, string][] = [
    [replace("path", "^/shop/(\\w+)/(\\d+)$", "/items/$2/$1"), "/shop/red/7?q=1", "GET /items/7/red?q=1"],
    [replace("path", "^/none", "/x"), "/shop?q=1", "GET /shop?q=1"],
    [replace("path", "/+", "/"), "//a///b?c=//", "GET /a/b?c=//"],
    [replace("path", "^/a$", "/a?b"), "/a", "GET /a%3Fb"],
    [replace("target", "^/item\\?id=(\\d+)$", "/items/$1"), "/item?id=7", "GET /items/7"],
    [replace("target", "^/items/(\\d+)$", "/item?id=$1"), "/items/7", "GET /item?id=7"],
    [replace("target", "[?&]utm_[^&]*", ""), "/a?utm_x=1&utm_y=2", "GET /a"],
  ];
  for (const [effect, target, line] of cases) expect(sent([effect], get(target))).toBe(request(line, "Host: a"));
  expect(sent([replace("target", "^/x", "/y")], "GET http://a/x?z HTTP/1.1\r\nHost: a\r\n\r\n")).toBe(
    request("GET /y?z", "Host: a"),
  );
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

test("a rule that says one thing of the client lets a stranger say none of the others", () => {
  const family = ["For", "Proto", "Host", "Port", "Prefix", "Server", "Scheme", "Ssl", "Protocol"];
  const names = ["Forwarded", ...family.map((name) => `X-Forwarded-${name}`)];
  const forged = names.map((name) => `${name}: forged`);
  const trusting: PlanOptions = { forwarding: { trusted: ["192.0.2.1/32"] } };
  for (const name of names) {
    for (const operation of ["set", "add"] as const)
      expect(sent([field(operation, name, "ours")], get("/", ...forged))).toBe(
        request("GET /", "Host: a", `${name}: ours`),
      );
    const twice = [field("add", name, "ours"), field("add", name, "too")];
    expect(sent(twice, get("/", ...forged))).toBe(request("GET /", "Host: a", `${name}: ours`, `${name}: too`));
    expect(sent([field("add", name, "ours")], get("/", ...forged), trusting)).toBe(
      request("GET /", "Host: a", ...forged, `${name}: ours`),
    );
  }
});

test("nor does one that gives a spelling with _, which passes from nobody", () => {
  const forged = ["X_Forwarded_Host: forged", "X-Forwarded_For: forged", "x_request-id: forged", "X_Other: 1"];
  const does = [field("set", "X_Forwarded_For", "ours"), field("add", "X_FORWARDED_PORT", "81")];
  for (const trusted of [[], ["192.0.2.1/32"]])
    expect(sent(does, get("/", ...forged), { forwarding: { trusted } })).toBe(
      request("GET /", "Host: a", "X_Other: 1", "X_Forwarded_For: ours", "X_FORWARDED_PORT: 81"),
    );
});

test("a request keeps the id that its client gave, wherever edits have left that", () => {
  const options: PlanOptions = {
    requestId: { header: "x-request-id", keep: true },
    forwarding: { trusted: ["192.0.2.1/32"] },
  };
  const asked = get("/", "X-A: 1", "X-Request-Id: given", "X-B: 2");
  const id = "X-Request-Id: given";
  expect(sent([field("remove", "X-A"), field("set", "X-C", "3")], asked, options)).toBe(
    request("GET /", "Host: a", id, "X-B: 2", "X-C: 3"),
  );
});

test("rules behind an edit see what it made", () => {
  const play = judged({
    request: [
      rule("path == '/old' && host == 'a' && query == null", null, {
        does: [rewrite("path", "/new"), rewrite("query", "q"), field("set", "X-A", "1"), field("set", "Host", "b")],
      }),
      rule("path == '/new' && host == 'b' && query == 'q' && headers['x-a'] == '1'", deny()),
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

test("rules behind an edit that is refused ask what the client sent, and edit nothing", () => {
  const doubled = (name: string) => rule(null, null, { does: [field("set", name, "{path}")] });
  const play = judged(
    { request: ["X-A", "X-B", "X-C", "X-D", "X-E", "X-F"].map(doubled) },
    { limits: { headBytesMax: 4096 } },
  );
  play.connect().sends(get(`/${"a".repeat(3000)}`));
  play.expectAmong("report 431 head_too_large");
});

test("the request id is looked for in what the client sent, once an edit is refused", () => {
  const ids: (string | null)[] = [];
  const play = new Playbook(
    {
      limits: { headBytesMax: 1000 },
      requestId: { header: "x-request-id", keep: true },
      forwarding: { trusted: ["192.0.2.1/32"] },
      listener: {
        rules: rules({
          request: [
            rule(null, null, { does: [field("remove", "X-A")] }),
            rule("headers['x-c'] == 'c'", null, { does: [field("set", "X-Big", "{path}{path}{path}")] }),
            rule("headers['x-c'] == 'c'", null, { does: [field("set", "X-D", "1")] }),
          ],
        }),
      },
    },
    (exchange) => ids.push(requestIdOf(exchange)),
  );
  const fields = ["X-A: 1", "Authorization: Basic c2VjcmV0", "X-Request-Id: given", "X-C: c"];
  play.connect().sends(get(`/a${"b".repeat(350)}`, ...fields));
  play.expectAmong("report 431 head_too_large");
  expect(ids).toEqual(["given"]);
});

test("as many fields as a head may have are given, and one more is refused", () => {
  const given = (count: number): RulePlan[] =>
    Array.from({ length: count }, (_, index) =>
      rule("path == '/'", null, { does: [field("set", `X-${index}`, "{path}")] }),
    );
  const asked = (count: number): string[] => {
    const play = judged({ request: given(count) }, { limits: { fieldsMax: 10 } });
    play.connect().sends(get("/"));
    return play.take();
  };
  expect(asked(9).join()).toContain("dial");
  expect(asked(10).join()).toContain("report 431 head_too_large");
  expect(asked(14).join()).toContain("report 431 head_too_large");
});

test("response rules behind an edit that is refused edit nothing", () => {
  const doubled = (name: string) => rule(null, null, { does: [field("set", name, "{response.headers['x']}")] });
  const play = judged({ response: ["X-A", "X-B", "X-C", "X-D"].map(doubled) }, { limits: { headBytesMax: 2048 } });
  play.connect().sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(900)}\r\nContent-Length: 0\r\n\r\n`);
  play.expectAmong("report 502 bad_response");
});

test("a response that an edit makes too large goes no further", () => {
  const does = [field("set", "X-A", "{response.headers['x'] + response.headers['x']}")];
  const play = judged({ response: [rule(null, null, { does })] }, { limits: { headBytesMax: 2048 } });
  const client = play.connect();
  client.sends(get("/"));
  const server = play.accept();
  play.take();
  server.sends(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(1500)}\r\nContent-Length: 0\r\n\r\n`);
  const [reset, said, report] = play.take();
  expect([reset, report]).toEqual([server.is("reset"), "report 502 bad_response"]);
  expect(said).toContain("502 Bad Gateway");
});
