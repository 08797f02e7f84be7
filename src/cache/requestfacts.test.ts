import { expect, test } from "bun:test";
import { requestFacts, requestHead } from "../../test/cacheheads.ts";
import { directive } from "./cachecontrol.ts";

test("only GET and HEAD are looked up", () => {
  for (const [method, isLookedUp, isHead] of [
    ["GET", true, false],
    ["HEAD", true, true],
    ["POST", false, false],
    ["get", false, false],
    ["PURGE", false, false],
  ] as const) {
    const facts = requestFacts(requestHead(`${method} /`));
    expect([method, facts.isLookedUp, facts.isHead]).toEqual([method, isLookedUp, isHead]);
  }
});

test("one pass finds the fields that matter, and those that came twice", () => {
  const facts = requestFacts(
    requestHead(
      "GET /",
      "Accept-Encoding: br",
      "if-none-match: *",
      "If-Modified-Since: x",
      "RANGE: bytes=0-",
      "If-Range: y",
      "Authorization: Basic x",
      "Accept-Encoding: gzip",
      "Range: bytes=1-",
      "If-None-Match: z",
    ),
  );
  expect(facts).toMatchObject({
    acceptEncoding: 1,
    acceptEncodingCount: 2,
    ifNoneMatch: 2,
    ifModifiedSince: 3,
    isIfModifiedSinceTwice: false,
    range: 4,
    isRangeTwice: true,
    ifRange: 5,
    hasAuthorization: true,
    hasOriginCondition: false,
  });
  facts.read(requestHead("GET /"));
  expect(facts).toMatchObject({
    acceptEncoding: -1,
    ifNoneMatch: -1,
    range: -1,
    isRangeTwice: false,
    hasAuthorization: false,
  });
});

test("If-Match and If-Unmodified-Since are for the origin", () => {
  for (const field of ['If-Match: "a"', "If-Unmodified-Since: x"])
    expect(requestFacts(requestHead("GET /", field)).hasOriginCondition).toBe(true);
});

test("so is what may say that another method or target is meant", () => {
  for (const name of [
    "X-HTTP-Method-Override",
    "x-http-method",
    "X-Method-Override",
    "X-Original-URL",
    "X-REWRITE-URL",
  ])
    expect([name, requestFacts(requestHead("GET /", `${name}: x`)).hasOriginCondition]).toEqual([name, true]);
  expect(requestFacts(requestHead("GET /", "X-Original: x")).hasOriginCondition).toBe(false);
});

test("a cookie is noted, and forgotten with the next", () => {
  const facts = requestFacts(requestHead("GET /", "Cookie: a=b"));
  expect(facts.hasCookie).toBe(true);
  facts.read(requestHead("GET /"));
  expect(facts.hasCookie).toBe(false);
});

test("Accept-Encoding that Connection names is not there", () => {
  const nominated = (connection: string): number =>
    requestFacts(requestHead("GET /", "Accept-Encoding: gzip", `Connection: ${connection}`)).acceptEncodingCount;
  expect([nominated("accept-encoding"), nominated("x, Accept-Encoding"), nominated("x"), nominated("close")]).toEqual([
    0, 0, 1, 1,
  ]);
});

test("Pragma counts only without Cache-Control", () => {
  const noCache = (...fields: readonly string[]): boolean =>
    requestFacts(requestHead("GET /", ...fields)).control.has(directive.noCache);
  for (const value of ["no-cache", "No-Cache", "x, no-cache", 'x="1",no-cache , y', "no-cache,no-cache"])
    expect([value, noCache(`Pragma: ${value}`)]).toEqual([value, true]);
  for (const value of ["", "no-cach", "no-cachex", "xno-cache", "no cache", "x no-cache"])
    expect([value, noCache(`Pragma: ${value}`)]).toEqual([value, false]);
  expect(noCache("Pragma: x", "Pragma: no-cache")).toBe(true);
  expect(noCache("Pragma: no-cache", "Cache-Control: max-age=5")).toBe(false);
  expect(noCache("Pragma: no-cache", "Cache-Control:")).toBe(false);
});
