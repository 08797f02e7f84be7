// What the actions of rules do to a client, in HAProxy and in Sluice: the answer that it gets, what the server gets to see, and what
// becomes of the connection.

import { expect, setDefaultTimeout } from "bun:test";
import { app, defaults, get } from "./harness/haproxywords.ts";
import { ok } from "./harness/origin.ts";
import { curl, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { type Twin, Twins } from "./harness/twins.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy", "curl"]);

/** How a connection ends on which nothing was answered, as curl tells it. */
async function ending(twin: Twin, from: string, path = "/"): Promise<string> {
  const { code } = await curl("--interface", from, `http://127.0.0.1:${twin.ports[""]}${path}`);
  // It could not send, or not receive, or found itself reset as soon as it was connected.
  if (code === 55 || code === 56 || code === 7) return "reset";
  return code === 52 ? "closed" : `code ${code}`;
}

test("a connection that is rejected is reset, or closed where it is a session already", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  tcp-request connection accept if { src 127.0.0.9 }
  tcp-request connection reject if { src 127.0.0.2 127.0.0.8/31 }
  tcp-request session reject if { src 127.0.0.3 }
  tcp-request connection silent-drop if { src 127.0.0.4 }
  default_backend app
${app}`,
  );
  for (const twin of [twins.haproxy, twins.sluice]) {
    expect([twin.name, await ending(twin, "127.0.0.2")]).toEqual([twin.name, "reset"]);
    expect([twin.name, await ending(twin, "127.0.0.8")]).toEqual([twin.name, "reset"]);
  }
  // What a client has said before it is closed may turn the end into a reset.
  for (const from of ["127.0.0.2", "127.0.0.3", "127.0.0.8"]) {
    const { status, body } = await twins.same(get("/"), { from });
    expect([status, body]).toEqual([0, ""]);
  }
  expect((await twins.same("", { from: "127.0.0.4", patienceMs: 300 })).end).toBe("silent");
  for (const from of ["127.0.0.1", "127.0.0.9"]) expect((await twins.same(get("/"), { from })).body).toBe("a");
});

test("a request that is rejected or dropped has no answer", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  tcp-request inspect-delay 5s
  tcp-request content reject if { path /content }
  tcp-request content accept if { path /accepted }
  tcp-request content reject if { path_beg /acc }
  http-request reject if { path /request }
  http-request silent-drop if { path /drop }
  http-response return status 403 content-type text/plain string changed if { status 404 }
  http-response deny if { status 500 }
  http-response deny deny_status 410 if { status 501 }
  default_backend app
backend app
  tcp-request content reject if { path /backend }
  server a {ORIGIN}
`,
    {
      origins: {
        "": ({ target }) => {
          const status = /^\/(\d{3})$/.exec(target)?.[1];
          return status === undefined ? ok("served") : `HTTP/1.1 ${status} X\r\nContent-Length: 6\r\n\r\nsecret`;
        },
      },
    },
  );
  for (const target of ["/content", "/acc", "/request", "/backend"]) {
    const { status, body, end } = await twins.same(get(target));
    expect({ target, status, body, end }).toEqual({ target, status: 0, body: "", end: "fin" });
    for (const twin of [twins.haproxy, twins.sluice])
      expect([target, twin.name, await ending(twin, "127.0.0.1", target)]).toEqual([target, twin.name, "closed"]);
  }
  expect((await twins.same(get("/accepted"))).body).toBe("served");
  expect((await twins.same(get("/drop"), { patienceMs: 400 })).end).toBe("silent");
  // In the middle of a connection as well.
  const kept = await twins.connect();
  for (const target of ["/", "/404", "/500", "/501", "/502", "/request"]) await kept.same(get(target));
});

test("answers of rules: their status, fields, body, and a connection that stays", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
http-errors pages
  errorfile 503 {FOLDER}/503.http
frontend web
  bind 127.0.0.1:{PORT}
  http-request deny if { path /deny }
  http-request deny deny_status 404 if { path /deny404 }
  http-request deny deny_status 429 content-type text/plain string slow hdr X-A b hdr Retry-After 5 if { path /deny429 }
  http-request deny status 503 errorfile {FOLDER}/503.http if { path /errorfile }
  http-request deny status 503 errorfiles pages if { path /errorfiles }
  http-request return if { path /return }
  http-request return status 204 if { path /204 }
  http-request return status 200 content-type application/json lf-string '{"ip":"%[src]","path":"%[path]"}' hdr X-Path "%[path]" if { path_beg /lf }
  http-request return status 418 content-type text/plain string teapot if { path /418 }
  http-request return status 200 content-type text/plain file {FOLDER}/file.txt if { path /file }
  http-request return status 200 content-type text/plain lf-file {FOLDER}/lf.txt if { path /lines }
  default_backend app
${app}`,
    {
      files: {
        "503.http": "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\nX-Busy: yes\r\nContent-Type: text/plain\r\n\r\nbusy\n",
        "file.txt": "100% {as it is}\n",
        "lf.txt": "from %[src]\n",
      },
    },
  );
  const kept = await twins.connect();
  // A 503 of Sluice's says when to come again, too.
  const fields = ["content-type", "x-a", "x-busy", "x-path"];
  const seen: Record<string, number> = {};
  for (const path of [
    "deny429",
    "errorfile",
    "errorfiles",
    "204",
    "lf/some%20path?q",
    "418",
    "file",
    "lines",
    "deny429",
  ])
    seen[path] = (await kept.same(get(`/${path}`), { fields })).status;
  // Bodies and types of pages of its own are HAProxy's own.
  for (const path of ["deny", "deny404", "return"]) seen[path] = (await kept.same(get(`/${path}`))).status;
  expect(seen).toMatchObject({
    deny: 403,
    deny404: 404,
    deny429: 429,
    errorfile: 503,
    "204": 204,
    "418": 418,
    return: 200,
  });
  expect((await twins.same("HEAD /418 HTTP/1.1\r\nHost: a\r\n\r\n", { fields: ["content-length"] })).status).toBe(418);
  expect((await twins.same("GET /418 HTTP/1.0\r\n\r\n")).body).toBe("teapot");
  // With a body that the rule does not wait for.
  const post = "POST /418 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
  expect((await kept.same(post)).status).toBe(418);
  expect((await kept.same(get("/418"))).status).toBe(418);
});

test("redirects lead to the same places by the same status", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  http-request redirect location /new if { path /location }
  http-request redirect location /new?from=%[path] code 303 if { path /sample }
  http-request redirect prefix https://other.test code 301 if { path_beg /prefix }
  http-request redirect prefix /under drop-query code 307 if { path_beg /drop }
  http-request redirect prefix /under drop-query append-slash code 308 if { path_beg /append }
  http-request redirect scheme https code 301 if { path_beg /scheme }
  http-request redirect location /login set-cookie seen=1 if { path /cookie }
  http-request redirect location /logout clear-cookie seen if { path /clear }
  redirect location /old if { path /legacy }
  http-request redirect code 302 location http://%[hdr(host)]%[path],x if { path /host }
  default_backend app
${app}`,
  );
  const kept = await twins.connect();
  const seen: string[] = [];
  for (const target of [
    "/location",
    "/sample?a=b",
    "/prefix/x?a=b",
    "/drop/x?a=b",
    "/append/x?a=b",
    "/append/x/?a=b",
    "/scheme/x?a=b",
    "/cookie",
    "/legacy",
    "/host",
  ]) {
    const { status, fields } = await kept.same(get(target), { fields: ["location", "set-cookie"] });
    seen.push(`${target} ${status} ${fields["location"]}`);
  }
  expect(seen).toContain("/scheme/x?a=b 301 https://test/scheme/x?a=b");
});

test("a tarpit holds its client for as long as it is told, then answers", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
  timeout tarpit 600ms
frontend web
  bind 127.0.0.1:{PORT}
  http-request tarpit if { path /usual }
  http-request tarpit deny_status 429 if { path /429 }
  default_backend app
${app}`,
  );
  await Promise.all(
    [["/usual", 500] as const, ["/429", 429] as const].map(async ([path, status]) => {
      const both = await twins.both(get(path));
      for (const [name, outcome] of Object.entries(both)) {
        expect({ name, status: outcome.status }).toEqual({ name, status });
        expect(outcome.elapsedMs).toBeGreaterThan(550);
        expect(outcome.elapsedMs).toBeLessThan(2000);
      }
    }),
  );
});

test("what rules change arrives at the server, and at the client", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  http-request set-var(txn.kind) str(gold) if { hdr(x-user) ann }
  http-request set-var(req.path) path,lower
  http-request set-var(txn.path) path
  http-request set-var-fmt(txn.both) "%[src]-%[var(req.path)]"
  http-request set-header X-Kind %[var(txn.kind)]
  http-request set-header X-Both "%[var(txn.both)]"
  http-request unset-var(txn.both)
  http-request add-header X-Gone "[%[var(txn.both)]]"
  http-request add-header X-User second
  http-request del-header X-Secret
  http-request replace-header X-Old (.*)-(.*) \\2+\\1
  http-request replace-value X-List b.* new
  http-request set-header X-Src %[src]
  http-request set-method PUT if { path /method }
  http-request set-path /set%[path] if { path_beg /path }
  http-request replace-path /replace/([a-z]+)/(.*) /\\2/\\1
  http-request set-query a=%[url_param(a)]&more if { path_beg /query }
  http-request set-uri /uri?x if { path /uri }
  http-request set-header X-Late 1 if { var(txn.kind) -m str gold }
  http-response set-header X-Server changed
  http-response add-header X-Server added
  http-response del-header X-Internal
  http-response set-header X-Told %[var(txn.kind)] if { var(txn.kind) -m found }
  http-response set-status 299 if { var(txn.path) -m str /status }
  http-response replace-header X-Cookie secret-(.*) open-\\1
  http-after-response set-header X-After always
  default_backend app
${app}`,
    { origins: { a: () => ok("ok", "X-Server: original", "X-Internal: 1", "X-Cookie: secret-7") } },
  );
  const fields = ["x-server", "x-cookie", "x-internal", "x-told", "x-after"];
  const requests = [
    get("/", "X-User: ann", "X-Secret: 1", "X-Old: one-two", "X-List: bob"),
    get("/Upper/Case?Q=1", "X-User: bob", "X-Kind: forged"),
    get("/method"),
    get("/path/x?y=z"),
    get("/replace/first/second/third?q"),
    get("/query?a=1&b=2"),
    get("/query"),
    get("/uri?z"),
    get("/status"),
  ];
  for (const request of requests) await twins.same(request, { fields });
  const heads = (twin: Twin): string[][] => twin.origins["a"]!.asked.map(({ head }) => headLines(head));
  for (const [index, request] of requests.entries())
    expect([request.split("\r\n")[0], ...heads(twins.sluice)[index]!]).toEqual([
      request.split("\r\n")[0],
      ...heads(twins.haproxy)[index]!,
    ]);
});

test("what is sent is changed last, whoever says it: servers, rules that deny or answer, and nobody at all", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  http-request set-var(txn.path) path
  http-request deny deny_status 429 if { path /denied }
  http-request return status 200 content-type text/plain string told hdr X-Told 1 if { path /told }
  http-request redirect location /elsewhere code 302 if { path /moved }
  http-response set-header X-First server
  http-response deny deny_status 502 if { var(txn.path) -m str /masked }
  http-after-response set-header Strict-Transport-Security "max-age=31536000"
  http-after-response add-header X-Status %[status] if { status ge 400 }
  http-after-response del-header X-Internal
  http-after-response set-header X-Path %[var(txn.path)]
  http-after-response set-status 404 if { status 429 }
  http-after-response add-header X-Now %[status]
  http-after-response allow if { status 302 }
  http-after-response set-header X-Last 1
  use_backend nobody if { path /nobody }
  default_backend app
backend app
  http-request deny deny_status 410 if { path /gone }
  http-after-response set-header X-Of app
  server a {ORIGIN:a}
backend nobody
  http-after-response set-header X-Of nobody
`,
    { origins: { a: () => ok("ok", "X-Internal: 1") } },
  );
  const fields = "strict-transport-security x-status x-internal x-path x-now x-last x-first x-told x-of location".split(
    " ",
  );
  const seen: string[] = [];
  for (const target of "/ /masked /gone /told /moved /denied /nobody".split(" ")) {
    // Which backend a request was to go to is known here before rules have refused it.
    const isEarly = ["/told", "/moved", "/denied"].includes(target);
    const { status } = await twins.same(get(target), { fields: fields.filter((name) => !isEarly || name !== "x-of") });
    seen.push(`${target} ${status}`);
  }
  expect(seen).toEqual("/ 200, /masked 502, /gone 410, /told 200, /moved 302, /denied 404, /nobody 503".split(", "));
});

/** The request line, and fields in one order and case. */
function headLines(head: string): string[] {
  const [line = "", ...fields] = head.trimEnd().split("\r\n");
  return [line, ...fields.map((field) => field.replace(/^[^:]+/, (name) => name.toLowerCase())).sort()];
}

test("what comes first is decided by the family of a rule, and then by its place", async () => {
  await using room = new Room();
  const twins = await Twins.start(
    room,
    `${defaults}
frontend web
  bind 127.0.0.1:{PORT}
  stick-table type ip size 100 expire 100s store gpc0,gpc1,gpt0
  tcp-request connection track-sc0 src
  use_backend other if { path_beg /use }
  http-request set-path /use/rewritten if { path /first }
  http-request allow if { path /allowed }
  http-request deny if { path_beg /allow }
  http-request deny deny_status 401 if { path /both }
  tcp-request content reject if { path /both }
  http-request sc-inc-gpc0(0) if { path_beg /count }
  http-request sc-inc-gpc1(0) if { path_beg /count } { sc0_get_gpc0 ge 2 }
  http-request sc-set-gpt0(0) int(9) if { path_beg /count } { sc0_get_gpc1 ge 1 }
  http-request deny deny_status 429 if { sc0_get_gpt0 eq 9 } { path /count3 }
  default_backend app
backend app
  http-request deny deny_status 410 if { path /app }
  server a {ORIGIN:a}
backend other
  http-request deny deny_status 404 if { path /use/denied }
  server a {ORIGIN:other}
`,
  );
  const seen: string[] = [];
  for (const target of "/ /use /first /allowed /allow /both /app /use/denied /count1 /count2 /count3".split(" ")) {
    const { status, body, end } = await twins.same(get(target));
    seen.push(`${target} ${status} ${status === 200 ? body : end}`);
  }
  expect(seen).toEqual([
    "/ 200 a",
    "/use 200 other",
    "/first 200 other",
    "/allowed 200 a",
    "/allow 403 open",
    "/both 0 fin",
    "/app 410 open",
    "/use/denied 404 open",
    "/count1 200 a",
    "/count2 200 a",
    "/count3 429 open",
  ]);
});
