import { describe, expect, test } from "bun:test";
import type { RuleDraft } from "./draft.ts";
import { mistakesIn, ruleScene } from "./rules.fixture.ts";

/** A line of a frontend, and the one rule that it becomes. */
const requests: readonly (readonly [string, RuleDraft])[] = [
  // endings
  ["deny", { deny: true }],
  ["deny if { path /x }", { if: "path == '/x'", deny: true }],
  ["deny deny_status 429", { deny: 429 }],
  ["deny status 429", { deny: 429 }],
  [
    "deny deny_status 429 content-type text/plain string slow hdr Retry-After 5",
    { deny: { status: 429, type: "text/plain", body: "slow", headers: { "Retry-After": "5" } } },
  ],
  [
    'deny content-type text/plain string "{}" hdr X-A %[src]',
    { deny: { status: 403, type: "text/plain", body: "{{}}", headers: { "X-A": "{src}" }, template: true } },
  ],
  [
    "deny hdr X-A a hdr x-a %[src] hdr X-B b",
    { deny: { status: 403, headers: { "X-A": "a, {src}", "X-B": "b" }, template: true } },
  ],
  ["deny errorfile /etc/403.http", { deny: { file: "/etc/403.http" } }],
  ["reject", { reject: true }],
  ["silent-drop", { drop: true }],
  ["tarpit", { tarpit: { for: "5s", status: 500 } }],
  ["tarpit deny_status 429", { tarpit: { for: "5s", status: 429 } }],
  ["return", { reply: { status: 200, body: "" } }],
  ["return status 204", { reply: { status: 204 } }],
  [
    'return status 200 content-type text/plain string "ok {}"',
    { reply: { status: 200, type: "text/plain", body: "ok {}" } },
  ],
  [
    "return content-type text/plain lf-string you=%[src]",
    { reply: { status: 200, type: "text/plain", body: "you={src}", template: true } },
  ],
  ["return status 503 errorfile /e.http", { reply: { file: "/e.http" } }],
  ["auth", { deny: { status: 401, headers: { "WWW-Authenticate": 'Basic realm="web"' } } }],
  ["auth realm My\\ Site", { deny: { status: 401, headers: { "WWW-Authenticate": 'Basic realm="My Site"' } } }],
  // redirects
  ["redirect location /x", { redirect: "/x" }],
  [
    "redirect location https://%[hdr(host)]/{x} code 301",
    { redirect: { to: "https://{headers['host']}/{{x}}", status: 301 } },
  ],
  [
    "redirect scheme https code 301",
    {
      redirect: {
        to: "https://{headers['host']}{path + (has(query) ? '?' + query : '')}",
        status: 301,
      },
    },
  ],
  ["redirect prefix https://b.com", { redirect: "https://b.com{path + (has(query) ? '?' + query : '')}" }],
  ["redirect prefix https://b.com drop-query", { redirect: "https://b.com{path}" }],
  [
    "redirect prefix /x append-slash",
    {
      redirect:
        "/x{path + (has(query) ? '?' + query : '')}{(path + (has(query) ? '?' + query : '')).endsWith('/') ? '' : '/'}",
    },
  ],
  ["redirect prefix / drop-query append-slash", { redirect: "{path}{path.endsWith('/') ? '' : '/'}" }],
  [
    "redirect location /x set-cookie A=1",
    { redirect: { to: "/x", status: 302, headers: { "Set-Cookie": "A=1; path=/;" } } },
  ],
  [
    "redirect location /x clear-cookie A=",
    { redirect: { to: "/x", status: 302, headers: { "Set-Cookie": "A=; path=/; Max-Age=0;" } } },
  ],
  // edits
  ["set-header X-A b", { setHeader: { "X-A": "b" } }],
  ["set-header X-A %[src]:%cp-100%%", { setHeader: { "X-A": "{src}:{srcPort}-100%" } }],
  ['set-header X-A "{a}"', { setHeader: { "X-A": "{{a}}" } }],
  ["add-header X-A %[path]", { addHeader: { "X-A": "{path}" } }],
  ["del-header X-A", { removeHeader: "X-A" }],
  ["replace-header X-A a(.*) b\\\\1", { replaceHeader: { "X-A": { pattern: "^[\\s\\S]*?(?:a(.*))$", by: "b$1" } } }],
  [
    "replace-header X-A ^a(.*)$ b if { ssl_fc }",
    { if: "secure", replaceHeader: { "X-A": { pattern: "^a(.*)$", by: "b" } } },
  ],
  [
    "replace-header X-A ^a(.*)$ %[src]",
    {
      if: "has(headers['x-a'])",
      setHeader: { "X-A": "{headers['x-a'].matches('^a(.*)$') ? string(src) : headers['x-a']}" },
    },
  ],
  ["set-path /x%[path]", { setPath: "/x{path}" }],
  ["set-query a=1", { setQuery: "a=1" }],
  ["set-uri /x?y", { setTarget: "/x?y" }],
  ["set-uri /a?b", { setTarget: "/a?b" }],
  ["set-uri http://b.test", { setHeader: { Host: "b.test" }, setTarget: "/" }],
  [
    "set-uri https://%[req.hdr(host)]%[path]",
    { set: { "vars.uri_target": "path" }, setHeader: { Host: "{headers['host']}" }, setTarget: "{vars.uri_target}" },
  ],
  ["set-uri https://b.test:81?x", { setHeader: { Host: "b.test:81" }, setTarget: "/?x" }],
  [
    "set-uri http://%[path,field(2,/)].test/%[hdr(host)]",
    {
      set: { "vars.uri_target": "'/' + headers['host']" },
      setHeader: { Host: "{path.field('/', 2)}.test" },
      setTarget: "{vars.uri_target}",
    },
  ],
  ["set-method POST", { setMethod: "POST" }],
  ["replace-path (.*) /foo\\\\1", { rewritePath: { pattern: "^(.*)$", by: "/foo$1" } }],
  ["replace-path ^/a/(.*) /\\\\1", { rewritePath: { pattern: "^/a/(.*)$", by: "/$1" } }],
  ["replace-uri ^/a|^/b /c", { rewriteTarget: { pattern: "^[\\s\\S]*?(?:^/a|^/b)[\\s\\S]*$", by: "/c" } }],
  [
    "replace-path ^/(.*) /%[src]/\\\\1",
    {
      setPath: "{path.matches('^/(.*)$') ? '/' + string(src) + path.replaceRegex('^/(.*)$', '/$1') : path}",
    },
  ],
  ["normalize-uri path-merge-slashes", { setPath: "{path.replaceRegex('/+', '/', true)}" }],
  // counters and variables
  ["track-sc0 src table st", { track: { table: "st", by: "src", slot: 0 } }],
  [
    "track-sc1 hdr(x),lower table keys",
    { track: { table: "keys", by: "headers.list('x')[-1].lowerAscii()", slot: 1 } },
  ],
  ["track-sc2 src table keys", { track: { table: "keys", by: "string(src)", slot: 2 } }],
  [
    "track-sc0 hdr(x-real-ip) table st",
    {
      track: { table: "st", by: "ip(headers.list('x-real-ip')[-1].replaceRegex(r'^([0-9.]+):\\d+$', '$1'))", slot: 0 },
    },
  ],
  ["sc-inc-gpc0(0)", { increment: "tracked[0].gpc0" }],
  ["sc-inc-gpc0", { increment: "tracked[0].gpc0" }],
  ["sc-inc-gpc(2,1)", { increment: "tracked[1].gpc[2]" }],
  ["sc-add-gpc(0,1) 5", { increment: { "tracked[1].gpc0": "5" } }],
  ["sc-set-gpt0(0) 5", { set: { "tracked[0].gpt0": "5" } }],
  ["sc-set-gpt(1,0) src_port", { set: { "tracked[0].gpt[1]": "srcPort" } }],
  ["set-var(txn.a) path,lower", { set: { "vars.txn_a": "path.lowerAscii()" } }],
  ["set-var-fmt(req.a) %[src]-x", { set: { "vars.req_a": "string(src) + '-x'" } }],
  ["set-var(txn.a) ssl_fc", { set: { "vars.txn_a": "secure ? 1 : 0" } }],
  ["set-var(txn.a,ifnotexists) path", { if: "!has(vars.txn_a)", set: { "vars.txn_a": "path" } }],
  ["set-var-fmt(txn.a,ifexists) x if { ssl_fc }", { if: "secure && has(vars.txn_a)", set: { "vars.txn_a": "'x'" } }],
  ["unset-var(txn.a)", { set: { "vars.txn_a": "null" } }],
];

describe("http-request", () => {
  for (const [written, expected] of requests)
    test(written, () => {
      const scene = ruleScene(`  http-request ${written}`);
      expect(scene.told).toEqual([]);
      expect(mistakesIn(scene)).toEqual([]);
      expect(scene.listener).toEqual({ connection: [], request: [expected], response: [], afterResponse: [] });
    });
});

const responses: readonly (readonly [string, RuleDraft])[] = [
  ["set-header X-A %[status]", { setHeader: { "X-A": "{response.status}" } }],
  ["del-header Server", { removeHeader: "Server" }],
  ["set-status 503 if { status 500 }", { if: "response.status == 500", setStatus: 503 }],
  [
    "replace-header Location http:(.*) https:\\\\1",
    { replaceHeader: { Location: { pattern: "^[\\s\\S]*?(?:http:(.*))$", by: "https:$1" } } },
  ],
  ["deny if { res.hdr(x) -m found }", { if: "has(response.headers['x'])", deny: 502 }],
  ["return status 200 content-type text/plain string a", { reply: { status: 200, type: "text/plain", body: "a" } }],
  ["redirect location /x", { redirect: "/x" }],
  ["sc-inc-gpc0(1)", { increment: "tracked[1].gpc0" }],
];

describe("http-response", () => {
  for (const [written, expected] of responses)
    test(written, () => {
      const scene = ruleScene(`  http-response ${written}`);
      expect(scene.told).toEqual([]);
      expect(mistakesIn(scene)).toEqual([]);
      expect(scene.listener).toEqual({ connection: [], request: [], response: [expected], afterResponse: [] });
    });
});

/** What is done without, and what is told of it. */
const left: readonly (readonly [string, string])[] = [
  ["http-request set-log-level silent", "note 1 logs and the order of work are not changed by a rule"],
  ["http-request set-tos 5", "warning 1 is approximated: packets are not marked"],
  ["http-request disable-l7-retry", "warning 1 is approximated: only what is safe is sent again"],
  ["http-request strict-mode on", "note 1 a rule that cannot be applied is told when the config is read"],
  ["http-request capture req.hdr(x) len 9", "warning 1 is approximated: no line of the access log has it"],
];

describe("an action that does nothing here", () => {
  for (const [written, expected] of left)
    test(written, () => {
      const { listener, told } = ruleScene(`  ${written}`);
      expect(listener).toEqual({ connection: [], request: [], response: [], afterResponse: [] });
      expect(told).toEqual([expected]);
    });
});

const wrong: readonly (readonly [string, string])[] = [
  ["http-request", "error 1:0 needs an action behind it"],
  ["http-request set-timeout server 5s", "error 1:1 is taken in a backend or listen only, as in HAProxy"],
  ["http-request nosuch", 'error 1:1 is no action of http-request: "nosuch"'],
  ["http-request set-haeder a b", 'error 1:1 is no action of http-request: "set-haeder"; did you mean "set-header"?'],
  [
    "http-request sc-inc-gpc0(10s)",
    'error 1:1 must be written sc-inc-gpc0(SLOT) with a slot from 0 to 2, not "sc-inc-gpc0(10s)"',
  ],
  [
    "http-request sc-inc-gpc(0)",
    'error 1:1 must be written sc-inc-gpc(COUNTER,SLOT) with a slot from 0 to 2, not "sc-inc-gpc(0)"',
  ],
  ["http-request track-sc4 src", "error 1:1 must track in a slot from 0 to 2: track-sc0 to track-sc2"],
  ["http-request track-sc0 src", 'error 1:2 asks a table "web"; known are "st", "keys"'],
  [
    "http-request track-sc0 status table st",
    "error 1:2 cannot be a key here: status is not there in the request's rules",
  ],
  ["http-request deny deny_status 999", 'error 1:3 must be a status from 200 to 599, not "999"'],
  ["http-request deny deny_status 418", "error 1:3 has no page of HAProxy's for status 418: write what is answered"],
  ["http-request deny foo", 'error 1:2 is no argument of deny: "foo"'],
  ["http-request return status 200 string x", "error 1:4 needs a content-type beside it"],
  ["http-request return deny_status 200", "error 1:2 goes with deny and tarpit; return has status"],
  ["http-request redirect", "error 1:1 needs location, prefix or scheme with an address"],
  ["http-request redirect prefix /x code 305", 'error 1:5 must be 301, 302, 303, 307 or 308, not "305"'],
  ["http-request set-header X", "error 1:2 needs a value behind it"],
  ["http-request set-header X a b", 'error 1:4 must be if or unless with a condition behind it, not "b"'],
  [
    "http-request set-header X %nosuch",
    "error 1:3 has %nosuch, which is no variable of HAProxy's; %% stands for a percent sign",
  ],
  ["http-request set-header X %[src", 'error 1:3 has no closing ] after "[src"'],
  ["http-request set-header X 100%", "error 1:3 has a lone %: %% stands for itself"],
  ["http-request set-header X %Tt", "error 1:3 is refused: %Tt is not told to rules"],
  ["http-request replace-path ( b", 'error 1:2 must be a regular expression, not "("'],
  ["http-request del-header X -m reg a", "error 1:3 is refused: fields are removed by their whole names only"],
  ["http-request set-var(x) src", 'error 1:1 must name a variable with its scope, as in txn.name, not "x"'],
  [
    "http-request deny hdr Set-Cookie a=b hdr Set-Cookie c=d",
    "error 1:6 is refused: an answer that is written here sets one cookie: write it whole, in a file, for errorfile",
  ],
  [
    "http-request replace-uri ^/a http://b.test/",
    "error 1:3 is refused: an absolute URI is written by set-uri, under a condition that asks what this expression does",
  ],
  ["http-request set-var(txn.x,ifthere) src", 'error 1:1 has "ifthere" where ifexists or ifnotexists can stand'],
  [
    "http-request set-var(txn.x,ifgt) src",
    "error 1:1 is refused: a variable is set by whether it is there, ifexists or ifnotexists, not by ifgt: write a condition",
  ],
  [
    "http-request set-var(txn.x) status",
    "error 1:2 asks for what is not there: status is not there in the request's rules",
  ],
  [
    "http-request set-var(proc.x) src",
    "error 1:1 is refused: variables of the scope proc are not there: a table can keep what outlasts a connection",
  ],
  ["http-request lua.foo", "error 1:1 is refused: Lua is not run here: write it as a hook in TypeScript"],
  [
    "http-request use-service prometheus-exporter",
    "error 1:1 is refused: there are no services of that kind; figures for Prometheus are at the admin interface, under /metrics",
  ],
  [
    "http-request do-resolve(txn.a,r) hdr(x)",
    "error 1:1 is refused: names are not resolved by rules: the servers of a pool may be names",
  ],
  [
    "http-request set-map(f) a b",
    "error 1:1 is refused: lists are changed by changing their files, not by rules; a table remembers what a rule has seen",
  ],
  [
    "http-request set-src hdr(x)",
    "error 1:1 is refused: who the client is, is told by trustedProxies and proxyProtocol, which also say who is believed",
  ],
  ["http-request send-spoe-group a b", "error 1:1 is refused: agents (SPOE) are not spoken with"],
  [
    "http-response track-sc0 src table st",
    "error 1:1 is refused: entries are tracked from the request on, not from the response",
  ],
  ["http-response tarpit", 'error 1:1 is no action of http-response: "tarpit"'],
  ["http-after-response deny", 'error 1:1 is no action of http-after-response: "deny"'],
  ["tcp-request connection deny", 'error 1:2 is no action of tcp-request connection: "deny"'],
  ["tcp-request foo", "error 1:1 must be tcp-request connection, session, content or inspect-delay"],
];

describe("what is wrong with a rule", () => {
  for (const [written, expected] of wrong)
    test(`${written}: ${expected}`, () => {
      expect(ruleScene(`  ${written}`).told.filter((line) => line.startsWith("error"))).toEqual([expected]);
    });
});

test("a URI that is made of what is asked for is told", () => {
  expect(ruleScene("  http-request set-uri %[hdr(x)]").told).toEqual([
    "warning 1 is approximated: where it comes to an absolute URI, nothing is changed",
  ]);
  expect(ruleScene("  http-request set-uri %[url,regsub(a,b)]").told).toEqual([]);
});

test("a tarpit is as long as timeout tarpit", () => {
  const { listener } = ruleScene("  timeout tarpit 20s\n  http-request tarpit");
  expect(listener.request).toEqual([{ tarpit: { for: "20s", status: 500 } }]);
});

test("a stream is as fast as its filter says, or the rule", () => {
  const filter = "  filter bwlim-out slow default-limit 100k default-period 1s\n";
  const { listener } = ruleScene(
    `${filter}  http-response set-bandwidth-limit slow\n  http-response set-bandwidth-limit slow limit 4096 period 2s`,
  );
  expect(listener.response).toEqual([{ slowDown: "102400b/s" }, { slowDown: "2048b/s" }]);
  expect(ruleScene("  http-response set-bandwidth-limit none").told).toEqual([
    'error 1:2 names a filter "none", which this proxy does not have',
  ]);
  const carried = ruleScene(`${filter}  tcp-request content set-bandwidth-limit slow`, { mode: "tcp" });
  expect(carried.told).toEqual([
    "error 2:3 is refused: responses of mode http are slowed down, streams of mode tcp are not",
  ]);
});
