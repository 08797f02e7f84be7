import { describe, expect, test } from "bun:test";
import { clfLine, layoutOf } from "../../config/logformat.ts";
import { Head } from "../../wire/http1/head.ts";
import { parseRequest } from "../../wire/http1/reader.ts";
import { LogDetails } from "./details.ts";
import { layout } from "./layout.ts";
import { AccessRecord } from "./record.ts";
import { SessionRecord } from "./session.ts";

const startedMs = new Date(2026, 10, 22, 9, 6, 3, 655).getTime();

function recordOf(request: string, more: Partial<AccessRecord> = {}): AccessRecord {
  const bytes = new Uint8Array(Buffer.from(request, "latin1"));
  const head = new Head(100);
  parseRequest(head, bytes, 0, bytes.length, 8192);
  return Object.assign(new AccessRecord(), {
    ...{ head: bytes, asked: head, methodStart: 0, methodEnd: head.methodEnd },
    ...{ targetStart: head.targetStart, targetEnd: head.targetEnd },
    ...{ client: "10.0.1.2", clientPort: 33_317, durationMs: 109.7, wallMs: startedMs + 109.7, status: 200 },
    ...more,
  });
}

function detailsOf(more: Partial<LogDetails> = {}): LogDetails {
  return Object.assign(new LogDetails(), {
    ...{ frontend: "web", backend: "app", server: "s1", status: 200, bytesSent: 2750 },
    ...{ requestMs: 10, queueMs: 0, connectMs: 30.9, responseMs: 69 },
    ...{ connections: 3, listenerConnections: 2, poolRequests: 1, serverRequests: 1 },
    ...more,
  });
}

function lineOf(format: string, record: AccessRecord | SessionRecord, details: LogDetails = detailsOf()): string {
  const made = layout(layoutOf(format));
  const out = new Uint8Array(made.bytesMax);
  const end =
    record instanceof AccessRecord ? made.exchange(record, details, out, 0) : made.session(record, details, out, 0);
  expect(end).toBeLessThanOrEqual(made.bytesMax);
  return Buffer.from(out.subarray(0, end)).toString("latin1");
}

const plain = "GET /index.html?a=1 HTTP/1.1\r\nHost: a.test\r\nUser-Agent: curl|8\r\nX-A: one\r\nX-A: two\r\n\r\n";

describe("lines as HAProxy writes them", () => {
  test("httplog", () => {
    expect(lineOf("httplog", recordOf(plain))).toBe(
      '10.0.1.2:33317 [22/Nov/2026:09:06:03.655] web app/s1 10/0/30/69/109 200 2750 - - ---- 3/2/1/1/0 0/0 "GET /index.html?a=1 HTTP/1.1"',
    );
  });

  test("what could not be read, what had no server, and TLS", () => {
    const bad = { isBad: true, server: "", backend: "web", state: "PR", status: 400 };
    const unknown = { requestMs: -1, queueMs: -1, connectMs: -1, responseMs: -1 };
    expect(lineOf("httplog", recordOf(plain), detailsOf({ ...bad, ...unknown, isSecure: true }))).toEndWith(
      ' web~ web/<NOSRV> -1/-1/-1/-1/109 400 2750 - - PR-- 3/2/1/1/0 0/0 "<BADREQ>"',
    );
    expect(lineOf("%b/%s", recordOf(plain), detailsOf({ server: "", isCached: true }))).toBe("app/<CACHE>");
  });

  test("of what could not be read nothing was captured, and no list of it stands there", () => {
    const format = "%bq {%[header?:host]|%[header?:x]} {%[var?:a]} %{+Q}r";
    expect(lineOf(format, recordOf(plain), detailsOf({ isBad: true }))).toBe('0 "<BADREQ>"');
    expect(lineOf(format, recordOf(plain))).toBe('0 {a.test|} {} "GET /index.html?a=1 HTTP/1.1"');
  });

  test("HTTP/2 has scheme and authority in front", () => {
    const record = recordOf(plain, { isHttp2: true });
    [record.hostStart, record.hostEnd] = [plain.indexOf("a.test"), plain.indexOf("a.test") + 6];
    expect(lineOf("%r", record)).toBe("GET http://a.test/index.html?a=1 HTTP/2.0");
  });

  test("clf, quotes and all", () => {
    const utc = new Date(startedMs).toISOString().slice(11, 19);
    expect(lineOf(clfLine, recordOf(plain))).toBe(
      `10.0.1.2 - - [22/Nov/2026:${utc} +0000] "GET /index.html?a=1 HTTP/1.1" 200 2750 "" "" 33317 655 "web" "app" "s1" 10 0 30 69 109 ---- 3 2 1 1 0 0 0 "" "" `,
    );
  });

  test("tcplog, of a connection", () => {
    const session = Object.assign(new SessionRecord(), {
      ...{ client: "::1", clientPort: 5, wallMs: startedMs + 7, durationMs: 7 },
    });
    expect(lineOf("httplog", session, detailsOf({ state: "sD" }))).toBe(
      "::1:5 [22/Nov/2026:09:06:03.655] web app/s1 0/30/7 2750 sD 3/2/1/1/0 0/0",
    );
  });

  test("fields, headers and variables, and what stands for nothing", () => {
    expect(
      lineOf("%[header:x-a] %[header:User-Agent:6] {%[header?:x-b]|%[header?:X-A:2]} %[header:x-b]", recordOf(plain)),
    ).toBe("two curl#7C8 {|tw} -");
    expect(lineOf('%[fault] %{+Q}[fault] %[rule] %[ja4] %sslv "%[server_name]"', recordOf(plain, { rule: "r1" }))).toBe(
      '- "" r1 - - "-"',
    );
    const visit = {
      variable: (name: string) => (name === "txn.a" ? "\xc3\xa9}" : null),
    } as unknown as LogDetails["visit"];
    expect(lineOf("%[var:txn.a] %[var:b]", recordOf(plain), detailsOf({ visit }))).toBe("#C3#A9#7D -");
  });

  test("nothing that a client says ends a line, or gets past its bound", () => {
    const record = recordOf(plain);
    record.head = new Uint8Array(20_000).fill(0x22);
    [record.methodStart, record.methodEnd, record.targetStart, record.targetEnd] = [0, 100, 100, 20_000];
    const line = lineOf("httplog", record);
    expect(line).toMatch(/^[\x20-\x7e]*$/);
    expect(line.match(/"/g)).toHaveLength(2);
  });
});
