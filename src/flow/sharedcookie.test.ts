import { describe, expect, test } from "bun:test";
import { samplePool, sampleServer } from "../balance/sample.fixture.ts";
import type { PoolPlan, StickyPlan } from "../config/plan.ts";
import { SharedCookie, sharedCookies } from "./sharedcookie.ts";

const app = new Set(["a1", "a2"]);
const api = new Set(["b1", "b2"]);
const mixed = new Set(["a1", "c1", "c2"]);
const all = [app, api, mixed];

describe("the value that a pool sets", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["a1", "", "a1"],
    ["a1", "b1", "a1|b1"],
    ["a2", "a1|b1", "a2|a1|b1"],
    // One for each pool, and nothing that none of them knows.
    ["a2", "b2|b1|made-up|c2", "a2|b2|c2"],
    ["a2", "made-up", "a2"],
    // What the other would take for its own stands behind what it has.
    ["a1", "b1|c1", "b1|c1|a1"],
    ["a1", "a1", "a1"],
  ];
  for (const [word, sent, expected] of cases)
    test(`for ${word} with "${sent}" is ${expected}`, () => {
      expect(new SharedCookie(app, all).with(word, sent)).toBe(expected);
    });

  test("names servers of other pools in the order in which they came, for a third pool may know several of them", () => {
    const firstIn = (pool: ReadonlySet<string>, value: string): string | undefined =>
      value.split("|").find((each) => pool.has(each));
    const third = new Set(["s2", "s3"]);
    const others = [app, new Set(["s3", "s4"]), third];
    expect(firstIn(third, new SharedCookie(app, others).with("a2", "a1|s2|s3"))).toBe("s2");
    const own = new Set(["s1", "s3"]);
    const ring = [new Set(["s1", "s2"]), third, own];
    expect(firstIn(third, new SharedCookie(own, ring).with("s3", "s2"))).toBe("s2");
  });

  test("names one server of pools that know both", () => {
    expect(new SharedCookie(app, [app, new Set(app)]).with("a2", "a1")).toBe("a2");
  });

  test("holds eight servers at most", () => {
    const pools = Array.from({ length: 20 }, (_, index) => new Set([`w${index}`]));
    const sent = pools.map((_, index) => `w${index}`).join("|");
    expect(new SharedCookie(pools[0]!, pools).with("w0", sent)).toBe("w0|w1|w2|w3|w4|w5|w6|w7");
    expect(new SharedCookie(pools[19]!, pools).with("w19", sent)).toBe("w19|w0|w1|w2|w3|w4|w5|w6");
  });
});

test("pools share a cookie by its name, unless it is an application's own", () => {
  const sticky = { maxAgeS: null, secure: false, httpOnly: true, sameSite: null, path: "/" } as const;
  const pool = (plan: Pick<StickyPlan, "cookie" | "isPrefix"> | null, cookie: string): PoolPlan => {
    const made = samplePool("random", [sampleServer(0, { cookie, formerCookie: `old-${cookie}` })]);
    return { ...made, balance: { ...made.balance, sticky: plan === null ? null : { ...sticky, ...plan } } };
  };
  const pools = [
    pool({ cookie: "S", isPrefix: false }, "x"),
    pool({ cookie: "S", isPrefix: false }, "y"),
    pool({ cookie: "s", isPrefix: false }, "z"),
    pool({ cookie: "S", isPrefix: true }, "p"),
    pool(null, "n"),
  ];
  const shared = sharedCookies({ pools });
  expect(pools.map((each) => shared.has(each))).toEqual([true, true, false, false, false]);
  expect(shared.get(pools[0]!)!.with("x", "p|z|y")).toBe("x|y");
  expect(shared.get(pools[1]!)!.with("y", "old-x")).toBe("y|old-x");
});
