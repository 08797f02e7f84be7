// Access logs as other programs write them, and what of their lines is a request. Whatever else stands in a log is passed over: nothing in it
// may keep the rest from being played.

import { describe, expect, test } from "bun:test";
import { layoutOf } from "../config/logformat.ts";
import { LogDetails } from "../data/accesslog/details.ts";
import { layout } from "../data/accesslog/layout.ts";
import { AccessRecord } from "../data/accesslog/record.ts";
import { formatNamed, formatOf } from "./formats.ts";
import type { Recorded } from "./recorded.ts";

function readBy(name: string, line: string): Recorded | null {
  const format = formatNamed(name);
  if (!format.ok) throw new Error(format.message);
  return format.value.read(line);
}

const at = Date.parse("2026-11-22T09:06:03Z");

const lines: readonly (readonly [string, string, string, Partial<Recorded>])[] = [
  [
    "combined",
    "as nginx and Apache write it",
    '203.0.113.7 - alice [22/Nov/2026:10:06:03 +0100] "GET /a?b=1 HTTP/1.1" 404 153 "https://example.com/" "curl/8.0 \\x22x\\x22"',
    {
      ...{ atMs: at, client: "203.0.113.7", method: "GET", target: "/a?b=1", host: "", status: 404, bytesSent: 153 },
      fields: [
        ["Referer", "https://example.com/"],
        ["User-Agent", 'curl/8.0 "x"'],
      ],
    },
  ],
  [
    "combined",
    "common, of nothing sent",
    '2001:db8::1 - - [22/Nov/2026:09:06:03 +0000] "HEAD / HTTP/1.0" 304 -',
    { client: "2001:db8::1", method: "HEAD", status: 304, bytesSent: 0, fields: [] },
  ],
  [
    "combined",
    "with a virtual host in front",
    'www.example.com:443 198.51.100.1 - - [22/Nov/2026:09:06:03 +0000] "POST /login HTTP/2.0" 200 12 "-" "-"',
    { client: "198.51.100.1", host: "www.example.com", method: "POST", fields: [] },
  ],
  [
    "haproxy",
    "behind what syslog writes",
    'Nov 22 09:06:03 lb haproxy[14389]: 10.0.1.2:33317 [22/Nov/2026:09:06:03.655] web~ app/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {a|b} {} "GET /index.html HTTP/1.1"',
    {
      ...{ atMs: at + 655, durationMs: 109, client: "10.0.1.2", connection: "33317", listener: "web" },
      ...{ method: "GET", target: "/index.html", status: 200, bytesSent: 2750 },
    },
  ],
  [
    "haproxy",
    "of HTTP/2, with an authority",
    '10.0.1.2:33317 [22/Nov/2026:09:06:03.655] web~ app/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET https://a.test:8443/p?q=1 HTTP/2.0"',
    { listener: "web", method: "GET", target: "/p?q=1", host: "a.test:8443", status: 200 },
  ],
  [
    "haproxy",
    "of HTTP/2, with an authority and no path",
    '10.0.1.2:33317 [22/Nov/2026:09:06:03.655] web~ app/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET https://a.test?q HTTP/2.0"',
    { target: "/?q", host: "a.test" },
  ],
  [
    "sluice",
    "this program's own",
    '{"time":"2026-11-22T09:06:04.000Z","client":"192.0.2.1","method":"PUT","target":"/x","host":"a.example","status":201,"duration_ms":1000,"bytes_received":10,"bytes_sent":20,"listener":"web","user_agent":"ua"}',
    {
      ...{ atMs: at, durationMs: 1000, client: "192.0.2.1", listener: "web", host: "a.example", method: "PUT" },
      ...{ bytesReceived: 10, bytesSent: 20, status: 201, fields: [["User-Agent", "ua"]] },
    },
  ],
  [
    "caddy",
    "with all its fields",
    '{"ts":1795338364.0,"logger":"http.log.access","request":{"remote_ip":"192.0.2.9","remote_port":"4711","method":"GET","host":"b.example","uri":"/y","headers":{"X-Key":["k"],"Host":["b.example"]}},"duration":0.5,"size":7,"status":200}',
    { durationMs: 500, client: "192.0.2.9", connection: "4711", target: "/y", fields: [["X-Key", "k"]], bytesSent: 7 },
  ],
  [
    '$remote_addr [$time_local] "$request" $status $body_bytes_sent "$http_x_api_key" $request_time $connection',
    "a log_format",
    '192.0.2.3 [22/Nov/2026:09:06:04 +0000] "GET /z HTTP/1.1" 200 5 "secret" 1.000 77',
    { atMs: at, durationMs: 1000, client: "192.0.2.3", connection: "77", fields: [["x-api-key", "secret"]] },
  ],
];

for (const [format, what, line, expected] of lines)
  test(`${format}: ${what}`, () => {
    expect(readBy(format, line)).toMatchObject(expected);
  });

test("a line of ours in HAProxy's format is read as one of HAProxy's", () => {
  const head = new TextEncoder().encode("GET /a?b=%22 HTTP/1.1");
  const wallMs = new Date(2026, 10, 22, 9, 6, 3, 655).getTime();
  const record = Object.assign(new AccessRecord(), {
    ...{ head, methodEnd: 3, targetStart: 4, targetEnd: 12, client: "10.0.1.2", clientPort: 33_317, wallMs },
  });
  const details = Object.assign(new LogDetails(), { frontend: "web", backend: "app", server: "s1", bytesSent: 5 });
  for (const status of [200, -1]) {
    const made = layout(layoutOf("httplog"));
    const out = new Uint8Array(made.bytesMax);
    details.status = status;
    const line = Buffer.from(out.subarray(0, made.exchange(record, details, out, 0))).toString();
    for (const each of [line, `Nov 22 09:06:03 lb haproxy[1]: ${line}`])
      expect(readBy("haproxy", each)).toMatchObject({
        ...{ client: "10.0.1.2", connection: "33317", listener: "web", method: "GET", target: "/a?b=%22" },
        ...{ status: Math.max(0, status), bytesSent: 5 },
      });
  }
});

test("a format is told by most of the first lines", () => {
  const [combinedLine, haproxyLine] = [lines[0]![2], lines[3]![2]];
  expect(formatOf(["# a comment", combinedLine])?.name).toBe("combined");
  expect(formatOf([haproxyLine, haproxyLine, combinedLine])?.name).toBe("haproxy");
  expect(formatOf(["nothing", "of use"])).toBeNull();
  expect(formatOf([])).toBeNull();
});

describe("what is no request is none", () => {
  for (const line of [
    '203.0.113.7 - - [22/Nov/2026:09:06:03 +0000] "\\x16\\x03\\x01\\x00" 400 157 "-" "-"',
    '203.0.113.7 - - [31/Feb/2026:09:06:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
    'example.com - - [22/Nov/2026:09:06:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-"',
    "",
    "\0".repeat(100),
  ])
    test(JSON.stringify(line.slice(0, 60)), () => {
      expect(readBy("combined", line)).toBeNull();
    });
  test("lines of connections and broken ones", () => {
    expect(readBy("sluice", '{"kind":"tcp","time":"2026-11-22T09:06:04Z","client":"192.0.2.1"}')).toBeNull();
    expect(readBy("sluice", '{"time":')).toBeNull();
    expect(readBy("caddy", '{"request":[]}')).toBeNull();
  });
});

test("a log_format that says too little is refused with what it lacks", () => {
  const message = (text: string): string => {
    const format = formatNamed(text);
    return format.ok ? "" : format.message;
  };
  expect(message("$status")).toContain("$remote_addr");
  expect(message("$remote_addr $status")).toContain("$msec");
  expect(message("$remote_addr $msec")).toContain("$request");
  expect(message("$remote_addr$msec $request")).toContain("what ends the first cannot be told");
  expect(message("apache")).toContain("combined");
});
