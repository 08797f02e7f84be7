import { expect, test } from "bun:test";
import { Head, method } from "./head.ts";
import { parsed, parseRequest, parseResponse } from "./reader.ts";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const head = new Head(10);

function request(text: string, headBytesMax = 1000): number {
  const bytes = bytesOf(text);
  return parseRequest(head, bytes, 0, bytes.length, headBytesMax);
}

function field(index: number): string {
  const part = (from: number): string =>
    Buffer.from(head.bytes.subarray(head.spans[index * 4 + from]!, head.spans[index * 4 + from + 1]!)).toString(
      "latin1",
    );
  return `${part(0)}=${part(2)}`;
}

test("a request is places in its bytes", () => {
  const text = "PUT /a?b HTTP/1.1\r\nHost: a\r\nX:\t b c \t\r\n\r\nbody";
  expect(request(text)).toBe(text.length - 4);
  expect(head.method).toBe(method.put);
  expect(text.slice(head.targetStart, head.targetEnd)).toBe("/a?b");
  expect(head.minor).toBe(1);
  expect(head.fieldCount).toBe(2);
  expect([field(0), field(1)]).toEqual(["Host=a", "X=b c"]);
  expect(head.hostIndex).toBe(0);
  expect(text.slice(head.fieldsEnd)).toBe("\r\nbody");
});

test("the start line ends where the fields start, and each field's line where the next begins", () => {
  const text = "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n";
  request(text);
  expect(text.slice(head.start, head.fieldsStart)).toBe("GET / HTTP/1.1\r\n");
  expect(text.slice(head.spans[0]!, head.spans[4]!)).toBe("Host: a\r\n");
});

test("one empty line before a request is skipped", () => {
  expect(request("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")).toBeGreaterThan(0);
  expect(head.start).toBe(2);
});

test("a head is not there before its last byte", () => {
  const text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (let length = 0; length < text.length; length++) expect(request(text.slice(0, length))).toBe(parsed.more);
  expect(request(text)).toBe(text.length);
});

test("a head may be as long as the limit and no longer", () => {
  const text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  expect(request(text, text.length)).toBe(text.length);
  expect(request(text, text.length - 1)).toBe(parsed.refused);
  expect(head.fault).toBe("head_too_large");
  expect(request(text, 8)).toBe(parsed.refused);
  expect(head.fault).toBe("target_too_long");
});

test("a head may have as many fields as the limit and no more", () => {
  const lines = (count: number): string => `GET / HTTP/1.1\r\nHost: a\r\n${"X: 1\r\n".repeat(count)}\r\n`;
  expect(request(lines(9))).toBeGreaterThan(0);
  expect(request(lines(10))).toBe(parsed.refused);
  expect(head.fault).toBe("head_too_large");
});

test("nothing of an earlier head is left in the next", () => {
  request(
    "POST / HTTP/1.0\r\nHost: a\r\nConnection: close, x, upgrade\r\nUpgrade: x\r\nTE: trailers\r\nContent-Length: 1\r\n\r\n",
  );
  request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(head.hasClose || head.hasUpgrade || head.hasNominated || head.hasTrailers || head.hasSpecial).toBe(false);
  expect([head.contentLength, head.upgradeIndex, head.minor, head.fieldCount]).toEqual([-1, -1, 1, 1]);
});

test("a head that was let go of is no particular request", () => {
  request("HEAD / HTTP/1.0\r\nHost: a\r\n\r\n");
  head.release();
  expect([head.method, head.minor, head.fieldCount, head.bytes.length]).toEqual([method.other, 1, 0, 0]);
});

test("a response is a status, a minor version and fields", () => {
  const bytes = bytesOf("HTTP/1.0 404\r\nContent-Length: 2\r\n\r\nno");
  expect(parseResponse(head, bytes, 0, bytes.length, 1000)).toBe(bytes.length - 2);
  expect([head.status, head.minor, head.contentLength]).toEqual([404, 0, 2]);
  expect(head.wantsKeepAlive).toBe(false);
});

test("whatever is wrong with a response is one fault", () => {
  for (const text of [
    "HTTP/1.1 20\r\n",
    "HTTP/2 200\r\n",
    "HTTP/1.1 200 OK\r\nX : 1\r\n",
    `HTTP/1.1 200 ${"a".repeat(200)}`,
  ]) {
    const bytes = bytesOf(text);
    expect(parseResponse(head, bytes, 0, bytes.length, 100)).toBe(parsed.refused);
    expect(head.fault).toBe("bad_response");
  }
});

test("a byte that does not belong is found in each place of a name and of a value", () => {
  const [name, value] = ["abcdefghi", "0123456789"];
  for (let at = 0; at < name.length; at++) {
    const bad = `${name.slice(0, at)}\0${name.slice(at + 1)}`;
    expect(request(`GET / HTTP/1.1\r\nHost: a\r\n${bad}: b\r\n\r\n`)).toBe(parsed.refused);
  }
  for (let at = 0; at < value.length; at++) {
    for (const byte of ["\0", "\n", "\x7f"]) {
      const bad = `${value.slice(0, at)}${byte}${value.slice(at + 1)}`;
      expect(request(`GET / HTTP/1.1\r\nHost: a\r\nb: ${bad}\r\n\r\n`)).toBe(parsed.refused);
    }
  }
});

test("names and values of each length are taken whole", () => {
  for (let length = 1; length <= 9; length++) {
    const [name, value] = ["a".repeat(length), "b".repeat(length)];
    expect(request(`GET / HTTP/1.1\r\nHost: a\r\n${name}: ${value}\r\n\r\n`)).toBeGreaterThan(0);
    expect(field(1)).toBe(`${name}=${value}`);
  }
});
