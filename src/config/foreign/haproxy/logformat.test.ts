import { describe, expect, test } from "bun:test";
import { mistakesIn, ruleScene } from "./rules.fixture.ts";

const formats: readonly (readonly [string, string])[] = [
  ["plain", "plain"],
  ["{a}", "{{a}}"],
  ["100%%", "100%"],
  ["%[src]", "{src}"],
  ["a%[src]b%[path,lower]c", "a{src}b{path.lowerAscii()}c"],
  ["%ci:%cp", "{src}:{srcPort}"],
  ["a %{+Q}[src] b", "a {src} b"],
  ["%{+Q}ci%{+Q}cp", '"{src}""{srcPort}"'],
  ["%HP%HQ", "{path}{has(query) ? '?' + query : ''}"],
  ["%HV", "{'HTTP/' + version}"],
  ["%r", "{method + ' ' + target + ' ' + ('HTTP/' + version)}"],
  ["%ID", "{requestId}"],
  ["%f", "{'web'}"],
  // Brackets and commas inside of arguments are none of the sample's.
  ['%[path,regsub("[/]+","-")]', "{path.replaceRegex('[/]+', '-')}"],
  ["%[str(a)]", "{'a'}"],
];

describe("a log-format string", () => {
  for (const [written, expected] of formats)
    test(`${written} is ${expected}`, () => {
      const scene = ruleScene(`  http-request set-header X '${written}'`);
      expect(scene.told).toEqual([]);
      expect(mistakesIn(scene)).toEqual([]);
      expect(scene.listener.request).toEqual([{ setHeader: { X: expected } }]);
    });
});

test("as an expression its parts are joined", () => {
  const { listener } = ruleScene("  http-request set-var-fmt(txn.x) %[src]:%[src_port]/%[ssl_fc]");
  expect(listener.request).toEqual([
    { set: { "vars.txn_x": "string(src) + ':' + string(srcPort) + '/' + (secure ? '1' : '0')" } },
  ]);
});

test("what comes with the response is empty before", () => {
  const { listener } = ruleScene("  http-request set-header X a%ST");
  expect(listener.request).toEqual([{ setHeader: { X: "a" } }]);
});

test("what is not escaped is told", () => {
  expect(ruleScene("  http-request set-header X %{+E}[path]").told).toEqual([
    "warning 1:3 is approximated: quotes and brackets get no backslash, as {+E} wants",
  ]);
});

test("a sample is put in quotes in the text of a variable only, as HAProxy does", () => {
  const { listener } = ruleScene("  http-request set-var-fmt(txn.x) 'a %{+Q}[src] b'");
  expect(listener.request).toEqual([{ set: { "vars.txn_x": "'a \"' + string(src) + '\" b'" } }]);
});

test("behind set-method the method of the request line is the one that was received", () => {
  const { listener } = ruleScene("  http-request set-method GET\n  http-request set-header X %HM");
  expect(listener.request).toEqual([
    { set: { "vars.received_method": "method" } },
    { setMethod: "GET" },
    { setHeader: { X: "{vars.received_method}" } },
  ]);
});
