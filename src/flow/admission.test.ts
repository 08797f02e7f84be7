import { expect, test } from "bun:test";
import { hashString } from "../base/hash.ts";
import { Body } from "../wire/http1/body.ts";
import { requestBody } from "../wire/http1/framing.ts";
import { Head } from "../wire/http1/head.ts";
import { parseRequest } from "../wire/http1/reader.ts";
import { balanceKeyOf, isUpgradeAsked, refusalOf } from "./admission.ts";

function parsed(text: string): { head: Head; body: Body } {
  const head = new Head(16);
  const bytes = new TextEncoder().encode(text);
  expect(parseRequest(head, bytes, 0, bytes.length, 4096)).toBeGreaterThan(0);
  const body = new Body();
  body.begin(requestBody(head), head.contentLength);
  return { head, body };
}

const upgrade = (line: string, fields: string): boolean => {
  const { head, body } = parsed(`${line}\r\nHost: a\r\n${fields}\r\n\r\n`);
  return isUpgradeAsked(head, body);
};

test("CONNECT and TRACE are refused", () => {
  for (const line of ["CONNECT a:1 HTTP/1.1", "TRACE / HTTP/1.1"]) {
    const { head, body } = parsed(`${line}\r\nHost: a\r\n\r\n`);
    expect(refusalOf({ head, requestBody: body }, 0, null)?.code).toBe("method_refused");
  }
});

test("a body at its limit passes, one byte more is refused", () => {
  const { head, body } = parsed("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  expect(refusalOf({ head, requestBody: body }, 10, null)).toBeNull();
  expect(refusalOf({ head, requestBody: body }, 9, null)?.code).toBe("body_too_large");
  expect(refusalOf({ head, requestBody: body }, 0, null)).toBeNull();
  const chunked = parsed("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  const bytes = new TextEncoder().encode("4\r\n1234\r\n6;x=y\r\n567890\r\n");
  chunked.body.advance(bytes, 0, bytes.length);
  expect(refusalOf({ head: chunked.head, requestBody: chunked.body }, 10, null)).toBeNull();
  chunked.body.advance(new TextEncoder().encode("2\r\na"), 0, 4);
  expect(refusalOf({ head: chunked.head, requestBody: chunked.body }, 10, null)?.code).toBe("body_too_large");
});

test("an upgrade goes on for GET over HTTP/1.1 without a body, and never to h2c", () => {
  const websocket = "Connection: Upgrade\r\nUpgrade: websocket";
  expect(upgrade("GET / HTTP/1.1", websocket)).toBe(true);
  expect(upgrade("GET / HTTP/1.0", websocket)).toBe(false);
  expect(upgrade("POST / HTTP/1.1", websocket)).toBe(false);
  expect(upgrade("GET / HTTP/1.1", `${websocket}\r\nContent-Length: 1`)).toBe(false);
  expect(upgrade("GET / HTTP/1.1", "Upgrade: websocket")).toBe(false);
  expect(upgrade("GET / HTTP/1.1", "Connection: Upgrade")).toBe(false);
  expect(upgrade("GET / HTTP/1.1", "Connection: Upgrade\r\nUpgrade: H2C")).toBe(false);
});

test("the key is the hash of what the pool balances by", () => {
  const { head } = parsed("GET /a?b HTTP/1.1\r\nHost: h\r\nX-User: ann\r\nCookie: x=1; sid=42\r\n\r\n");
  expect(balanceKeyOf(head, { kind: "ip" }, "1.2.3.4")).toBe(hashString("1.2.3.4"));
  expect(balanceKeyOf(head, { kind: "uri" }, "1.2.3.4")).toBe(hashString("/a?b"));
  expect(balanceKeyOf(head, { kind: "header", name: "x-USER" }, "1.2.3.4")).toBe(hashString("ann"));
  expect(balanceKeyOf(head, { kind: "cookie", name: "sid" }, "1.2.3.4")).toBe(hashString("42"));
});

test("without the header or cookie the client's address is the key", () => {
  const { head } = parsed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  expect(balanceKeyOf(head, { kind: "header", name: "x-user" }, "1.2.3.4")).toBe(hashString("1.2.3.4"));
  expect(balanceKeyOf(head, { kind: "cookie", name: "sid" }, "1.2.3.4")).toBe(hashString("1.2.3.4"));
});
