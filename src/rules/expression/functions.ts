// The catalogue of functions: plain ones with what they do, and those that need the compiler (macros, effects, regular
// expressions, time zones) with how they are written. Calls are resolved against it, the reference (docs/EXPRESSIONS.md) is made
// from it, and each row's examples are tested. Rows of one name differ in what they are called on.

import { formatAddress } from "../../wire/ipaddress.ts";
import type { Value } from "../scene.ts";
import { mask, readIp } from "./blocks.ts";
import { formatSpan, formatTime, readSpan, readTime, spanPart } from "./clocks.ts";
import type { Type } from "./compiled.ts";
import { type Row, row } from "./row.ts";
import { isIPv4 } from "./term.ts";
import { textRows } from "./textrows.ts";
import * as texts from "./texts.ts";

const some = ["string"] as const;

export const rows: readonly Row[] = [
  ...textRows,
  row("address.isIPv4()", [], "bool", "Whether it is an IPv4 address.", [["ip('10.0.0.1').isIPv4()", true]], isIPv4),
  row(
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
  row("duration.getHours()", [], "number", "In whole hours.", [["duration('90m').getHours()", 1]], (ms: number) =>
    spanPart("getHours", ms),
  ),
  row(
    "duration.getMinutes()",
    [],
    "number",
    "In whole minutes.",
    [["duration('90m').getMinutes()", 90]],
    (ms: number) => spanPart("getMinutes", ms),
  ),
  row(
    "duration.getSeconds()",
    [],
    "number",
    "In whole seconds.",
    [["duration('1m30s').getSeconds()", 90]],
    (ms: number) => spanPart("getSeconds", ms),
  ),
  row(
    "duration.getMilliseconds()",
    [],
    "number",
    "The milliseconds beyond whole seconds.",
    [["duration('1500ms').getMilliseconds()", 500]],
    (ms: number) => spanPart("getMilliseconds", ms),
  ),
  row(
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
  row(
    "ip(text)",
    some,
    "address",
    "Reads an address; absent when the text is none.",
    [["ip('10.0.0.1') == ip('::ffff:10.0.0.1')", true]],
    readIp,
    { complaint: "must be an IP address such as '10.0.0.1'" },
  ),
  row(
    "cidr(text, …)",
    some,
    "bool",
    "Addresses and blocks, to the right of in. A block of IPv4 holds no IPv6 address.",
    [["ip('10.1.2.3') in cidr('10.0.0.0/8', '::1')", true]],
    null,
  ),
  row(
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
  row("int(bool)", ["bool"], "number", "1 for true, 0 for false.", [["int(1 < 2)", 1]], (value: boolean) =>
    value ? 1 : 0,
  ),
  row("int(number)", ["number"], "number", "Without its fraction.", [["int(-1.5)", -1]], (value: number) =>
    Math.trunc(value),
  ),
  row(
    "int(time)",
    ["time"],
    "number",
    "Seconds since 1970.",
    [["int(timestamp('1970-01-02T00:00:00Z'))", 86400]],
    (ms: number) => Math.floor(ms / 1000),
  ),
  row(
    "double(text)",
    some,
    "number",
    "Reads a number; absent when the text is none.",
    [["double('1.5e3')", 1500]],
    texts.readNumber,
    { complaint: "must be a number" },
  ),
  row("double(number)", ["number"], "number", "The number.", [["double(1)", 1]], (value: number) => value),
  row(
    "bool(text)",
    some,
    "bool",
    "'true' or 'false'; absent for everything else.",
    [["bool('true')", true]],
    (text: string) => (text === "true" ? true : text === "false" ? false : null),
    { complaint: "must be 'true' or 'false'" },
  ),
  row(
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
  row("size(text)", some, "number", "As text.size().", [["size('four')", 4]], (text: string) => text.length),
  row(
    "size(list)",
    ["list"],
    "number",
    "As list.size().",
    [["size([1, 2])", 2]],
    (list: readonly Value[]) => list.length,
  ),
  row("min(number, …)", ["number"], "number", "The least.", [["min(3, 1, 2)", 1]], null),
  row("max(number, …)", ["number"], "number", "The greatest.", [["max(3, 1, 2)", 3]], null),
  row("abs(number)", ["number"], "number", "Without its sign.", [["abs(-2)", 2]], Math.abs),
  row("floor(number)", ["number"], "number", "The whole number below.", [["floor(1.7)", 1]], Math.floor),
  row("ceil(number)", ["number"], "number", "The whole number above.", [["ceil(1.2)", 2]], Math.ceil),
  row(
    "round(number)",
    ["number"],
    "number",
    "The nearest whole number; halves go up.",
    [["round(2.5)", 3]],
    Math.round,
  ),
  row(
    "timestamp(text)",
    some,
    "time",
    "Reads a time of RFC 3339, or a day.",
    [["timestamp('2026-01-01') < timestamp('2026-01-01T00:00:01Z')", true]],
    readTime,
    { complaint: "must be a time such as '2026-01-31T08:00:00Z' or a day such as '2026-01-31'" },
  ),
  row(
    "duration(text)",
    some,
    "duration",
    "Reads a duration.",
    [["duration('1m') == duration('60s')", true]],
    readSpan,
    { complaint: "must be a duration such as '10s', '500ms' or '1m30s'" },
  ),
  row("random()", [], "number", "By chance, from 0 to below 1.", [["random() < 1", true]], null),
  row(
    "uuid()",
    [],
    "string",
    "By chance, a UUID of version 4 (RFC 9562), such as 9f2c8e1a-5b7d-4c3e-8a6f-0d1e2b3c4a5f.",
    [["uuid().size()", 36]],
    null,
  ),
  row(
    "increment(counter, by)",
    ["any", "number"],
    "number",
    "Adds 1, or so many, to `table[key].gpc0` or another counter, and answers its new value.",
    [],
    null,
    { optional: 1 },
  ),
  row("clear(counter)", ["any"], "number", "Sets it to 0, and answers its former value.", [], null),
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
    row(
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
