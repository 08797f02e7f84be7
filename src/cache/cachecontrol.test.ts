import { expect, test } from "bun:test";
import { requestFacts, requestHead, responseFacts, responseHead } from "../../test/cacheheads.ts";
import { type CacheControl, directive, seconds, secondsMax } from "./cachecontrol.ts";

function ofResponse(...values: readonly string[]): CacheControl {
  return responseFacts(responseHead(200, ...values.map((value) => `Cache-Control: ${value}`))).control;
}

function ofRequest(...values: readonly string[]): CacheControl {
  return requestFacts(requestHead("GET /", ...values.map((value) => `Cache-Control: ${value}`))).control;
}

/** Names of the flags and "name=value" of the seconds that are set. */
function words(control: CacheControl): string {
  const flags = Object.entries(directive).flatMap(([name, flag]) => (control.has(flag) ? [name] : []));
  const numbers = Object.entries(seconds).flatMap(([name, place]) =>
    control.seconds[place] === -1 ? [] : [`${name}=${control.seconds[place]}`],
  );
  const lists = control.listCount > 0 ? [`${control.listCount} lists`] : [];
  return [...flags, ...numbers, ...lists].join(" ");
}

const responses: readonly (readonly [string, string])[] = [
  ["", ""],
  ["max-age=60", "maxAge=60"],
  ["MAX-age=60, NO-Store", "noStore maxAge=60"],
  ["public,max-age=60,s-maxage=5", "public maxAge=60 sMaxage=5"],
  [" , ,max-age=60,, ", "maxAge=60"],
  ["\tmax-age=60\t,\tpublic\t", "public maxAge=60"],
  ['max-age="60"', "maxAge=60"],
  ["max-age=0060", "maxAge=60"],
  ["max-age=0", "maxAge=0"],
  // The first counts, in one line and over several.
  ["max-age=1, max-age=1800", "maxAge=1"],
  ["max-age=x, max-age=1800", "maxAge=0"],
  // What is none is stale.
  ["max-age", "maxAge=0"],
  ["max-age=", "maxAge=0"],
  ["max-age=-5", "maxAge=0"],
  ["max-age=3600.0", "maxAge=0"],
  ["max-age=a3600", "maxAge=0"],
  ["max-age=3600a", "maxAge=0"],
  ["max-age='3600'", "maxAge=0"],
  ["max-age =3600", "maxAge=0"],
  ["max-age= 3600", "maxAge=0"],
  ['max-age="3600', "maxAge=0"],
  ['max-age="36\\00"', "maxAge=0"],
  ["max-age=3600 x", "maxAge=0"],
  // Large numbers.
  ["max-age=2147483647", "maxAge=2147483647"],
  ["max-age=2147483648", "maxAge=2147483648"],
  ["max-age=99999999999999999999999999", `maxAge=${secondsMax}`],
  // What is in a quoted string is not looked at.
  ['extension="max-age=3600", max-age=1', "maxAge=1"],
  ['max-age=1, extension="no-store"', "maxAge=1"],
  ['x="a\\", no-store, y="', ""],
  ['"no-store"', ""],
  ['x="no-store, max-age=5', ""],
  // Unknown directives, and separators that are none.
  ['foo, bar=1, max-age=5, baz="q"', "maxAge=5"],
  ["max-age=5; no-store", "maxAge=0"],
  ["no-store; max-age=5", "noStore"],
  ["no-storex, xno-store, no_store", ""],
  // What forbids counts in any shape, what allows only as it ought to be.
  ["no-store=1", "noStore"],
  ['no-store="x"', "noStore"],
  ["private=set-cookie", "private"],
  ["public=1", ""],
  ["public x", ""],
  ["immutable=1, must-understand=1", ""],
  ["immutable, must-understand, no-transform", "mustUnderstand immutable noTransform"],
  ["must-revalidate, proxy-revalidate", "mustRevalidate proxyRevalidate"],
  ["stale-while-revalidate=30, stale-if-error=60", "staleWhileRevalidate=30 staleIfError=60"],
  // Lists of fields.
  ['no-cache="a"', "1 lists"],
  ['no-cache="a, b", private="c"', "2 lists"],
  ['no-cache=""', "noCache"],
  ['no-cache=" , "', "noCache"],
  ['no-cache="a;b"', "noCache"],
  ['no-cache="a', "noCache"],
  ['no-cache="a" x', "noCache"],
  ['private="a", private', "private 1 lists"],
  ['no-cache="content-encoding"', "noCache"],
  ['private="x, ETag"', "private"],
  ['no-cache="a", no-cache="b", no-cache="c", no-cache="d", no-cache="e"', "noCache 4 lists"],
];

test("a response's Cache-Control is read as the table says", () => {
  for (const [value, wanted] of responses) expect([value, words(ofResponse(value))]).toEqual([value, wanted]);
});

const requests: readonly (readonly [string, string])[] = [
  ["max-age=0", "maxAge=0"],
  ["no-cache, no-store, only-if-cached", "noStore noCache onlyIfCached"],
  ["max-stale", `maxStale=${secondsMax}`],
  ["max-stale=5, min-fresh=7", "maxStale=5 minFresh=7"],
  ["stale-if-error=9", "staleIfError=9"],
  // What is no number is no word of the client.
  ["max-age=x", ""],
  ["max-stale=x, min-fresh=-1", ""],
  ['no-cache="a"', "noCache"],
];

test("a request's Cache-Control is read as the table says", () => {
  for (const [value, wanted] of requests) expect([value, words(ofRequest(value))]).toEqual([value, wanted]);
});

test("several lines are one list, and the first of a directive counts", () => {
  expect(words(ofResponse("max-age=1", "no-cache", "max-age=1800"))).toBe("noCache maxAge=1");
  expect(words(ofRequest("no-cache", "max-age=3"))).toBe("noCache maxAge=3");
});

test("a record that is read again holds nothing of before", () => {
  const facts = requestFacts(requestHead("GET /", "Cache-Control: no-cache, max-age=5"));
  facts.read(requestHead("GET /"));
  expect(words(facts.control)).toBe("");
  facts.read(requestHead("GET /", "Pragma: no-cache"));
  expect(words(facts.control)).toBe("noCache");
  facts.read(requestHead("GET /"));
  expect(words(facts.control)).toBe("");
});

test("a listed field is known by its whole name, in any case", () => {
  const head = responseHead(200, 'Cache-Control: no-cache="Set-Cookie, x"');
  const { control } = responseFacts(head);
  const lists = (name: string): boolean => control.lists(head.bytes, Buffer.from(name), 0, name.length);
  expect(["set-cookie", "X", "set-cookie2", "cookie", "y", ""].map(lists)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
