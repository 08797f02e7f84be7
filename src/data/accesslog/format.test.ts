import { describe, expect, test } from "bun:test";
import { lineBytesMax, lineFormat } from "./format.ts";
import { AccessRecord } from "./record.ts";

interface Said {
  method?: string | Uint8Array;
  target?: string | Uint8Array;
  host?: string | Uint8Array;
  userAgent?: string | Uint8Array;
  referer?: string | Uint8Array;
}

const at = Date.UTC(2026, 10, 21, 6, 17, 59, 7);

function recordOf(said: Said, fields: Partial<AccessRecord> = {}): AccessRecord {
  const record = new AccessRecord();
  const parts: Buffer[] = [];
  let end = 0;
  for (const name of ["method", "target", "host", "userAgent", "referer"] as const) {
    const part = Buffer.from(said[name] ?? "");
    record[`${name}Start`] = end;
    end += part.length;
    record[`${name}End`] = end;
    parts.push(part);
  }
  record.head = new Uint8Array(Buffer.concat(parts));
  return Object.assign(record, { wallMs: at, ...fields });
}

function lineOf(format: "json" | "common" | "combined", record: AccessRecord): string {
  const out = new Uint8Array(lineBytesMax + 10).fill(0xff);
  const end = lineFormat(format)(record, out, 3);
  expect(out.subarray(0, 3)).toEqual(new Uint8Array([255, 255, 255]));
  return new TextDecoder("utf-8", { fatal: true }).decode(out.subarray(3, end));
}

const usual = {
  method: "GET",
  target: "/a?b=c",
  host: "shop.example",
  userAgent: "curl/8",
  referer: "https://r.example/",
};
const usualFields = {
  durationMs: 12.3456,
  client: "203.0.113.7",
  status: 200,
  bytesReceived: 78,
  bytesSent: 12_345_678_901,
  listener: "web",
  pool: "shop",
  server: "10.0.0.1:80",
  attempts: 1,
  requestId: "r-1",
} as const;

describe("json", () => {
  test("is one object a line, with every field of the exchange", () => {
    const line = lineOf("json", recordOf(usual, usualFields));
    expect(line.endsWith("}\n")).toBe(true);
    expect(JSON.parse(line)).toEqual({
      time: "2026-11-21T06:17:59.007Z",
      client: "203.0.113.7",
      method: "GET",
      target: "/a?b=c",
      host: "shop.example",
      version: "1.1",
      status: 200,
      duration_ms: 12.346,
      bytes_received: 78,
      bytes_sent: 12_345_678_901,
      listener: "web",
      pool: "shop",
      server: "10.0.0.1:80",
      attempts: 1,
      request_id: "r-1",
      user_agent: "curl/8",
      referer: "https://r.example/",
    });
  });

  test("leaves out what there is not, and names the fault there is", () => {
    const line = JSON.parse(lineOf("json", recordOf({}, { fault: "bad_start_line", minor: 0, status: 400 })));
    expect(line).toMatchObject({ fault: "bad_start_line", version: "1.0", method: "", target: "", host: "" });
    expect(Object.keys(line)).not.toContain("user_agent");
    expect(Object.keys(line)).not.toContain("request_id");
  });

  test("says what version the client speaks", () => {
    const said = (fields: Partial<AccessRecord>): unknown =>
      JSON.parse(lineOf("json", recordOf(usual, fields))).version;
    expect([said({ minor: 0 }), said({ minor: 1 }), said({ isHttp2: true })]).toEqual(["1.0", "1.1", "2.0"]);
    const line = (fields: Partial<AccessRecord>): string => lineOf("common", recordOf(usual, fields));
    expect(line({ minor: 0 })).toContain('"GET /a?b=c HTTP/1.0" 0 0');
    expect(line({ minor: 1 })).toContain('"GET /a?b=c HTTP/1.1" 0 0');
    expect(line({ isHttp2: true })).toContain('"GET /a?b=c HTTP/2.0" 0 0');
  });

  test("stays JSON whatever a client sends, and passes valid UTF-8", () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const line = lineOf("json", recordOf({ userAgent: all, target: 'é€😀"\\\u0085', host: "\u007f\n" }));
    expect([...line].filter((letter) => letter < " " && letter !== "\n")).toEqual([]);
    expect(line.indexOf("\n")).toBe(line.length - 1);
    const parsed = JSON.parse(line);
    expect(parsed.user_agent).toBe(String.fromCharCode(...all));
    expect(parsed.target).toBe('é€😀"\\\u0085');
    expect(line).toContain("\\u0085");
    expect(parsed.host).toBe("\u007f\n");
  });

  test("escapes UTF-8 that is overlong, a surrogate, too large or cut short, byte by byte", () => {
    for (const bytes of [
      [0xc0, 0xaf],
      [0xe0, 0x80, 0xaf],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x82],
    ]) {
      const parsed = JSON.parse(lineOf("json", recordOf({ userAgent: Uint8Array.from(bytes) })));
      expect(parsed.user_agent).toBe(String.fromCharCode(...bytes));
    }
  });

  test("survives random bytes in every field", () => {
    let seed = 7;
    const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) >>> 8;
    for (let round = 0; round < 300; round++) {
      const bytes = (): Uint8Array => Uint8Array.from({ length: random() % 12 }, () => random() & 255);
      const record = recordOf({
        method: bytes(),
        target: bytes(),
        host: bytes(),
        userAgent: bytes(),
        referer: bytes(),
      });
      expect(() => JSON.parse(lineOf("json", record))).not.toThrow();
      expect(lineOf("combined", record)).toMatch(/^[\x20-\x7e]*\n$/);
    }
  });

  test("escapes names that come as strings too", () => {
    const parsed = JSON.parse(lineOf("json", recordOf({}, { pool: 'a"b\\cé\n', requestId: "\u0001\ud800" })));
    expect(parsed.pool).toBe('a"b\\cé\n');
    expect(parsed.request_id).toBe("\u0001\ufffd");
  });

  test("takes a note for bytes, as texts of rules and requests are", () => {
    const note = `${Buffer.from("caf\u00e9 \u65e5").toString("latin1")} \xff\r\n"`;
    expect(JSON.parse(lineOf("json", recordOf({}, { note }))).note).toBe('caf\u00e9 \u65e5 \u00ff\r\n"');
  });

  test("cuts values that are too long, and no record takes more than a line may", () => {
    const long = new Uint8Array(100_000).fill(1);
    const name = "\u0001".repeat(1000);
    const strings = {
      client: name,
      listener: name,
      pool: name,
      server: name,
      requestId: name,
      user: name,
      fault: name,
      rule: name,
      note: name.repeat(2),
    };
    const record = recordOf({ method: long, target: long, host: long, userAgent: long, referer: long }, strings);
    const line = lineOf("json", record);
    expect(line.length).toBeLessThanOrEqual(lineBytesMax);
    expect(JSON.parse(line).target).toHaveLength(8192 + 3);
    expect(JSON.parse(line).target.endsWith("...")).toBe(true);
  });

  test("writes numbers of every size", () => {
    for (const value of [
      0,
      9,
      10,
      99,
      100,
      2_147_483_646,
      2_147_483_647,
      2_147_483_648,
      4_294_967_296,
      2 ** 53 - 1,
      10 ** 15,
    ]) {
      expect(JSON.parse(lineOf("json", recordOf({}, { bytesSent: value }))).bytes_sent).toBe(value);
    }
    for (const [ms, shown] of [
      [0, "0.000"],
      [0.0004, "0.000"],
      [0.9996, "1.000"],
      [59_999.9999, "60000.000"],
      [-1, "0.000"],
    ] as const) {
      expect(lineOf("json", recordOf({}, { durationMs: ms }))).toContain(`"duration_ms":${shown},`);
    }
  });

  test("shows each record's own second", () => {
    const format = lineFormat("json");
    const out = new Uint8Array(lineBytesMax);
    for (const offset of [0, 1, 992, 993, 61_000, -5000]) {
      const record = recordOf({}, { wallMs: at + offset });
      const line = new TextDecoder().decode(out.subarray(0, format(record, out, 0)));
      expect(JSON.parse(line).time).toBe(new Date(at + offset).toISOString());
    }
  });
});

describe("common and combined", () => {
  test("are the formats that log readers know", () => {
    const record = recordOf(usual, usualFields);
    expect(lineOf("common", record)).toMatch(
      /^203\.0\.113\.7 - - \[\d\d\/Nov\/2026:\d\d:\d7:59 [+-]\d{4}\] "GET \/a\?b=c HTTP\/1\.1" 200 12345678901\n$/,
    );
    expect(lineOf("combined", record)).toMatch(/ 12345678901 "https:\/\/r\.example\/" "curl\/8"\n$/);
  });

  test("show a dash for what there is not", () => {
    expect(lineOf("combined", recordOf({}, { client: "::1", status: 400 }))).toMatch(
      /^::1 - - \[.*\] "-" 400 0 "-" "-"\n$/,
    );
  });

  test("escape as nginx does, so that no raw control byte and no quote reaches the log", () => {
    const record = recordOf({ method: "GET", target: '/"\\\n\u001b', userAgent: "é" });
    expect(lineOf("combined", record)).toContain('"GET /\\x22\\x5C\\x0A\\x1B HTTP/1.1" 0 0 "-" "\\xC3\\xA9"\n');
  });
});

test("whose credentials were good stands in every format, escaped like all that others have chosen", () => {
  const record = (): AccessRecord => recordOf(usual, { ...usualFields, user: 'jürgen "x"' });
  expect(JSON.parse(lineOf("json", record())).user).toBe('jürgen "x"');
  expect(lineOf("combined", record())).toMatch(/^203\.0\.113\.7 - j[^"]*\\x22x\\x22 \[/);
  expect(lineOf("common", recordOf(usual, usualFields))).toStartWith("203.0.113.7 - - [");
  expect("user" in JSON.parse(lineOf("json", recordOf(usual, usualFields)))).toBe(false);
});
