import { expect, test } from "bun:test";
import type { CheckInput } from "../../input.ts";
import { partsOf } from "./translated.fixture.ts";

const checkOf = (...lines: readonly string[]): CheckInput | undefined =>
  partsOf([], [...lines, "server a a:1 check"]).pool.check;
const told = (...lines: readonly string[]): readonly string[] => partsOf([], [...lines, "server a a:1 check"]).told;
const timed = { timeout: "2s" };

test("without check there is none, whatever options say", () => {
  expect(partsOf([], ["option httpchk GET /x", "server a a:1"]).pool.check).toBeUndefined();
  expect(checkOf()).toEqual({ tcp: true, ...timed });
});

test("when and how often", () => {
  const { pool } = partsOf(
    [],
    ["default-server inter 5s rise 4", "timeout check 3s", "server a a:1 check fall 7 port 99 check-ssl"],
  );
  expect(pool.check).toEqual({ tcp: true, tls: true, port: 99, every: "5s", timeout: "8s", rise: 4, fall: 7 });
});

test("servers that are down, or about to change, have times of their own", () => {
  const { pool, told } = partsOf(
    [],
    ["default-server inter 5s fastinter 500ms downinter 30s", "server a a:1 check", "server b b:1 check"],
  );
  expect(pool.check).toMatchObject({ every: "5s", everyChanging: "500ms", everyDown: "30s" });
  expect(told).toEqual([]);
  expect(partsOf([], ["server a a:1 check downinter 10"]).pool.check).toMatchObject({ everyDown: "100ms" });
  expect(partsOf([], ["server a a:1 check", "server b b:1 check fastinter 1s"]).told).toEqual([
    "warning 1s is approximated: all servers of a pool have one check; fastinter is that of a",
  ]);
});

test("timeout check is for what is read, beside the time to connect in, which is inter's at most", () => {
  const timeoutOf = (...lines: readonly string[]): string | undefined =>
    partsOf([], [...lines, "server a a:1 check inter 1s"]).pool.check?.timeout;
  expect(timeoutOf()).toBe("1s");
  expect(timeoutOf("timeout check 10s")).toBe("11s");
  expect(timeoutOf("timeout check 10s", "timeout connect 300")).toBe("10s300ms");
});

test("what servers say differently is told", () => {
  expect(partsOf([], ["server a a:1 check inter 1s", "server b b:1 check inter 3s", "server c c:1"]).told).toEqual([
    "warning 3s is approximated: all servers of a pool have one check; inter is that of a",
    "warning c:1 is approximated: it is checked like the others of its pool; in HAProxy, without check, it counts as up",
  ]);
});

const hostless = (version: string): string =>
  `warning option httpchk is approximated: a check is of HTTP/1.1, with the server's address as Host; HAProxy's is of ${version} without one. Where servers know hosts, say which: http-check send hdr Host NAME`;

test("what HAProxy says to servers in a check without a Host is told", () => {
  expect(told("option httpchk GET /x HTTP/1.1")).toEqual([hostless("HTTP/1.1")]);
  expect(told("option httpchk POST /x")).toEqual([]);
});

test.each([
  ["option httpchk", { http: "/", method: "OPTIONS" }],
  ["option httpchk /x", { http: "/x", method: "OPTIONS" }],
  ["option httpchk GET /x?y=1", { http: "/x?y=1" }],
  ["option httpchk HEAD /x HTTP/1.1\\r\\nHost:\\ www.test", { http: "/x", method: "HEAD", host: "www.test" }],
  ["option httpchk\nhttp-check send meth GET uri /x hdr host www.test", { http: "/x", host: "www.test" }],
  ["option httpchk GET /\nhttp-check expect status 200", { http: "/", expect: "200" }],
  ["option httpchk GET /\nhttp-check expect status 200,204,300-310", { http: "/", expect: "200,204,300-310" }],
  ["option httpchk GET /\nhttp-check expect ! status 404", { http: "/", expect: "100-403,405-599" }],
  ["option httpchk GET /\nhttp-check expect rstatus ^[23]..$", { http: "/" }],
  ["option httpchk GET /\nhttp-check expect ! rstatus ^5", { http: "/", expect: "100-499" }],
  ["option httpchk GET /\nhttp-check connect port 81 ssl", { http: "/", port: 81, tls: true }],
] as [string, CheckInput][])("%s", (lines, expected) => {
  expect(checkOf(...lines.split("\n"))).toEqual({ ...expected, ...timed });
  expect(told(...lines.split("\n"))).toEqual(expected.host === undefined ? [hostless("HTTP/1.0")] : []);
});

test("a request that no http check can make is written out", () => {
  expect(checkOf("option httpchk POST /x HTTP/1.1", 'http-check send hdr X-Key 1 body "a b"')).toEqual({
    tcp: true,
    send: "POST /x HTTP/1.1\\r\\nX-Key: 1\\r\\nConnection: close\\r\\nContent-Length: 3\\r\\n\\r\\na b",
    receive: { pattern: "^HTTP/1\\.[01] (?:[23]\\d\\d)" },
    ...timed,
  });
  expect(checkOf("option httpchk GET /", "http-check expect rstring ok|fine")?.receive).toEqual({ pattern: "ok|fine" });
  expect(checkOf("option httpchk GET /", 'http-check expect string "[ok]."')?.receive).toEqual({
    pattern: "\\[ok\\]\\.",
  });
});

test("a conversation is said at once, and what is expected waited for in its order", () => {
  expect(
    checkOf(
      "option tcp-check",
      "tcp-check send-binary 0001ff",
      "tcp-check expect binary 02",
      "tcp-check expect rstring ^a+",
    ),
  ).toEqual({
    tcp: true,
    send: "\\x00\\x01\\xff",
    receive: { pattern: "\\x02[\\x00-\\xff]*(?:^a+)" },
    ...timed,
  });
  expect(
    checkOf(
      "option tcp-check",
      "tcp-check connect port 6380 ssl",
      "tcp-check send PING\\r\\n",
      "tcp-check expect string +PONG",
    ),
  ).toEqual({
    tcp: true,
    tls: true,
    port: 6380,
    send: "PING\\r\\n",
    receive: { pattern: "\\+PONG" },
    ...timed,
  });
});

test("checks of a kind", () => {
  expect(checkOf("option redis-check")).toMatchObject({
    send: "*1\\r\\n$4\\r\\nPING\\r\\n",
    receive: { starts: "+PONG\\r\\n" },
  });
  expect(checkOf("option pgsql-check user me")).toMatchObject({
    send: "\\x00\\x00\\x00\\x11\\x00\\x03\\x00\\x00user\\x00me\\x00\\x00",
    receive: { starts: "R" },
  });
  expect(checkOf("option ssl-hello-chk")).toMatchObject({ tcp: true, tls: true });
  expect(checkOf("option external-check", "external-check command /bin/ok")).toMatchObject({
    exec: ["/bin/ok", "NOT_USED", "NOT_USED", "{host}", "{port}"],
  });
  expect(checkOf("option httpchk GET /x", "option smtpchk")).toMatchObject({ receive: { starts: "220" } });
});

test("passive checks are ejections", () => {
  expect(partsOf([], ["server a a:1 check observe layer4 error-limit 50 on-error mark-down"]).pool.ejection).toEqual({
    consecutiveFailures: 50,
  });
});

test.each([
  ["option httpchk GET / HTTP/1.0 x", "error x is one word too many: there is only method, URI and version"],
  ["option httpchk\nhttp-check", "error http-check needs send, connect or expect"],
  [
    "option httpchk\nhttp-check set-var(x) int(1)",
    "error set-var(x) is refused: a check here is one request and what is expected of its answer",
  ],
  [
    "option httpchk\nhttp-check expect status",
    'error http-check expect needs a kind and a pattern, as in "http-check expect status 200"',
  ],
  ["option httpchk\nhttp-check expect status x", 'error x must be a status, or several such as "200,204" or "200-399"'],
  ["option httpchk\nhttp-check expect rstatus (", "error ( must be a regular expression"],
  [
    "option httpchk\nhttp-check expect ! string x",
    "error string is refused: that a text is missing cannot be told before the answer has ended",
  ],
  [
    "option httpchk\nhttp-check expect hdr name x",
    "error hdr is refused: an answer is judged by status, rstatus, string or rstring",
  ],
  [
    "option httpchk\nhttp-check send foo x",
    "error foo is no word of http-check send; known are meth, uri, ver, hdr, body",
  ],
  [
    "option httpchk\nhttp-check disable-on-404",
    "warning disable-on-404 is approximated: a server that answers 404 is down, not drained",
  ],
  ["option tcp-check\ntcp-check", "error tcp-check needs connect, send or expect"],
  ["option tcp-check\ntcp-check send", "error tcp-check send needs what is to be sent"],
  ["option tcp-check\ntcp-check send-binary xyz", "error xyz must be bytes in hexadecimal digits"],
  [
    "option tcp-check\ntcp-check connect\ntcp-check connect port 2",
    "error tcp-check connect is refused: a check here is one connection",
  ],
  [
    "option tcp-check\ntcp-check expect ! string x",
    "error ! is refused: that something is missing cannot be told before the answer has ended",
  ],
  ["option pgsql-check", "error pgsql-check needs user and a name, as in HAProxy"],
  ["option external-check", "error option external-check needs external-check command and a path"],
])("%s is told", (lines, message) => {
  expect(told(...lines.split("\n"))).toContain(message);
});

test("a check speaks the version that traffic does, or another by check-proto or check-alpn", () => {
  const of = (words: string, ...lines: readonly string[]): unknown =>
    partsOf([], ["option httpchk GET /x", "http-check send hdr Host a", ...lines, `server a a:1 check ${words}`]).pool
      .check?.http2;
  expect([of(""), of("proto h2"), of("proto h2 check-proto h2")]).toEqual([undefined, undefined, undefined]);
  expect([of("proto h2 check-proto h1"), of("check-proto h2")]).toEqual([false, true]);
  const secure = "ssl verify none alpn h2";
  expect([of(`${secure} check-alpn http/1.1`), of(secure), of("check-alpn h2")]).toEqual([false, undefined, undefined]);
  const body = "http-check send meth POST uri /x body x";
  expect(toldOf("server a a:1 proto h2 check", body)).toEqual([
    expect.stringContaining("error option httpchk is refused: a check with fields of its own"),
  ]);
  expect(toldOf("server a a:1 proto h2 check check-proto h1", body)).toEqual([]);
});

function toldOf(server: string, ...lines: readonly string[]): readonly string[] {
  return partsOf([], ["option httpchk", ...lines, server]).told;
}
