import { expect, test } from "bun:test";
import { logFields } from "../../config/logfields.ts";
import type { LogFieldPlan } from "../../config/plan.ts";
import { exchangeFields, fieldsBytesMax, sessionFields } from "./fields.ts";
import { AccessRecord } from "./record.ts";
import { SessionRecord } from "./session.ts";

const gopher: readonly LogFieldPlan[] = [
  { name: "time", field: "time" },
  { name: "level", value: "INFO" },
  { name: "msg", value: "request" },
  { name: "method", field: "method" },
  { name: "path", field: "path" },
  { name: "remote_addr", field: "remote" },
  { name: "status", field: "status" },
  { name: "duration_ms", field: "duration_whole_ms" },
];
const every: readonly LogFieldPlan[] = logFields.map((field) => ({ name: field, field }));

function recordOf(target: string | Uint8Array, fields: Partial<AccessRecord> = {}): AccessRecord {
  const [method, asked] = [Buffer.from("GET"), Buffer.from(target)];
  const places = { methodEnd: 3, targetStart: 3, targetEnd: 3 + asked.length };
  const head = new Uint8Array(Buffer.concat([method, asked]));
  return Object.assign(new AccessRecord(), { head, ...places, wallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6), ...fields });
}

function lineOf(fields: readonly LogFieldPlan[], record: AccessRecord | SessionRecord): string {
  const out = new Uint8Array(fieldsBytesMax(fields) + 3).fill(0xff);
  const end =
    record instanceof AccessRecord ? exchangeFields(fields)(record, out, 3) : sessionFields(fields)(record, out, 3);
  expect(out.subarray(0, 3)).toEqual(new Uint8Array([255, 255, 255]));
  expect(end - 3).toBeLessThanOrEqual(fieldsBytesMax(fields));
  return new TextDecoder("utf-8", { fatal: true }).decode(out.subarray(3, end));
}

test("a line has the fields that were asked for, in their order, and constants as they are", () => {
  const record = recordOf("/a/b?c=d", { client: "192.0.2.1", clientPort: 4711, status: 200, durationMs: 12.9 });
  expect(lineOf(gopher, record)).toBe(
    '{"time":"2026-01-02T03:04:05.006Z","level":"INFO","msg":"request","method":"GET","path":"/a/b",' +
      '"remote_addr":"192.0.2.1:4711","status":200,"duration_ms":12}\n',
  );
});

test("constants keep their kind, and names and texts are escaped", () => {
  const line = lineOf(
    [
      { name: 'a"b', value: 'c"\n\u2028' },
      { name: "n", value: 1.5 },
      { name: "b", value: false },
    ],
    recordOf("/"),
  );
  expect(JSON.parse(line)).toEqual({ 'a"b': 'c"\n\u2028', n: 1.5, b: false });
  expect(line.indexOf("\n")).toBe(line.length - 1);
});

test("path and query are what is before and behind the question mark, whichever form the target has", () => {
  const fields: LogFieldPlan[] = [
    { name: "path", field: "path" },
    { name: "query", field: "query" },
  ];
  const of = (target: string): unknown => JSON.parse(lineOf(fields, recordOf(target)));
  expect(of("/a?b?c")).toEqual({ path: "/a", query: "b?c" });
  expect(of("/a?")).toEqual({ path: "/a" });
  expect(of("/a://b")).toEqual({ path: "/a://b" });
  expect(of("http://h.test/a/b?c")).toEqual({ path: "/a/b", query: "c" });
  expect(of("http://h.test?c")).toEqual({ path: "/", query: "c" });
  expect(of("*")).toEqual({ path: "*" });
  expect(of("h.test:443")).toEqual({ path: "h.test:443" });
  expect(of("")).toEqual({ path: "" });
});

test("a decoded path is what was meant by it, and never more than a text on one line", () => {
  const of = (target: string): unknown => {
    const line = lineOf([{ name: "path", field: "path_decoded" }], recordOf(target));
    expect(line).toMatch(/^[^\x00-\x1f\x7f-\x9f]*\n$/);
    return (JSON.parse(line) as { path: string }).path;
  };
  expect([of("/a%20b/%C3%BC%2fc?d%20e"), of("http://h.test/%61"), of("http://h.test?c"), of("*")]).toEqual([
    ...["/a b/\u00fc/c", "/a", "/", "*"],
  ]);
  expect(of("/%0a%0d%22%5c%1b%7f%c2%9b")).toBe('/\n\r"\\\u001b\u007f\u009b');
  // What is no escape stays, and what is no UTF-8 is its bytes.
  expect([of("/%"), of("/%4"), of("/%zz%4g"), of("/%ff%fe"), of("/%2541")]).toEqual([
    ...["/%", "/%4", "/%zz%4g", "/\u00ff\u00fe", "/%41"],
  ]);
  expect(of(`/${"%01".repeat(9000)}`)).toMatch(/^\/\x01+%?0?\.\.\.$/);
});

test("the level is ERROR where a request failed by our fault or a server's, and INFO otherwise", () => {
  const of = (status: number, fault: string): unknown =>
    JSON.parse(lineOf([{ name: "level", field: "level" }], recordOf("/", { status, fault })));
  expect([of(502, "connect_refused"), of(503, "no_server"), of(500, ""), of(429, "rate_limited"), of(200, "")]).toEqual(
    ["ERROR", "ERROR", "INFO", "INFO", "INFO"].map((level) => ({ level })),
  );
});

test("where a client is from has its port where that is known", () => {
  const remote = (client: string, clientPort: number): unknown =>
    JSON.parse(lineOf([{ name: "r", field: "remote" }], recordOf("/", { client, clientPort })));
  expect(remote("::1", 80)).toEqual({ r: "[::1]:80" });
  expect(remote("2001:db8::1", 0)).toEqual({ r: "2001:db8::1" });
  expect(remote("192.0.2.1", 0)).toEqual({ r: "192.0.2.1" });
});

test("the version is that which the client speaks", () => {
  const of = (fields: object): unknown =>
    JSON.parse(lineOf([{ name: "v", field: "version" }], recordOf("/", fields))).v;
  expect([of({ minor: 0 }), of({ minor: 1 }), of({ isHttp2: true })]).toEqual(["1.0", "1.1", "2.0"]);
});

test("what a line has nothing for is left out, and with nothing at all it is an empty object", () => {
  expect(lineOf([{ name: "u", field: "user" }], recordOf("/"))).toBe("{}\n");
  expect(lineOf([], recordOf("/"))).toBe("{}\n");
  expect(Object.keys(JSON.parse(lineOf(every, new AccessRecord())))).toEqual([
    "time",
    "client",
    "remote",
    "method",
    "target",
    "path",
    "path_decoded",
    "host",
    "version",
    "status",
    "duration_ms",
    "duration_whole_ms",
    "level",
    "bytes_received",
    "bytes_sent",
    "listener",
    "pool",
    "server",
    "attempts",
  ]);
});

test("of a connection that was carried a line has what there is of it", () => {
  const session = Object.assign(new SessionRecord(), { client: "192.0.2.1", clientPort: 5, connectMs: 1, note: "n" });
  expect(JSON.parse(lineOf(every, session))).toMatchObject({ kind: "tcp", remote: "192.0.2.1:5", connect_ms: 1 });
  expect("method" in JSON.parse(lineOf(every, session))).toBe(false);
});

test("whatever peers send, a line is one object on one line and no longer than it may be", () => {
  const long = new Uint8Array(20_000).fill(1);
  const name = "\u0001".repeat(2000);
  const tls = { serverName: name, version: name, cipher: name, subject: name, isResumed: false } as const;
  const names = { client: name, pool: name, server: name, listener: name, requestId: name, user: name, fault: name };
  const record = Object.assign(recordOf(long, { ...names, rule: name, note: name, cache: name, ja4: name }), { tls });
  Object.assign(record, { hostEnd: 20_000, userAgentEnd: 20_000, refererEnd: 20_000, clientPort: 65_535 });
  const line = lineOf(every, record);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(JSON.parse(line).target).toHaveLength(8192 + 3);
  let seed = 3;
  const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) >>> 8;
  for (let round = 0; round < 300; round++) {
    const bytes = Uint8Array.from({ length: random() % 20 }, () => random() & 255);
    expect(() => JSON.parse(lineOf(every, recordOf(bytes)))).not.toThrow();
  }
});
