import { describe, expect, test } from "bun:test";
import {
  dateOf,
  latin1,
  nowMs,
  policyOf,
  requestFacts,
  requestHead,
  responseFacts,
  responseHead,
} from "../../test/cacheheads.ts";
import { StoredFacts } from "../memory/cachefacts.ts";
import { Head } from "../wire/http1/head.ts";
import { parseResponse } from "../wire/http1/reader.ts";
import { Output } from "../wire/http1/writer.ts";
import { cacheField } from "./fieldname.ts";
import { Freshness } from "./freshness.ts";
import { fillFacts, writeStoredHead } from "./storedhead.ts";
import {
  canRevalidate,
  conditionOf,
  conditionOutcome,
  headOutcome,
  headOutcomeOf,
  isConditional,
  isFreshenedBy,
  isRangeWanted,
  writeConditions,
} from "./validators.ts";

/** Where a stored head starts in the bytes that it is a part of. */
const base = 13;

interface Stored {
  readonly bytes: Uint8Array;
  readonly facts: StoredFacts;
}

function store(fields: readonly string[], status = 200, bodyBytes = -1): Stored {
  const head = responseHead(status, "Cache-Control: max-age=60", ...fields);
  const response = responseFacts(head);
  const facts = new StoredFacts();
  const freshness = new Freshness();
  freshness.read(response, policyOf(), nowMs, nowMs);
  const output = new Output();
  output.latin1("x".repeat(base));
  writeStoredHead(output, head, response, policyOf(), facts);
  fillFacts(facts, response, freshness, policyOf(), nowMs);
  facts.bodyBytes = bodyBytes;
  return { bytes: output.bytes.slice(0, output.length), facts };
}

const tagged = store(['ETag: "abc"', `Last-Modified: ${dateOf(-5000)}`]);
const weak = store(['ETag: W/"abc"']);
const dated = store([`Last-Modified: ${dateOf(-5000)}`]);
const bare = store([]);

describe("conditions of a request on what is stored (RFC 9110 section 13)", () => {
  const rows: readonly (readonly [keyof typeof conditionOutcome, Stored, readonly string[]])[] = [
    ["whole", tagged, []],
    ["notModified", tagged, ['If-None-Match: "abc"']],
    ["notModified", tagged, ['If-None-Match: W/"abc"']],
    ["notModified", weak, ['If-None-Match: "abc"']],
    ["notModified", weak, ['If-None-Match: W/"abc"']],
    ["notModified", tagged, ['If-None-Match: "x", "abc", "y"']],
    ["notModified", tagged, ['If-None-Match: "a,b","abc"']],
    ["notModified", tagged, ['If-None-Match: ,,"x" , W/"abc"']],
    ["notModified", tagged, ['If-None-Match: "x"', 'If-None-Match: "abc"']],
    ["notModified", tagged, ["If-None-Match: *"]],
    ["notModified", bare, ["If-None-Match: *"]],
    ["whole", tagged, ['If-None-Match: "abcd"']],
    ["whole", tagged, ['If-None-Match: "ABC"']],
    ["whole", tagged, ["If-None-Match: abc"]],
    ["whole", tagged, ['If-None-Match: w/"abc"']],
    ["whole", tagged, ['If-None-Match: "abc']],
    ["whole", tagged, ['If-None-Match: "x, "abc"']],
    ["whole", tagged, ['If-None-Match: "*"']],
    ["whole", tagged, ["If-None-Match:"]],
    ["whole", bare, ['If-None-Match: ""']],
    ["notModified", store(["ETag: abc"]), ["If-None-Match: abc"]],
    ["notModified", store(['ETag: ""']), ['If-None-Match: ""']],
    ["notModified", store(['ETag: "\u00e9"']), ['If-None-Match: "\u00e9"']],
    // It comes before If-Modified-Since.
    ["notModified", tagged, ['If-None-Match: "abc"', `If-Modified-Since: ${dateOf(-9000)}`]],
    ["whole", tagged, ['If-None-Match: "x"', `If-Modified-Since: ${dateOf(0)}`]],
    ["notModified", dated, [`If-Modified-Since: ${dateOf(-5000)}`]],
    ["notModified", dated, [`If-Modified-Since: ${dateOf(-1)}`]],
    ["notModified", dated, [`If-Modified-Since: ${dateOf(9000)}`]],
    ["whole", dated, [`If-Modified-Since: ${dateOf(-5001)}`]],
    ["whole", dated, ["If-Modified-Since: 0"]],
    ["whole", dated, [`If-Modified-Since: ${dateOf(0)}`, `If-Modified-Since: ${dateOf(0)}`]],
    // Without Last-Modified it is as new as its Date.
    ["notModified", store([`Date: ${dateOf(-30)}`]), [`If-Modified-Since: ${dateOf(-30)}`]],
    ["whole", store([`Date: ${dateOf(-30)}`]), [`If-Modified-Since: ${dateOf(-31)}`]],
    // Nor that: as the time at which it was stored.
    ["notModified", bare, [`If-Modified-Since: ${dateOf(0)}`]],
    ["whole", bare, [`If-Modified-Since: ${dateOf(-1)}`]],
    // For the origin only (RFC 9111 section 4.3.2).
    ["passOn", tagged, ['If-Match: "abc"']],
    ["passOn", tagged, [`If-Unmodified-Since: ${dateOf(0)}`, 'If-None-Match: "abc"']],
    // Of what is no success there is no condition.
    ["whole", store(['ETag: "abc"'], 404), ['If-None-Match: "abc"']],
    ["whole", store(['ETag: "abc"'], 301), ["If-None-Match: *"]],
    ["notModified", store(['ETag: "abc"'], 203), ['If-None-Match: "abc"']],
  ];
  for (const [wanted, { bytes, facts }, fields] of rows)
    test(`${wanted}: ${fields.join(" | ")} on ${facts.status} ${latin1(bytes, base + facts.etagStart, base + facts.etagEnd)}`, () => {
      for (const line of ["GET /", "HEAD /"]) {
        const head = requestHead(line, ...fields);
        expect(conditionOf(head, requestFacts(head), facts, bytes, base, nowMs)).toBe(conditionOutcome[wanted]);
      }
    });
});

describe("whether a range is looked at (RFC 9110 sections 13.1.5 and 14.2)", () => {
  const range = "Range: bytes=0-1";
  const rows: readonly (readonly [boolean, Stored, readonly string[]])[] = [
    [false, tagged, []],
    [true, tagged, [range]],
    [false, tagged, [range, range]],
    [false, store([], 404), [range]],
    [false, store([], 203), [range]],
    [true, tagged, [range, 'If-Range: "abc"']],
    [false, tagged, [range, 'If-Range: "abd"']],
    [false, tagged, [range, 'If-Range: W/"abc"']],
    [false, weak, [range, 'If-Range: W/"abc"']],
    [false, weak, [range, 'If-Range: "abc"']],
    [false, bare, [range, 'If-Range: "abc"']],
    [true, dated, [range, `If-Range: ${dateOf(-5000)}`]],
    [false, dated, [range, `If-Range: ${dateOf(-4999)}`]],
    [false, dated, [range, "If-Range: abc"]],
    [false, dated, [range, "If-Range:"]],
    [false, bare, [range, `If-Range: ${dateOf(0)}`]],
    [false, store([`Date: ${dateOf(-30)}`]), [range, `If-Range: ${dateOf(-30)}`]],
    // A Last-Modified of the same second may be that of another one.
    [false, store([`Last-Modified: ${dateOf(0)}`]), [range, `If-Range: ${dateOf(0)}`]],
  ];
  for (const [wanted, { bytes, facts }, fields] of rows)
    test(`${wanted}: ${fields.join(" | ")}`, () => {
      const head = requestHead("GET /", ...fields);
      expect(isRangeWanted(head, requestFacts(head), facts, bytes, base, nowMs)).toBe(wanted);
    });

  test("not of a HEAD", () => {
    const head = requestHead("HEAD /", range);
    expect(isRangeWanted(head, requestFacts(head), tagged.facts, tagged.bytes, base, nowMs)).toBe(false);
  });
});

function conditionsOf({ bytes, facts }: Stored): string {
  const head = new Head(64);
  expect(parseResponse(head, bytes, base, bytes.length, 10_000)).toBe(bytes.length);
  const output = new Output();
  expect(writeConditions(output, head, facts)).toBe(output.length > 0);
  expect(canRevalidate(facts)).toBe(output.length > 0);
  return latin1(output.bytes, 0, output.length);
}

test("what is stored is asked for again by all that it has", () => {
  expect(conditionsOf(tagged)).toBe(`If-None-Match: "abc"\r\nIf-Modified-Since: ${dateOf(-5000)}\r\n`);
  expect(conditionsOf(weak)).toBe('If-None-Match: W/"abc"\r\n');
  expect(conditionsOf(dated)).toBe(`If-Modified-Since: ${dateOf(-5000)}\r\n`);
  expect(conditionsOf(bare)).toBe("");
});

test("conditions and ranges of the client are those six fields", () => {
  const conditional = Object.entries(cacheField).flatMap(([name, id]) => (isConditional(id) ? [name] : []));
  expect(conditional.sort()).toEqual(
    ["ifMatch", "ifModifiedSince", "ifNoneMatch", "ifRange", "ifUnmodifiedSince", "range"].sort(),
  );
});

describe("which 304 is about what is stored (RFC 9111 section 4.3.4)", () => {
  const rows: readonly (readonly [boolean, Stored, readonly string[]])[] = [
    [true, tagged, ['ETag: "abc"']],
    [true, tagged, ['ETag: W/"abc"']],
    [true, weak, ['ETag: W/"abc"']],
    [true, weak, ['ETag: "abc"']],
    [false, tagged, ['ETag: "abd"']],
    [false, tagged, ['ETag: "abd"', `Last-Modified: ${dateOf(-5000)}`]],
    [true, tagged, [`Last-Modified: ${dateOf(-5000)}`]],
    [false, tagged, [`Last-Modified: ${dateOf(-4000)}`]],
    [true, dated, [`Last-Modified: ${dateOf(-5000)}`, 'ETag: "new"']],
    [false, dated, ['ETag: "new"']],
    [false, bare, ['ETag: "new"']],
    [true, tagged, []],
    [true, bare, []],
  ];
  for (const [wanted, { bytes, facts }, fields] of rows)
    test(`${wanted}: ${fields.join(" | ")} for ${latin1(bytes, base + facts.etagStart, base + facts.etagEnd)}`, () => {
      const head = responseHead(304, ...fields);
      expect(isFreshenedBy(head, responseFacts(head), facts, bytes, base)).toBe(wanted);
    });
});

test("a HEAD says whether what is stored is still so (RFC 9111 section 4.3.5)", () => {
  const whole = store(['ETag: "abc"', `Last-Modified: ${dateOf(-5000)}`], 200, 10);
  const modified = `Last-Modified: ${dateOf(-5000)}`;
  const says = (stored: Stored, ...fields: readonly string[]): boolean => {
    const head = responseHead(200, ...fields);
    return headOutcomeOf(head, responseFacts(head), stored.facts, stored.bytes, base) === headOutcome.same;
  };
  expect(says(whole, 'ETag: "abc"', modified, "Content-Length: 10")).toBe(true);
  expect(says(whole, 'ETag: "abc"', modified)).toBe(true);
  expect(says(whole, 'ETag: "abc"', modified, "Content-Length: 11")).toBe(false);
  expect(says(whole, 'ETag: "abd"', modified)).toBe(false);
  expect(says(whole, modified)).toBe(false);
  expect(says(whole, 'ETag: "abc"')).toBe(false);
  expect(says(dated, modified)).toBe(true);
  expect(says(dated, modified, 'ETag: "abc"')).toBe(false);
  expect(says(bare)).toBe(false);
});
