import { describe, expect, test } from "bun:test";
import { latin1, policyOf, requestHead, responseHead } from "../../test/cacheheads.ts";
import { invalidates, writeReference } from "./invalidation.ts";
import { Key } from "./key.ts";

test("a method that is not safe, and an answer that is no error (RFC 9111 section 4.4)", () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "PURGE", "M-SEARCH", "X"])
    for (const [status, wanted] of [
      [200, true],
      [204, true],
      [302, true],
      [399, true],
      [100, false],
      [400, false],
      [404, false],
      [500, false],
    ] as const)
      expect([method, status, invalidates(requestHead(`${method} /`), status)]).toEqual([method, status, wanted]);
});

test("safe methods change nothing", () => {
  for (const line of [
    "GET /",
    "HEAD /",
    "OPTIONS /",
    "TRACE /",
    "CONNECT a:80",
    "PROPFIND /",
    "QUERY /",
    "SEARCH /",
    "REPORT /",
  ])
    expect([line, invalidates(requestHead(line), 200)]).toEqual([line, false]);
});

const key = new Key();

function reference(value: string, line = "POST /dir/file?query", isSecure = false): string | null {
  const head = responseHead(201, `Location: ${value}`);
  const isThere = writeReference(key, requestHead(line), isSecure, head, 0, policyOf());
  return isThere ? latin1(key.bytes, 0, key.end) : null;
}

describe("what Location and Content-Location name", () => {
  const origin = "http://shop.example";
  const rows: readonly (readonly [string, string | null])[] = [
    ["/a", "/a"],
    ["/a?b=c", "/a?b=c"],
    ["/a#b", "/a"],
    ["a", "/dir/a"],
    ["./a", "/dir/a"],
    ["../a", "/a"],
    ["../../a", "/a"],
    ["../..", "/"],
    ["..", "/"],
    [".", "/dir/"],
    ["a/./b/../c", "/dir/a/c"],
    ["/a/./../b/", "/b/"],
    ["/a?x=/../y", "/a?x=/../y"],
    ["/.well-known/a", "/.well-known/a"],
    ["?new", "/dir/file?new"],
    ["http://shop.example/a/../b", "/b"],
    ["HTTP://SHOP.example:80/a", "/a"],
    ["http://shop.example", "/"],
    ["http://shop.example?x", "/?x"],
    ["//shop.example/a", "/a"],
    // Another origin, or none.
    ["https://shop.example/a", null],
    ["http://shop.example:8080/a", null],
    ["http://other.example/a", null],
    ["http://shop.example.evil/a", null],
    ["http://shop.example@evil/a", null],
    ["//other.example/a", null],
    ["//", null],
    ["http:///a", null],
    ["mailto:a@b", null],
    ["", null],
    ["#a", null],
    ["/a b", null],
    ["/\u00e9", null],
  ];
  for (const [value, wanted] of rows)
    test(`${value} is ${wanted}`, () => expect(reference(value)).toBe(wanted === null ? null : origin + wanted));

  test("is seen from the request, however that was written", () => {
    expect(reference("https://shop.example:443/a", "PUT /x", true)).toBe("https://shop.example/a");
    expect(reference("http://shop.example/a", "PUT /x", true)).toBeNull();
    expect(reference("/a", "PUT https://shop.example/x", false)).toBe("http://shop.example/a");
    expect(reference("a", "PUT http://shop.example")).toBe("http://shop.example/a");
    expect(reference("a", "PUT http://shop.example/b/c")).toBe("http://shop.example/b/a");
    expect(reference("?a", "PUT http://shop.example")).toBe("http://shop.example/?a");
  });
});
