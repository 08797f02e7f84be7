// The catalogue of functions: plain ones with what they do, and those that need the compiler (macros, effects, regular
// expressions, time zones) with how they are written. Calls are resolved against it, the reference (docs/EXPRESSIONS.md) is made
// from it, and each row's examples are tested. Rows of one name differ in what they are called on.

import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { hashString } from "../../base/hash.ts";
import { formatAddress } from "../../wire/ipaddress.ts";
import type { Value } from "../scene.ts";
import { mask, readIp } from "./blocks.ts";
import { formatSpan, formatTime, readSpan, readTime, spanPart } from "./clocks.ts";
import type { Type } from "./compiled.ts";
import { isIPv4 } from "./term.ts";
import * as texts from "./texts.ts";

export interface Row {
  readonly name: string;
  /** What it is a method of; null for a function. */
  readonly receiver: Type | null;
  readonly parameters: readonly Type[];
  /** How many of the parameters may be left out, from the end. */
  readonly optional: number;
  readonly result: Type;
  /** `text.startsWith(text)` */
  readonly usage: string;
  readonly about: string;
  /** Expressions, and what they come to. */
  readonly examples: readonly (readonly [string, Value])[];
  /** Null: the compiler does it. Receiver and parameters, all there; null is absent. */
  readonly apply: ((...values: never[]) => Value) | null;
  /** For constants that it answers with nothing: what they must be. */
  readonly complaint: string;
}

type Options = Partial<Pick<Row, "optional" | "complaint">>;

function method(
  usage: string,
  parameters: readonly Type[],
  result: Type,
  about: string,
  examples: Row["examples"],
  apply: Row["apply"],
  options: Options = {},
): Row {
  const [, receiver, name] = /^(\w+)\.(\w+)\(/.exec(usage)!;
  return {
    name: name!,
    receiver: receivers[receiver!]!,
    parameters,
    result,
    usage,
    about,
    examples,
    apply,
    optional: 0,
    complaint: "",
    ...options,
  };
}

function plain(
  usage: string,
  parameters: readonly Type[],
  result: Type,
  about: string,
  examples: Row["examples"],
  apply: Row["apply"],
  options: Options = {},
): Row {
  const [, name] = /^(\w+)\(/.exec(usage)!;
  return {
    name: name!,
    receiver: null,
    parameters,
    result,
    usage,
    about,
    examples,
    apply,
    optional: 0,
    complaint: "",
    ...options,
  };
}

const receivers: Readonly<Record<string, Type>> = {
  text: "string",
  list: "list",
  address: "address",
  time: "time",
  duration: "duration",
};

const some = ["string"] as const;

export const rows: readonly Row[] = [
  method(
    "text.startsWith(text)",
    some,
    "bool",
    "Whether it begins so.",
    [["'/api/x'.startsWith('/api')", true]],
    (text: string, start: string) => text.startsWith(start),
  ),
  method(
    "text.endsWith(text)",
    some,
    "bool",
    "Whether it ends so.",
    [["'a.png'.endsWith('.png')", true]],
    (text: string, end: string) => text.endsWith(end),
  ),
  method(
    "text.contains(text)",
    some,
    "bool",
    "Whether it holds that anywhere.",
    [["'a/../b'.contains('..')", true]],
    (text: string, part: string) => text.includes(part),
  ),
  method(
    "text.matches(regex, flags)",
    ["string", "string"],
    "bool",
    "Whether a JavaScript regular expression in quotes is found anywhere in it; flags are letters of imsu.",
    [
      ["'/shop/17'.matches('^/shop/[0-9]+$')", true],
      ["'A'.matches('a', 'i')", true],
    ],
    null,
    { optional: 1 },
  ),
  method("text.size()", [], "number", "How many bytes it has.", [["'four'.size()", 4]], (text: string) => text.length),
  method(
    "text.indexOf(text)",
    some,
    "number",
    "Where that is found first, from 0; -1 when it is not.",
    [["'abcab'.indexOf('b')", 1]],
    (text: string, part: string) => text.indexOf(part),
  ),
  method(
    "text.lastIndexOf(text)",
    some,
    "number",
    "Where that is found last.",
    [["'abcab'.lastIndexOf('b')", 4]],
    (text: string, part: string) => text.lastIndexOf(part),
  ),
  method(
    "text.lowerAscii()",
    [],
    "string",
    "ASCII letters in lower case.",
    [["'AbC'.lowerAscii()", "abc"]],
    texts.lowerAscii,
  ),
  method(
    "text.upperAscii()",
    [],
    "string",
    "ASCII letters in upper case.",
    [["'AbC'.upperAscii()", "ABC"]],
    texts.upperAscii,
  ),
  method("text.trim()", [], "string", "Without white space at both ends.", [["' a '.trim()", "a"]], texts.trim),
  method(
    "text.replace(text, text)",
    ["string", "string"],
    "string",
    "Every one of the first by the second.",
    [["'a-b-c'.replace('-', '+')", "a+b+c"]],
    texts.replace,
  ),
  method(
    "text.replaceRegex(regex, text, all)",
    ["string", "string", "bool"],
    "string",
    "What the regular expression finds first, or with true all of it, by a text in quotes; $1 or \\\\1 is what its first group found, $& all of it.",
    [
      ["'/old/x'.replaceRegex('^/old/(.*)', '/new/$1')", "/new/x"],
      ["'aab'.replaceRegex('a', 'x', true)", "xxb"],
    ],
    null,
    { optional: 1 },
  ),
  method(
    "text.split(text)",
    some,
    "list",
    "The parts between separators.",
    [["'a,b'.split(',')", ["a", "b"]]],
    (text: string, separator: string) => text.split(separator),
  ),
  method(
    "text.substring(start, end)",
    ["number", "number"],
    "string",
    "From a position up to before another, or to the end.",
    [
      ["'abcd'.substring(1, 3)", "bc"],
      ["'abcd'.substring(2)", "cd"],
    ],
    texts.substring,
    { optional: 1 },
  ),
  method(
    "text.field(separator, number)",
    ["string", "number"],
    "string",
    "The part of that number between separators, from 1, or from the end when negative; absent beyond.",
    [
      ["'a,,c'.field(',', 2)", ""],
      ["'a,,c'.field(',', -1)", "c"],
      ["'a'.field(',', 2)", null],
    ],
    texts.field,
  ),
  method(
    "text.word(separator, number)",
    ["string", "number"],
    "string",
    "As field, but empty parts do not count.",
    [["'/a/b'.word('/', 1)", "a"]],
    texts.word,
  ),
  method(
    "text.subdomainOf(name)",
    some,
    "bool",
    "Whether it is that host name, or one under it; case is of no account.",
    [
      ["'www.a.com'.subdomainOf('a.com')", true],
      ["'nota.com'.subdomainOf('a.com')", false],
    ],
    texts.isSubdomainOf,
  ),
  method("text.urlEncode()", [], "string", "Percent-encoded.", [["'a b/c'.urlEncode()", "a%20b%2Fc"]], texts.urlEncode),
  method(
    "text.urlDecode()",
    [],
    "string",
    "Percent-decoded; + stays.",
    [["'a%20b'.urlDecode()", "a b"]],
    texts.urlDecode,
  ),
  method("text.base64()", [], "string", "Base64.", [["'hello'.base64()", "aGVsbG8="]], texts.base64),
  method(
    "text.unbase64()",
    [],
    "string",
    "What was written in Base64, of either alphabet; absent when nothing was.",
    [
      ["'aGVsbG8='.unbase64()", "hello"],
      ["'!'.unbase64()", null],
    ],
    texts.unbase64,
  ),
  method("text.hex()", [], "string", "Its bytes in hexadecimal.", [["'AB'.hex()", "4142"]], texts.hex),
  method("text.crc32()", [], "number", "CRC-32 of its bytes.", [["'hello'.crc32()", 907060870]], (text: string) =>
    crc32(Buffer.from(text, "latin1")),
  ),
  method(
    "text.xxh32()",
    [],
    "number",
    "xxHash of its bytes, 32 bits, seed 0.",
    [["'hello'.xxh32()", 4211111929]],
    (text: string) => hashString(text),
  ),
  method(
    "text.sha256()",
    [],
    "string",
    "SHA-256 of its bytes, in hexadecimal.",
    [["'abc'.sha256().substring(0, 8)", "ba7816bf"]],
    (text: string) => hash("sha256", Buffer.from(text, "latin1"), "hex"),
  ),
  method(
    "list.size()",
    [],
    "number",
    "How many values it has.",
    [["[1, 2].size()", 2]],
    (list: readonly Value[]) => list.length,
  ),
  method(
    "list.join(separator)",
    some,
    "string",
    "The values as one text; without a separator one after the other.",
    [["['a', 'b'].join('-')", "a-b"]],
    null,
    { optional: 1 },
  ),
  method(
    "list.exists(v, condition)",
    ["any", "bool"],
    "bool",
    "Whether the condition holds for a value v of it.",
    [["['a', 'b'].exists(v, v == 'b')", true]],
    null,
  ),
  method(
    "list.all(v, condition)",
    ["any", "bool"],
    "bool",
    "Whether it holds for all of them.",
    [["[1, 2].all(n, n > 0)", true]],
    null,
  ),
  method("address.isIPv4()", [], "bool", "Whether it is an IPv4 address.", [["ip('10.0.0.1').isIPv4()", true]], isIPv4),
  method(
    "address.mask(bits4, bits6)",
    ["number", "number"],
    "address",
    "The network it is in: so many bits of an IPv4 address, and of an IPv6 address (128).",
    [
      ["string(ip('10.1.2.3').mask(24, 64))", "10.1.2.0"],
      ["string(ip('2001:db8::1').mask(24, 32))", "2001:db8::"],
    ],
    mask,
    { optional: 1 },
  ),
  ...clockRows(),
  method("duration.getHours()", [], "number", "In whole hours.", [["duration('90m').getHours()", 1]], (ms: number) =>
    spanPart("getHours", ms),
  ),
  method(
    "duration.getMinutes()",
    [],
    "number",
    "In whole minutes.",
    [["duration('90m').getMinutes()", 90]],
    (ms: number) => spanPart("getMinutes", ms),
  ),
  method(
    "duration.getSeconds()",
    [],
    "number",
    "In whole seconds.",
    [["duration('1m30s').getSeconds()", 90]],
    (ms: number) => spanPart("getSeconds", ms),
  ),
  method(
    "duration.getMilliseconds()",
    [],
    "number",
    "The milliseconds beyond whole seconds.",
    [["duration('1500ms').getMilliseconds()", 500]],
    (ms: number) => spanPart("getMilliseconds", ms),
  ),
  plain(
    "has(x)",
    ["any"],
    "bool",
    "Whether there is a value; of an entry of a table, whether there is one.",
    [
      ["has('x')", true],
      ["has(null)", false],
    ],
    null,
  ),
  plain(
    "ip(text)",
    some,
    "address",
    "Reads an address; absent when the text is none.",
    [["ip('10.0.0.1') == ip('::ffff:10.0.0.1')", true]],
    readIp,
    { complaint: "must be an IP address such as '10.0.0.1'" },
  ),
  plain(
    "cidr(text, …)",
    some,
    "bool",
    "Addresses and blocks, to the right of in. A block of IPv4 holds no IPv6 address.",
    [["ip('10.1.2.3') in cidr('10.0.0.0/8', '::1')", true]],
    null,
  ),
  plain(
    "int(text)",
    some,
    "number",
    "Reads a whole number; absent when the text is none.",
    [
      ["int('17')", 17],
      ["int('x' + 'y') == null", true],
    ],
    texts.readInteger,
    { complaint: "must be a whole number" },
  ),
  plain("int(number)", ["number"], "number", "Without its fraction.", [["int(-1.5)", -1]], (value: number) =>
    Math.trunc(value),
  ),
  plain(
    "int(time)",
    ["time"],
    "number",
    "Seconds since 1970.",
    [["int(timestamp('1970-01-02T00:00:00Z'))", 86400]],
    (ms: number) => Math.floor(ms / 1000),
  ),
  plain(
    "double(text)",
    some,
    "number",
    "Reads a number; absent when the text is none.",
    [["double('1.5e3')", 1500]],
    texts.readNumber,
    { complaint: "must be a number" },
  ),
  plain("double(number)", ["number"], "number", "The number.", [["double(1)", 1]], (value: number) => value),
  plain(
    "bool(text)",
    some,
    "bool",
    "'true' or 'false'; absent for everything else.",
    [["bool('true')", true]],
    (text: string) => (text === "true" ? true : text === "false" ? false : null),
    { complaint: "must be 'true' or 'false'" },
  ),
  plain(
    "string(x)",
    ["any"],
    "string",
    "As text: what a template writes.",
    [
      ["string(1.5)", "1.5"],
      ["string(ip('::1'))", "::1"],
      ["string(duration('90s'))", "1m30s"],
    ],
    null,
  ),
  plain("size(text)", some, "number", "As text.size().", [["size('four')", 4]], (text: string) => text.length),
  plain(
    "size(list)",
    ["list"],
    "number",
    "As list.size().",
    [["size([1, 2])", 2]],
    (list: readonly Value[]) => list.length,
  ),
  plain("min(number, …)", ["number"], "number", "The least.", [["min(3, 1, 2)", 1]], null),
  plain("max(number, …)", ["number"], "number", "The greatest.", [["max(3, 1, 2)", 3]], null),
  plain("abs(number)", ["number"], "number", "Without its sign.", [["abs(-2)", 2]], Math.abs),
  plain("floor(number)", ["number"], "number", "The whole number below.", [["floor(1.7)", 1]], Math.floor),
  plain("ceil(number)", ["number"], "number", "The whole number above.", [["ceil(1.2)", 2]], Math.ceil),
  plain(
    "round(number)",
    ["number"],
    "number",
    "The nearest whole number; halves go up.",
    [["round(2.5)", 3]],
    Math.round,
  ),
  plain(
    "timestamp(text)",
    some,
    "time",
    "Reads a time of RFC 3339, or a day.",
    [["timestamp('2026-01-01') < timestamp('2026-01-01T00:00:01Z')", true]],
    readTime,
    { complaint: "must be a time such as '2026-01-31T08:00:00Z' or a day such as '2026-01-31'" },
  ),
  plain(
    "duration(text)",
    some,
    "duration",
    "Reads a duration.",
    [["duration('1m') == duration('60s')", true]],
    readSpan,
    { complaint: "must be a duration such as '10s', '500ms' or '1m30s'" },
  ),
  plain("random()", [], "number", "By chance, from 0 to below 1.", [["random() < 1", true]], null),
  plain(
    "increment(counter, by)",
    ["any", "number"],
    "number",
    "Adds 1, or so many, to `table[key].gpc0` or another counter, and answers its new value.",
    [],
    null,
    { optional: 1 },
  ),
  plain("clear(counter)", ["any"], "number", "Sets it to 0, and answers its former value.", [], null),
];

function clockRows(): Row[] {
  const at = "timestamp('2026-03-01T22:30:05.250Z')";
  const parts: readonly (readonly [string, string, number])[] = [
    ["getFullYear", "The year", 2026],
    ["getMonth", "The month, from 0", 2],
    ["getDate", "The day of the month, from 1", 1],
    ["getDayOfMonth", "The day of the month, from 0", 0],
    ["getDayOfWeek", "The day of the week, 0 is Sunday", 0],
    ["getDayOfYear", "The day of the year, from 0", 59],
    ["getHours", "The hour", 22],
    ["getMinutes", "The minute", 30],
    ["getSeconds", "The second", 5],
    ["getMilliseconds", "The millisecond", 250],
  ];
  return parts.map(([name, about, example]) =>
    method(
      `time.${name}(zone)`,
      some,
      "number",
      `${about}, in UTC or a zone such as 'Europe/Berlin' or '+02:00'.`,
      [[`${at}.${name}()`, example]],
      null,
      { optional: 1 },
    ),
  );
}

/** By the type that is known: how `string()` and templates write a value. */
export function writerOf(type: Type | "null" | "error"): ((value: never) => string | null) | null {
  if (type === "time") return formatTime;
  if (type === "duration") return formatSpan;
  return type === "address" ? (value: Uint8Array) => formatAddress(value, 0) : null;
}
