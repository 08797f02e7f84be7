import { describe, expect, test } from "bun:test";
import { nowMs, policyOf, requestFacts, requestHead } from "../../test/cacheheads.ts";
import { cacheFlag } from "../memory/cache.ts";
import { StoredFacts } from "../memory/cachefacts.ts";
import { isServerError, mayShowOnError, reuse, reuseOf, reuseOfNothing } from "./reuse.ts";

const silent = policyOf();
const deaf = policyOf({ honorsRequests: false });

/** Fresh for 60 s, so many seconds old. */
function stored(ageS: number, said: Partial<StoredFacts> = {}): StoredFacts {
  return Object.assign(new StoredFacts(), { status: 200, bornMs: nowMs - ageS * 1000, freshForMs: 60_000, ...said });
}

function outcome(facts: StoredFacts, control = "", policy = silent): string {
  const request = requestFacts(requestHead("GET /", `Cache-Control: ${control}`));
  const found = reuseOf(facts, request, policy, nowMs);
  return Object.entries(reuse).find(([, number]) => number === found)![0];
}

const swr = { staleWhileRevalidateMs: 30_000 };
const { mustRevalidate, alwaysRevalidate, isPurged, isImmutable, isUnextended } = cacheFlag;

describe("what becomes of what is stored", () => {
  const rows: readonly (readonly [string, StoredFacts, string])[] = [
    ["fresh", stored(59), ""],
    ["revalidate", stored(60), ""],
    ["fresh", stored(-5), ""],
    // A clock that was set back by much: nobody knows how old it is.
    ["fresh", stored(-60), ""],
    ["revalidate", stored(-61), ""],
    ["revalidate", stored(-61, swr), ""],
    ["reload", stored(-61), "max-age=5"],
    ["accepted", stored(-61), "max-stale"],
    ["revalidate", stored(0, { freshForMs: 0 }), ""],
    ["revalidate", stored(5, { flags: alwaysRevalidate }), ""],
    ["revalidate", stored(5, { flags: isPurged }), ""],
    // RFC 5861 section 3.
    ["whileRevalidating", stored(60, swr), ""],
    ["whileRevalidating", stored(89, swr), ""],
    ["revalidate", stored(90, swr), ""],
    ["revalidate", stored(65, { ...swr, flags: mustRevalidate }), ""],
    ["revalidate", stored(65, { ...swr, flags: alwaysRevalidate }), ""],
    ["whileRevalidating", stored(5, { ...swr, flags: isPurged }), ""],
    ["whileRevalidating", stored(65, { ...swr, flags: isUnextended }), ""],
    // Section 5.2.1.1.
    ["fresh", stored(5), "max-age=5"],
    ["reload", stored(6), "max-age=5"],
    ["reload", stored(0), "max-age=0"],
    ["reload", stored(65, swr), "max-age=10"],
    // Section 5.2.1.2.
    ["accepted", stored(70), "max-stale=10"],
    ["revalidate", stored(71), "max-stale=10"],
    ["accepted", stored(1e9), "max-stale"],
    ["revalidate", stored(61), "max-stale=0"],
    ["revalidate", stored(65, { flags: mustRevalidate }), "max-stale"],
    ["revalidate", stored(65, { flags: isUnextended }), "max-stale"],
    ["revalidate", stored(65, { flags: alwaysRevalidate }), "max-stale"],
    ["revalidate", stored(5, { flags: isPurged }), "max-stale"],
    ["accepted", stored(65), "max-age=60, max-stale=10"],
    ["reload", stored(71), "max-age=60, max-stale=10"],
    // Section 5.2.1.3.
    ["fresh", stored(50), "min-fresh=10"],
    ["reload", stored(51), "min-fresh=10"],
    ["reload", stored(5), "min-fresh=3600"],
    // Section 5.2.1.4.
    ["reload", stored(5), "no-cache"],
    ["reload", stored(5, { flags: isImmutable }), "no-cache"],
    // Section 5.2.1.5: it is about what is stored from now on.
    ["fresh", stored(5), "no-store"],
    // Section 5.2.1.7.
    ["fresh", stored(5), "only-if-cached"],
    ["gatewayTimeout", stored(65), "only-if-cached"],
    ["gatewayTimeout", stored(5), "only-if-cached, no-cache"],
    ["accepted", stored(65), "only-if-cached, max-stale"],
    ["whileRevalidating", stored(65, swr), "only-if-cached"],
    // RFC 8246 section 2.
    ["fresh", stored(5, { flags: isImmutable }), "max-age=0"],
    ["reload", stored(65, { flags: isImmutable }), "max-age=0"],
  ];
  for (const [wanted, facts, control] of rows)
    test(`${wanted}: ${(nowMs - facts.bornMs) / 1000} s old, flags ${facts.flags}, ${control}`, () =>
      expect(outcome(facts, control)).toBe(wanted));
});

test("a pool may be deaf to what clients say", () => {
  for (const control of ["no-cache", "max-age=0", "min-fresh=3600", "no-store", "only-if-cached"]) {
    expect(outcome(stored(5), control, deaf)).toBe("fresh");
    expect(outcome(stored(65), control, deaf)).toBe("revalidate");
  }
  expect(outcome(stored(65), "max-stale", deaf)).toBe("revalidate");
});

test("nothing stored is asked for, unless the client wants only what is", () => {
  const request = requestFacts(requestHead("GET /", "Cache-Control: only-if-cached"));
  expect(reuseOfNothing(request, silent)).toBe(reuse.gatewayTimeout);
  expect(reuseOfNothing(request, deaf)).toBe(0);
  expect(reuseOfNothing(requestFacts(requestHead("GET /")), silent)).toBe(0);
});

describe("what is shown instead of an error (RFC 5861 section 4)", () => {
  const sie = { staleIfErrorMs: 30_000 };
  const rows: readonly (readonly [boolean, StoredFacts, string])[] = [
    [true, stored(65, sie), ""],
    [true, stored(5, sie), ""],
    [false, stored(90, sie), ""],
    [false, stored(65), ""],
    [false, stored(65, { ...sie, flags: mustRevalidate }), ""],
    [false, stored(65, { ...sie, flags: alwaysRevalidate }), ""],
    [true, stored(65), "stale-if-error=10"],
    [false, stored(71), "stale-if-error=10"],
    [false, stored(65, { flags: mustRevalidate }), "stale-if-error=10"],
    [false, stored(65, { flags: isUnextended }), "stale-if-error=10"],
    [true, stored(65, sie), "max-age=10"],
    [false, stored(65, sie), "no-cache"],
    [true, stored(65, sie), "no-cache, stale-if-error=10"],
  ];
  for (const [wanted, facts, control] of rows)
    test(`${wanted}: ${(nowMs - facts.bornMs) / 1000} s old, flags ${facts.flags}, ${control}`, () => {
      const request = requestFacts(requestHead("GET /", `Cache-Control: ${control}`));
      expect(mayShowOnError(facts, request, silent, nowMs)).toBe(wanted);
    });

  test("the client's word counts only where the pool listens", () => {
    const request = requestFacts(requestHead("GET /", "Cache-Control: stale-if-error=10"));
    expect(mayShowOnError(stored(65), request, deaf, nowMs)).toBe(false);
  });

  test("four statuses are errors", () => {
    expect([499, 500, 501, 502, 503, 504, 505].filter(isServerError)).toEqual([500, 502, 503, 504]);
  });
});
