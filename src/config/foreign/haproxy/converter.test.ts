import { describe, expect, test } from "bun:test";
import { mistakesIn, ruleScene } from "./rules.fixture.ts";

/** A sample with converters as the value of a field, and the expression that it becomes. */
const conversions: readonly (readonly [string, string])[] = [
  ["path,lower", "path.lowerAscii()"],
  ["path,upper", "path.upperAscii()"],
  ["path,length", "path.size()"],
  ["path,field(2,/)", "path.field('/', 2)"],
  ["path,field(-1,/)", "path.field('/', -1)"],
  ["path,word(1,/)", "path.word('/', 1)"],
  // Any of several characters cuts.
  ["path,field(1,/.)", "path.replaceRegex('[/.]', '/', true).field('/', 1)"],
  ["path,regsub(a,b)", "path.replaceRegex('a', 'b')"],
  ["path,regsub(a,b,g)", "path.replaceRegex('a', 'b', true)"],
  ["path,regsub(a,b,gi)", "path.replaceRegex('(?i)a', 'b', true)"],
  ["src,ipmask(24)", "src.mask(24)"],
  ["src,ipmask(24,64)", "src.mask(24, 64)"],
  ["src,ipmask(255.255.0.0)", "src.mask(16)"],
  ["path,base64", "path.base64()"],
  ["path,b64dec", "path.unbase64()"],
  ["path,url_dec", "path.urlDecode()"],
  ["path,url_dec(1)", "path.replace('+', ' ').urlDecode()"],
  ["query,bool,iif(a,b)", "has(query) ? (int(query) != 0 ? 'a' : 'b') : null"],
  ["path,hex", "path.hex().upperAscii()"],
  ["path,bytes(1,3)", "path.substring(1, 4)"],
  ["path,bytes(1)", "path.substring(1)"],
  ["path,ltrim(/)", "path.replaceRegex('^[/]+', '')"],
  ["path,rtrim(/)", "path.replaceRegex('[/]+$', '')"],
  ["path,xxh32", "path.xxh32()"],
  ["path,crc32", "path.crc32()"],
  ["src_port,add(1),mul(2)", "(srcPort + 1) * 2"],
  ["src_port,sub(1),div(2)", "int((srcPort - 1) / 2)"],
  ["src_port,mod(2)", "srcPort % 2"],
  ["src_port,add(txn.n)", "srcPort + int(string(vars.txn_n))"],
  ["src_port,neg", "0 - srcPort"],
  ["src_port,bool", "srcPort != 0 ? '1' : '0'"],
  ["src_port,even", "srcPort % 2 == 0 ? '1' : '0'"],
  ["ssl_fc,not", "(secure ? 1 : 0) == 0 ? '1' : '0'"],
  ["ssl_fc,iif(https,http)", "secure ? 'https' : 'http'"],
  ["src,lower", "string(src).lowerAscii()"],
  ["hdr(host),host_only", String.raw`headers['host'].replaceRegex(r':\d*$', '').lowerAscii()`],
  ["str(a),concat(b,txn.n,c)", "'a' + 'b' + (has(vars.txn_n) ? string(vars.txn_n) : '') + 'c'"],
  [
    "path,strcmp(txn.n)",
    "has(vars.txn_n) ? (path == string(vars.txn_n) ? 0 : path < string(vars.txn_n) ? -1 : 1) : null",
  ],
  [
    "hdr(a),strcmp(txn.n)",
    "has(headers.list('a')[-1]) && has(vars.txn_n) ? (headers.list('a')[-1] == string(vars.txn_n) ? 0 : headers.list('a')[-1] < string(vars.txn_n) ? -1 : 1) : null",
  ],
  ["path,hex,length", "path.hex().upperAscii().size()"],
  ["src,in_table(st)", "src in st ? '1' : '0'"],
  ["src,table_conn_rate(st)", "st[src].conn_rate"],
  ["src,table_gpc0(st)", "st[src].gpc0"],
  ["hdr(k),table_gpc(1,keys)", "keys[headers.list('k')[-1]].gpc1"],
  ["hdr(k),table_gpt(1,keys)", "keys[headers.list('k')[-1]].gpt[1]"],
  // Maps.
  ["path,map(paths.map)", "lists['paths.map'][path]"],
  ["path,map_str(paths.map,none)", "has(lists['paths.map'][path]) ? lists['paths.map'][path] : 'none'"],
  ["path,map_str_int(paths.map,0)", "has(lists['paths.map'][path]) ? int(lists['paths.map'][path]) : 0"],
];

describe("a converter", () => {
  for (const [written, expected] of conversions)
    test(`${written} is ${expected}`, () => {
      const scene = ruleScene(`  http-request set-header X %[${written}]`);
      expect(scene.told).toEqual([]);
      expect(mistakesIn(scene)).toEqual([]);
      expect(scene.listener.request).toEqual([{ setHeader: { X: `{${expected}}` } }]);
    });
});

test("converters behind spaces are read as in old configs", () => {
  const { listener } = ruleScene("  http-request set-var(txn.x) path lower length if TRUE");
  expect(listener.request).toEqual([{ set: { "vars.txn_x": "path.lowerAscii().size()" } }]);
});

test("the same map is one list", () => {
  const { input } = ruleScene("  http-request set-header X %[path,map(a.map)]-%[url,map(a.map,x)]");
  expect(input.lists).toEqual({ "a.map": { map: "a.map" } });
});

const wrong: readonly (readonly [string, string])[] = [
  ["path,nosuch", 'converts by "nosuch", which is no converter of HAProxy\'s'],
  ["path,field(1)", "needs 2 to 3 arguments in brackets for field"],
  ["path,field(x,/)", 'needs a whole number in brackets, not "x"'],
  ["path,regsub(a,b,x)", 'has flags of regsub that are neither g nor i: "x"'],
  ["src,ipmask(33)", "needs a mask of 0 to 32 bits, not 33"],
  ["src,table_conn_rate(none)", 'asks a table "none"; known are "st", "keys"'],
  ["path,json(ascii)", "is refused: json: there is no such converter in Sluice"],
  ["hdr(x),crc32,hex", "is refused: hex: a number is 8 bytes to HAProxy, and a text in Sluice"],
  ["hdr_cnt(x),hex", "is refused: hex: a number is 8 bytes to HAProxy, and a text in Sluice"],
  ["ssl_fc,base64", "is refused: base64: a bool is 8 bytes to HAProxy, and a text in Sluice"],
  ["src,bytes(0,1)", "is refused: bytes: an address is 4 or 16 bytes to HAProxy, and a text in Sluice"],
  ["path,map_reg(a.map)", 'names "a.map", which cannot be read'],
];

describe("a converter that is not to be had", () => {
  for (const [written, expected] of wrong)
    test(`${written}: ${expected}`, () => {
      expect(ruleScene(`  http-request set-header X %[${written}]`).told).toEqual([`error 1:3 ${expected}`]);
    });
});

test("a hash that is another number is told", () => {
  expect(ruleScene("  http-request set-header X %[path,crc32(1)]").told).toEqual([
    "warning 1:3 is approximated: the hash is without avalanche, and so another number",
  ]);
  expect(ruleScene("  http-request set-header X %[src,xxh32,mod(100)]").told).toEqual([
    "warning 1:3 is approximated: the hash is that of a text, where an address is 4 or 16 bytes to HAProxy: another number",
  ]);
});

test("only texts are compared as bytes", () => {
  expect(ruleScene("  http-request deny if { src -m bin 7f000001 }").told).toEqual([
    "error 1:4 is refused: what is compared by -m bin must be a text: numbers and addresses are no bytes in Sluice",
  ]);
});

describe("a variable that holds a number or an address", () => {
  const told = (...lines: string[]): readonly string[] =>
    ruleScene(lines.map((line) => `  http-request ${line}`).join("\n")).told;
  const wants = "set-header X %[var(txn.x),hex]";
  const refused = (form: string): string => `is refused: hex: ${form} to HAProxy, and a text in Sluice`;
  const [number, address, bool] = ["a number is 8 bytes", "an address is 4 or 16 bytes", "a bool is 8 bytes"];

  test.each([
    ["src", address],
    ["hdr_cnt(x)", number],
    ["ssl_fc", bool],
    ["path,length", number],
    ["path length if TRUE", number],
    ["src,ipmask(24)", address],
    ["sc0_conn_rate", number],
    ["src,table_conn_rate(st)", number],
  ])("as %s is no bytes", (sample, form) => {
    expect(told(`set-var(txn.x) ${sample}`, wants)).toEqual([`error 2:3 ${refused(form)}`]);
  });

  test.each(["path", "hdr(x) lower", "var(txn.y)", "var(txn.x)"])("as %s it is bytes", (sample) => {
    expect(told(`set-var(txn.x) ${sample}`, "set-var-fmt(txn.x) %[src]", "set-var(txn.z) src", wants)).toEqual([]);
  });

  test("by one line of several, by another variable, and set behind the line that asks", () => {
    expect(told("set-var(txn.x) path", wants, "set-var(txn.y) src", "set-var(txn.x,ifnotexists) var(txn.y)")).toEqual([
      `error 2:3 ${refused(address)}`,
    ]);
  });

  test("is compared with no bytes, and its hash is told", () => {
    expect(told("set-var(txn.x) src", "deny if { var(txn.x) -m bin 7f000001 }")).toEqual([
      "error 2:4 is refused: what is compared by -m bin must be a text: numbers and addresses are no bytes in Sluice",
    ]);
    expect(told("set-var(txn.x) src", "set-header X %[var(txn.x),crc32]")).toEqual([
      "warning 2:3 is approximated: the hash is that of a text, where an address is 4 or 16 bytes to HAProxy: another number",
    ]);
  });
});
