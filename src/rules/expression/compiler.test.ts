// What is refused, in which words, and where: each case is a text with carets under what the error points at. `warnings` too.
import { expect, test } from "bun:test";
import type { Phase } from "../fields.ts";
import { compileExpression, type ExpressionError, type Type } from "./expression.ts";
import { depthMax, expressionLengthMax, integerMax, nodesMax, slotsMax } from "./limits.ts";
import { sampleScope } from "./sample.fixture.ts";

function errorsOf(text: string, wanted: Type = "bool", phase: Phase = "response"): readonly ExpressionError[] {
  const compiled = compileExpression(text, sampleScope(phase), wanted);
  return compiled.ok ? [] : compiled.errors;
}

function underlined(text: string, { offset, length, message }: ExpressionError): string {
  return `${text}\n${" ".repeat(offset)}${"^".repeat(length)} ${message}`;
}

const cases: readonly string[] = [
  // Types.
  `src
^^^ must be a bool, but "src" is an address`,
  `contentLength
^^^^^^^^^^^^^ must be a bool, but "contentLength" is a number`,
  `true && path
        ^^^^ must be a bool, but "path" is a string: has(…) asks whether there is one`,
  `!host
 ^^^^ must be a bool, but "host" is a string: has(…) asks whether there is one`,
  `host ? true : false
^^^^ must be a bool, but "host" is a string: has(…) asks whether there is one`,
  `secure ? true : 1
                ^ must be a bool as the value before ":", but "1" is a number`,
  `src == '1.2.3.4'
       ^^^^^^^^^ must be an address, but "'1.2.3.4'" is a string: write ip('1.2.3.4')`,
  `'80' == dstPort
^^^^ must be a number, but "'80'" is a string: int(…) reads one`,
  `host == 5
        ^ must be a string, but "5" is a number: string(…) makes one`,
  `response.duration > 500
                    ^^^ must be a duration, but "500" is a number: write duration('10s') with a unit`,
  `now > '2026-01-01'
      ^^^^^^^^^^^^ must be a time, but "'2026-01-01'" is a string: write timestamp('2026-01-01')`,
  `src > dst
^^^ must be a number, string, time or duration to be compared by ">", but "src" is an address`,
  `'a' + 1 == 'a1'
      ^ must be a string, but "1" is a number: string(…) makes one`,
  `now + now == now
^^^^^^^^^ "+" has no meaning between a time and a time`,
  `-host == 'a'
 ^^^^ must be a number, but "host" is a string: int(…) reads one`,
  `1 < 2 < 3
^^^^^ must be a number, string, time or duration to be compared by "<", but "1 < 2" is a bool`,
  `[1, 'a'] == []
    ^^^ must be a number as those before it, but "'a'" is a string`,
  // Names.
  `hots == 'a'
^^^^ is not a known name: "hots"; did you mean "host"?`,
  `marke[src].gpc0 > 0
^^^^^ is not a known name: "marke"; did you mean "marked"?`,
  `whatever
^^^^^^^^ is not a known name: "whatever"`,
  `tls.sin == 'a'
    ^^^ is not a known name: "tls.sin"; did you mean "sni"?`,
  `pools.ap.up > 0
      ^^ is not the name of a pool: "ap"; did you mean "app"?`,
  `pools.app.upp > 0
          ^^^ is not a figure of a pool: "upp"; did you mean "up"?`,
  `src in lists.offce
             ^^^^^ is not the name of a list: "offce"; did you mean "office"?`,
  `tables['shp'][src].conn_rate > 1
       ^^^^^ is not the name of a table: "shp"; did you mean "shop"?`,
  `headers.host == 'a'
        ^^^^ must be written in brackets: headers['host']`,
  `headers['a b'] == 'a'
        ^^^^^ must be a name of letters, digits and "-", not "'a b'"`,
  `headers[host] == 'a'
        ^^^^ must be a name in quotes, so that it is known beforehand`,
  `headers == 'a'
^^^^^^^ must have a name: headers['…']`,
  `tls == 'a'
^^^ is no value: write tls.…`,
  `host.name == 'a'
     ^^^^ a string has no "name": call name(…) if it is a function`,
  // Tables, lists and pools.
  `marked
^^^^^^ is a table, not a value: write marked[src].… for a counter of it`,
  `marked[src] > 0
^^^^^^^^^^^ is an entry, not a value: name a counter of it, such as .gpc0`,
  `marked.gpc0 > 0
       ^^^^ must follow an entry, as in marked[src].gpc0`,
  `tracked.gpc0 > 0
        ^^^^ must follow a slot, as in tracked[0].gpc0`,
  `shop[src].gpc0 > 0
          ^^^^ the table "shop" does not store gpc0; it stores conn_rate(100s), bytes_out_rate(1m), tokens(5,500ms)`,
  `urls[path].gpc[3] > 0
^^^^^^^^^^^^^^^^^ the table "urls" does not store gpc[3]; it stores gpc(3), gpt(2), http_req_cnt`,
  `urls[path].gpc > 0
^^^^^^^^^^^^^^ must say which: gpc[0]`,
  `marked[src].gcp0 > 0
            ^^^^ is not a counter: "gcp0"; did you mean "gpc0"?`,
  `marked[host].gpc0 > 0
       ^^^^ must be an address, for that is the key of "marked", but "host" is a string: ip(…) reads one`,
  `urls[headers.list('a')].gpc0 > 0
     ^^^^^^^^^^^^^^^^^ must be one value, for that is the key of "urls", but "headers.list('a')" is a list`,
  `tracked[16].gpc0 > 0
        ^^ must be the number of a slot from 0 to 15`,
  `lists.office
^^^^^^^^^^^^ is a list of the config, not a value: write "… in lists.office"`,
  `host in lists.office
^^^^ must be an address, for that is what the list "office" holds, but "host" is a string: ip(…) reads one`,
  `lists.agents['a'] == 'b'
^^^^^^^^^^^^ is no map: write "… in lists['agents']" to ask whether something is in it`,
  `pools.app
^^^^^^^^^ is a pool, not a value: name a figure of it, such as .up`,
  `src in ['10.0.0.1']
^^^ must be a string as the values of the list are, but "src" is an address: write cidr('…', …) for addresses and blocks`,
  `src in cidr('10.0.0.0/33')
            ^^^^^^^^^^^^^ must be an address or a block such as '10.0.0.0/8', not "'10.0.0.0/33'"`,
  `cidr('10.0.0.0/8')
^^^^^^^^^^^^^^^^^^ must stand to the right of in, as in src in cidr('10.0.0.0/8')`,
  `host in 'abc'
        ^^^^^ must be a list, cidr(…), a list of the config or a table, but "'abc'" is a string: write ['abc']`,
  // Functions.
  `host.startWith('a')
     ^^^^^^^^^ is not a known function: "startWith"; did you mean "startsWith"?`,
  `startsWith(host, 'a')
^^^^^^^^^^ must be written text.startsWith(text)`,
  `host.startsWith()
^^^^^^^^^^^^^^^^^ must be written text.startsWith(text)`,
  `host.substring() == 'a'
^^^^^^^^^^^^^^^^ must be written text.substring(start, end), where the last may be left out`,
  `host.startsWith(5)
                ^ must be a string, but "5" is a number: string(…) makes one`,
  `dstPort.startsWith('8')
^^^^^^^ must be a string for startsWith(), but "dstPort" is a number`,
  `src.size() > 1
^^^ must be a string or a list for size(), but "src" is an address`,
  `path.matches('(')
             ^^^ is no regular expression: missing closing ): \`(\``,
  `path.matches(host)
             ^^^^ must be a regular expression in quotes, so that it is known beforehand`,
  `path.matches('a', 'g')
             ^^^ must have flags of "i", "m", "s" and "u" only`,
  `path.replaceRegex('a', '$x') == 'a'
                       ^^^^ must have $1 to $9, $& or $$ where it has a $`,
  `now.getHours('Europe/Berln') > 8
             ^^^^^^^^^^^^^^ must be a time zone such as 'Europe/Berlin' or '+02:00', not "'Europe/Berln'"`,
  `ip('1.2.3') == src
   ^^^^^^^ must be an IP address such as '10.0.0.1', not "'1.2.3'"`,
  `response.duration > duration('10')
                             ^^^^ must be a duration such as '10s', '500ms' or '1m30s', not "'10'"`,
  `now > timestamp('soon')
                ^^^^^^ must be a time such as '2026-01-31T08:00:00Z' or a day such as '2026-01-31', not "'soon'"`,
  `increment(5) > 0
          ^ must be a counter such as table[src].gpc0, but "5" is none`,
  `increment(shop[src].tokens) > 0
          ^^^^^^^^^^^^^^^^ cannot be incremented: tokens come back by themselves`,
  `headers.list('a').exists(v, increment(marked[src].gpc0) > 0)
                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^ cannot stand in a macro: how often it is done would hang on what is sent`,
  `headers.list('a').exists(1, true)
                         ^ must be a name for the value, as in headers.list('x').exists(v, v == 'a')`,
  `headers.lst('a') == []
        ^^^ is not a function of headers: "lst"; did you mean "list"?`,
  `marked.hs(src)
       ^^ is not a function of a table: "hs"; has(key) is`,
  // Grammar.
  `1 +
  ^ something must follow this`,
  `(1 == 1
^ this "(" has no ")"`,
  `[1, 2
^ this "[" has no "]"`,
  `host = 'a'
     ^ "=" is no operator: write "==" to compare`,
  `secure and true
       ^^^ "and" is no operator: write "&&"`,
  `secure & true
       ^ "&" is no operator: write "&&"`,
  `src in 10.0.0.0/8
       ^^^^^^^^^^ must stand in quotes: write cidr('10.0.0.0/8')`,
  `src in 10.0.0.1
       ^^^^^^^^ must stand in quotes: write cidr('10.0.0.1')`,
  `src == 10.0.0.1
       ^^^^^^^^ must stand in quotes: write ip('10.0.0.1')`,
  `secure && src in [10.0.0.1, 192.168.0.0/16]
                  ^^^^^^^^ must stand in quotes, and the list be a block: write in cidr('10.0.0.1', '192.168.0.0/16')`,
  `src in 2001:db8::/32
       ^^^^^^^^^^^^^ must stand in quotes: write cidr('2001:db8::/32')`,
  `src == ::1
       ^^^ must stand in quotes: write ip('::1')`,
  `!host == 'a'
^^^^^ is of host alone: write host != 'a'`,
  `secure && !path != '/a'
          ^^^^^ is of path alone: write path == '/a'`,
  `!src in cidr('10.0.0.0/8')
^^^^ is of src alone: write !(src in cidr('10.0.0.0/8'))`,
  `secure true
       ^^^^ an operator must stand before this`,
  `true)
    ^ ")" closes nothing`,
  `&& true
^^ "&&" cannot stand here: a value must`,
  `host == 'a
        ^ has no closing '`,
  `host == 'a\\q'
          ^^ is no escape: write "\\\\" for a backslash, or r'…' for a text without escapes`,
  `host == '\\ud800'
         ^^^^^^ is no character of Unicode`,
  `host == b'a'
        ^ is no prefix of a string: bytes are not a type here`,
  `host == {}
        ^ "{" cannot stand here: there are no maps`,
  `response.duration > 10s
                    ^^^ is no number: "10s": write duration('10s')`,
  `secure ? true
       ^ "?" must be followed by two values with ":" between them`,
  `host. == 'a'
      ^^ "." must be followed by a name`,
  `host == "a" ; true
            ^ ";" cannot stand here: this is one expression`,
  `size('a',) == 1
         ^ a value must follow ","`,
];

test.each(cases as string[])("%s", (text) => {
  const [expression, underline] = text.split("\n") as [string, string];
  expect(errorsOf(expression).map((error) => underlined(expression, error))).toEqual([`${expression}\n${underline}`]);
});

test("an empty text is no expression", () => {
  for (const text of ["", "  ", "// nothing"])
    expect(errorsOf(text)).toMatchObject([{ length: 0, message: "must be an expression, but there is nothing" }]);
});

test("what has not come yet in a phase is told, and when it will", () => {
  expect(errorsOf("path == '/'", "bool", "connection")).toEqual([
    { offset: 0, length: 4, message: '"path" is not there yet in the connection phase: it comes with the request' },
  ]);
  expect(errorsOf("response.status == 200", "bool", "request")).toMatchObject([{ offset: 0, length: 15 }]);
  expect(errorsOf("headers['x'] == 'a'", "bool", "connection")).toMatchObject([{ offset: 0, length: 12 }]);
  expect(errorsOf("path == '/'", "bool", "request")).toEqual([]);
});

test("all that is wrong is told at once, but nothing twice, and not what follows from it", () => {
  expect(errorsOf("hots == 'a' && marked[hots].gpc0 > 0 && pth.startsWith(5)").map(({ offset }) => offset)).toEqual([
    0, 22, 40,
  ]);
  expect(errorsOf("src in (dst in (nowhere in [1]))").length).toBe(1);
  expect(errorsOf("1 && 2 && 3 && 4 && 5 && 6 && 7 && 8 && 9").length).toBe(8);
});

test("warnings stand beside what is compiled", () => {
  const compiled = compileExpression("path.matches('(?!b)(a+)+$') || src in cidr('10.0.0.1/8')", sampleScope(), "bool");
  expect(compiled.ok && compiled.warnings).toEqual([
    {
      offset: 13,
      length: 13,
      message: "repeats within a repetition: some texts take it a time that doubles with every character",
    },
    { offset: 43, length: 12, message: "has bits set behind its prefix; they count for nothing" },
  ]);
});

test("an expression may be as long as the limit, and no longer", () => {
  const text = (length: number): string => `'${"a".repeat(length - 2)}'.size() > 0`;
  const rest = text(2).length - 2;
  expect(errorsOf(text(expressionLengthMax - rest))).toEqual([]);
  expect(errorsOf(text(expressionLengthMax - rest + 1))).toMatchObject([{ offset: expressionLengthMax, length: 1 }]);
});

test("an expression may be as deep as the limit, and no deeper", () => {
  // The expression itself is one level.
  const brackets = (depth: number): string => `${"(".repeat(depth)}true${")".repeat(depth)}`;
  expect(errorsOf(brackets(depthMax - 1))).toEqual([]);
  expect(errorsOf(brackets(depthMax))[0]?.message).toBe(`must be at most ${depthMax} deep`);
  expect(errorsOf(`${"!".repeat(depthMax - 1)}true`)).toEqual([]);
  expect(errorsOf(`${"!".repeat(depthMax)}true`)[0]?.message).toBe(`must be at most ${depthMax} deep`);
});

test("an expression may have as many parts as the limit, and no more", () => {
  const list = (parts: number): string => `[${Array.from({ length: parts - 1 }, () => 1).join()}]`;
  expect(errorsOf(list(nodesMax), "list")).toEqual([]);
  expect(errorsOf(list(nodesMax + 1), "list")).toMatchObject([{ message: `must have at most ${nodesMax} parts` }]);
  // A chain is as deep a tree as there is.
  expect(errorsOf(Array.from({ length: nodesMax / 2 }, () => "1").join("+"), "number")).toEqual([]);
});

test("whole numbers are exact or refused", () => {
  expect(errorsOf(`${integerMax}`, "number")).toEqual([]);
  expect(errorsOf(`${integerMax + 1}`, "number")).toMatchObject([{ offset: 0, length: 16 }]);
  expect(errorsOf("0x1fffffffffffff", "number")).toEqual([]);
  expect(errorsOf("0x20000000000000", "number").length).toBe(1);
  expect(errorsOf("1e300", "number")).toEqual([]);
  expect(errorsOf("1e309", "number").length).toBe(1);
});

test("slots go up to the limit", () => {
  expect(errorsOf(`tracked[${slotsMax - 1}].gpc0`, "number")).toEqual([]);
  expect(errorsOf(`tracked[${slotsMax}].gpc0`, "number").length).toBe(1);
});
