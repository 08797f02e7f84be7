import { describe, expect, test } from "bun:test";
import { fetches } from "./fetchnames.ts";
import { translateHaproxy } from "./haproxy.ts";
import { conditionOf, mistakesIn, ruleScene } from "./rules.fixture.ts";
import { translateRules } from "./rules.ts";
import { tried } from "./translated.fixture.ts";

/** A sample as the value of a field, and the template that it becomes. */
const samples: readonly (readonly [string, string])[] = [
  ["src", "{src}"],
  ["src_port", "{srcPort}"],
  ["dst", "{dst}"],
  ["dst_port", "{dstPort}"],
  ["fc_src", "{peer}"],
  ["ssl_fc", "{secure ? '1' : '0'}"],
  ["ssl_fc_sni", "{tls.sni}"],
  ["ssl_fc_protocol", "{'TLSv' + tls.version}"],
  ["ssl_c_s_dn", "{tls.subject}"],
  ["method", "{method}"],
  ["path", "{path}"],
  ["pathq", "{path + (has(query) ? '?' + query : '')}"],
  ["query", "{query}"],
  ["url", "{target}"],
  ["base", "{(has(headers['host']) ? headers['host'] : '') + path}"],
  ["req.ver", "{version}"],
  // Outside of ACLs the last of several values is meant.
  ["req.hdr(X-A)", "{headers.list('x-a')[-1]}"],
  ["hdr(x-a,1)", "{headers.list('x-a')[0]}"],
  ["hdr(x-a,0)", "{headers.list('x-a')[-1]}"],
  ["hdr(host)", "{headers['host']}"],
  ["req.fhdr(referer)", "{headers.lines('referer')[-1]}"],
  ["hdr_cnt(x-a)", "{has(headers['x-a']) ? headers.list('x-a').size() : 0}"],
  ["req.fhdr_cnt(x-a)", "{headers.count('x-a')}"],
  ["hdr_ip(x-forwarded-for)", "{ip(headers.list('x-forwarded-for')[-1].replaceRegex(r'^([0-9.]+):\\d+$', '$1'))}"],
  ["cook(sid)", "{cookies.list('sid')[-1]}"],
  [
    "urlp(id),url_dec",
    String.raw`{(('&' + query).matches('[&;?]id=([^&;?]*)') ? ('&' + query).replaceRegex(r'^[\s\S]*?[&;?]id=([^&;?]*)[\s\S]*$', '$1') : null).urlDecode()}`,
  ],
  ["req.body_size", "{has(contentLength) ? contentLength : 0}"],
  ["unique-id", "{requestId}"],
  ["fe_name", "{'web'}"],
  ["nbsrv(app)", "{pools.app.up}"],
  ["be_conn(app)", "{pools.app.active}"],
  ["queue(app)", "{pools.app.queued}"],
  ["srv_is_up(app/one)", "{pools.app.up > 0 ? '1' : '0'}"],
  ["var(txn.a.b)", "{vars.txn_a_b}"],
  ["var(txn.a,none)", "{has(vars.txn_a) ? vars.txn_a : 'none'}"],
  ["str(a)", "{'a'}"],
  ["int(-3)", "{-3}"],
  ["rand(10)", "{int(random() * 10)}"],
  ["uuid", "{uuid()}"],
  ["uuid(4)", "{uuid()}"],
  ["date", "{int(now)}"],
  ["date(-60)", "{int(now) + -60}"],
  [
    "http_auth_user",
    "{(headers['authorization'].matches('(?i)^basic ') ? headers['authorization'].word(' ', 2).unbase64() : null).field(':', 1)}",
  ],
  // Counters.
  ["sc0_conn_rate", "{tracked[0].conn_rate}"],
  ["sc_conn_rate(1)", "{tracked[1].conn_rate}"],
  ["sc2_http_req_rate", "{tracked[2].http_req_rate}"],
  ["sc0_get_gpc0", "{tracked[0].gpc0}"],
  ["sc_get_gpc0(0)", "{tracked[0].gpc0}"],
  ["sc_get_gpc(2,0)", "{tracked[0].gpc[2]}"],
  ["sc0_get_gpt0", "{tracked[0].gpt0}"],
  ["sc0_gpc0_rate", "{tracked[0].gpc0_rate}"],
  ["sc0_tracked", "{has(tracked[0].key) ? '1' : '0'}"],
  ["sc0_kbytes_out", "{int(tracked[0].bytes_out_cnt / 1024)}"],
  ["sc0_conn_rate(st)", "{st[tracked[0].key].conn_rate}"],
  ["sc_conn_rate(0,st)", "{st[tracked[0].key].conn_rate}"],
  ["sc0_inc_gpc0", "{increment(tracked[0].gpc0)}"],
  ["sc0_clr_gpc0", "{clear(tracked[0].gpc0)}"],
  ["sc0_inc_gpc0(st)", "{increment(st[tracked[0].key].gpc0)}"],
  ["src_conn_cur(st)", "{st[src].conn_cur}"],
  ["src_get_gpc1(st)", "{st[src].gpc1}"],
  ["src_inc_gpc0(st)", "{increment(st[src].gpc0)}"],
  ["src_clr_gpc0(st)", "{clear(st[src].gpc0)}"],
  // What its table does not store is empty.
  ["src_sess_rate(st)", ""],
];

describe("a sample", () => {
  for (const [written, expected] of samples)
    test(`${written} is ${expected}`, () => {
      const scene = ruleScene(`  http-request set-header X %[${written}]`);
      expect(scene.told.filter((line) => !line.startsWith("note"))).toEqual([]);
      expect(mistakesIn(scene)).toEqual([]);
      expect(scene.listener.request).toEqual([{ setHeader: { X: expected } }]);
    });
});

test("samples of a response are its own", () => {
  const scene = ruleScene(
    ["%[status]", "%[res.hdr(a)]", "%[srv_name]", "%[res.hdr_cnt(a)]"]
      .map((value) => `  http-response set-header X ${value}`)
      .join("\n"),
  );
  expect(mistakesIn(scene)).toEqual([]);
  expect(scene.listener.response.map((rule) => Object.values(rule["setHeader"] as object)[0])).toEqual([
    "{response.status}",
    "{response.headers.list('a')[-1]}",
    "{'one'}",
    "{has(response.headers['a']) ? response.headers.list('a').size() : 0}",
  ]);
});

test("a parameter is compared as it was sent, each of that name", () => {
  expect(conditionOf("if { urlp(id) 7 }")).toBe(
    "query.replace(';', '&').replace('?', '&').split('&').exists(v, (v.startsWith('id=') ? v.substring(3) : null) == '7')",
  );
  expect(conditionOf("if { urlp(id),url_dec a/b }")).toBe(
    "query.replace(';', '&').replace('?', '&').split('&').exists(v, (v.startsWith('id=') ? v.substring(3) : null).urlDecode() == 'a/b')",
  );
});

test("users are asked for by their passwords, and groups are those of who has logged in", () => {
  const who =
    "(headers['authorization'].matches('(?i)^basic ') ? headers['authorization'].word(' ', 2).unbase64() : null)";
  expect(conditionOf("if { http_auth(staff) }")).toBe(`${who} in ['alice:secret', 'bob:word']`);
  expect(conditionOf("if { http_auth_group(staff) admins }")).toBe(
    `[${who} in ['alice:secret'] ? 'admins' : null].exists(v, v == 'admins')`,
  );
  expect(ruleScene("  http-request deny if { http_auth(crypted) }").told).toEqual([
    "error 1:4 is refused: the password of user carol is encrypted, and rules compare passwords in clear only: write it as insecure-password",
  ]);
  expect(ruleScene("  http-request deny if { http_auth(none) }").told).toEqual([
    'error 1:4 asks a userlist "none", and there is none of that name',
  ]);
});

const wrong: readonly (readonly [string, string])[] = [
  ["status", "asks for what is not there: status is not there in the request's rules"],
  ["hdr(x,y)", "has a number of an occurrence that is no whole number"],
  ["path(x)", "has arguments, and path takes none"],
  ["nbsrv(none)", 'asks a backend "none", and there is none of that name'],
  ["srv_is_up(app/two)", 'asks server "two", which backend app does not have'],
  ["src_conn_rate", 'asks a table "web"; known are "st", "keys"'],
  ["sc_conn_rate", "needs a slot from 0 to 2 in brackets"],
  ["sc_get_gpc(x,0)", 'needs the number of a counter in brackets, not "x"'],
  ["sc0_trackers", "is refused: how many hold an entry is not told to rules"],
  ["req.payload(0,5)", "is refused: req.payload: what a connection carries is not looked at by rules"],
  ["ssl_c_sha1", "is refused: ssl_c_sha1: of a client's certificate only its subject and SHA-256 are told to rules"],
  ["fe_conn", "is refused: fe_conn: Sluice does not tell that to rules"],
  ["uuid(1)", "must be uuid or uuid(4), as in HAProxy"],
  ["rand(x)", 'must have a whole number in brackets, not "x"'],
];

describe("a sample that is not to be had", () => {
  for (const [written, expected] of wrong)
    test(`${written}: ${expected}`, () => {
      expect(ruleScene(`  http-request set-header X %[${written}]`).told).toEqual([`error 1:3 ${expected}`]);
    });
});

test("a slot that HAProxy does not have gives nothing", () => {
  const { listener, told } = ruleScene("  http-request deny if { sc_conn_rate(4) gt 3 }");
  expect(listener.request).toEqual([]);
  expect(told).toEqual(["warning 1:4 never matches, as in HAProxy: there is no slot 4, only those from 0 to 2"]);
});

test("what a table does not store never matches, and that is told", () => {
  const { told } = ruleScene("  http-request deny if { src_sess_rate(st) gt 3 }");
  expect(told).toEqual(["warning 1:4 never matches, as in HAProxy: table st does not store sess_rate"]);
});

test("everything that is fetched compiles, whatever its type", () => {
  const args: Record<string, string> = {
    bool: "true",
    int: "1",
    ipv4: "1.2.3.4",
    ipv6: "::1",
    meth: "GET",
    var: "txn.x",
    http_auth: "staff",
    http_auth_group: "staff",
    "capture.req.hdr": "0",
    "capture.res.hdr": "0",
    srv_is_up: "app/one",
    ssl_c_s_dn: "CN",
  };
  for (const [name, fetch] of Object.entries(fetches)) {
    if (typeof fetch === "string" || fetch.needs === "hello" || name === "be_name" || name === "hostname") continue;
    const given =
      args[name] ??
      (fetch.argsMax > 0 && !["rand", "date", "str", "uuid"].includes(name)
        ? /^(?:nbsrv|be_conn|queue)$/.test(name)
          ? "app"
          : "x"
        : "");
    const written = given === "" ? name : `${name}(${given})`;
    const family = fetch.needs === "response" ? "http-response" : "http-request";
    const scene = ruleScene(
      `  declare capture request len 9\n  declare capture response len 9\n  ${family} set-header X %[${written}]\n  ${family} deny if { ${written} -m found }\n  ${family} deny if { ${written} -m str x }`,
    );
    expect([written, scene.told.filter((line) => line.startsWith("error"))]).toEqual([written, []]);
    expect(mistakesIn(scene)).toEqual([]);
  }
});

test("the machine's name is what the system tells, and is asked for in vain where it tells none", () => {
  const text =
    "listen x\n mode http\n bind :1\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n server a a:1\n http-request set-header X %[hostname]";
  const read = (path: string): string | null => (path === "/proc/sys/kernel/hostname" ? "edge-1\n" : null);
  const known = translateHaproxy(text, "haproxy.cfg", {}, translateRules, read);
  expect(known.input.listeners!["x"]!.rules).toEqual([{ setHeader: { X: "{'edge-1'}" } }]);
  const { told } = tried(text);
  expect(told).toEqual(["8:28 error %[hostname] is refused: this machine does not tell its name"]);
});

test("what HAProxy fetches and Sluice does not is refused as that, and a table of peers as one of theirs", () => {
  for (const name of [
    "res.cache_hit",
    "res.comp",
    "ssl_s_sha1",
    "ssl_bc_npn",
    "ssl_fc_extlist_bin",
    "res.payload_lv(0,1)",
  ])
    expect(ruleScene(`  http-response set-header X %[${name}]`).told.join()).toMatch(/^error 1:3 is refused: /);
  expect(conditionOf("if { sc0_conn_rate(px/t) gt 1 }")).toContain("asks a table of a section peers");
});
