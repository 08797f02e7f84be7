// What env() asks HAProxy 2.6 was seen in its answers: the environment as the whole file leaves it, and an empty value is one.

import { describe, expect, test } from "bun:test";
import { judge } from "../../judge.ts";
import type { Environment } from "../../substitute.ts";
import { tried } from "./translated.fixture.ts";

function rulesOf(line: string, more: Environment = {}): readonly [unknown, readonly string[]] {
  const { input, told } = tried(
    `global\n setenv LATE 1\ndefaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nlisten x\n bind :1\n server a a:1\n ${line}\nglobal\n setenv LATE 2`,
    { ROLE: "edge", EMPTY: "", ...more },
  );
  return [input.listeners["x"]?.rules, told];
}

test("a variable is what the environment and all of the file say", () => {
  const [rules, told] = rulesOf("http-request set-header X %[env(ROLE)]|%[env(EMPTY)]|%[env(NOPE)]|%[env(LATE)]");
  expect(rules).toEqual([{ setHeader: { X: "{'edge'}|{''}||{'2'}" } }]);
  expect(told).toEqual([]);
});

test("in a condition one that is not set is not there", () => {
  expect(rulesOf("http-request deny if { env(EMPTY) -m found }")).toEqual([[{ if: "has('')", deny: true }], []]);
  expect(rulesOf("http-request deny if { env(NOPE) -m found }")).toEqual([
    undefined,
    ["11:25 warning env(NOPE) never matches, as in HAProxy: NOPE is not set"],
  ]);
});

test("what HAProxy tells of itself there Sluice does not", () => {
  expect(rulesOf("http-request deny if { env(HAPROXY_LOCALPEER) a }")[1]).toEqual([
    "11:25 error env(HAPROXY_LOCALPEER) is refused: HAPROXY_LOCALPEER is what HAProxy tells of itself",
  ]);
});

/** What `%[env(NAME),add(1)]` gives at HAProxy 2.6, and what is written here. */
const numbers: readonly (readonly [string, string, number])[] = [
  ["7", "7", 8],
  ["7abc", "7", 8],
  ["abc", "0", 1],
  ["0x1F", "0", 1],
  ["-4", "-4", -3],
  [" 8", "0", 1],
];

describe("what is no number as a whole is one as HAProxy reads it", () => {
  for (const [value, meant, more] of numbers)
    test(`${JSON.stringify(value)}, and one more is ${more}`, () => {
      const of = (line: string): readonly [unknown, readonly string[]] => rulesOf(line, { LIM: value });
      const raised = `${meant} + 1`;
      expect(of("http-request set-header X %[env(LIM),add(1)]")).toEqual([[{ setHeader: { X: `{${raised}}` } }], []]);
      expect(of("http-request deny if { env(LIM) -m int gt 5 }")).toEqual([[{ if: `${meant} > 5`, deny: true }], []]);
      expect(of("http-request deny if { env(LIM) -m bool }")).toEqual([[{ if: `${meant} != 0`, deny: true }], []]);
      expect(check(of("http-request deny if { env(LIM),add(1) gt 5 }")[0])).toEqual([]);
      expect(check(of("http-request set-header X %[env(LIM),add(1)]")[0])).toEqual([]);
    });

  test("an empty one is not there", () => {
    expect(rulesOf("http-request deny if { env(EMPTY) -m int gt 5 }")).toEqual([
      undefined,
      ["11:25 warning env(EMPTY) never matches, as in HAProxy: an empty text is no number"],
    ]);
    expect(rulesOf("http-request deny if { env(EMPTY),add(1) gt 5 }")).toEqual([
      undefined,
      ["11:25 warning env(EMPTY),add(1) never matches, as in HAProxy: an empty text is no number"],
    ]);
    expect(rulesOf("http-request set-header X a%[env(EMPTY),mul(2)]b")).toEqual([[{ setHeader: { X: "ab" } }], []]);
  });

  test("one that is larger than a number can be is refused", () => {
    expect(rulesOf("http-request deny if { env(LIM) -m int gt 5 }", { LIM: "9".repeat(20) })[1]).toEqual([
      `11:25 error env(LIM) is refused: ${"9".repeat(20)} is a number that is too large`,
    ]);
  });
});

/** What our own config says of such rules. */
function check(rules: unknown): readonly string[] {
  const config = { listeners: { x: { listen: ":1", use: "a", rules } }, pools: { a: { servers: ["a:1"] } } };
  return judge(config)
    .findings.filter(({ severity }) => severity === "error")
    .map(({ message }) => message);
}
