// What expressions come to. Where CEL (cel-spec, tests/simple) says the same, the case stands under "as in CEL"; where we mean
// something else, under "otherwise than CEL", each with the reason.
import { expect, test } from "bun:test";
import type { Value } from "../scene.ts";
import { compileExpression } from "./expression.ts";
import { SampleScene, sampleScope } from "./sample.fixture.ts";

function evaluate(text: string, scene: SampleScene = new SampleScene()): Value {
  const compiled = compileExpression(text, sampleScope(), "any");
  if (!compiled.ok) throw new Error(`${text}: ${JSON.stringify(compiled.errors)}`);
  return compiled.evaluate(scene);
}

function testTable(name: string, cases: readonly (readonly [string, Value])[]): void {
  test.each(cases as [string, Value][])(`${name}: %s`, (text, value) => expect(evaluate(text)).toEqual(value));
}

testTable("as in CEL", [
  // Literals.
  ["42", 42],
  ["-42", -42],
  ["0x55555555", 0x55555555],
  ["-2.3e+1", -23],
  [".5", 0.5],
  ["true", true],
  ["null", null],
  ["''", ""],
  ["'It\\'s'", "It's"],
  ['"a\'b"', "a'b"],
  ["'''a\nb'''", "a\nb"],
  ['"""a"b"""', 'a"b'],
  ["r'a\\n'", "a\\n"],
  ['R"\\\\"', "\\\\"],
  ["'\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\\"\\'\\`'", "\x07\b\f\n\r\t\v\\?\"'`"],
  ["'\\x41\\X42\\103'", "ABC"],
  ["'\\u0041\\U00000042'", "AB"],
  ["[1, 2, 3,]", [1, 2, 3]],
  ["[]", []],
  // Logic.
  ["true && false", false],
  ["true || false", true],
  ["!true", false],
  ["!!true", true],
  ["false || true && false", false],
  ["(false || true) && false", false],
  ["true ? 1 : 2", 1],
  ["false ? 1 : true ? 2 : 3", 2],
  ["false && false || true", true],
  // Comparisons.
  ["1 == 1", true],
  ["1 == 1.0", true],
  ["1 != 2", true],
  ["'a' == 'a'", true],
  ["'a' < 'b'", true],
  ["'abc' < 'abcd'", true],
  ["'Z' < 'a'", true],
  ["1 < 2", true],
  ["2 <= 2", true],
  ["3 > 4", false],
  ["3 >= 3", true],
  ["[1, 2] == [1, 2]", true],
  ["[1, 2] == [2, 1]", false],
  ["null == null", true],
  ["duration('1m') > duration('59s')", true],
  ["timestamp('2009-02-13T23:31:30Z') == timestamp('2009-02-14T01:31:30+02:00')", true],
  // Membership.
  ["2 in [1, 2]", true],
  ["'c' in ['a', 'b']", false],
  ["1 in []", false],
  ["'j' in ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']", true],
  ["!('a' in ['a'])", false],
  // Arithmetic.
  ["1 + 2 * 3", 7],
  ["(1 + 2) * 3", 9],
  ["10 - 3 - 2", 5],
  ["7 % 3", 1],
  ["-7 % 3", -1],
  ["'a' + 'b'", "ab"],
  ["[1] + [2]", [1, 2]],
  ["-(1 + 1)", -2],
  ["timestamp('2026-01-01T00:00:00Z') + duration('1h') == timestamp('2026-01-01T01:00:00Z')", true],
  ["timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')", true],
  // Macros.
  ["[1, 2, 3].exists(x, x > 2)", true],
  ["[1, 2, 3].all(x, x > 1)", false],
  ["[].all(x, x > 1)", true],
  ["[].exists(x, x > 1)", false],
  ["[1, 2].exists(x, [2, 3].exists(y, x == y))", true],
  ["[1, 2].exists(x, [3].exists(x, x == 1))", false],
  ["headers.list('Accept').exists(v, ['a'].exists(w, true))", true],
  ["headers.list('Accept').all(v, !['a', 'b'].all(w, w == 'a'))", true],
  // Conversions.
  ["string(123)", "123"],
  ["string(true)", "true"],
  ["int('-987')", -987],
  ["int(11.9)", 11],
  ["int(-11.9)", -11],
  ["double('1.5')", 1.5],
  ["size('four')", 4],
  ["size([1, 2])", 2],
  ["matches('hubba', 'b+')", true],
  ["1 // one\n + 1", 2],
]);

testTable("otherwise than CEL", [
  // Numbers are doubles, whole or not: there is one division.
  ["7 / 2", 3.5],
  // What is an error there is absent here, for a request must have an answer.
  ["1 / 0", null],
  ["7 % 0", null],
  ["1e308 * 10", null],
  ["[1, 2][5]", null],
  ["int('x' + 'y')", null],
  // And absence is no error in logic: it is false.
  ["has(headers['x-none'])", false],
  ["headers['x-none'] == 'a' || true", true],
  ["headers['x-none'] == 'a' && true", false],
  // Negative positions count from the end, for the last of X-Forwarded-For is what is wanted.
  ["[1, 2, 3][-1]", 3],
  // Positions out of bounds are brought into them.
  ["'abc'.substring(1, 100)", "bc"],
  ["'abc'.substring(-5)", "abc"],
  // Texts are bytes, so \xHH and octal escapes are.
  ["'\\xff'.size()", 1],
  ["'\\377' == '\\xff'", true],
  // What is written beyond ASCII is its UTF-8 bytes, as a request sends it.
  ["'ä'.size()", 2],
  ["'ä' == '\\xc3\\xa4'", true],
  ["'\\u00e4' == 'ä'", true],
  // A duration is written as in the config.
  ["string(duration('90s'))", "1m30s"],
  ["string(duration('-90s'))", "-1m30s"],
  ["string(timestamp('2026-01-01'))", "2026-01-01T00:00:00.000Z"],
]);

testTable("fields", [
  ["src == ip('10.0.0.7')", true],
  ["src == dst", false],
  ["src != dst", true],
  ["string(dst)", "2001:db8::1"],
  ["src in cidr('10.0.0.0/8')", true],
  ["src in cidr('192.168.0.0/16', '10.0.0.7')", true],
  ["src in [ip('10.0.0.7')]", true],
  ["src in cidr('::/0')", false],
  ["dst in cidr('2001:db8::/32')", true],
  ["host in ['a', 'www.example.com']", true],
  ["tls.sni", "www.example.com"],
  ["tls.subject", null],
  ["headers['User-Agent']", "curl"],
  ["headers.list('Accept')[-1]", "text/plain"],
  ["headers.list('Accept').exists(v, v.startsWith('text/'))", true],
  ["'text/html' in headers.list('Accept')", true],
  ["headers.lines('Accept')", ["text/html, text/plain"]],
  ["headers.lines('x-none').size() > 0", null],
  ["headers.count('cookie') > 1", true],
  ["cookies['Session']", "abc"],
  ["cookies['session']", null],
  ["'def' in cookies.list('Session')", true],
  ["cookies.list('session')", null],
  ["params.list('page')[-1]", "2"],
  ["int(params['page']) + 1", 3],
  ["response.status >= 500", true],
  ["response.headers['Server']", "nginx"],
  ["response.duration > duration('1s')", true],
  ["now.getHours()", 22],
  ["now.getHours('Europe/Berlin')", 23],
  ["now.getDayOfWeek() == 0", true],
  ["now > timestamp('2026-03-01')", true],
  ["random()", 0.25],
  ["pools.app.up < pools.app.servers", true],
  ["pools['ease-up'].up", null],
  ["src in lists.office", true],
  ["headers['user-agent'] in lists.agents", true],
  ["'WWW.example.com' in lists.sites", true],
  ["lists.teams['app']", "blue"],
  ["lists['teams']['none']", null],
  ["'app' in lists.teams", true],
  ["min(3, contentLength, 20)", 3],
  ["max(3, contentLength, 20)", 20],
]);

testTable("what is absent", [
  // It goes through operators and functions.
  ["headers['x-none'].size() + 1", null],
  ["headers['x-none'] + 'a'", null],
  ["headers['x-none'].startsWith('a')", null],
  ["headers['x-none'] > 'a'", null],
  ["headers['x-none'] != 'a'", null],
  ["headers['x-none'] in ['a']", null],
  ["-int(headers['x-none'])", null],
  ["ip(headers['x-none']) in cidr('10.0.0.0/8')", null],
  ["marked[ip(headers['x-none'])].gpc0 == 0", null],
  ["marked.has(ip(headers['x-none']))", null],
  ["headers.list('x-none').all(v, false)", null],
  ["min(1, int(headers['x-none']))", null],
  ["vars.none", null],
  ["tracked[0].gpc0 == 0", null],
  // Where a condition is wanted it is false; so its negation is true.
  ["!(headers['x-none'] == 'a')", true],
  ["!has(headers['x-none'])", true],
  ["headers['x-none'] == 'a' ? 1 : 2", 2],
  ["headers['x-none'] == null", true],
  ["null != headers['x-none']", false],
  ["headers['user-agent'] == null", false],
  ["true && null", false],
  ["null || true", true],
  // An entry that is not there is 0, a key that is none is not.
  ["marked[src].gpc0 == 0", true],
  ["marked[null].gpc0", null],
  ["has(marked[src].gpc0)", true],
  ["has(marked[src])", false],
  ["src in marked", false],
  // Of a list, what is absent is no value.
  ["[headers['x-none'], 'a'].size()", 1],
]);

test("test() is what a condition is: absent and everything that is not true are false", () => {
  const scene = new SampleScene();
  for (const [text, held] of [
    ["headers['x-none'] == 'a'", false],
    ["vars.x", false],
    ["secure", true],
  ] as const) {
    const compiled = compileExpression(text, sampleScope(), "bool");
    expect(compiled.ok && compiled.test(scene)).toBe(held);
  }
});

test("&& and || stop where they know, from left to right, and effects are done once in that order", () => {
  const scene = new SampleScene();
  const [marked, shop] = scene.tables;
  expect(evaluate("false && increment(marked[src].gpc0) > 0", scene)).toBe(false);
  expect(evaluate("true || increment(marked[src].gpc0) > 0", scene)).toBe(true);
  expect(evaluate("true ? 1 : increment(marked[src].gpc0)", scene)).toBe(1);
  expect(marked!.calls).toEqual([]);
  expect(
    evaluate(
      "increment(marked[src].gpc0) == 1 && increment(marked[src].gpc0, 2) == 3 && clear(marked[src].gpc0) == 3",
      scene,
    ),
  ).toBe(true);
  expect(marked!.calls.map((call) => call.replace(/ .* (?=0 0)/, " "))).toEqual([
    "add 0 0 1",
    "add 0 0 2",
    "clear 0 0",
  ]);
  expect(evaluate("max(increment(shop[src].conn_rate), increment(shop[dst].conn_rate, 5))", scene)).toBe(5);
  expect(shop!.calls.map((call) => call.slice(-5))).toEqual(["0 0 1", "0 0 5"]);
});

test("an operand that is absent does not keep the effect of another from being done", () => {
  const scene = new SampleScene();
  expect(evaluate("int(headers['x-none']) + increment(marked[src].gpc0)", scene)).toBeNull();
  expect(evaluate("max(int(headers['x-none']), increment(marked[src].gpc0), 1)", scene)).toBeNull();
  expect(evaluate("marked[src].gpc0", scene)).toBe(2);
});

test("in a dry scene effects answer what they would, and write nothing", () => {
  const scene = new SampleScene();
  evaluate("increment(marked[src].gpc0, 4)", scene);
  scene.isDry = true;
  expect(evaluate("increment(marked[src].gpc0)", scene)).toBe(5);
  expect(evaluate("clear(marked[src].gpc0)", scene)).toBe(4);
  expect(evaluate("marked[src].gpc0", scene)).toBe(4);
  expect(scene.tables[0]!.calls.length).toBe(1);
});

test("it is told what an expression reads, what it waits for and whether it writes", () => {
  const scope = sampleScope();
  const compiled = compileExpression(
    "marked[src].gpc0 > 0 || tracked[2].gpc0 > 0 || tls.sni == 'a' || shop.has(src)",
    scope,
    "bool",
  );
  expect(compiled).toMatchObject({
    ok: true,
    type: "bool",
    needsHello: true,
    hasEffects: false,
    reads: {
      tables: [
        [0, 0],
        [1, -1],
      ],
      slots: [2],
      fields: [0, 7],
    },
  });
  expect(compileExpression("increment(marked[src].gpc0)", scope, "any")).toMatchObject({
    hasEffects: true,
    needsHello: false,
  });
});
