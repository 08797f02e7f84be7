import { expect, test } from "bun:test";
import { latin1, requestFacts, requestHead } from "../../test/cacheheads.ts";
import { Output } from "../wire/http1/writer.ts";
import { acceptEncodingText, writeAcceptEncoding } from "./acceptencoding.ts";

function spelled(...values: readonly string[]): string {
  const head = requestHead("GET /", ...values.map((value) => `Accept-Encoding: ${value}`));
  const { acceptEncoding, acceptEncodingCount } = requestFacts(head);
  const output = new Output();
  writeAcceptEncoding(output, head, acceptEncoding, acceptEncodingCount);
  return latin1(output.bytes, 0, output.length);
}

test("order, blanks, case, weights above 0 and old names do not count", () => {
  for (const same of [
    [
      "gzip, deflate, br, zstd",
      "zstd,br , deflate,gzip",
      "GZIP;q=0.5, br;q=1.0, deflate;q=0.001, zstd",
      "x-gzip, br, deflate, zstd",
    ],
    ["gzip", "gzip, identity", "gzip;q=1", " gzip ", "gzip, gzip", "gzip, br;q=0", "gzip;q=0, gzip"],
    ["", "identity", "identity;q=0.5", "br;q=0", ",,"],
    ["*", "*;q=0.1"],
    ["*, gzip;q=0", "gzip;q=0.000, *"],
    ["identity;q=0", "identity;q=0."],
    ["foo, gzip", "gzip, FOO"],
  ])
    expect(new Set(same.map((value) => spelled(value))).size).toBe(1);
});

test("other sets are spelled otherwise", () => {
  const values = [
    "",
    "gzip",
    "br",
    "gzip, br",
    "gzip, br, zstd",
    "deflate",
    "compress",
    "*",
    "*;q=0",
    "*, gzip;q=0",
    "*, gzip",
    "identity;q=0",
    "identity;q=0, gzip",
    "foo",
    "foo;q=0",
    "foo, bar",
    "bar, foo",
    "b",
    "gzip, foo",
  ];
  expect(new Set(values.map((value) => spelled(value))).size).toBe(values.length);
});

test("several lines are one list", () => {
  expect(spelled("gzip", "br")).toBe(spelled("br, gzip"));
  expect(spelled("gzip", "foo")).toBe(spelled("gzip, foo"));
});

test("what was seen before is spelled as at first, long and short values alike", () => {
  const long = Array.from({ length: 40 }, (_, index) => `x${index}`).join(", ");
  for (const value of ["gzip, br", long, "", "br", "rb", "gzip, br"]) {
    const first = spelled(value);
    expect(spelled(value)).toBe(first);
  }
  // These two fall into one place of what is remembered.
  expect(spelled("foo, zip")).not.toBe(spelled("bar, zip"));
  expect(spelled("foo, zip")).toBe(",foo,zip");
});

test("a spelling is told as a field that would be spelled so", () => {
  for (const [value, told] of [
    ["deflate, gzip, br;q=0.5", "br, gzip, deflate"],
    ["", "identity"],
    ["*, gzip;q=0", "*, gzip;q=0"],
    ["identity;q=0, gzip", "gzip, identity;q=0"],
    ["foo, gzip, bar;q=0", "gzip, foo, bar;q=0"],
  ] as const) {
    expect(acceptEncodingText(spelled(value))).toBe(told);
    expect(spelled(told)).toBe(spelled(value));
  }
});
