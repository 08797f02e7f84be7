import { expect, test } from "bun:test";
import { authorityEnd, authorityStart, isNominated, requestBody, responseBody } from "./framing.ts";
import { bodyKind, Head, method } from "./head.ts";
import { parsed, parseRequest, parseResponse } from "./reader.ts";

const head = new Head(10);

function request(line: string, ...fields: string[]): number {
  const bytes = Uint8Array.from(Buffer.from(`${[line, ...fields].join("\r\n")}\r\n\r\n`, "latin1"));
  return parseRequest(head, bytes, 0, bytes.length, 1000);
}

function response(line: string, ...fields: string[]): number {
  const bytes = Uint8Array.from(Buffer.from(`${[line, ...fields].join("\r\n")}\r\n\r\n`, "latin1"));
  return parseResponse(head, bytes, 0, bytes.length, 1000);
}

test("a request has a body only if it says so", () => {
  request("POST / HTTP/1.1", "Host: a");
  expect(requestBody(head)).toBe(bodyKind.none);
  request("GET / HTTP/1.1", "Host: a", "Content-Length: 3");
  expect(requestBody(head)).toBe(bodyKind.length);
  request("GET / HTTP/1.1", "Host: a", "Content-Length: 0");
  expect(requestBody(head)).toBe(bodyKind.none);
  request("GET / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked");
  expect(requestBody(head)).toBe(bodyKind.chunked);
});

test("a response's body depends on its request and its status", () => {
  response("HTTP/1.1 200 OK");
  expect(responseBody(head, method.get)).toBe(bodyKind.close);
  expect(responseBody(head, method.head)).toBe(bodyKind.none);
  response("HTTP/1.1 200 OK", "Content-Length: 3");
  expect(responseBody(head, method.get)).toBe(bodyKind.length);
  expect(responseBody(head, method.head)).toBe(bodyKind.none);
  response("HTTP/1.1 200 OK", "Content-Length: 0");
  expect(responseBody(head, method.get)).toBe(bodyKind.none);
  response("HTTP/1.1 200 OK", "Transfer-Encoding: chunked");
  expect(responseBody(head, method.get)).toBe(bodyKind.chunked);
  for (const status of [204, 304]) {
    response(`HTTP/1.1 ${status} X`);
    expect(responseBody(head, method.get)).toBe(bodyKind.none);
  }
});

test("persistence is the default of HTTP/1.1 and must be asked for in HTTP/1.0", () => {
  for (const [version, field, isKept] of [
    ["1.1", "X: 1", true],
    ["1.1", "Connection: close", false],
    ["1.1", "Connection: keep-alive, CLOSE", false],
    ["1.0", "X: 1", false],
    ["1.0", "Connection: Keep-Alive", true],
    ["1.0", "Connection: close, keep-alive", false],
  ] as const) {
    request(`GET / HTTP/${version}`, "Host: a", field);
    expect(head.wantsKeepAlive).toBe(isKept);
  }
});

test("Connection's options are found in lists, whatever stands around them", () => {
  request(
    "GET / HTTP/1.1",
    "Host: a",
    "Connection: ,, x-a ,\tUpgrade",
    "Connection: X-B",
    "x-A: 1",
    "X-b: 1",
    "X-C: 1",
  );
  expect([head.hasUpgrade, head.hasNominated]).toEqual([true, true]);
  const nominated = Array.from({ length: head.fieldCount }, (_, index) => index).filter((index) =>
    isNominated(head, head.spans[index * 4]!, head.spans[index * 4 + 1]!),
  );
  expect(nominated).toEqual([3, 4]);
});

test("an option that is only a part of a name nominates nothing", () => {
  request("GET / HTTP/1.1", "Host: a", "Connection: x-ab", "X-A: 1", "X-Abc: 1");
  expect(isNominated(head, head.spans[8]!, head.spans[9]!)).toBe(false);
  expect(isNominated(head, head.spans[12]!, head.spans[13]!)).toBe(false);
});

test("the authority of an absolute target ends at its path or query", () => {
  for (const [target, authority] of [
    ["http://a:80/b", "a:80"],
    ["HTTPS://a?b", "a"],
    ["http://a", "a"],
  ] as const) {
    expect(request(`GET ${target} HTTP/1.1`, `Host: ${authority}`)).toBeGreaterThan(0);
    const start = authorityStart(head);
    expect(Buffer.from(head.bytes.subarray(start, authorityEnd(head, start))).toString()).toBe(authority);
  }
  request("GET / HTTP/1.1", "Host: a");
  expect(authorityStart(head)).toBe(-1);
});

test("a target and a Host that differ by the default port of the scheme are one authority, and Host is written anew", () => {
  const same: [string, string][] = [
    ["http://a:80/", "a"],
    ["http://a/", "a:80"],
    ["http://a/", "A:80"],
    ["http://a:/", "a"],
    ["http://a:/", "a:80"],
    ["HTTPS://a:443", "a"],
    ["https://a/", "a:443"],
    ["http://[::1]:80/", "[::1]"],
    ["http://[::80]/", "[::80]:80"],
  ];
  for (const [target, host] of same) {
    expect([target, host, request(`GET ${target} HTTP/1.1`, `Host: ${host}`) > 0, head.isHostOther]).toEqual([
      ...[target, host],
      ...[true, true],
    ]);
  }
  expect(request("GET http://a:80/ HTTP/1.1", "Host: A:80")).toBeGreaterThan(0);
  expect(head.isHostOther).toBe(false);
  const other: [string, string][] = [
    ["http://a:443/", "a"],
    ["https://a:80/", "a"],
    ["https://a/", "a:80"],
    ["http://a/", "a:8080"],
    ["http://a/", "a:080"],
    ["http://a/", "b:80"],
    ["http://a:80/", "a:443"],
    ["http://a/", ":80"],
    ["http://a/", ""],
    ["http://a8/", "a:80"],
    ["http://[::80]/", "[:"],
  ];
  for (const [target, host] of other) {
    expect([target, host, request(`GET ${target} HTTP/1.1`, `Host: ${host}`)]).toEqual([target, host, parsed.refused]);
    expect(head.fault).toBe("bad_host");
  }
});

test("what CGI would take for a field of framing is refused in requests", () => {
  for (const [line, fault] of [
    ["Content_Length: 5", "bad_content_length"],
    ["content_length: 0", "bad_content_length"],
    ["Transfer_Encoding: chunked", "bad_transfer_encoding"],
    ["TRANSFER_ENCODING: identity", "bad_transfer_encoding"],
  ] as const) {
    for (const lines of [[line], ["Content-Length: 0", line]]) {
      expect(request("POST / HTTP/1.1", "Host: a", ...lines)).toBe(parsed.refused);
      expect(head.fault).toBe(fault);
    }
  }
  for (const line of ["Content.Length: 5", "X-Content_Length: 5", "Content_Lengths: 5"])
    expect(request("POST / HTTP/1.1", "Host: a", line)).toBeGreaterThan(0);
});

test("the same length twice is one length", () => {
  expect(request("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 5")).toBeGreaterThan(0);
  expect(head.contentLength).toBe(5);
  expect(head.hasSpecial).toBe(true);
  expect(request("POST / HTTP/1.1", "Host: a", "Content-Length: 5", "Content-Length: 6")).toBe(parsed.refused);
});

test("options beyond what anybody sends are refused, in one field or in many", () => {
  const options = "a,".repeat(150);
  expect(request("GET / HTTP/1.1", "Host: a", `Connection: ${options}`)).toBeGreaterThan(0);
  expect(request("GET / HTTP/1.1", "Host: a", `Connection: ${options}`, `Connection: ${options}`)).toBe(parsed.refused);
  expect(head.fault).toBe("bad_field");
  expect(request("GET / HTTP/1.1", "Host: a", `Connection: ${options}`)).toBeGreaterThan(0);
});

test("behind the name or address in Host only a port may follow", () => {
  for (const host of ["a", "a:80", "a:", "[::1]", "[::1]:80", "[fe80::1%25eth0]:1", ""]) {
    expect(request("GET / HTTP/1.1", `Host: ${host}`)).toBeGreaterThan(0);
  }
  for (const host of ["a:b", "a:80:81", "::1", "[::1", "::1]", "[::1]x", "[::1]:x", "[]]", "a]", "a[b]"]) {
    expect(request("GET / HTTP/1.1", `Host: ${host}`)).toBe(parsed.refused);
    expect(head.fault).toBe("bad_host");
  }
});
