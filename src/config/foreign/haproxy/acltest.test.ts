import { describe, expect, test } from "bun:test";
import { conditionOf, ruleScene } from "./rules.fixture.ts";

const hostLower = "headers['host'].lowerAscii()";

/** What stands in braces, and the expression that it becomes. */
const tests: readonly (readonly [string, string])[] = [
  // strings
  ["path /a", "path == '/a'"],
  ["path /a /b", "path in ['/a', '/b']"],
  ["path -i /A", "path.lowerAscii() == '/a'"],
  ["path_beg /a /b", "path.startsWith('/a') || path.startsWith('/b')"],
  ["path_beg -i /A", "path.lowerAscii().startsWith('/a')"],
  ["path -m beg /a", "path.startsWith('/a')"],
  ["path_dir -m end .gif", "path.endsWith('.gif')"],
  ["path_end .gif .png", "path.endsWith('.gif') || path.endsWith('.png')"],
  ["path_sub ..", "path.contains('..')"],
  ["path_dir api", "path.matches('(?:^|[/?])api(?:[/?]|$)')"],
  ["path_dir /api/", "path.matches('(?:^|[/?])api(?:[/?]|$)')"],
  ["hdr_dom(host) -i Example.com", String.raw`headers['host'].matches(r'(?i)(?:^|[/?.:])example\.com(?:[/?.:]|$)')`],
  ["path_reg ^/(a|b)$", "path.matches('^/(a|b)$')"],
  ["path_reg -i ^/a", "path.matches('(?i)^/a')"],
  [String.raw`path_reg ^/\\d+$`, String.raw`path.matches(r'^/\d+$')`],
  ["path_len gt 100", "path.size() > 100"],
  ["path -m len 5", "path.size() == 5"],
  ["path -i -m beg -- /X -i", "path.lowerAscii().startsWith('/x') || path.lowerAscii().startsWith('-i')"],
  ["path -- -i", "path == '-i'"],
  [String.raw`path it\'s`, String.raw`path == 'it\'s'`],
  ["path -m bin 2F61", "path.hex() == '2f61'"],
  ["path -m found", "has(path)"],
  ["method GET HEAD", "method in ['GET', 'HEAD']"],
  ["src -m str 1.2.3.4", "string(src) == '1.2.3.4'"],
  // several values
  ["hdr(host) -i A.com b.com", `${hostLower} in ['a.com', 'b.com']`],
  ["hdr_sub(Host) -i test1.com", `${hostLower}.contains('test1.com')`],
  ["hdr(x) a", "'a' in headers.list('x')"],
  ["hdr(x) a b", "headers.list('x').exists(v, v in ['a', 'b'])"],
  ["hdr(X,2) a", "headers.list('x')[1] == 'a'"],
  ["hdr(x,-1) a", "headers.list('x')[-1] == 'a'"],
  ["req.hdr(x),lower,length gt 3", "headers.list('x').exists(v, v.lowerAscii().size() > 3)"],
  ["hdr_beg(x) -i bot", "headers.list('x').exists(v, v.lowerAscii().startsWith('bot'))"],
  ["hdr(x) -m found", "has(headers['x'])"],
  // What asks a table asks for the first.
  ["hdr(x),in_table(keys)", "[headers.list('x')[0]].exists(v, v in keys)"],
  ["hdr(x),lower,in_table(keys)", "[headers.list('x')[0]].exists(v, v.lowerAscii() in keys)"],
  ["hdr(x,-1),in_table(keys)", "headers.list('x')[-1] in keys"],
  ["hdr(x),table_http_req_rate(keys) gt 3", "[headers.list('x')[0]].exists(v, keys[v].http_req_rate > 3)"],
  ["hdr_val(x) gt 3", "headers.list('x').exists(v, int(v) > 3)"],
  [
    "hdr_ip(x) 10.0.0.0/8",
    "headers.list('x').exists(v, ip(v.replaceRegex(r'^([0-9.]+):\\d+$', '$1')) in cidr('10.0.0.0/8'))",
  ],
  [
    "hdr_ip(x,-1) 10.0.0.0/8",
    "ip(headers.list('x')[-1].replaceRegex(r'^([0-9.]+):\\d+$', '$1')) in cidr('10.0.0.0/8')",
  ],
  ["cook(s) a", "'a' in cookies.list('s')"],
  ["cook_val(s) gt 5", "cookies.list('s').exists(v, int(v) > 5)"],
  ["req.fhdr(host) a", "headers['host'] == 'a'"],
  ["req.fhdr(x,1) a", "headers.lines('x')[0] == 'a'"],
  ["req.fhdr(x) a,b", "'a,b' in headers.lines('x')"],
  // What a converter gives says how it is matched.
  ["hdr_beg(host),lower a", `${hostLower} == 'a'`],
  // numbers
  ["src_port 80", "srcPort == 80"],
  ["src_port 80 443", "srcPort in [80, 443]"],
  ["src_port eq 80 443", "srcPort in [80, 443]"],
  ["src_port 1024:", "srcPort >= 1024"],
  ["src_port :1023", "srcPort <= 1023"],
  ["src_port 1:9 80", "srcPort == 80 || srcPort >= 1 && srcPort <= 9"],
  ["src_port gt 5 lt 3", "srcPort > 5 || srcPort < 3"],
  ["src_port ge 5", "srcPort >= 5"],
  ["src_port le 5", "srcPort <= 5"],
  ["src_port lt 5:9", "srcPort < 9"],
  ["src_port gt 5:9", "srcPort > 5"],
  ["src_port gt -1", "srcPort > -1"],
  ["src_port -m bool", "srcPort != 0"],
  ["ssl_fc -m int 1", "(secure ? 1 : 0) == 1"],
  ["path -m int 5", "int(path) == 5"],
  ["var(txn.n) -m int gt 5", "int(string(vars.txn_n)) > 5"],
  ["var(txn.n) -m str a", "string(vars.txn_n) == 'a'"],
  ["var(txn.n) -m found", "has(vars.txn_n)"],
  // bools
  ["ssl_fc", "secure"],
  ["ssl_fc 1", "secure"],
  // addresses
  ["src 10.0.0.0/8 ::1", "src in cidr('10.0.0.0/8', '::1')"],
  ["src 10.0.0.0/255.0.0.0", "src in cidr('10.0.0.0/8')"],
  ["src 192.168.1 10.12/8", "src in cidr('192.168.0.1', '10.0.0.0/8')"],
  ["src -n 10.9.9.9/16", "src in cidr('10.9.0.0/16')"],
  ["src fd00:1::5/16", "src in cidr('fd00::/16')"],
  ["path -m ip 1.2.3.4", "ip(path.replaceRegex(r'^([0-9.]+):\\d+$', '$1')) in cidr('1.2.3.4')"],
  // files
  ["src -f office.txt", "src in lists['office.txt']"],
  ["hdr(host) -f hosts", "headers['host'] in lists.hosts"],
  ["path -M -f paths.map", "path in lists['paths.map']"],
  // What is asked of counters twice is asked once where asking counts.
  ["src_get_gpc0(st) 3:7", "st[src].gpc0 >= 3 && st[src].gpc0 <= 7"],
  ["src_inc_gpc0(st) 3:7", "[increment(st[src].gpc0)].exists(v, v >= 3 && v <= 7)"],
];

describe("a test of an ACL", () => {
  for (const [written, expected] of tests)
    test(`${written} is ${expected}`, () => expect(conditionOf(`if { ${written} }`)).toBe(expected));
});

const wrong: readonly (readonly [string, string])[] = [
  ["nosuch x", 'error 1:4 asks for "nosuch", which is nothing that HAProxy fetches'],
  ["path,nosuch x", 'error 1:4 converts by "nosuch", which is no converter of HAProxy\'s'],
  ["path -q x", 'error 1:5 is no flag of an ACL: write -- before patterns that begin with "-"'],
  ["path -m begin x", 'error 1:6 is no way to match: "begin"'],
  ["path -m", "error 1:5 needs a value behind it"],
  ["src_port gt x", 'error 1:6 is neither a number nor an operator (eq, ge, gt, le, lt): "x"'],
  ["src abc/8", 'error 1:5 must be an address or a block such as 10.0.0.0/8, not "abc/8"'],
  ["src 1.2.3.4/33", 'error 1:5 must have a mask of 0 to 32 bits, not "33"'],
  ["src ::1/129", 'error 1:5 must be an address or a block such as fd00::/8, not "::1/129"'],
  [
    "src www.example.com",
    'error 1:5 is refused: "www.example.com" is a name, which HAProxy resolves once at its start: write its addresses',
  ],
  ["path_reg (", 'error 1:5 must be a regular expression, not "("'],
  ["var(txn.x) 5", 'error 1:4 needs -m and a way to match, for "var(txn.x)" has no type of its own'],
  ["var(foo.x) -m int 5", 'error 1:4 must name a variable with its scope, as in txn.name, not "foo.x"'],
  ["hdr(x", 'error 1:4 has no closing bracket after "hdr"'],
  ["sc0_conn_rate(none) gt 3", 'error 1:4 asks a table "none"; known are "st", "keys"'],
  ["path_beg -f starts.txt", 'error 1:6 names "starts.txt", which cannot be read'],
];

describe("a test that is wrong", () => {
  for (const [written, expected] of wrong)
    test(`${written}: ${expected}`, () => {
      expect(ruleScene(`  http-request deny if { ${written} }`).told).toEqual([expected]);
    });
});

test("a test without a pattern never matches, and its negation always does", () => {
  const { listener, told } = ruleScene("  http-request deny if { src_port }\n  http-request deny unless { src_port }");
  expect(listener.request).toEqual([{ deny: true }]);
  expect(told).toEqual([
    "warning 1:4 never matches, as in HAProxy, for it has no pattern; -m found asks only whether it is there",
    "warning 2:4 never matches, as in HAProxy, for it has no pattern; -m found asks only whether it is there",
  ]);
});

test("what is not there yet never matches, and that is told", () => {
  const { listener, told } = ruleScene(
    "  tcp-request connection reject if { path /x }\n  http-request deny if { status 200 }\n  http-request deny if !{ req.ssl_sni x }",
  );
  expect([listener.connection, listener.request]).toEqual([[], [{ deny: true }]]);
  expect(told).toEqual([
    "warning 1:5 never matches, as in HAProxy: path is not there in tcp-request connection",
    "warning 2:4 never matches, as in HAProxy: status is not there in the request's rules",
    "warning 3:4 never matches, as in HAProxy: req.ssl_sni is not there in mode http",
  ]);
});

test("many values become a list of their own", () => {
  const values = Array.from({ length: 20 }, (_, index) => `10.0.${index}.0/24`).join(" ");
  const { input, listener } = ruleScene(`  http-request deny if { src ${values} }`);
  const [name] = Object.keys(input.lists ?? {});
  expect(listener.request[0]!["if"]).toBe(`src in lists['${name}']`);
  expect(Object.values(input.lists ?? {})[0]).toMatchObject({ addresses: values.split(" ") });
});
