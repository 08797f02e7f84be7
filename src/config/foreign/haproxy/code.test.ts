import { describe, expect, test } from "bun:test";
import { compileExpression, scopeOf } from "../../../rules/expression/expression.ts";
import {
  call,
  choose,
  every,
  index,
  listOf,
  literalIn,
  member,
  method,
  no,
  not,
  number,
  pattern,
  primary,
  relate,
  some,
  text,
  yes,
} from "./code.ts";

const a = primary("a");
const b = primary("b");

test("brackets stand only where they are needed", () => {
  expect(every([some([a, b]), not(a)]).text).toBe("(a || b) && !a");
  expect(some([every([a, b]), a]).text).toBe("a && b || a");
  expect(not(every([a, b])).text).toBe("!(a && b)");
  expect(relate(relate(a, "+", b), "*", a).text).toBe("(a + b) * a");
  expect(relate(a, "-", relate(b, "-", a)).text).toBe("a - (b - a)");
  expect(relate(relate(a, "==", b), "==", a).text).toBe("(a == b) == a");
  expect(method(relate(a, "+", b), "size").text).toBe("(a + b).size()");
  expect(member(index(a, relate(a, "+", b)), "c").text).toBe("a[a + b].c");
  expect(choose(choose(a, b, a), choose(a, b, a), choose(a, b, a)).text).toBe("(a ? b : a) ? (a ? b : a) : a ? b : a");
  expect(call("f", listOf([a, number(-1)])).text).toBe("f([a, -1])");
});

test("of nothing every is true and some is false", () => {
  expect([every([]), some([]), not(yes), not(no)]).toEqual([yes, no, no, yes]);
});

describe("a text", () => {
  const scope = scopeOf({ tables: [], lists: [], pools: [] }, "request");
  const valueOf_ = (written: string): unknown => {
    const compiled = compileExpression(written, scope, "string");
    return compiled.ok ? compiled.evaluate(null as never) : compiled.errors; // A constant asks nothing of the scene.
  };
  for (const value of ["", "it's", 'say "so"', "back\\slash", "tab\tline\nreturn\r", "\x00\x1f\x7f", "{}"])
    test(`${JSON.stringify(value)} is what the language reads`, () => {
      expect(valueOf_(text(value).text)).toBe(value);
      expect(valueOf_(pattern(value).text)).toBe(value);
    });
});

test("what a text was made of is found again, and nothing in what is more than a text", () => {
  for (const value of ["", "a", "it's", "a\\b", "\n\r\t\x01\x7f", "\\n", "'"])
    expect(literalIn(text(value))).toBe(value);
  for (const other of [primary("path"), relate(text("a"), "+", text("b")), method(text("a"), "size"), pattern("\\d")])
    expect(literalIn(other)).toBeNull();
});
