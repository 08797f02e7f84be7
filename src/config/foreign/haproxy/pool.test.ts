import { expect, test } from "bun:test";
import type { PoolInput } from "../../input.ts";
import { type Parts, partsOf, tried } from "./translated.fixture.ts";

const two = ["server a a:1", "server b b:1"];
const withLines = (...lines: readonly string[]): Parts => partsOf([], [...lines, ...two]);
const pool = (...lines: readonly string[]): PoolInput => withLines(...lines).pool;

test("what HAProxy does without being told: three retries, at the same server", () => {
  expect(pool()).toEqual({ servers: ["a:1", "b:1"], retries: 3, redispatch: false });
  expect(pool("retries 2", "option redispatch")).toEqual({ servers: ["a:1", "b:1"] });
  expect(pool("retry-on none")).toMatchObject({ retries: 0 });
});

test.each([
  ["balance roundrobin", undefined],
  ["balance static-rr", undefined],
  ["balance leastconn", "leastConnections"],
  ["balance first", "first"],
  ["balance random", "p2c"],
  ["balance random(1)", "random"],
  ["balance source", "ipHash"],
  ["balance source\nhash-type consistent", "consistentHash"],
  ["balance source\nhash-balance-factor 200", { policy: "boundedHash", key: "ip", loadFactor: 2 }],
  ["balance uri whole", { policy: "consistentHash", key: "uri" }],
  ["balance hdr(Host)", { policy: "consistentHash", key: "header:Host" }],
] as const)("%s", (lines, expected) => {
  const { pool: made, told } = withLines(...lines.split("\n"));
  expect(made.balance).toEqual(expected as PoolInput["balance"] & object);
  expect(told).toEqual([]);
});

test.each([
  ["balance", "error balance needs the name of an algorithm, such as roundrobin"],
  ["balance roundrobn", 'error roundrobn is no algorithm of HAProxy\'s; did you mean "roundrobin"?'],
  ["balance hdr", "error hdr needs the name of a field, as in hdr(host)"],
  [
    "balance rdp-cookie",
    "error rdp-cookie is refused: rdp-cookie is not looked at; source, uri, hdr(NAME) and url_param are",
  ],
  [
    "balance hdr(X-User)",
    "warning hdr(X-User) is approximated: a request without the field goes by its client's address; in HAProxy it takes its turn",
  ],
  [
    "balance url_param uid check_post",
    "warning check_post is approximated: a parameter in the body of a POST is not looked at: such a request takes its turn",
  ],
  ["balance uri", "warning uri is approximated: the whole address is hashed, with its query"],
  ["balance source\nhash-type wild", "error wild must be map-based or consistent"],
  ["retries many", "error many must be a whole number from 0 to 100"],
  [
    "retry-on all-retryable-errors",
    "warning retry-on is approximated: what a server answers is passed on, whatever its status; sent again is what no server can have had, or what is safe to repeat and was not answered",
  ],
  ["http-reuse sometimes", "error sometimes must be never, safe, aggressive or always"],
  ["cookie", "error cookie needs the name of a cookie"],
  [
    "cookie X insrt",
    "error insrt is no word of cookie; known are insert, rewrite, prefix, indirect, nocache, postonly, preserve, httponly, secure, dynamic, domain, maxidle, maxlife, attr",
  ],
  [
    "cookie X rewrite",
    "warning X is approximated: the cookie is one of Sluice's, X.server, in the answer to every request; what servers set as X stays as it is",
  ],
  [
    "source 10.0.0.1 usesrc clientip",
    "error usesrc is refused: connections come from an address of this machine, by the system's own choice of interface",
  ],
  [
    "errorfile 599 x",
    "error 599 must be one of 200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504, as in HAProxy",
  ],
  ["errorfile 503", "error errorfile needs a status and a file"],
  ["errorfiles nowhere", "error nowhere must be the name of an http-errors section"],
  [
    "http-error status 503 lf-string x",
    "error lf-string is refused: an answer is written here by string, or stands whole in an errorfile",
  ],
  [
    "http-send-name-header X",
    "error http-send-name-header is refused: servers are not told the name that they have here",
  ],
])("%s is told", (lines, message) => {
  expect(withLines(...lines.split("\n")).told).toContain(message);
});

test("a parameter that is hashed keeps its server by a table instead", () => {
  const { pool: made, input } = withLines("balance url_param id");
  expect(made.stick).toEqual({ table: "app.balance", by: 'params["id"]' });
  expect(input.tables?.["app.balance"]).toMatchObject({ store: ["server_id"] });
});

test("a cookie that servers set keeps its name and value", () => {
  const stickyBy = (line: string): unknown => partsOf([], [line, "server a a:1 cookie x"]).pool.sticky;
  expect(stickyBy("cookie JSID prefix nocache")).toEqual({ cookie: "JSID", prefix: true });
  expect(stickyBy("cookie JSID rewrite")).toEqual({ cookie: "JSID.server", httpOnly: false });
  expect(stickyBy("cookie JSID")).toEqual({ cookie: "JSID.server", httpOnly: false });
});

test("a cookie needs servers that have a value for it, or a key that makes them", () => {
  const dynamic = ["cookie SRV insert dynamic", "dynamic-cookie-key x", "server a a:1"];
  expect(partsOf([], dynamic).pool.sticky).toEqual({ cookie: "SRV", httpOnly: false });
  expect(partsOf([], dynamic.toSpliced(1, 1)).pool.sticky).toBeUndefined();
  expect(pool("cookie SRV insert indirect nocache").sticky).toBeUndefined();
  const { pool: made } = partsOf(
    [],
    ["cookie SRV insert maxlife 30d httponly attr SameSite=None secure", "server a a:1 cookie x"],
  );
  expect(made.sticky).toEqual({ cookie: "SRV", maxAge: "30d", httpOnly: true, sameSite: "None", secure: true });
});

test("a server without a cookie's value binds clients all the same, which is told", () => {
  const toldOf = (...lines: string[]): unknown =>
    partsOf([], lines).told.filter((line) => line.includes("binds no client"));
  const lines = ["cookie SRV insert", "server a a:1 cookie x", "server b b:1", "server c c:1 backup"];
  const binds =
    "it has no cookie, and binds no client in HAProxy; here it sets one as the others do, and its clients come back to it";
  expect(toldOf(...lines)).toEqual([
    `warning b:1 is approximated: ${binds}`,
    `warning c:1 is approximated: ${binds}, also when other servers are up again`,
  ]);
  expect(toldOf("cookie SRV insert dynamic", "dynamic-cookie-key x", "server a a:1")).toEqual([]);
  expect(toldOf("cookie SRV insert", "server a a:1")).toEqual([]);
  expect(toldOf("server a a:1 cookie x", "server b b:1")).toEqual([]);
});

test("a server's cookie word stands in the cookie, and its name in a stick table", () => {
  const { pool: sticky, told } = partsOf([], ["cookie SRV insert", "server a a:1 cookie x", "server b b:1 cookie y|z"]);
  expect(sticky.servers).toEqual([{ address: "a:1", cookie: "x" }, "b:1"]);
  expect(told.join()).toContain("warning y|z is approximated: a hash names the server");
  expect(partsOf([], ["server a a:1 cookie x"]).pool.servers).toEqual(["a:1"]);
});

test("limits make a queue, which waits as long as timeout queue or connect says", () => {
  const limited = ["server a a:1 maxconn 5"];
  expect(partsOf([], limited).pool.queue).toEqual({ length: 1_000_000, timeout: "5s" });
  expect(partsOf([], [...limited, "timeout queue 30s"]).pool.queue).toEqual({ length: 1_000_000, timeout: "30s" });
  expect(partsOf([], ["server a a:1 maxconn 5 maxqueue 10"]).pool.queue).toEqual({ length: 10, timeout: "5s" });
});

test("connections to servers are closed where HAProxy closes them", () => {
  for (const line of ["http-reuse never", "option httpclose", "option http-server-close", "option forceclose"])
    expect([line, pool(line).idle]).toEqual([line, { connections: 0 }]);
  expect(pool("option httpclose", "no option httpclose").idle).toBeUndefined();
  expect(pool("option http-server-close", "option http-keep-alive").idle).toBeUndefined();
});

test("answers of one's own", () => {
  const { pool: made, told } = withLines(
    "errorfile 502 a.http",
    "errorfile 504 /dev/null",
    'http-error status 503 content-type text/plain string "too many" hdr X-Why load',
  );
  expect(made.errors).toEqual({
    "502": "a.http",
    "503": { type: "text/plain", body: "too many", headers: { "X-Why": "load" } },
  });
  expect(told).toEqual([
    "warning /dev/null is approximated: the client is told the error; in HAProxy its connection is closed without a word",
  ]);
});

test("a server that cannot be connected to is told of as 503, with the page for that, and nothing is to be said of it", () => {
  const unconnected = { connect_refused: 503, connect_timeout: 503, tls_refused: 503 };
  const { input, told } = withLines("errorfile 503 200.http", "errorloc 502 /sorry");
  expect(input.errors).toEqual(unconnected);
  expect(input.pools!["app"]!.errors).toMatchObject({ "502": { status: 302 }, "503": "200.http" });
  expect(told).toEqual([]);
  expect(partsOf(["errorloc 500 /"], ["errorfile 503 x"]).input).not.toHaveProperty("errors");
  const tcp = tried("listen x\n bind :1\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n server a a:1");
  expect(tcp.input).not.toHaveProperty("errors");
});

test("the last that says what a status is answered with holds, a page or a location, of defaults too", () => {
  const errorsOf = (above: string, own: string): unknown =>
    tried(
      `defaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n ${above}\nbackend b\n ${own}\n server a a:1`,
    ).input.pools!["b"]!.errors;
  const page = { status: 302, headers: { "Cache-Control": "no-cache", Location: "/sorry" }, body: "" };
  expect(errorsOf("errorfile 503 x.http", "errorloc 503 /sorry")).toEqual({ "503": page });
  expect(errorsOf("errorloc 503 /sorry", "errorfile 503 x.http")).toEqual({ "503": "x.http" });
  expect(errorsOf("errorloc303 503 /x", "errorloc 503 /sorry")).toEqual({ "503": page });
  expect(partsOf([], ["errorloc 503 /sorry"]).pool).toEqual({ reply: page });
});

test("pages, locations and ids of defaults that both modes share are nothing to a proxy of mode tcp, as in HAProxy", () => {
  const times = " timeout client 1s\n timeout server 1s\n timeout connect 1s";
  const http =
    " mode http\n errorfile 503 200.http\n errorloc 502 /sorry\n unique-id-header X-Id\n http-error status 500";
  const tcp =
    "listen x\n mode tcp\n bind :1\n server a a:1\nfrontend f\n mode tcp\n bind :2\n use_backend b\nbackend b\n mode tcp\n server a a:1";
  const { input, told } = tried(`defaults\n${http}\n${times}\n${tcp}`);
  expect(told.filter((each) => each.startsWith("error"))).toEqual([]);
  for (const part of [input.listeners!["x"]!, input.listeners!["f"]!, input.pools!["x"]!, input.pools!["b"]!]) {
    expect(part).not.toHaveProperty("errors");
    expect(part).not.toHaveProperty("requestId");
  }
});

test("names of an http-errors section stand for its files", () => {
  const { input } = tried(
    "http-errors site\n errorfile 502 a.http\n errorfile 503 b.http\nlisten x\n mode http\n bind :1\n errorfiles site 503\n server a a:1",
  );
  expect(input.pools!["x"]?.errors).toEqual({ "503": "b.http" });
  expect(input.listeners["x"]?.errors).toEqual({ "503": "b.http" });
});

test("a backend of mode tcp without servers is refused, for it could only close connections", () => {
  const { told } = tried("frontend x\n bind :1\n timeout client 1s\n default_backend y\nbackend y");
  expect(told).toContain(
    "5:9 error y is refused: it has no server, and connections that it would close are closed by a rule: tcp-request content reject",
  );
});
