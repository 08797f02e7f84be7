import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { judge } from "../../judge.ts";
import { translateHaproxy } from "./haproxy.ts";
import { mistakesIn, ruleScene } from "./rules.fixture.ts";
import { translateRules } from "./rules.ts";

const fixtures = new URL("fixtures/", import.meta.url);

test("families follow each other in HAProxy's order, wherever they stand", () => {
  const scene = ruleScene(
    `  use_backend app if { path /use }
  http-response set-header R 1
  redirect location /redirect if { path /r }
  http-request set-header A 2
  tcp-request content reject if { src 2.2.2.2 }
  tcp-request session reject if { src 3.3.3.3 }
  http-request set-header B 3
  tcp-request connection reject if { src 4.4.4.4 }
  http-after-response set-header R 2`,
    {
      backend:
        "  http-request set-header C 4\n  tcp-request content reject if { src 5.5.5.5 }\n  http-response set-header S 1",
    },
  );
  expect(mistakesIn(scene)).toEqual([]);
  expect(scene.listener).toEqual({
    connection: [
      { if: "src in cidr('4.4.4.4')", reset: true },
      { if: "src in cidr('3.3.3.3')", reject: true },
    ],
    request: [
      { if: "src in cidr('2.2.2.2')", reject: true },
      { setHeader: { A: "2" } },
      { setHeader: { B: "3" } },
      { if: "path == '/r'", redirect: "/redirect" },
      { if: "path == '/use'", use: "app" },
    ],
    response: [{ setHeader: { R: "1" } }],
    afterResponse: [{ setHeader: { R: "2" } }],
  });
  expect(scene.pool).toEqual({
    connection: [],
    request: [{ if: "src in cidr('5.5.5.5')", reject: true }, { setHeader: { C: "4" } }],
    response: [{ setHeader: { S: "1" } }],
    afterResponse: [],
  });
});

test("what is done to all that is sent has an end of its own, and comes to what Sluice answers itself", () => {
  const scene = ruleScene(
    `  http-response allow if { status 200 }
  http-response set-header A 1
  http-after-response set-header Strict-Transport-Security "max-age=1"
  http-after-response allow if { status 404 }
  http-after-response set-var(txn.a) status
  http-after-response set-log-level silent
  http-after-response set-status 503 if { status 500 }
  http-after-response set-header B 2 if { status 503 }`,
    { backend: "  http-after-response del-header Server" },
  );
  expect(mistakesIn(scene)).toEqual([]);
  expect(scene.told).toEqual(["note 6 logs and the order of work are not changed by a rule"]);
  expect(scene.listener.response).toEqual([
    { if: "(has(vars.given_status) ? vars.given_status : response.status) == 200", accept: true },
    { setHeader: { A: "1" } },
  ]);
  expect(scene.listener.afterResponse).toEqual([
    { setHeader: { "Strict-Transport-Security": "max-age=1" } },
    { if: "response.status == 404", accept: true },
    { set: { "vars.txn_a": "response.status" } },
    { if: "response.status == 500", setStatus: 503 },
    { if: "response.status == 503", setHeader: { B: "2" } },
  ]);
  expect(scene.pool.afterResponse).toEqual([{ removeHeader: "Server" }]);
});

test("what a session rule asks of TLS holds back no rule of the connection, wherever it stands", () => {
  const { listener } = ruleScene(
    `  acl named ssl_fc_sni -m found
  tcp-request session reject if !named
  tcp-request connection track-sc0 src table st
  tcp-request connection accept if { src 1.1.1.1 }
  tcp-request connection reject if { sc0_conn_cur gt 10 }`,
  );
  expect(listener.connection).toEqual([
    { track: { table: "st", by: "src", slot: 0 } },
    { if: "!(src in cidr('1.1.1.1'))", rules: [{ if: "tracked[0].conn_cur > 10", reset: true }] },
    { if: "!has(tls.sni)", reject: true },
  ]);
});

describe("an accept ends its family, and no more", () => {
  test("in a listener what is behind it becomes rules under the opposite condition", () => {
    const scene = ruleScene(
      `  http-request allow if { src 1.1.1.1 }
  http-request deny if { path /a }
  http-request allow if { path /b }
  http-request deny
  tcp-request content accept if { src 2.2.2.2 } || { src 3.3.3.3 }
  tcp-request content reject
  use_backend app if { path /use }`,
    );
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.listener.request).toEqual([
      { if: "!(src in cidr('2.2.2.2') || src in cidr('3.3.3.3'))", rules: [{ reject: true }] },
      {
        if: "!(src in cidr('1.1.1.1'))",
        rules: [
          { if: "path == '/a'", deny: true },
          { if: "!(path == '/b')", rules: [{ deny: true }] },
        ],
      },
      { if: "path == '/use'", use: "app" },
    ]);
  });

  test("where nothing comes behind the family it is an accept of ours", () => {
    const { pool } = ruleScene("", {
      backend: "  http-request allow if { src 1.1.1.1 }\n  http-request deny",
    });
    expect(pool.request).toEqual([{ if: "src in cidr('1.1.1.1')", accept: true }, { deny: true }]);
    const { listener } = ruleScene(
      "  tcp-request connection accept if { src 1.1.1.1 }\n  tcp-request connection reject",
    );
    expect(listener.connection).toEqual([{ if: "src in cidr('1.1.1.1')", accept: true }, { reset: true }]);
  });

  test("as the last of its family it is nothing at all", () => {
    expect(ruleScene("  http-request allow if { src 1.1.1.1 }").listener.request).toEqual([]);
  });

  test("what stands behind one without a condition is never evaluated", () => {
    expect(ruleScene("  http-request allow\n  http-request deny").listener.request).toEqual([]);
  });
});

describe("use_backend", () => {
  const more =
    "backend app-one\n  mode http\n  server x 127.0.0.1:83\nbackend app-two\n  mode http\n  server y 127.0.0.1:82\n";

  test("without a condition takes everything", () => {
    expect(ruleScene("  use_backend app-two", { more }).listener.request).toEqual([{ use: "app-two" }]);
  });

  test("by a sample is compared with every backend that it may mean", () => {
    const scene = ruleScene("  use_backend app-%[path,field(2,/)] if { ssl_fc }", { more });
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.listener.request).toEqual([
      {
        if: "secure",
        rules: [
          { if: "'app-' + (has(path.field('/', 2)) ? path.field('/', 2) : '') == 'app-one'", use: "app-one" },
          { if: "'app-' + (has(path.field('/', 2)) ? path.field('/', 2) : '') == 'app-two'", use: "app-two" },
        ],
      },
    ]);
  });

  test("of a name that there is none of is told at the word", () => {
    const { told } = ruleScene("  use_backend ap if TRUE");
    expect(told).toEqual([expect.stringMatching(/^error 1:1 is the name of no backend/)]);
  });
});

test("connections without a request, which are failed ones to HAProxy, are told where errors are counted", () => {
  const toldOf = (lines: string, store: string, mode: "http" | "tcp" = "http"): number => {
    const more = `backend seen\n  stick-table type ip size 10 store ${store}\n`;
    return ruleScene(lines, { mode, more }).told.filter((line) => line.includes("closed without a request")).length;
  };
  const track = "  tcp-request connection track-sc0 src table seen";
  expect(toldOf(track, "http_err_rate(10s)")).toBe(1);
  expect(toldOf(track, "http_req_rate(10s)")).toBe(0);
  expect(toldOf(`${track}\n  option http-ignore-probes`, "http_err_rate(10s)")).toBe(0);
  expect(toldOf(track.replace("connection", "content"), "http_err_rate(10s)")).toBe(0);
  expect(toldOf(track, "http_err_rate(10s)", "tcp")).toBe(0);
});

describe("sessions in mode tcp", () => {
  const table = "backend seen\n  stick-table type ip size 10 store sess_rate(10s)\n";
  const connections = (lines: string, more: string, backend = ""): readonly object[] =>
    ruleScene(lines, { mode: "tcp", more, backend }).listener.connection;
  const track = "  tcp-request connection track-sc0 src table seen\n";
  const tracks = { track: { table: "seen", by: "src", slot: 0 } };
  const reject = "  tcp-request content reject if { sc0_sess_rate gt 3 }";

  test("are counted before rules on content", () => {
    expect(connections(`${reject}\n${track}`, table)).toEqual([
      tracks,
      { countSession: true },
      { if: "tracked[0].sess_rate > 3", reject: true },
    ]);
    const use = "  use_backend other if { sc0_sess_rate gt 3 }";
    const other = `${table}backend other\n  mode tcp\n  server x 127.0.0.1:83\n`;
    expect(connections(track + use, other)[1]).toEqual({ countSession: true });
    expect(connections(track, table, reject)).toEqual([tracks, { countSession: true }]);
  });

  test("are counted behind all rules where none asks", () => {
    expect(connections(track, table)).toEqual([tracks]);
    const stored = table.replace("sess_rate(10s)", "conn_cnt");
    expect(connections(`${track}  tcp-request content reject if { src 9.9.9.9 }`, stored)).toHaveLength(2);
  });
});

describe("mode tcp", () => {
  test("has all its rules in the connection phase, and the names that clients ask for", () => {
    const scene = ruleScene(
      `  tcp-request connection track-sc0 src table st
  tcp-request connection reject if { sc0_conn_cur gt 10 }
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.ssl_hello_type 1 }
  use_backend other if { req.ssl_sni -i A.example.com }
  use_backend other if { req_ssl_sni -m end .b.com }`,
      {
        mode: "tcp",
        backend: "  tcp-request content reject if { src 9.9.9.9 }",
        more: "backend other\n  mode tcp\n  server x 127.0.0.1:83\n",
      },
    );
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.listener).toEqual({
      connection: [
        { track: { table: "st", by: "src", slot: 0 } },
        { if: "tracked[0].conn_cur > 10", reset: true },
        { if: "tls.sni == 'a.example.com'", use: "other" },
        { if: "tls.sni.endsWith('.b.com')", use: "other" },
      ],
      request: [],
      response: [],
      afterResponse: [],
    });
    expect(scene.pool.connection).toEqual([{ if: "src in cidr('9.9.9.9')", reject: true }]);
    expect(scene.told.filter((line) => !line.startsWith("note"))).toEqual([]);
  });

  test("asks for a ClientHello whether there is a name in it or not", () => {
    const { listener, told } = ruleScene(
      "  tcp-request content accept if { req.ssl_hello_type 1 }\n  tcp-request content reject",
      { mode: "tcp" },
    );
    expect(listener.connection).toEqual([{ if: "!tls.hello", rules: [{ reject: true }] }]);
    expect(told).toEqual([]);
  });

  test("a rule that looks at HTTP is refused, for HAProxy looks at it there: none is dropped or turned round", () => {
    const lines = [
      "tcp-request content accept if HTTP",
      "tcp-request content reject unless HTTP",
      "use_backend other if { hdr(host) -i www.a }",
      "use_backend %[path,field(2,/)]",
      "tcp-request content track-sc0 req.cook(id) table keys",
      "tcp-request content set-var(txn.m) method",
    ];
    const more = "backend other\n  mode tcp\n  server x 127.0.0.1:83\n";
    for (const line of lines) {
      const { told } = ruleScene(`  ${line}`, { mode: "tcp", more });
      expect(told.join()).toMatch(/^error .*HAProxy looks for HTTP in mode tcp too, and Sluice does not/);
    }
    const { told } = ruleScene("", { mode: "tcp", backend: "  stick on hdr(x)" });
    expect(told.join()).toMatch(/^error .*HAProxy looks for HTTP in mode tcp too/);
  });

  test("an ACL on HTTP that nothing uses does no harm, nor do rules of mode http, which do nothing", () => {
    const lines = "  acl unused path_beg /x\n  http-request deny if unused\n  redirect scheme https if unused";
    const { listener, told } = ruleScene(lines, { mode: "tcp" });
    expect(listener.connection).toEqual([]);
    expect(told).toEqual([
      "warning 2:0 does nothing in mode tcp, as in HAProxy",
      "warning 3:0 does nothing in mode tcp, as in HAProxy",
    ]);
  });

  test("passes over rules for requests, and tells so", () => {
    const { listener, told } = ruleScene("  http-request deny", { mode: "tcp" });
    expect(listener.connection).toEqual([]);
    expect(told).toEqual(["warning 1:0 does nothing in mode tcp, as in HAProxy"]);
  });
});

describe("statements beside the rules", () => {
  test("unique-id-header names the field of an id of ours", () => {
    const { input } = ruleScene("  unique-id-header X-Id");
    expect(input.listeners["web"]).toMatchObject({ requestId: { header: "x-id", keep: false } });
  });

  test("rate-limit sessions closes what is over it", () => {
    const scene = ruleScene("  rate-limit sessions 100");
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.listener.connection).toEqual([{ limit: { rate: "100/s", by: "listener", size: 16 } }]);
  });

  test("expect-proxy of some clients is a PROXY header from them", () => {
    const { input } = ruleScene("  tcp-request connection expect-proxy layer4 if { src 10.0.0.0/8 }");
    expect(input.listeners["web"]).toMatchObject({
      proxyProtocol: true,
      trustedProxies: ["10.0.0.0/8"],
      forwarding: { believe: false },
    });
  });

  test("errorloc is a redirect", () => {
    const scene = ruleScene("  errorloc303 503 http://sorry/\n  errorloc 502 /bad");
    expect(mistakesIn(scene)).toEqual([]);
    const headers = { "Cache-Control": "no-cache", Location: "http://sorry/" };
    expect(scene.input.listeners["web"]!.errors).toEqual({
      "503": { status: 303, headers, body: "" },
      "502": { status: 302, headers: { ...headers, Location: "/bad" }, body: "" },
    });
  });

  test("captures are variables where somebody asks for them", () => {
    const scene = ruleScene(
      `  capture request header Host len 20
  declare capture request len 5
  http-request capture path id 1
  http-response set-header H %[capture.req.hdr(0)]-%[capture.req.hdr(1)]`,
    );
    expect(mistakesIn(scene)).toEqual([]);
    expect(scene.listener.request).toEqual([
      { set: { "vars.capture_req_0": "headers['host'].substring(0, 20)" } },
      { set: { "vars.capture_req_1": "path.substring(0, 5)" } },
    ]);
    expect(scene.listener.response).toEqual([{ setHeader: { H: "{vars.capture_req_0}-{vars.capture_req_1}" } }]);
  });
});

describe("rules of HAProxy 1.x", () => {
  const taken: readonly (readonly [string, string, object])[] = [
    ["block if { path /x }", "http-request deny", { if: "path == '/x'", deny: true }],
    ["reqadd X-A:\\ b", "http-request add-header", { addHeader: { "X-A": "b" } }],
    ["reqidel ^X-A:.*", "http-request del-header", { removeHeader: "X-A" }],
  ];
  for (const [written, today, expected] of taken)
    test(`${written} is taken as ${today}`, () => {
      const { listener, told } = ruleScene(`  ${written}`);
      expect<unknown>(listener.request).toEqual([expected]);
      expect(told).toEqual([`warning 1:0 is taken as ${today}: HAProxy knows it no more since 2.1`]);
    });

  test("are told by the rule that stands for them now", () => {
    expect(ruleScene("  reqrep a b\n  rspidel [xy]").told).toEqual([
      "error 1:0 is refused, by HAProxy too since 2.1: write http-request replace-path, replace-uri or replace-header",
      "error 2:0 is refused, by HAProxy too since 2.1: write http-response del-header",
    ]);
  });
});

test("what is empty is nothing, as in HAProxy", () => {
  expect(ruleScene('  http-request set-header X ""').told).toEqual([
    "error 1:3 is empty where a value must stand, as in HAProxy",
  ]);
});

test("what our own judgement says of a rule is told at its line", () => {
  const { input, ledger } = ruleScene("  http-request deny\n  http-request set-path /x");
  const warnings = judge(input).findings.filter(({ path }) => path[0] === "listeners");
  expect(warnings.map(({ path }) => path.slice(0, 4))).toEqual([["listeners", "web", "rules", 1]]);
  expect(ledger.findings).toEqual([]);
});

test("the seed's configuration, exactly as it is printed", () => {
  const text = readFileSync(new URL("seed.cfg", fixtures), "latin1");
  const { input } = translateHaproxy(text, "seed.cfg", {}, translateRules);
  expect(input.tables).toEqual({
    http: { key: "ip", size: "200k", expire: "10m", store: ["gpc0"] },
    test1: { key: "ip", size: "200k", expire: "30s", store: ["conn_rate(100s)", "bytes_out_rate(1m)"] },
    test2: { key: "ip", size: "200k", expire: "1m", store: ["conn_rate(100s)", "bytes_out_rate(1m)"] },
  });
  expect(input.listeners["http"]!.rules).toEqual({
    connection: [{ if: "!(http[src].gpc0 > 0)", track: { table: "http", by: "src", slot: 1 } }],
    request: [
      { if: "http[src].gpc0 > 0", use: "ease-up-y0" },
      { if: "headers['host'].lowerAscii().contains('test1.com')", use: "test1" },
      { if: "headers['host'].lowerAscii().contains('test2.com')", use: "test2" },
    ],
  });
  const backend = (table: string, limit: number): object[] => [
    { track: { table, by: "src", slot: 2 } },
    {
      if: `tracked[2].conn_rate > ${limit} && !(src in cidr('192.168.1.154')) && increment(tracked[1].gpc0) > 0`,
      reject: true,
    },
    { if: "tracked[2].bytes_out_rate > 20000000 && increment(tracked[1].gpc0) > 0", reject: true },
  ];
  expect(input.pools!["test1"]!.rules).toEqual(backend("test1", 3));
  expect(input.pools!["test2"]!.rules).toEqual(backend("test2", 5));
});

test("a key of a type that the table does not take is told", () => {
  expect(ruleScene("  http-request track-sc0 base32+src table st").told).toEqual([
    "error 1:2 is of a type that table st does not take for its keys, as in HAProxy",
  ]);
});

test("a request that is tracked counts behind the content rules, as in HAProxy, and what they refuse is told to count", () => {
  const scene = ruleScene(`  stick-table type ip size 10 store http_req_rate(1m),conn_rate(1m)
  tcp-request content track-sc0 src
  tcp-request content reject if { sc0_http_req_rate gt 2 } || { src_http_req_rate gt 3 } || { sc1_http_req_rate gt 4 }
  tcp-request content reject if { sc0_conn_rate gt 5 }
  http-request deny if { sc0_http_req_rate gt 6 }`);
  expect(mistakesIn(scene)).toEqual([]);
  expect(scene.listener.request.slice(1)).toEqual([
    {
      if: "tracked[0].http_req_rate - (has(tracked[0].key) ? 1 : 0) > 2 || web[src].http_req_rate - (has(tracked[0].key) ? 1 : 0) > 3 || tracked[1].http_req_rate > 4",
      reject: true,
    },
    { if: "tracked[0].conn_rate > 5", reject: true },
    { if: "tracked[0].http_req_rate > 6", deny: true },
  ]);
});

test("a frontend's own denial is not answered by its backend's errorloc, and by its own with the status of that", () => {
  const scene = ruleScene("  errorloc303 404 /own\n  http-request deny\n  http-request deny deny_status 404", {
    backend: "  errorloc 403 /sorry\n  errorloc 404 /none",
  });
  expect(mistakesIn(scene)).toEqual([]);
  expect(scene.listener.request).toEqual([
    { deny: { status: 403, type: "text/plain", body: "403 Forbidden\n" } },
    { deny: { status: 303, headers: { "Cache-Control": "no-cache", Location: "/own" }, body: "" } },
  ]);
});

test("what is not there is no truth either, where a truth is written out", () => {
  const scene = ruleScene("  http-request set-header X %[hdr_val(n,1),bool]\n  http-request set-header Y %[ssl_fc]");
  const number = "int(headers.list('n')[0])";
  expect(scene.listener.request).toEqual([
    { setHeader: { X: `{string(int(${number} != 0))}` } },
    { setHeader: { Y: "{secure ? '1' : '0'}" } },
  ]);
});

test("to close a server's connection by what it answers is refused as what it is, an action of HAProxy's", () => {
  const scene = ruleScene("", { backend: "  tcp-response content close if { status 500 }" });
  expect(scene.told).toEqual(["error 5:2 is refused: a response is passed on or replaced"]);
});

test("captures are taken where HAProxy takes them: slots are those of frontends, and a response only fills one", () => {
  const told = (line: string, backend = ""): string => ruleScene(line, { backend }).told.join();
  expect(told("  http-response capture res.hdr(x) len 20")).toBe(
    "error 1:3 must be id, as in HAProxy: the slot is made by declare capture response in a frontend",
  );
  const here = "its slots are those of a frontend, by id";
  expect(told("", "  http-request capture src len 4")).toContain(`is not taken in a backend, as in HAProxy: ${here}`);
  expect(told("", "  tcp-request content capture src len 4")).toContain(here);
  expect(told("", "  http-request capture src id 0")).toContain("warning");
  expect(told("  http-request capture src id 0")).toContain("names slot 0, which is not declared");
});
