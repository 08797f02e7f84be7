import { describe, expect, test } from "bun:test";
import { latin1, policyOf, requestHead } from "../../test/cacheheads.ts";
import { Key } from "./key.ts";
import type { CachePolicy } from "./policy.ts";

const silent = policyOf();
const key = new Key();

function keyOf(line: string, fields: readonly string[] = [], policy: CachePolicy = silent, isSecure = false): string {
  key.write(requestHead(line, ...fields), isSecure, policy);
  expect(key.firstEnd).toBe(key.end);
  return latin1(key.bytes, 0, key.end);
}

describe("one spelling for one URL", () => {
  const rows: readonly (readonly [string, string, readonly string[], boolean?])[] = [
    ["http://shop.example/a?b=c", "GET /a?b=c", []],
    ["https://shop.example/", "GET /", [], true],
    ["http://shop.example/", "HEAD /", []],
    ["http://shop.example/", "GET /", ["Host: SHOP.example:80"]],
    ["http://shop.example/", "GET /", ["Host: shop.example:"]],
    ["http://shop.example:0080/", "GET /", ["Host: shop.example:0080"]],
    ["http://shop.example:443/", "GET /", ["Host: shop.example:443"]],
    ["https://shop.example/", "GET /", ["Host: shop.example:443"], true],
    ["https://shop.example:8443/", "GET /", ["Host: shop.example:8443"], true],
    ["http://[::1]/", "GET /", ["Host: [::1]:80"]],
    ["http://[::80]/", "GET /", ["Host: [::80]"]],
    ["http://shop.example/A/%7e?", "GET /A/%7e?", []],
    ["http://shop.example/", "GET http://shop.example", []],
    ["http://shop.example/?x", "GET http://SHOP.example?x", []],
    ["https://shop.example/x", "GET https://shop.example:443/x", ["Host: shop.example:443"], true],
    // Which scheme it is a client does not say.
    ["https://shop.example/x", "GET http://shop.example/x", [], true],
    ["http://shop.example/x", "GET https://shop.example/x", []],
    ["http:///x", "GET /x", ["Host:"]],
  ];
  for (const [wanted, line, fields, isSecure] of rows)
    test(`${line} ${fields.join(" ")} is ${wanted}`, () => expect(keyOf(line, fields, silent, isSecure)).toBe(wanted));
});

describe("the query as a pool wants it", () => {
  const query = { included: null, excluded: [], isSorted: false };
  const without = policyOf({ query: { ...query, excluded: ["utm_source", "a b"] } });
  const only = policyOf({ query: { ...query, included: ["id", "page"] } });
  const sorted = policyOf({ query: { ...query, isSorted: true } });
  const none = policyOf({ query: { ...query, included: [] } });
  const path = (target: string, policy: CachePolicy): string => keyOf(`GET ${target}`, [], policy).slice(19);

  test("some parameters do not count", () => {
    expect(path("/x?utm_source=a&id=1&utm_source", without)).toBe("/x?id=1");
    expect(path("/x?%75tm_source=a&id=1&a+b=1&a%20b", without)).toBe("/x?id=1");
    expect(path("/x?utm_sourcex=a&utm_sourc=b&%zz=1", without)).toBe("/x?utm_sourcex=a&utm_sourc=b&%zz=1");
    expect(path("/x?utm_source", without)).toBe("/x");
  });
  test("or only some do, however they are written", () => {
    expect(path("/x?a=1&id=2&page=3&id=4", only)).toBe("/x?id=2&page=3&id=4");
    expect(path("/x?%69d=2", only)).toBe("/x?%69d=2");
    expect(path("/x?iD%3D=1&di=2&id.=3", only)).toBe("/x");
    expect(path("/x?a=1", none)).toBe("/x");
  });
  test("whatever some server may read as one that counts, counts", () => {
    const named = policyOf({ query: { ...query, included: ["id", "user_id"] } });
    for (const text of [
      "ID=2",
      "id[]=2",
      "id%5b0]=2",
      "%20id=2",
      "+id=2",
      "id%00x=2",
      "user.id=2",
      "user+id=2",
      "User[id=2",
    ])
      expect([text, path(`/x?id=1&${text}&a=1`, named)]).toEqual([text, `/x?id=1&${text}`]);
    // Behind a ";" there may be another one.
    expect(path("/x?a=1;id=2&b=1", named)).toBe("/x?a=1;id=2");
    expect(path("/x?utm_source=a;id=2&utm_source=b", without)).toBe("/x?utm_source=a;id=2");
    // What is left out is left out in no disguise.
    expect(path("/x?UTM_source=a&utm.source=b&utm_source[]=c", without)).toBe(
      "/x?UTM_source=a&utm.source=b&utm_source[]=c",
    );
  });
  test("a star stands for whatever follows", () => {
    const wild = policyOf({ query: { ...query, excluded: ["utm_*", "fbclid"] } });
    expect(path("/x?utm_source=a&id=1&%75tm_x=b&utm_=c&fbclid=d&fbclidx=e&utm=f", wild)).toBe(
      "/x?id=1&fbclidx=e&utm=f",
    );
    const some = policyOf({ query: { ...query, included: ["q_*"] } });
    expect(path("/x?q_a=1&r=2&Q_b=3&q=4", some)).toBe("/x?q_a=1&Q_b=3");
  });
  test("sorted by name, those of one name as they came", () => {
    expect(path("/x?b=2&a=2&ab=0&a=1&&b", sorted)).toBe("/x?a=2&a=1&ab=0&b=2&b");
    expect(path("/x?", sorted)).toBe("/x");
  });
  test("what has too many parameters counts whole", () => {
    const target = `/x?${Array.from({ length: 200 }, (_, index) => `b${200 - index}`).join("&")}`;
    expect(path(target, sorted)).toBe(target);
  });
});

test("pools that share a cache share no keys", () => {
  const scoped = policyOf({ scope: "blue" });
  expect(keyOf("GET /a?b", [], scoped)).toBe(`${keyOf("GET /a?b")}\x02blue`);
  const both = policyOf({ scope: "blue", keyCookies: ["theme"] });
  expect(keyOf("GET /a", ["Cookie: theme=dark"], both)).toEndWith("/a\x01dark\x02blue");
});

describe("fields and cookies of the request", () => {
  const policy = policyOf({ keyFields: ["x-tenant", "x-two"], keyCookies: ["theme"] });
  const extra = (...fields: readonly string[]): string => keyOf("GET /", fields, policy).slice(20);

  test("absent, empty and there are three things", () => {
    expect(extra()).toBe("\0\0\0");
    expect(extra("X-Tenant:")).toBe("\x01\0\0");
    expect(extra("X-TENANT: a", "x-two: b", "Cookie: a=b; theme=dark; x")).toBe("\x01a\x01b\x01dark");
  });
  test("values of several lines are joined, and those of a cookie that comes twice", () => {
    expect(extra("x-two: a", "X-Two: b")).toBe("\0\x01a,b\0");
    expect(extra("Cookie: xtheme=1; theme=a;theme=b", "Cookie: theme=c")).toBe("\0\0\x01a;b;c");
    expect(extra("Cookie: theme =a; theme\t=b")).toBe("\0\0\x01a;b");
    expect(extra("Cookie: theme x=a; theme")).toBe("\0\0\0");
    expect(extra("Cookie: x", "Cookie: theme=")).toBe("\0\0\x01");
    expect(extra("Cookie: theme; them=; themes=1")).toBe("\0\0\0");
  });
  test("fields that servers take for it count, and what Connection names does not", () => {
    expect(extra("X_Tenant: a", "X-Tenant: b")).toBe("\x01a,b\0\0");
    expect(extra("x_TWO: a", "Xx-Two: b")).toBe("\0\x01a\0");
    expect(extra("X-Tenant: a", "Connection: x-tenant")).toBe("\0\0\0");
    expect(extra("X-Tenant: a", "Connection: x-two, close")).toBe("\x01a\0\0");
    expect(extra("Cookie: theme=a", "Connection: cookie")).toBe("\0\0\0");
  });
  test("the URL comes first, so that all its keys begin alike", () => {
    expect(keyOf("GET /a", [], policy)).toStartWith(keyOf("GET /a"));
  });
});

describe("a URL that somebody types", () => {
  const typed = (url: string, policy: CachePolicy = silent): string | null =>
    key.writeUrl(url, policy) ? latin1(key.bytes, 0, key.end) : null;

  test("has the key of the request for it", () => {
    expect(typed("HTTPS://Shop.Example:443/a?b#c")).toBe("https://shop.example/a?b");
    expect(typed("http://shop.example")).toBe("http://shop.example/");
    expect(typed(" http://shop.example:8080/é\ud800 x ")).toBe("http://shop.example:8080/%C3%A9%EF%BF%BD%20x");
    const query = { included: null, excluded: ["b"], isSorted: false };
    expect(typed("http://a/?b=1&c=2", policyOf({ query }))).toBe("http://a/?c=2");
  });
  test("or is none", () => {
    for (const url of ["", "/a", "shop.example", "ftp://a/", "http://", "http:///a", "http://u@a/"])
      expect(typed(url)).toBeNull();
  });
});

test("another target of the same host has the key of a request for it", () => {
  const bytes = Buffer.from("xx/b?c");
  for (const [line, isSecure] of [
    ["GET /a", true],
    ["GET http://shop.example/a", false],
    ["POST https://shop.example/a", true],
    ["POST http://shop.example/a", true],
  ] as const) {
    key.writeOther(requestHead(line), isSecure, bytes, 2, 6, silent);
    expect(latin1(key.bytes, 0, key.end)).toBe(`${isSecure ? "https" : "http"}://shop.example/b?c`);
  }
});
