// The filter against a plain one that compares decoded records, with records and filters drawn by chance: for the list and for the
// stream, which have one meaning.

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ipaddr from "ipaddr.js";
import { type DrawnRecord, drawnPlan, drawRecord } from "../../../test/playbook/drawnrecord.ts";
import { type FaultCode, fault, faultCodes } from "../../base/fault.ts";
import { runSteps } from "../../memory/listranges.ts";
import { RecorderRing } from "../../memory/recorder.ts";
import { noSlot } from "../../memory/recorderlayout.ts";
import type { RecorderReader } from "../../memory/recorderreader.ts";
import type { ExchangeRecord } from "../api/shape/exchange.ts";
import { Recorder } from "../recorder.ts";
import { type FilterAsked, type FilterName, readFilter } from "./filter.ts";
import { recordOf } from "./record.ts";

const folder = mkdtempSync(join(tmpdir(), "recorder-filter-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

/** mulberry32. */
let state = seed;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (end: number): number => Math.floor(random() * end);
const oneOf = <Of>(all: readonly Of[]): Of => all[below(all.length)]!;

const odd = [
  new Uint8Array([0x2f, 0xff, 0x61]),
  new Uint8Array([0x2f, 0x1b, 0x5b, 0x61]),
  "/a\\b",
  "/ÄÖ b",
  "/\u202ea",
];
const paths = ["/", "/a", "/a/b", "/ab/ab/abc", "/b.html", "", "*", ...odd];
const hosts = [
  "a.example.com",
  "A.Example.COM:8080",
  "example.com",
  "b:",
  ":80",
  "b:80:81",
  "[::1]:80",
  "ÄB.de:1",
  ...odd,
];
const clients = ["10.0.0.1", "10.1.2.3", "192.0.2.255", "2001:db8::1", "::ffff:10.0.0.1", "fe80::1%eth0", "", "unix:"];
const slots = [0, 1, 5, 6, noSlot];

function draw(): DrawnRecord {
  return {
    ...{ kind: oneOf([0, 0, 0, 1, 2, 3]), status: oneOf([0, 200, 204, 304, 404, 429, 499, 500, 503, 599]) },
    ...{ method: below(12), methodText: oneOf(["", "PATCH", "pAtch", "M-SEARCH"]) },
    ...{ host: oneOf(hosts), path: oneOf(paths), client: oneOf([...clients, ...odd]) },
    ...{ listener: oneOf(slots), pool: oneOf(slots), server: oneOf(slots), rule: oneOf(slots) },
    ...{ serverText: oneOf(["", "", "one:80", "far.example.com:443", oneOf(odd)]) },
    ...{ hits: Array.from({ length: below(7) }, () => oneOf(slots)), hasMoreHits: random() < 0.2 },
    ...{
      fault: oneOf([0, 0, 1, 2, faultCodes.indexOf("server_reset") + 1, faultCodes.length, faultCodes.length + 1]),
      cache: below(11),
    },
    ...{ egress: oneOf(slots), egressText: oneOf(["", "203.0.113.7", "2001:db8::7"]) },
    ...{ durationMs: oneOf([0, 0.0004, 9.9996, 10, 200.4, 1e5]), startedMs: below(1000) },
  };
}

const values: Readonly<Record<FilterName, readonly string[]>> = {
  kind: ["http", "tcp", "udp"],
  status: ["404", "5xx", "400-499, 2xx", "0", "0-204"],
  method: ["get", "POST,GET", "patch", "m-search,", ""],
  host: [
    "a.example.com",
    "*.example.com",
    "A.EXAMPLE.*",
    "*:8080",
    "b",
    "b:80",
    "[::1]",
    "äb.de",
    "*x5cb",
    "*",
    "",
    "*b*",
  ],
  path: [
    "/",
    "/a",
    "/a*",
    "*b",
    "*a*b*",
    "/ab*ab*abc",
    "*ab*ab*ab*",
    "*\\xff*",
    "*\\x5c*",
    "/Ä*",
    "",
    "*",
    "**",
    "/*l",
  ],
  client: [
    "10.0.0.1",
    "10.0.0.0/8",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/33",
    "fe80::1",
    "192.0.2.254/31",
    "::ffff:10.0.0.1",
  ],
  listener: ["web", "other", ""],
  pool: ["app", ""],
  server: ["one:80", "two:80", "far.example.com:443", "", "/a\\x5cb"],
  rule: ["seen", "shut", "", "…"],
  fault: ["any", faultCodes[0]!, faultCodes.at(-1)!, "server_reset"],
  cache: ["hit", "hit,miss , pass", "stale,collapsed", "error"],
  egress: ["out", "203.0.113.7", ""],
  slower: ["0ms", "10ms", "200.4ms", "1s"],
  failed: ["true", "false"],
};
const names = Object.keys(values) as FilterName[];

const patternOf = (glob: string, isWhole: boolean): RegExp =>
  new RegExp(
    `^${glob
      .split("*")
      .map((part) => RegExp.escape(part))
      .join(".*")}${isWhole ? "$" : ""}`,
    "s",
  );
const among = (value: string): string[] => value.split(",").map((each) => each.trim());

const plain: Readonly<Record<FilterName, (record: ExchangeRecord, value: string) => boolean>> = {
  kind: ({ kind }, value) => kind === value,
  status: ({ kind, status }, value) =>
    kind === "http" &&
    among(value).some((part) => {
      const [from, to] = part.replace(/^(\d)xx$/, "$100-$199").split("-");
      return status >= Number(from) && status <= Number(to ?? from);
    }),
  method: ({ method }, value) => among(value.toLowerCase()).includes(method.toLowerCase()),
  host: ({ host }, value) => {
    const pattern = patternOf(value.toLowerCase(), true);
    return pattern.test(host.toLowerCase()) || pattern.test(host.toLowerCase().replace(/:\d+$/, ""));
  },
  path: ({ path }, value) => patternOf(value, value.includes("*")).test(path),
  client: ({ client }, value) => {
    if (!ipaddr.isValid(client) || !client.match(/[.:]/)) return false;
    const [address, bits] = value.split("/");
    const wide = (text: string): ipaddr.IPv6 => {
      const read = ipaddr.parse(text.replace(/%.*/, ""));
      return read.kind() === "ipv4" ? (read as ipaddr.IPv4).toIPv4MappedAddress() : (read as ipaddr.IPv6);
    };
    return wide(client).match(wide(address!), bits === undefined ? 128 : Number(bits) + (value.includes(":") ? 0 : 96));
  },
  listener: ({ listener }, value) => listener === value,
  pool: ({ pool }, value) => pool === value,
  server: ({ server }, value) => server === value,
  rule: ({ rule, rules }, value) => rule === value || rules.includes(value),
  fault: ({ fault }, value) => fault !== null && (value === "any" || fault === value),
  cache: ({ cache }, value) => among(value).includes(cache ?? ""),
  egress: ({ egress }, value) => egress !== null && (egress.pool === value || egress.address === value),
  slower: ({ durationMs }, value) => durationMs >= (value === "1s" ? 1000 : Number.parseFloat(value)),
  failed: ({ fault: code, status }, value) =>
    (status >= 500 || (code !== null && fault(code as FaultCode).side !== "downstream")) === (value === "true"),
};

test("list and stream let through what a comparison of decoded records would", () => {
  const recorder = new Recorder(join(folder, "drawn"), 2);
  const { file, keep } = recorder.prepare({ ...drawnPlan, recorder: { entriesMax: 300, hasQuery: false } });
  keep();
  const cursor = recorder.now();
  const bytes = Bun.mmap(file!, { shared: true });
  const rings = [new RecorderRing(bytes, 0), new RecorderRing(bytes, 1)];
  for (let count = 0; count < 300; count++) drawRecord(oneOf(rings), draw());
  const all = runSteps(recorder.search(() => true, 1000)).records;
  expect(all).toHaveLength(300);
  // Each value by itself, and some together.
  const each = names.flatMap((name) => values[name].map((value): FilterAsked => ({ [name]: value })));
  const several = Array.from({ length: 100 }, (): FilterAsked => {
    const some = [oneOf(names), oneOf(names), oneOf(names)];
    return Object.fromEntries(some.map((name) => [name, oneOf(values[name])]));
  });
  const found = new Map<string, number>();
  for (const asked of [...each, ...several]) {
    const accepts = readFilter(asked);
    if (typeof accepts === "string") throw new Error(`${JSON.stringify(asked)}: ${accepts}`);
    const wanted = all.filter((record) =>
      Object.entries(asked).every(([name, value]) => plain[name as FilterName](record, value!)),
    );
    const listed = runSteps(recorder.search(accepts, 1000)).records;
    const told: string[] = [];
    const visit = (reader: RecorderReader, worker: number): void => {
      if (accepts(reader, recorder.names)) told.push(recordOf(reader, worker, recorder.names).id);
    };
    recorder.since([...cursor], visit, 1000);
    const ids = wanted.map(({ id }) => id).sort();
    const context = { seed, asked };
    expect({ ...context, ids: listed.map(({ id }) => id).sort() }).toEqual({ ...context, ids });
    expect({ ...context, ids: told.sort() }).toEqual({ ...context, ids });
    for (const name of Object.keys(asked)) found.set(name, (found.get(name) ?? 0) + ids.length);
  }
  for (const name of names) expect([name, (found.get(name) ?? 0) > 0]).toEqual([name, true]);
});
