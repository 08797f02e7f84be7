// One long table: conditions of haproxy.cfg, told by HAProxy itself. Every condition of a group sets a field of its own name where it holds, and servers
// answer with what they were sent. Both programs get the same requests, and what their servers see must be the same.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { type Handler, ok } from "./harness/origin.ts";
import { find, testWith } from "./harness/program.ts";
import { Room } from "./harness/room.ts";
import { Twins } from "./harness/twins.ts";

setDefaultTimeout(60_000);
const test = testWith(["haproxy"]);

/** Method, target and fields in the order of their names. HAProxy says keep-alive for HTTP/1.0, and sends an absolute target on. */
const echo: Handler = ({ method, target, fields }) => {
  const kept = [...fields].filter(([name]) => name !== "connection");
  const lines = kept.flatMap(([name, values]) => values.map((value) => `${name}: ${value}`));
  return ok([`${method} ${target.replace(/^http:\/\/[^/]*/, "")}`, ...lines.sort()].join("\n"));
};

interface Group {
  /** Lines in front of the conditions, such as ACLs. */
  readonly lines?: readonly string[];
  readonly conditions: readonly string[];
  /** Request line and fields; Host is x.test unless it is said. */
  readonly requests: readonly (readonly string[])[];
}

const groups: Readonly<Record<string, Group>> = {
  host: {
    conditions: [
      "{ hdr(host) a.test }",
      "{ hdr(host) -i a.test }",
      "{ hdr(host) -i a.test b.test }",
      "{ hdr(host) -i -f hosts.txt }",
      "{ hdr(host) -f hosts.txt }",
      "{ hdr(host) -i -m beg www. }",
      "{ hdr_beg(host) -i www. }",
      "{ hdr_end(host) -i .a.test }",
      "{ hdr_sub(host) -i test }",
      "{ hdr_dom(host) -i a.test }",
      "{ hdr_dom(host) -i test }",
      "{ hdr_dir(host) -i a.test }",
      "{ hdr_reg(host) -i ^(www\\.)?a\\.test(:[0-9]+)?$ }",
      "{ hdr_len(host) gt 6 }",
      "{ hdr_cnt(host) eq 1 }",
      "{ hdr(host),lower,field(1,:) a.test }",
      "{ hdr(host),field(1,:) -i b.test }",
      "{ hdr(host),regsub(^www\\.,,i) -i a.test }",
      "{ req.fhdr(host) -i a.test }",
      "{ hdr(host),lower,map(names.map) -m found }",
      "{ hdr(host),lower,map(names.map,none) one }",
      "{ hdr(host),lower,map_beg(names.map,none) two }",
      "{ base_beg a.test/x }",
      "{ base -m sub /x }",
    ],
    requests: [
      ["GET / HTTP/1.1", "Host: a.test"],
      ["GET /x HTTP/1.1", "Host: A.TEST"],
      ["GET /x HTTP/1.1", "Host: a.test:8080"],
      ["GET / HTTP/1.1", "Host: www.a.test"],
      ["GET / HTTP/1.1", "Host: b.test"],
      ["GET / HTTP/1.1", "Host: bb.test"],
      ["GET /x/y?z HTTP/1.1", "Host: b.test.example"],
      ["GET / HTTP/1.1", "Host: 127.0.0.1:80"],
    ],
  },
  fields: {
    conditions: [
      "{ hdr(x) a }",
      "{ hdr(x) -m found }",
      "{ hdr(x,1) a }",
      "{ hdr(x,-1) c }",
      "{ req.fhdr_cnt(x) eq 1 }",
      "{ hdr_ip(x) 10.0.0.0/8 }",
      "{ hdr_ip(x,-1) 10.0.0.0/8 192.168.0.0/16 }",
      "{ hdr(x) -m len 3 }",
      "{ hdr_len(x) ge 3 }",
      '{ hdr(x) -m str "two words" }',
      "{ hdr_sub(x) -i B }",
      "{ hdr_end(x) z }",
      "{ hdr_reg(x) ^[a-c]$ }",
      "{ hdr(x) -m reg ^\\d+$ }",
      "{ hdr(x),upper ABC }",
      "{ hdr(x),length 3 }",
      "{ hdr(x),bytes(1) -m str bc }",
      "{ hdr(x),word(2,-) b }",
      "{ hdr(x),word(-1,-) c }",
      "{ hdr(x),field(2,-) b }",
      "{ hdr(x),base64 YWJj }",
      "{ hdr(x),b64dec -m str abc }",
      "{ hdr(x),url_dec a/b }",
      "{ hdr(x),hex -m str 616263 }",
      "{ hdr(x),concat(-,txn.none,y) -m str abc-y }",
      "{ str(abc),strcmp(txn.none) 0 }",
      "{ hdr(x),regsub(b,B,g) aBc }",
      "{ hdr(x) -m dom a }",
      "{ hdr(x) -m dir b }",
    ],
    requests: [
      ["GET / HTTP/1.1"],
      ["GET / HTTP/1.1", "X: a"],
      ["GET / HTTP/1.1", "X: abc"],
      ["GET / HTTP/1.1", "X: ABC"],
      ["GET / HTTP/1.1", "X: a, b, c"],
      ["GET / HTTP/1.1", "X: a", "X: b", "X: c"],
      ["GET / HTTP/1.1", "X: 5"],
      ["GET / HTTP/1.1", "X: 4"],
      ["GET / HTTP/1.1", "X: 12"],
      ["GET / HTTP/1.1", "X: -3"],
      ["GET / HTTP/1.1", "X: 10.1.2.3"],
      ["GET / HTTP/1.1", "X: 8.8.8.8, 192.168.1.1"],
      ["GET / HTTP/1.1", "X: two words"],
      ["GET / HTTP/1.1", "X: a-b-c"],
      ["GET / HTTP/1.1", "X: a--c"],
      ["GET / HTTP/1.1", "X: YWJj"],
      ["GET / HTTP/1.1", "X: a%2Fb"],
      ["GET / HTTP/1.1", "X: /a/b/"],
      ["GET / HTTP/1.1", "X: q.a.z"],
      ["GET / HTTP/1.1", "X:"],
    ],
  },
  addresses: {
    lines: [
      'http-request set-header a1 "%[hdr_ip(x,-1)]"',
      'http-request set-header a2 "%[hdr(x),ipmask(24,64)]"',
      "http-request set-var(txn.ip) hdr(x)",
    ],
    conditions: [
      "{ hdr_ip(x) 10.0.0.0/8 2001:db8::/32 }",
      "{ hdr(x) -m ip 10.0.0.0/8 2001:db8::/32 }",
      "{ hdr(x) -m ip -f nets.txt }",
      "{ var(txn.ip) -m ip 10.0.0.0/8 }",
    ],
    requests: [
      ...["10.0.0.1", "10.0.0.1:4444", "10.0.0.1:0", "8.8.8.8:53", "8.8.8.8, 10.0.0.1:1", "10.0.0.1:2, 8.8.8.8"],
      ...["2001:db8::1", "2001:db8::1:443", "[2001:db8::1]", "[2001:db8::1]:443", "10.0.0", "x10.0.0.1:1", ""],
    ].map((value) => ["GET / HTTP/1.1", `X: ${value}`]),
  },
  numbers: {
    conditions: [
      "{ hdr_cnt(x) gt 1 }",
      "{ req.hdr_cnt(x) 0 }",
      "{ hdr_val(x) gt 5 }",
      "{ hdr_val(x) 1:10 }",
      "{ hdr_val(x) lt 0 }",
      "{ hdr_val(x),add(2),mul(3) eq 21 }",
      "{ hdr_val(x),mod(2) 1 }",
      "{ hdr_val(x),div(2),sub(1) eq 1 }",
      "{ hdr_val(x) 3 4 20:30 }",
      "{ hdr_val(x) ge 5 }",
      "{ hdr_val(x) le 5 }",
      "{ hdr_val(x) :4 }",
      "{ hdr_val(x) 12: }",
      "{ hdr_val(x,1) 4 }",
      "{ hdr_val(x),odd }",
      "{ hdr_val(x),bool }",
    ],
    requests: [
      ["GET / HTTP/1.1"],
      ["GET / HTTP/1.1", "X: 0"],
      ["GET / HTTP/1.1", "X: 4"],
      ["GET / HTTP/1.1", "X: 5"],
      ["GET / HTTP/1.1", "X: 12"],
      ["GET / HTTP/1.1", "X: 25"],
      ["GET / HTTP/1.1", "X: -3"],
      ["GET / HTTP/1.1", "X: 4, 30"],
      ["GET / HTTP/1.1", "X: 4", "X: 5"],
    ],
  },
  path: {
    lines: [
      "acl several path /one",
      "acl several path_beg /two",
      "acl several path_end .three",
      "acl none path -f none.txt",
    ],
    conditions: [
      "{ path / }",
      "{ path /a /b }",
      "{ path -i /a }",
      "{ path_beg /a }",
      "{ path_beg -i /a /B }",
      "{ path_beg -f starts.txt }",
      "{ path_end .php .JPG }",
      "{ path_end -i .jpg }",
      "{ path_sub .. }",
      "{ path_dir admin }",
      "{ path_dir -i ADMIN }",
      "{ path_dir a/b }",
      "{ path_dom admin }",
      "{ path_reg ^/[a-z]+/\\d+$ }",
      "{ path_reg -i ^/API/v(1|2)/ }",
      "{ path_reg a{2} }",
      "{ path_len gt 10 }",
      "{ path_len 1 2 3 }",
      "{ path,length lt 3 }",
      "{ path -m len 5 }",
      "{ path,lower /a }",
      "{ path,field(2,/) a }",
      "{ path,word(1,/) a }",
      "{ path,word(2,/) -m found }",
      "{ path,field(3,/) -m found }",
      "{ path,regsub(^/a/,/b/) /b/c }",
      "{ path,map_beg(paths.map,none) -m str one }",
      "{ path,map_end(paths.map,none) -m str two }",
      "{ path,map_reg(regs.map,none) -m str digits }",
      "{ path,map(paths.map) -m found }",
      "{ pathq /a?b=c }",
      "{ url /a?b=c }",
      "{ url_beg /a? }",
      "{ url_end =c }",
      "{ url_sub -i B=C }",
      "{ url_reg [?&]b=c(&|$) }",
      "{ url_len gt 8 }",
      "{ url_dir a }",
      "{ query -m sub b=c }",
      "{ query -m found }",
      "{ url32 -m found }",
      "several",
      "!several",
      "none",
    ],
    requests: [
      "/",
      "/a",
      "/A",
      "/b?x",
      "/a?b=c",
      "/a/?b=c&d",
      "/a/b",
      "/a/b/c",
      "/a/c",
      "/x/admin/y",
      "/admin",
      "/admin.html",
      "/xadmin/",
      "/abc/123",
      "/api/v1/x",
      "/API/v3/x",
      "/baab",
      "/pic.jpg",
      "/pic.JPG?x",
      "/x.php",
      "/../etc",
      "/one",
      "/one/",
      "/two/x",
      "/x.three",
      "/start/here",
      "/a%20b",
      "/12345",
      "/x?",
      "//a//b",
    ].map((target) => [`GET ${target} HTTP/1.1`]),
  },
  parameters: {
    conditions: [
      "{ urlp(id) 5 }",
      "{ urlp(id) -m found }",
      "{ url_param(id) -m reg ^[0-9]+$ }",
      "{ urlp_val(id) gt 4 }",
      "{ urlp_len(id) 2 }",
      "{ urlp(id),url_dec a/b }",
      "{ urlp(id) a%2Fb }",
      "{ urlp_beg(id) a }",
      "{ urlp_sub(id) b }",
      "{ cook(s) -m found }",
      "{ cook(s) abc }",
      "{ cook_beg(s) a }",
      "{ cook_end(s) c }",
      "{ cook_len(s) 3 }",
      "{ cook_cnt(s) gt 0 }",
      "{ cook_val(s) 5 }",
      "{ req.cook(s),upper ABC }",
      "{ cook(t),field(2,.) two }",
    ],
    requests: [
      ["GET /?id=5 HTTP/1.1"],
      ["GET /?a=1&id=12&b HTTP/1.1"],
      ["GET /?id=a%2Fb HTTP/1.1"],
      ["GET /?id= HTTP/1.1"],
      ["GET /?ID=5 HTTP/1.1"],
      ["GET /?id=1&id=5 HTTP/1.1"],
      ["GET / HTTP/1.1", "Cookie: s=abc"],
      ["GET / HTTP/1.1", "Cookie: a=b; s=abc; t=one.two"],
      ["GET / HTTP/1.1", 'Cookie: s="abc"'],
      ["GET / HTTP/1.1", "Cookie: S=abc"],
      ["GET / HTTP/1.1", "Cookie: s=5", "Cookie: s=6"],
      ["GET / HTTP/1.1", "Cookie: xs=abc; s="],
    ],
  },
  others: {
    lines: [
      "acl a path_beg /a",
      "acl b path_end b",
      "acl get method GET",
      "http-request set-var(txn.name) path,word(1,/)",
      "http-request set-var(req.count) hdr_val(x)",
      "http-request set-var-fmt(txn.both) %[path]-%[method]",
      "http-request set-var(txn.gone) str(x)",
      "http-request unset-var(txn.gone)",
    ],
    conditions: [
      "TRUE",
      "FALSE",
      "LOCALHOST",
      "METH_GET",
      "METH_POST",
      "HTTP_1.1",
      "HTTP_1.0",
      "HTTP_URL_ABS",
      "HTTP_URL_SLASH",
      "HTTP_CONTENT",
      "{ method GET POST }",
      "{ method -i get }",
      "{ src 127.0.0.1 }",
      "{ src 127.0.0.0/8 }",
      "!{ src 127.0.0.2 }",
      "{ src -f nets.txt }",
      "{ src,ipmask(24) 127.0.0.0 }",
      "{ src_port gt 0 }",
      "{ dst 127.0.0.1 }",
      "{ ssl_fc }",
      "!{ ssl_fc }",
      "a b",
      "a or b",
      "a || b",
      "a !b || !a b",
      "!a !b",
      "a get or { path / }",
      "!! a",
      "! a",
      "{ var(txn.name) -m str a }",
      "{ var(txn.name) -m beg a }",
      "{ var(txn.both) -m found }",
      "{ var(req.count) -m int gt 4 }",
      "{ var(txn.both) -m str /a-GET }",
      "{ var(txn.gone) -m found }",
      "{ nbsrv(app) gt 0 }",
      "{ always_true }",
      "{ always_false }",
      "{ int(5) gt 4 }",
      "{ str(abc) -m beg ab }",
      "{ bool(true) }",
      "{ req.ver 1.1 }",
      "{ req.body_size gt 2 }",
      "{ date gt 100 }",
      "{ rand(1) 0 }",
      '{ path -m str "/a b" }',
      "{ path /a\\ b }",
      "{ http_auth(admins) }",
      "{ http_auth_group(admins) ops }",
    ],
    requests: [
      ["GET / HTTP/1.1"],
      ["GET /a HTTP/1.1", "X: 5"],
      ["POST /a HTTP/1.1", "Content-Length: 3"],
      ["GET /ab HTTP/1.1"],
      ["GET /xb HTTP/1.0"],
      ["HEAD /b HTTP/1.1"],
      ["DELETE /abc HTTP/1.1"],
      ["GET http://x.test/ HTTP/1.1"],
      ["OPTIONS * HTTP/1.1"],
      ["GET /a HTTP/1.1", `Authorization: Basic ${btoa("ann:secret")}`],
      ["GET /a HTTP/1.1", `Authorization: Basic ${btoa("bob:secret")}`],
      ["GET /a HTTP/1.1", `Authorization: Basic ${btoa("bob:other")}`],
    ],
  },
  variables: {
    lines: [
      "http-request set-var(txn.text) urlp(n)",
      "http-request set-var(txn.five) int(5)",
      "http-request set-var(txn.truth) path,length,even",
      "http-request set-var(txn.address) src",
      "http-request set-var(txn.once,ifnotexists) str(one)",
      "http-request set-var(txn.once,ifnotexists) str(two)",
      "http-request set-var(txn.never,ifexists) str(two)",
      'http-request set-var-fmt(txn.formed) "a-%[hdr(none)]-b"',
      "http-request set-var(txn.kept) str(kept)",
      "http-request set-var(txn.kept) urlp(n)",
      "http-request set-var(txn.sum) int(2)",
      "http-request set-var(txn.sum) var(txn.sum),add(txn.five)",
      'http-request set-header v1 "%[var(txn.text),add(1)] %[var(txn.truth)] %[var(txn.sum)] %[var(txn.five),add(txn.text)] %[var(txn.formed)] %[var(txn.once)] %[var(txn.never)] %[var(txn.kept)] %[var(txn.address)]"',
    ],
    conditions: [
      "{ var(txn.text) -m int gt 5 }",
      "{ var(txn.text),add(0) gt 5 }",
      "{ var(txn.text),mul(2) 20: }",
      "{ var(txn.text) -m len 2 }",
      "{ var(txn.five) -m int 5 }",
      "{ var(txn.five) -m str 5 }",
      "{ var(txn.truth) -m bool }",
      "{ var(txn.truth) -m str 1 }",
      "{ var(txn.address) -m ip 127.0.0.0/8 }",
      "{ var(txn.address) -m beg 127. }",
    ],
    requests: ["/a?n=6", "/b?n=10", "/?n=3", "/?n=-4", "/", "/a"].map((target) => [`GET ${target} HTTP/1.1`]),
  },
  formats: {
    lines: [
      "http-request set-header f1 %[src]:%[path]",
      "http-request set-header f2 100%%",
      'http-request set-header f3 "%[hdr(x),lower] and %[hdr(none)]"',
      "http-request set-header f4 %[ssl_fc]",
      "http-request set-header f5 %[src,ipmask(8)]",
      "http-request set-header f6 %ci",
      "http-request set-header f7 %[hdr_cnt(x)]",
      "http-request set-header f8 %HM-%HP-%HV",
      "http-request add-header f9 a",
      "http-request add-header f9 %[path]",
      "http-request set-header f10 %[path,field(2,/),upper]%[str(x)]",
      "http-request set-header f11 %[hdr(x),map(names.map,none)]",
      "http-request set-header f12 %[urlp(a)]",
      "http-request set-header f13 %[int(3),add(4)]",
      "http-request set-header f14 %[hdr(x),crc32]",
      "http-request set-header f15 %[hdr(x),xxh32]",
      "http-request set-header f17 %[query]",
      "http-request set-header f18 %[url]",
      "http-request set-header f19 %[base]",
      "http-request set-header f21 %[method]",
      "http-request set-header f23 %f",
      "http-request set-header f24 %[fe_name]",
      "http-request set-header f25 %[capture.req.uri]",
      "http-request set-header f26 %[capture.req.method]",
    ],
    conditions: [],
    requests: [
      ["GET /one/two?a=5 HTTP/1.1", "X: Abc"],
      ["GET / HTTP/1.1"],
      ["GET /x?a HTTP/1.1", "X: one", "X: two"],
      ["POST /y HTTP/1.1", "X: a.test", "Content-Length: 0"],
    ],
  },
};

/** Fields that conditions have set are told by what they are. */
function told(field: string, conditions: readonly string[]): string {
  return field.replace(/^c(\d+): 1$/, (_, index) => `holds: ${conditions[Number(index)]}`);
}

const files = {
  "hosts.txt": "# names\na.test\nb.test\n",
  "names.map": "a.test one\nb.test two\n",
  "starts.txt": "/start\n/two\n",
  "none.txt": "",
  "paths.map": "/a one\n/a/b two\n.jpg two\n",
  "regs.map": "^/[0-9]+$ digits\n",
  "nets.txt": "10.0.0.0/8\n127.0.0.0/24\n",
};

function configOf(): string {
  const fronts = Object.entries(groups).map(([name, { lines = [], conditions }]) =>
    [
      `frontend ${name}`,
      `bind 127.0.0.1:{PORT:${name}}`,
      ...lines,
      ...conditions.map((condition, index) => `http-request set-header c${index} 1 if ${condition}`),
      "default_backend app",
    ].join("\n  "),
  );
  return `
userlist admins
  group ops users ann
  user ann insecure-password secret
  user bob insecure-password other
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
${fronts.join("\n")}
backend app
  server app {ORIGIN:app}
`;
}

describe("conditions and formats", () => {
  const room = new Room();
  let twins: Twins;
  beforeAll(async () => {
    if (find("haproxy") !== null) twins = await Twins.start(room, configOf(), { files, origins: { app: echo } });
  });
  afterAll(() => room[Symbol.asyncDispose]());

  for (const [port, { conditions, requests }] of Object.entries(groups))
    test(port, async () => {
      const seen = { haproxy: [] as unknown[], sluice: [] as unknown[] };
      for (const [line = "", ...fields] of requests) {
        const hasHost = fields.some((field) => field.startsWith("Host:"));
        const size = Number(fields.find((field) => field.startsWith("Content-Length:"))?.slice(15) ?? 0);
        const head = [line, ...(hasHost ? [] : ["Host: x.test"]), ...fields].join("\r\n");
        const both = await twins.both(`${head}\r\n\r\n${"x".repeat(size)}`, { port });
        for (const name of ["haproxy", "sluice"] as const) {
          const { status, body } = both[name];
          seen[name].push({ line, fields, status, reached: body.split("\n").map((each) => told(each, conditions)) });
        }
      }
      expect(seen.sluice).toEqual(seen.haproxy);
    });
});
