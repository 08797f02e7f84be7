import { expect, test } from "bun:test";
import { makeClientTls } from "../../../test/playbook/client.ts";
import { lineBytesMax } from "./format.ts";
import { SessionRecord, sessionFormat } from "./session.ts";

const carried: Partial<SessionRecord> = {
  wallMs: Date.UTC(2026, 10, 21, 6, 17, 59, 7),
  durationMs: 1234.5678,
  connectMs: 0.75,
  client: "203.0.113.7",
  clientPort: 4711,
  listener: "mysql",
  pool: "db",
  server: "10.0.0.1:3306",
  attempts: 1,
  bytesReceived: 78,
  bytesSent: 12_345,
  status: 200,
};

function lineOf(format: "json" | "common" | "combined", fields: Partial<SessionRecord>): string {
  const out = new Uint8Array(lineBytesMax).fill(0xff);
  const end = sessionFormat(format)(Object.assign(new SessionRecord(), fields), out, 0);
  return new TextDecoder("utf-8", { fatal: true }).decode(out.subarray(0, end));
}

test("json has all of a connection that was carried, and TLS where there is any", () => {
  expect(JSON.parse(lineOf("json", carried))).toEqual({
    time: "2026-11-21T06:17:59.007Z",
    kind: "tcp",
    client: "203.0.113.7",
    client_port: 4711,
    duration_ms: 1234.568,
    connect_ms: 0.75,
    bytes_received: 78,
    bytes_sent: 12345,
    listener: "mysql",
    pool: "db",
    server: "10.0.0.1:3306",
    attempts: 1,
  });
  const tls = makeClientTls({ version: "1.2", cipher: "TLS_RSA", subject: "CN=a,O=b" });
  const line = lineOf("json", {
    ...carried,
    kind: "udp",
    connectMs: -1,
    fault: "no_server",
    serverName: "a.test",
    ja4: "t13d",
    tls,
  });
  expect(JSON.parse(line)).toMatchObject({
    kind: "udp",
    fault: "no_server",
    server_name: "a.test",
    ja4: "t13d",
    tls_version: "1.2",
    tls_cipher: "TLS_RSA",
    client_subject: "CN=a,O=b",
  });
  expect(line).not.toContain("connect_ms");
});

test("common and combined say what they have room for, the name that was asked for before the listener's", () => {
  const common = lineOf("common", carried);
  expect(common).toMatch(/^203\.0\.113\.7 - - \[21\/Nov\/2026:\d\d:\d\d:59 [+-]\d{4}\] "TCP mysql" 200 12345\n$/);
  expect(lineOf("combined", { ...carried, kind: "udp", serverName: "a.test" })).toEndWith(
    '"UDP a.test" 200 12345 "-" "-"\n',
  );
});

test("what a client chose stays inside its field, and no line takes more than the room there is", () => {
  const evil = '"\u0000\n\\'.repeat(2000);
  const tls = makeClientTls({ cipher: evil, subject: evil });
  for (const format of ["json", "common", "combined"] as const) {
    const line = lineOf(format, {
      ...carried,
      client: evil,
      listener: evil,
      pool: evil,
      server: evil,
      fault: evil,
      serverName: evil,
      ja4: evil,
      tls,
    });
    expect(line.indexOf("\n")).toBe(line.length - 1);
    if (format === "json") expect(JSON.parse(line).kind).toBe("tcp");
  }
});

test("a note is bytes, as texts of rules are", () => {
  const note = Buffer.from("caf\u00e9 \u65e5").toString("latin1");
  expect(JSON.parse(lineOf("json", { ...carried, note })).note).toBe("caf\u00e9 \u65e5");
});
