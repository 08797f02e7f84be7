import { expect, test } from "bun:test";
import { latin1, responseHead } from "../../test/cacheheads.ts";
import type { Head } from "../wire/http1/head.ts";
import { Output } from "../wire/http1/writer.ts";
import {
  multipartBytes,
  writeLastBoundary,
  writeNotModifiedHead,
  writePartHead,
  writePartialHead,
  writeUnsatisfiableHead,
} from "./partial.ts";
import { Ranges } from "./range.ts";

const stored = responseHead(
  200,
  "Server: x",
  "Content-Type: text/plain",
  'ETag: "a"',
  "Content-Length: 10",
  "Content-Encoding: gzip",
  "Content-Language: en",
  "Vary: b",
  "Content-Location: /c",
  "Access-Control-Allow-Origin: *",
);
const body = "0123456789";
const boundary = "f00d";

function written(write: (output: Output) => void): string {
  const output = new Output();
  output.latin1("x");
  write(output);
  return latin1(output.bytes, 1, output.length);
}

function rangesOf(value: string): Ranges {
  const ranges = new Ranges();
  const bytes = Buffer.from(`bytes=${value}`);
  ranges.read(bytes, 0, bytes.length, body.length);
  return ranges;
}

test("a 304 has all but what describes a body", () => {
  expect(written((output) => writeNotModifiedHead(output, stored)).split("\r\n")).toEqual([
    "HTTP/1.1 304 Not Modified",
    "Server: x",
    'ETag: "a"',
    "Vary: b",
    "Content-Location: /c",
    "Access-Control-Allow-Origin: *",
    "",
  ]);
});

test("a 206 with one range says which, and its length", () => {
  expect(written((output) => writePartialHead(output, stored, rangesOf("2-4"), 10, "")).split("\r\n")).toEqual([
    "HTTP/1.1 206 Partial Content",
    "Server: x",
    "Content-Type: text/plain",
    'ETag: "a"',
    "Content-Encoding: gzip",
    "Content-Language: en",
    "Vary: b",
    "Content-Location: /c",
    "Access-Control-Allow-Origin: *",
    "Content-Range: bytes 2-4/10",
    "Content-Length: 3",
    "",
  ]);
});

test("a 416 says how much there is", () => {
  expect(written((output) => writeUnsatisfiableHead(output, 10))).toBe(
    "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n",
  );
});

function multipart(head: Head, ranges: Ranges): string {
  let text = "";
  for (let index = 0; index < ranges.count; index++) {
    text += written((output) => writePartHead(output, head, ranges, index, body.length, boundary));
    text += body.slice(ranges.starts[index], ranges.ends[index]);
  }
  return text + written((output) => writeLastBoundary(output, boundary));
}

test("several ranges are parts of one body, each with its type and place", () => {
  const ranges = rangesOf("0-1,-1");
  expect(multipart(stored, ranges)).toBe(
    [
      "--f00d",
      "Content-Type: text/plain",
      "Content-Range: bytes 0-1/10",
      "",
      "01",
      "--f00d",
      "Content-Type: text/plain",
      "Content-Range: bytes 9-9/10",
      "",
      "9",
      "--f00d--",
      "",
    ].join("\r\n"),
  );
  const lines = written((output) => writePartialHead(output, stored, ranges, 10, boundary)).split("\r\n");
  expect(lines).toContain("Content-Type: multipart/byteranges; boundary=f00d");
  expect(lines).not.toContain("Content-Type: text/plain");
  expect(lines.filter((line) => line.startsWith("Content-Range"))).toEqual([]);
});

test("the length that is told is that of what is sent", () => {
  for (const head of [stored, responseHead(200, "A: 1")])
    for (const value of ["0-0,2-2", "0-1,3-4,6-6,9-9", "5-,0-1"]) {
      const ranges = rangesOf(value);
      expect(multipartBytes(head, ranges, 10, boundary)).toBe(multipart(head, ranges).length);
      const text = written((output) => writePartialHead(output, head, ranges, 10, boundary));
      expect(text).toContain(`\r\nContent-Length: ${multipart(head, ranges).length}\r\n`);
    }
});
