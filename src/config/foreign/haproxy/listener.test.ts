import { describe, expect, test } from "bun:test";
import { partsOf, tried } from "./translated.fixture.ts";

const silent = { xForwardedFor: false, xForwardedProto: false, xForwardedHost: false };
const server = "server a 127.0.0.1:9101";

test("servers are told nothing of the client unless HAProxy is asked to", () => {
  const { listener, told } = partsOf([]);
  expect(listener).toEqual({ listen: "127.0.0.1:8080", use: "app", forwarding: silent, via: false, requestId: false });
  expect(told).toEqual([]);
  expect(partsOf(["option forwardfor"]).listener.forwarding).toEqual({ ...silent, xForwardedFor: true });
  expect(partsOf([], ["option forwardfor", server]).listener.forwarding).toEqual({ ...silent, xForwardedFor: true });
});

/** Frontends `web` and `api`, both leading to `b` and by themselves to `a` and `c`, with an option each. */
function forwarded(options: { web?: string; api?: string; a?: string; b?: string }): ReturnType<typeof tried> {
  const option = (text: string | undefined): string => (text === undefined ? "" : ` option ${text}\n`);
  return tried(`defaults
 mode http
 timeout client 1s
 timeout server 1s
 timeout connect 1s
frontend web
 bind :1
 bind :2
${option(options.web)} use_backend b if { path /b }
 default_backend a
frontend api
 bind :3
${option(options.api)} use_backend %[path,field(2,/)]
 default_backend c
backend a
${option(options.a)} server s a:1
backend b
 http-request allow if { path /b }
 http-request del-header X-Real-IP
${option(options.b)} server s a:1
backend c
 server s a:1`);
}

test("option forwardfor of one backend concerns that one", () => {
  const { input, told } = forwarded({ a: "forwardfor" });
  expect(told).toEqual([]);
  expect(input.listeners["web"]?.forwarding).toEqual(silent);
  expect(input.pools?.["a"]?.rules).toEqual([{ name: "forwardfor", addHeader: { "X-Forwarded-For": "{src}" } }]);
  expect(input.pools?.["b"]?.rules).toHaveLength(1);
});

test("under another name a rule of pools writes it, once, behind all others", () => {
  const one = [{ name: "forwardfor", addHeader: { "X-Real-IP": "{src}" } }];
  const front = partsOf(["option forwardfor header X-Real-IP except 10.0.0.0/8"]);
  expect(front.listener.rules).toBeUndefined();
  expect(front.pool.rules).toEqual([
    { name: "forwardfor", if: "!(src in cidr('10.0.0.0/8'))", addHeader: { "X-Real-IP": "{src}" } },
  ]);
  const back = partsOf([], ["option forwardfor header X-Real-IP if-none", server]);
  expect(back.pool.rules).toEqual([
    { name: "forwardfor", if: "!has(headers['x-real-ip'])", addHeader: { "X-Real-IP": "{src}" } },
  ]);
  const both = partsOf(
    ["option forwardfor header X-Client if-none except 10.0.0.0/8"],
    ["option forwardfor header X-Real-IP", server],
  );
  expect(both.pool.rules).toEqual([
    { name: "forwardfor", if: "!(src in cidr('10.0.0.0/8'))", addHeader: { "X-Real-IP": "{src}" } },
  ]);
  expect(partsOf(["option originalto"]).pool.rules).toEqual([
    { name: "originalto", addHeader: { "X-Original-To": "{dst}" } },
  ]);
  const plain = partsOf(["option forwardfor"], ["option forwardfor header X-Real-IP", server]);
  expect([plain.listener.forwarding, plain.pool.rules]).toEqual([silent, one]);
});

test("where two frontends ask for different things, each has its own", () => {
  const { input } = forwarded({ web: "forwardfor header X-Real-IP", api: "originalto" });
  const [real, original] = [{ addHeader: { "X-Real-IP": "{src}" } }, { addHeader: { "X-Original-To": "{dst}" } }];
  const each = [
    { if: "listener in ['web', 'web-2']", rules: [real] },
    { if: "listener == 'api'", rules: [original] },
  ];
  expect(input.pools?.["b"]?.rules).toEqual([
    { if: "!(path == '/b')", rules: [{ removeHeader: "X-Real-IP" }] },
    ...each,
  ]);
  expect(input.pools?.["a"]?.rules).toEqual(each);
  expect(input.pools?.["c"]?.rules).toEqual([{ name: "originalto", ...original }]);
});

describe("whom X-Forwarded-For does not tell", () => {
  test("is believed in nothing: src is the peer, and what it says goes on", () => {
    const { listener, pool, told } = partsOf(["option forwardfor except 10.0.0.0/8"]);
    expect(listener.trustedProxies).toBeUndefined();
    expect(listener.forwarding).toEqual({ ...silent, xForwardedFor: true, except: ["10.0.0.0/8"] });
    expect(pool.rules).toBeUndefined();
    expect(told).toEqual([]);
  });

  test("may be written with a mask, in short, or with bits behind the mask", () => {
    const written = { "10.0.0.0/255.0.0.0": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "10.12": "10.0.0.12" };
    for (const [block, meant] of Object.entries(written)) {
      const { listener, told } = partsOf([`option forwardfor except ${block}`]);
      expect([block, listener.forwarding]).toEqual([block, { ...silent, xForwardedFor: true, except: [meant] }]);
      expect(told).toEqual([]);
      const { pool } = partsOf([`option forwardfor header X-Real-IP except ${block}`]);
      expect(pool.rules).toMatchObject([{ if: `!(src in cidr('${meant}'))` }]);
    }
  });

  test("is whom the frontend or the backend excepts, where backends differ by rules of theirs", () => {
    const { input } = forwarded({ web: "forwardfor except 10.0.0.0/8", b: "forwardfor except 127.0.0.1" });
    expect(input.listeners["web"]?.forwarding).toEqual({ ...silent, except: ["10.0.0.0/8", "127.0.0.1"] });
    const addHeader = { "X-Forwarded-For": "{src}" };
    const inner = "!(src in cidr('10.0.0.0/8'))";
    const here = "!(src in cidr('127.0.0.1'))";
    expect(input.pools?.["a"]?.rules).toEqual([
      { if: "listener in ['web', 'web-2']", rules: [{ if: inner, addHeader }] },
    ]);
    expect(JSON.stringify(input.pools?.["b"]?.rules)).toContain(
      JSON.stringify([
        { if: "listener in ['web', 'web-2']", rules: [{ if: `${here} && ${inner}`, addHeader }] },
        { if: "listener == 'api'", rules: [{ if: here, addHeader }] },
      ]).slice(1, -1),
    );
  });

  test("is who tells it already, with if-none on all sides", () => {
    const { listener, pool, told } = partsOf(["option forwardfor if-none except 10.0.0.0/8"]);
    expect(listener.forwarding).toEqual({ ...silent, except: ["0.0.0.0/0", "::/0"] });
    expect(pool.rules).toEqual([
      {
        name: "forwardfor",
        if: "!has(headers['x-forwarded-for']) && !(src in cidr('10.0.0.0/8'))",
        addHeader: { "X-Forwarded-For": "{src}" },
      },
    ]);
    expect(told).toEqual([]);
    const always = partsOf(["option forwardfor if-none"], ["option forwardfor", server]);
    expect(always.listener.forwarding).toEqual({ ...silent, xForwardedFor: true });
  });
});

test("behind a PROXY header only that says who the client is", () => {
  const forwarding = { ...silent, believe: false };
  expect(partsOf(["bind :80 accept-proxy"]).listener).toMatchObject({ proxyProtocol: true, forwarding });
  expect(tried("listen x\n mode tcp\n bind :443 accept-proxy\n server a 127.0.0.1:1").input.listeners["x"]).toEqual(
    expect.not.objectContaining({ forwarding: expect.anything() }),
  );
});

test("monitor-uri is answered before any rule", () => {
  const { listener } = partsOf(["http-request deny", "monitor-uri /alive"]);
  expect(listener.rules).toMatchObject([
    { name: "monitor-uri", if: "target == '/alive'", reply: { status: 200 } },
    { deny: true },
  ]);
  expect(partsOf(["monitor-uri /alive", "errorfile 200 ok.http"]).listener.rules).toMatchObject([
    { reply: { file: "ok.http" } },
  ]);
  const failing = ["acl few nbsrv(app) lt 1", "monitor fail if few", "monitor fail if { src 10.0.0.1 }"];
  expect(partsOf(["monitor-uri /alive", ...failing]).listener.rules).toMatchObject([
    { name: "monitor-fail", if: "target == '/alive' && pools.app.up < 1", reply: { status: 503 } },
    { name: "monitor-fail", if: "target == '/alive' && src in cidr('10.0.0.1')" },
    { name: "monitor-uri" },
  ]);
  expect(partsOf(["monitor-uri /alive", "monitor fail"]).told).toEqual([
    "error fail needs a condition, as in monitor fail if { nbsrv(app) lt 1 }",
  ]);
});

test("timeouts that all have alike stand at the top, others where they are", () => {
  expect(partsOf([]).input.timeouts).toEqual({
    head: "30s",
    idle: "30s",
    read: "30s",
    tunnel: "30s",
    connect: "5s",
    response: "30s",
  });
  const { input, listener, pool } = partsOf(
    ["timeout http-request 5s", "timeout http-keep-alive 2s", "timeout client 10s"],
    ["timeout tunnel 1h", "timeout server 0", server],
  );
  expect(input.timeouts).toEqual({ head: "5s", idle: "2s", tunnel: "10s", connect: "5s", response: "24d" });
  expect([listener.timeouts, pool.timeouts]).toEqual([{ read: "10s" }, { read: "24d" }]);
});

test("timeouts that are missing are as long as a timer waits, and are told", () => {
  const { input, told } = tried("listen x\n bind :1\n server a a:1");
  expect(input.timeouts).toEqual({ tunnel: "24d", connect: "2m7s" });
  expect(told).toEqual([
    "1:8 warning x is approximated: it has no timeout client, connect, server; silence may last 24d here, and connecting 127s, while HAProxy waits for ever",
  ]);
});

test.each([
  ["timeout client 5y", "error 5y must be a number of milliseconds, or a number with us, ms, s, m, h or d"],
  ["timeout client 30d", "error 30d must be at most 24 days"],
  ["timeout client", 'error timeout client needs a time, as in "timeout client 30s"'],
  ["timeout client 1s 2s", 'error 2s is one word too many: there is only a time, as in "timeout client 30s"'],
  ["clitimeout 5000", 'warning clitimeout is read as "timeout client", which is all that HAProxy takes since 2.1'],
  [
    "maxconn 10",
    "warning maxconn is approximated: a connection beyond it is closed at once; in HAProxy it waits to be accepted",
  ],
  [
    "timeout client-fin 5s",
    "warning client-fin is approximated: a half-closed connection ends by the timeout of a tunnel",
  ],
])("%s is told", (line, message) => {
  expect(partsOf([line]).told).toContain(message);
});

test("an old name of a timeout means what it meant", () => {
  const { input } = tried("listen x\n bind :1\n clitimeout 5000\n contimeout 1000\n srvtimeout 7s\n server a a:1");
  expect(input.timeouts).toEqual({ tunnel: "5s", connect: "1s" });
});

test("a listener that rules ask about names waits for them as long as inspect-delay says", () => {
  const { input } = tried(
    "frontend x\n bind :1\n timeout client 1m\n tcp-request inspect-delay 3s\n use_backend b if { req.ssl_sni a.test }\nbackend b\n timeout connect 1s\n timeout server 1m\n server a a:1",
  );
  expect(input.listeners["x"]?.timeouts ?? input.timeouts).toMatchObject({ handshake: "3s" });
});
