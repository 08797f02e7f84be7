import { expect, test } from "bun:test";
import type { Field } from "../../../test/conform/hpacktables.ts";
import { checkSections } from "../../../test/fuzz/fieldsections.ts";
import { fieldsOf } from "../../../test/fuzz/hpack.ts";
import { Inputs } from "../../../test/fuzz/inputs.ts";
import { Prng } from "../../base/prng.ts";
import { Body } from "../http1/body.ts";
import { bodyKind, Head } from "../http1/head.ts";
import { parseResponse } from "../http1/reader.ts";
import { Output } from "../http1/writer.ts";
import { HpackDecoder } from "./hpack/decoder.ts";
import { FieldSection } from "./hpack/fieldsection.ts";
import { putResponseHead, putTrailers } from "./responsehead.ts";

const section = new FieldSection(1000, 256 * 1024);
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** The fields of a block that stands behind something else. */
function decoded(put: (output: Output) => void): Field[] {
  const output = new Output(1);
  output.latin1("before");
  put(output);
  expect(Buffer.from(output.bytes).toString("latin1", 0, 6)).toBe("before");
  expect(new HpackDecoder(4096).decode(output.bytes, 6, output.length, section)).toBe(true);
  return fieldsOf(section);
}

/** What a head of these lines becomes; it stands somewhere in its bytes. */
function fields(...lines: string[]): Field[] {
  const text = `${lines.join("\r\n")}\r\n\r\n`;
  const bytes = bytesOf(`xx${text}behind`);
  const head = new Head(100);
  expect(parseResponse(head, bytes, 2, bytes.length, 1e6)).toBe(2 + text.length);
  return decoded((output) => putResponseHead(output, head));
}

/** What the lines of a trailer section become, and whether there were any. */
function trailers(...lines: string[]): [boolean, Field[]] {
  const text = [...lines, "", ""].join("\r\n");
  const body = new Body();
  body.begin(bodyKind.chunked, -1);
  const chunks = bytesOf(`0\r\n${text}`);
  body.advance(chunks, 0, chunks.length);
  expect([lines, body.isDone, body.isBad]).toEqual([lines, true, false]);
  let isAny = false;
  const read = decoded((output) => {
    // What is behind them is none of them.
    isAny = putTrailers(output, bytesOf(`${text}x: y\r\n\r\n`), text.length);
  });
  return [isAny, read];
}

test("the status is said first, whatever it is, and its reason is not", () => {
  for (const status of [100, 103, 199, 200, 204, 206, 299, 302, 304, 400, 404, 431, 500, 503, 599, 600, 999])
    expect(fields(`HTTP/1.1 ${status} Some Reason`, "a: b")).toEqual([
      [":status", String(status)],
      ["a", "b"],
    ]);
  expect(fields("HTTP/1.0 200")).toEqual([[":status", "200"]]);
});

test("what belongs to a connection of HTTP/1.1 goes no further, in any case (section 8.2.2)", () => {
  for (const line of [
    "Connection: close",
    "connection: keep-alive, Upgrade",
    "Keep-Alive: timeout=5",
    "PROXY-CONNECTION: keep-alive",
    "Transfer-Encoding: chunked",
    "Upgrade: h2c",
  ])
    expect([line, fields("HTTP/1.1 200 OK", "A: 1", line, "B: 2")]).toEqual([
      line,
      [
        [":status", "200"],
        ["a", "1"],
        ["b", "2"],
      ],
    ]);
});

test("all others do, in order, with names in small letters and values byte for byte", () => {
  expect(
    fields(
      "HTTP/1.1 200 OK",
      "Set-Cookie: A=B; Path=/",
      "SERVER:nginx",
      "X-Mixed_Case.~!: MiXeD",
      "Empty:",
      "Content-Length: 5",
      'ETag: \t W/"x"  ',
      "X-Bytes: \x80\xff\ta ",
      "set-cookie: c=d",
      "Trailer: Grpc-Status",
      "Via: 1.1 a",
      "X-Connection: x",
      "Proxy-Authenticate: Basic",
      "Date: Mon, 21 Oct 2013 20:13:21 GMT",
    ),
  ).toEqual([
    [":status", "200"],
    ["set-cookie", "A=B; Path=/"],
    ["server", "nginx"],
    ["x-mixed_case.~!", "MiXeD"],
    ["empty", ""],
    ["content-length", "5"],
    ["etag", 'W/"x"'],
    ["x-bytes", "\x80\xff\ta"],
    ["set-cookie", "c=d"],
    ["trailer", "Grpc-Status"],
    ["via", "1.1 a"],
    ["x-connection", "x"],
    ["proxy-authenticate", "Basic"],
    ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
  ]);
  const every = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter((letter) =>
    /[!-~\x80-\xff]/.test(letter),
  );
  expect(fields("HTTP/1.1 200 OK", `a: ${every.join("")}`)[1]).toEqual(["a", every.join("")]);
  const long = "v".repeat(100_000);
  expect(fields("HTTP/1.1 200 OK", `${"N".repeat(300)}: ${long}`)[1]).toEqual(["n".repeat(300), long]);
});

test("a block is read alike behind every other, for it leaves nothing in a table", () => {
  const head = new Head(10);
  const bytes = bytesOf("HTTP/1.1 200 OK\r\nserver: a\r\nx: b\r\n\r\n");
  parseResponse(head, bytes, 0, bytes.length, 1000);
  const decoder = new HpackDecoder(4096);
  const output = new Output();
  for (let times = 0; times < 3; times++) {
    output.clear();
    putResponseHead(output, head);
    expect(decoder.decode(output.bytes, 0, output.length, section)).toBe(true);
    expect(fieldsOf(section)).toEqual([
      [":status", "200"],
      ["server", "a"],
      ["x", "b"],
    ]);
  }
});

test("trailers are fields without a status", () => {
  expect(trailers()).toEqual([false, []]);
  expect(trailers("Grpc-Status: 0", "grpc-message:", "X-Sum:\t a:b \xff \t", "x-sum:c")).toEqual([
    true,
    [
      ["grpc-status", "0"],
      ["grpc-message", ""],
      ["x-sum", "a:b \xff"],
      ["x-sum", "c"],
    ],
  ]);
});

test("nor do trailers hold what belongs to a connection of HTTP/1.1", () => {
  for (const line of ["Connection: close", "Keep-Alive: 5", "proxy-connection: x", "Upgrade: h2c"]) {
    expect([line, trailers(line)]).toEqual([line, [false, []]]);
    expect([line, trailers("A: b", line, "C: d")]).toEqual([
      line,
      [
        true,
        [
          ["a", "b"],
          ["c", "d"],
        ],
      ],
    ]);
  }
});

test("random heads are said field by field", () => {
  for (let seed = 0; seed < 500; seed++) checkSections(new Inputs(new Prng(seed)));
});
