import { expect, test } from "bun:test";
import type { Field } from "../../../test/conform/hpacktables.ts";
import { fieldsOf } from "../../../test/fuzz/hpack.ts";
import { Head } from "../http1/head.ts";
import { parseRequest } from "../http1/reader.ts";
import { Output } from "../http1/writer.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { FieldSection } from "./hpack/fieldsection.ts";
import { putRequestHead } from "./requestfields.ts";

const section = new FieldSection(1000, 256 * 1024);

/** What a head of these lines becomes; null: it cannot be said. */
function fields(isSecure: boolean, ...lines: string[]): Field[] | null {
  const text = `${lines.join("\r\n")}\r\n\r\n`;
  const bytes = Uint8Array.from(Buffer.from(`xx${text}behind`, "latin1"));
  const head = new Head(100);
  head.isHostFree = true;
  expect(parseRequest(head, bytes, 2, bytes.length, 1e6)).toBe(2 + text.length);
  const output = new Output(1);
  if (!putRequestHead(output, head, isSecure)) return null;
  expect(new HpackDecoder(4096).decode(output.bytes, 0, output.length, section)).toBe(true);
  return fieldsOf(section);
}

test("the request line and Host become pseudo-fields, and stand first", () => {
  expect(fields(false, "GET / HTTP/1.1", "X-A: b", "Host: a.example:81", "Accept: */*")).toEqual([
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", "a.example:81"],
    [":path", "/"],
    ["x-a", "b"],
    ["accept", "*/*"],
  ]);
  expect(fields(true, "POST /a?b=c HTTP/1.1", "Host: a", "Content-Length: 3")).toEqual([
    [":method", "POST"],
    [":scheme", "https"],
    [":authority", "a"],
    [":path", "/a?b=c"],
    ["content-length", "3"],
  ]);
  const long = `/${"x".repeat(300)}`;
  expect(fields(true, `PROPFIND ${long} HTTP/1.1`, "Host: a")!.slice(0, 4)).toEqual([
    [":method", "PROPFIND"],
    [":scheme", "https"],
    [":authority", "a"],
    [":path", long],
  ]);
});

test("what is of one connection of HTTP/1.1 is left out", () => {
  const own = fields(
    false,
    "PUT / HTTP/1.1",
    "Host: a",
    "Transfer-Encoding: chunked",
    "Connection: TE",
    "Keep-Alive: timeout=5",
    "Proxy-Connection: keep-alive",
    "Upgrade: x",
    "TE: trailers",
    "Cookie: a=b; c=d",
  )!;
  expect(own.slice(4)).toEqual([
    ["te", "trailers"],
    ["cookie", "a=b; c=d"],
  ]);
  expect(fields(false, "PUT / HTTP/1.1", "Host: a", "TE: gzip")!.slice(4)).toEqual([]);
});

test("the options of a whole server, and an empty Host", () => {
  expect(fields(false, "OPTIONS * HTTP/1.1", "Host: ")).toEqual([
    [":method", "OPTIONS"],
    [":scheme", "http"],
    [":path", "*"],
  ]);
});

test("what has no place there is not said", () => {
  expect(fields(false, "CONNECT a:443 HTTP/1.1", "Host: a:443")).toBe(null);
  expect(fields(false, "GET http://a/ HTTP/1.1", "Host: a")).toBe(null);
  expect(fields(false, "GET / HTTP/1.0")).toBe(null);
});
