import { describe, expect, test } from "bun:test";
import { dateOf, nowMs, policyOf, responseFacts, responseHead } from "../../test/cacheheads.ts";
import { Freshness, lifetimeFrom, lifetimeWords } from "./freshness.ts";
import type { CachePolicy } from "./policy.ts";

const day = 86_400;
const silent = policyOf();

function read(status: number, fields: readonly string[], policy: CachePolicy = silent, delayMs = 0): Freshness {
  const freshness = new Freshness();
  freshness.read(responseFacts(responseHead(status, ...fields)), policy, nowMs - delayMs, nowMs);
  return freshness;
}

/** Who says how long, and how many seconds. */
function lifetime(status: number, fields: readonly string[], policy: CachePolicy = silent): string {
  const { from, lifetimeMs } = read(status, fields, policy);
  const who = Object.entries(lifetimeFrom).find(([, number]) => number === from)![0];
  return `${who} ${lifetimeMs / 1000}`;
}

const now = `Date: ${dateOf(0)}`;

describe("how long it is fresh", () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ["s-maxage before max-age", "sMaxage 5", ["Cache-Control: max-age=60, s-maxage=5"]],
    ["max-age before Expires", "maxAge 60", ["Cache-Control: max-age=60", `Expires: ${dateOf(5)}`, now]],
    ["a bad max-age before a good Expires", "maxAge 0", ["Cache-Control: max-age=x", `Expires: ${dateOf(5)}`, now]],
    ["Expires is from Date on", "expires 90", [`Expires: ${dateOf(30)}`, `Date: ${dateOf(-60)}`]],
    ["without Date from now on", "expires 29.75", [`Expires: ${dateOf(30)}`]],
    ["Expires before Date", "expires 0", [`Expires: ${dateOf(-30)}`, now]],
    ["Expires that is no date", "expires 0", ["Expires: 0", now]],
    ["CDN-Cache-Control before all", "targeted 7", ["CDN-Cache-Control: max-age=7", "Cache-Control: s-maxage=5"]],
    ["its s-maxage before its max-age", "targeted 8", ["CDN-Cache-Control: max-age=7, s-maxage=8"]],
    ["a tenth of the time since Last-Modified", "heuristic 100", [now, `Last-Modified: ${dateOf(-1000)}`]],
    ["no more than the policy lets", `heuristic ${day}`, [now, `Last-Modified: ${dateOf(-100 * day)}`]],
    ["Last-Modified ahead of Date", "heuristic 0", [now, `Last-Modified: ${dateOf(1000)}`]],
    ["nothing is said", "nobody 0", [now]],
    ["Last-Modified that is no date", "nobody 0", [now, "Last-Modified: yesterday"]],
  ];
  for (const [name, wanted, fields] of rows) test(name, () => expect(lifetime(200, fields)).toBe(wanted));
});

test("only some statuses are guessed about, others when they are public (RFC 9110 section 15.1)", () => {
  const modified = [now, `Last-Modified: ${dateOf(-1000)}`];
  const guessed = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 451, 501]);
  for (let status = 200; status < 600; status++) {
    expect([status, lifetime(status, modified)]).toEqual([status, guessed.has(status) ? "heuristic 100" : "nobody 0"]);
    expect(lifetime(status, [...modified, "Cache-Control: public"])).toBe("heuristic 100");
  }
});

describe("what a policy says", () => {
  const modified = [now, `Last-Modified: ${dateOf(-1000)}`];
  const negative = [
    { on: { from: 404, to: 404 }, ttlMs: 3000 },
    { on: { from: 500, to: 503 }, ttlMs: 1000 },
  ];

  test("a forced ttl comes before what a response says", () => {
    const policy = policyOf({ ttlMs: 9000 });
    for (const fields of [[], ["Cache-Control: max-age=0"], ["Expires: 0"], modified, ["CDN-Cache-Control: max-age=1"]])
      expect(lifetime(200, fields, policy)).toBe("policy 9");
  });

  test("its time begins when a response comes, however old others say that it is", () => {
    const policy = policyOf({ ttlMs: 9000, negative });
    // Dates are of whole seconds, and it is a quarter past one.
    for (const [old, ageMs] of [
      ["Age: 100", 100_000],
      [`Date: ${dateOf(-100)}`, 99_251],
    ] as const) {
      const seconds = (ttlMs: number): number => (ttlMs + ageMs) / 1000;
      expect(lifetime(200, [old], policy)).toBe(`policy ${seconds(9000)}`);
      expect(lifetime(404, [old], policy)).toBe(`status ${seconds(3000)}`);
      expect(lifetime(404, [old], policyOf({ negative }))).toBe(`status ${seconds(3000)}`);
      expect(lifetime(200, [old], policyOf({ defaultTtlMs: 2000 }))).toBe(`fallback ${seconds(2000)}`);
    }
  });

  test("a forced ttl makes nothing storable that was not", () => {
    const policy = policyOf({ ttlMs: 9000 });
    expect(lifetime(500, [], policy)).toBe("nobody 0");
    expect(lifetime(500, ["Cache-Control: max-age=1"], policy)).toBe("policy 9");
  });

  test("a word for a status comes before the forced ttl, and behind what the response says without one", () => {
    expect(lifetime(404, ["Cache-Control: max-age=60"], policyOf({ negative, ttlMs: 9000 }))).toBe("status 3");
    expect(lifetime(404, ["Cache-Control: max-age=60"], policyOf({ negative }))).toBe("maxAge 60");
    expect(lifetime(404, modified, policyOf({ negative }))).toBe("status 3");
    expect(lifetime(503, [], policyOf({ negative }))).toBe("status 1");
  });

  test("a default is for what says nothing and could be guessed about", () => {
    const policy = policyOf({ defaultTtlMs: 2000 });
    expect(lifetime(200, [], policy)).toBe("fallback 2");
    expect(lifetime(200, modified, policy)).toBe("heuristic 100");
    expect(lifetime(500, [], policy)).toBe("nobody 0");
    expect(lifetime(200, modified, policyOf({ defaultTtlMs: 2000, heuristicMaxMs: 0 }))).toBe("fallback 2");
    expect(lifetime(200, modified, policyOf({ heuristicMaxMs: 0 }))).toBe("nobody 0");
  });
});

describe("how old it is when it comes (RFC 9111 section 4.2.3)", () => {
  const age = (fields: readonly string[], delayMs = 0): number => read(200, fields, silent, delayMs).initialAgeMs;
  test("by Age, to which the time that it took is added", () => {
    expect(age(["Age: 30"])).toBe(30_000);
    expect(age(["Age: 30"], 500)).toBe(30_500);
    expect(age(["Age: 0"], 500)).toBe(500);
  });
  test("by Date, whose second may have been nearly over", () => {
    expect(age([now])).toBe(0);
    expect(age([`Date: ${dateOf(-1)}`])).toBe(251);
    expect(age([`Date: ${dateOf(-7200)}`])).toBe(7_199_251);
  });
  test("by the greater of the two", () => {
    expect(age([`Date: ${dateOf(-60)}`, "Age: 7"])).toBe(59_251);
    expect(age([`Date: ${dateOf(-5)}`, "Age: 7"])).toBe(7000);
  });
  test("none where Date is ahead of us, no date, or not there", () => {
    for (const fields of [[`Date: ${dateOf(300)}`], ["Date: now"], []]) expect(age(fields, 100)).toBe(0);
  });
  test("it was born before it came by as much", () => {
    expect(read(200, ["Age: 30"]).bornMs).toBe(nowMs - 30_000);
  });
});

test("everybody who can say how long has words", () => {
  expect(lifetimeWords.length).toBe(Object.keys(lifetimeFrom).length);
});
