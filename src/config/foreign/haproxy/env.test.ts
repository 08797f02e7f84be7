// What env() asks HAProxy 2.6 was seen in its answers: the environment as the whole file leaves it, and an empty value is one.

import { expect, test } from "bun:test";
import { tried } from "./trial.ts";

function rulesOf(line: string): readonly [unknown, readonly string[]] {
  const { input, told } = tried(
    `global\n setenv LATE 1\ndefaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nlisten x\n bind :1\n server a a:1\n ${line}\nglobal\n setenv LATE 2`,
    { ROLE: "edge", EMPTY: "" },
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
