import { describe, expect, test } from "bun:test";
import { conditionOf, ruleScene } from "./rules.fixture.ts";

const acls = `  acl a path /a
  acl b path /b
  acl both path /x
  acl both path_beg /y
`;

const conditions: readonly (readonly [string, string])[] = [
  ["if a b", "path == '/a' && path == '/b'"],
  ["if a or b", "path == '/a' || path == '/b'"],
  ["if a || b !a", "path == '/a' || path == '/b' && !(path == '/a')"],
  ["if !a", "!(path == '/a')"],
  ["if ! a", "!(path == '/a')"],
  ["if !!a", "path == '/a'"],
  ["unless a", "!(path == '/a')"],
  ["unless a or b", "!(path == '/a' || path == '/b')"],
  ["if both a", "(path == '/x' || path.startsWith('/y')) && path == '/a'"],
  ["if !both", "!(path == '/x' || path.startsWith('/y'))"],
  ["if { path /c } !{ ssl_fc }", "path == '/c' && !secure"],
  ["if a || TRUE", "path == '/a' || true"],
  ["if TRUE", "always"],
  ["if METH_GET", "method in ['GET', 'HEAD']"],
  ["if HTTP_1.1", "version == '1.1'"],
  ["if HTTP_CONTENT", "headers.list('content-length').exists(v, int(v) > 0)"],
  ["if HTTP_URL_ABS", "target.matches('^[^/:]*://')"],
  ["if LOCALHOST", "src in cidr('127.0.0.0/8', '::1')"],
  // The order of terms that write is kept.
  ["if a { src_inc_gpc0(st) gt 2 } b", "path == '/a' && increment(st[src].gpc0) > 2 && path == '/b'"],
];

describe("a condition", () => {
  for (const [written, expected] of conditions)
    test(`${written} is ${expected}`, () => expect(conditionOf(written, acls)).toBe(expected));
});

test("lines of a name that stand below its use count too, as in HAProxy", () => {
  const { listener } = ruleScene("  acl a path /a\n  http-request deny if a\n  acl a path /late\n");
  expect(listener.request).toEqual([{ if: "path == '/a' || path == '/late'", deny: true }]);
});

test("an ACL belongs to its proxy", () => {
  const { told } = ruleScene("  acl a path /a\n", { backend: "  http-request deny if a" });
  expect(told).toEqual([expect.stringMatching(/^error \d+:3 is no ACL: "a"$/)]);
});

test("an operator of HAProxy's own is redefined by a line of that name", () => {
  expect(conditionOf("if METH_GET", "  acl METH_GET method GET\n")).toBe("method == 'GET'");
});

const wrong: readonly (readonly [string, readonly string[]])[] = [
  ["http-request deny if nosuch", ['error 1:3 is no ACL: "nosuch"']],
  ["http-request deny if sc0_conn_rate gt 5", ['error 1:3 is no ACL: "sc0_conn_rate"; a test stands in { braces }']],
  ["http-request deny if { path /x", ['error 1:3 has no closing "}"']],
  ["http-request deny when TRUE", ['error 1:2 is no argument of deny: "when"']],
  ["http-request set-header A b when TRUE", ['error 1:4 must be if or unless with a condition behind it, not "when"']],
  ["acl", ["error 1:0 needs a name and a test"]],
  ["acl a", ["error 1:1 needs a test, such as: src 10.0.0.0/8"]],
  ["acl or path /x", ['error 1:1 cannot be called "or", which is an operator']],
  ["acl a$ path /x", ['error 1:1 must be a name of letters, digits and _ - . :, not "a$"']],
  // Told once, at the line that is wrong, and not at each use of it.
  [
    "acl a nosuch x\n  http-request deny if a\n  http-request tarpit if a",
    [expect.stringContaining("error 1:2 asks for")],
  ],
  ["http-request deny if a\n  acl a path /x", ['error 1:3 uses ACL "a" above the line that defines it']],
];

describe("what is wrong with an ACL", () => {
  for (const [written, expected] of wrong)
    test(`${written.replaceAll("\n", " ;")}: ${expected[0]}`, () => {
      expect(ruleScene(`  ${written}`).told).toEqual([...expected]);
    });
});

test("a condition without terms never holds, and that is told", () => {
  const { listener, told } = ruleScene("  http-request deny if\n  http-request deny unless");
  expect(listener.request).toEqual([{ deny: true }]);
  expect(told).toEqual([
    "warning 1:2 has no condition behind it, which in HAProxy never holds",
    "warning 2:2 has no condition behind it, which in HAProxy never holds",
  ]);
});

test("names that every object has are words like any other", () => {
  const refusals: readonly (readonly [string, string])[] = [
    ["if constructor", 'is no ACL: "constructor"'],
    ["if { src_conn_cur(st) toString 5 }", "toString"],
    ["if { path,map_valueof(/x) -m found }", "map_valueof"],
  ];
  for (const [condition, part] of refusals) {
    const { told } = ruleScene(`  http-request deny ${condition}\n`);
    expect(told).toEqual([expect.stringContaining(part)]);
  }
  const lines = ["http-request normalize-uri constructor", "reqconstructor x", "timeout constructor 1s"];
  for (const line of [...lines, "bind constructor@127.0.0.1:81", "bind :82 ssl crt x ssl-min-ver constructor"])
    expect(ruleScene(`  ${line}\n`).told).toContainEqual(expect.stringMatching(/^error /));
});
