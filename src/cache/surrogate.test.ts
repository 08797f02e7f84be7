import { describe, expect, test } from "bun:test";
import { nowMs, policyOf, responseFacts, responseHead } from "../../test/cacheheads.ts";
import { directive, secondsMax } from "./cachecontrol.ts";
import { Freshness, lifetimeFrom, lifetimeWords } from "./freshness.ts";
import type { ResponseFacts } from "./responsefacts.ts";

/** Beside a Cache-Control of 5 s, which counts where nothing else does. */
function read(...values: readonly string[]): ResponseFacts {
  return responseFacts(
    responseHead(200, "Cache-Control: max-age=5", ...values.map((it) => `Surrogate-Control: ${it}`)),
  );
}

describe("what is for us speaks in the place of Cache-Control", () => {
  const rows: readonly (readonly [string, number])[] = [
    ["max-age=60", 60],
    ["MAX-Age=60", 60],
    ['max-age="60"', 60],
    ["foo, max-age=60", 60],
    ['content="ESI/1.0, x", max-age=60', 60],
    ["max-age=60, max-age=7", 60],
    ["max-age=60;Sluice", 60],
    ["max-age=7, max-age=60;sluice", 60],
    ["max-age=60 ; other ; sluice", 60],
    ["max-age=7;other, max-age=60", 60],
    ["max-age=99999999999", secondsMax],
    // What is no number is stale.
    ["max-age", 0],
    ["max-age=", 0],
    ["max-age =60", 0],
    ["max-age= 60", 0],
    ["max-age=-1", 0],
    ['max-age="60', 0],
  ];
  for (const [value, seconds] of rows)
    test(value, () => {
      const facts = read(value);
      expect([facts.isSurrogate, facts.control.maxAgeS]).toEqual([true, seconds]);
    });
});

test("what is not for us, or says nothing to a cache, leaves the word to Cache-Control", () => {
  for (const value of [
    "",
    "foo",
    "=",
    ";",
    ";sluice",
    '"',
    "max-age=60;other",
    "max-age=60;sluices",
    "no-store;",
    "no-store-remote",
    'content="ESI/1.0"',
  ]) {
    const { isSurrogate, control } = read(value);
    expect([value, isSurrogate, control.maxAgeS, control.flags]).toEqual([value, false, 5, 0]);
  }
});

test("all lines are one list", () => {
  expect(read("foo", "max-age=60").control.maxAgeS).toBe(60);
  expect(read("max-age=7", "max-age=60;sluice").control.maxAgeS).toBe(60);
});

test("max-age may say for how long it may be shown stale, unless a directive of its own does", () => {
  const staleOf = ({ control }: ResponseFacts): readonly number[] => [
    control.maxAgeS,
    control.staleWhileRevalidateS,
    control.staleIfErrorS,
  ];
  expect(staleOf(read("max-age=60+30"))).toEqual([60, 30, 30]);
  expect(staleOf(read("max-age=60+30;sluice"))).toEqual([60, 30, 30]);
  expect(staleOf(read("stale-while-revalidate=7, max-age=60+30"))).toEqual([60, 7, 30]);
  expect(staleOf(read("max-age=60+"))).toEqual([60, 0, 0]);
  expect(staleOf(read("max-age=+30"))).toEqual([0, 30, 30]);
  expect(staleOf(read("max-age=60, stale-if-error=9"))).toEqual([60, -1, 9]);
});

test("what forbids is believed in any shape, what allows only as it ought to be written", () => {
  for (const value of ["no-store", "NO-STORE=1", 'no-store="x"', "no-store x", "no-store;sluice"])
    expect([value, read(value).control.has(directive.noStore)]).toEqual([value, true]);
  expect(read("public, max-age=60").control.has(directive.public)).toBe(true);
  expect(read("public=1, max-age=60").control.has(directive.public)).toBe(false);
  expect(read("public, public=1, max-age=60").control.has(directive.public)).toBe(true);
});

test("CDN-Cache-Control comes before it, Cache-Control and Expires behind it", () => {
  const facts = responseFacts(
    responseHead(200, "Surrogate-Control: max-age=60", "CDN-Cache-Control: max-age=9", "Expires: 0"),
  );
  expect([facts.isTargeted, facts.isSurrogate, facts.control.maxAgeS]).toEqual([true, false, 9]);
  const other = responseFacts(
    responseHead(200, "Surrogate-Control: max-age=60", "Cache-Control: no-store", "Expires: 0"),
  );
  expect([other.hasExpires, other.control.flags]).toEqual([false, 0]);
  const freshness = new Freshness();
  freshness.read(other, policyOf(), nowMs, nowMs);
  expect([freshness.lifetimeMs, freshness.from, freshness.isExplicit]).toEqual([60_000, lifetimeFrom.surrogate, true]);
  expect(lifetimeWords[freshness.from]).toBe("Surrogate-Control");
});

test("private of Cache-Control holds beside it, whole or for the fields that it names", () => {
  const facts = (control: string): ResponseFacts =>
    responseFacts(responseHead(200, "Surrogate-Control: max-age=60", `Cache-Control: ${control}`));
  expect(facts("private").control.has(directive.private)).toBe(true);
  expect(facts("private, max-age=0").control.maxAgeS).toBe(60);
  expect(facts('private="x-user"').control.listCount).toBe(1);
  expect(facts('private="x-user"').control.has(directive.private)).toBe(false);
  expect(facts("no-store, must-revalidate").control.flags).toBe(0);
});

test("a record that is read again has forgotten it", () => {
  const facts = read("no-store");
  facts.read(responseHead(200), nowMs);
  expect([facts.isSurrogate, facts.control.flags, facts.control.maxAgeS]).toEqual([false, 0, -1]);
});
