// Trailers that wait for filters: which go on, and what is left of their announcement.

import { expect, test } from "bun:test";
import { Output } from "../../wire/http1/writer.ts";
import { announcedOf, Trailers } from "./trailers.ts";

function put(section: string): string {
  const trailers = new Trailers();
  for (const value of Buffer.from(section, "latin1")) trailers.add(value);
  const output = new Output(4);
  trailers.put(output);
  return Buffer.from(output.bytes.subarray(0, output.length)).toString("latin1");
}

test("lines go on as they came, however many, without the empty line", () => {
  expect(put("\r\n")).toBe("");
  expect(put("X-A: 1\r\nx-b:\xff\r\nX-A: \r\n\r\n")).toBe("X-A: 1\r\nx-b:\xff\r\nX-A: \r\n");
  const long = `X: ${"v".repeat(5000)}\r\n`;
  expect(put(`${long}${long}\r\n`)).toBe(long + long);
});

test("those that tell of the bytes that came do not go on, in any case", () => {
  expect(put('Content-Digest: a\r\nX-A: etag:\r\nETAG: "x"\r\nrepr-digest:b\r\nETags: 1\r\n\r\n')).toBe(
    "X-A: etag:\r\nETags: 1\r\n",
  );
  expect(put("Digest: a\r\n\r\n")).toBe("");
});

test("nor are these announced", () => {
  expect(announcedOf(null)).toBeNull();
  expect(announcedOf("X-Sum")).toBe("X-Sum");
  expect(announcedOf("Content-Digest,X-Sum , ,etag,Server-Timing")).toBe("X-Sum, Server-Timing");
  expect(announcedOf("Content-Digest")).toBeNull();
});
