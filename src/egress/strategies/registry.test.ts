import { describe, expect, test } from "bun:test";
import type { EgressStrategyPlan } from "../../config/plan.ts";
import { memberState, secondsOf } from "../../memory/egress.ts";
import { memberFault, Sample, startMs, wayFault } from "../sample.fixture.ts";
import { type Run, Standing } from "../standing.ts";
import { createStrategy } from "./registry.ts";
import type { Strategy } from "./strategy.ts";

const one = "10.0.0.0";
const startS = secondsOf(startMs);
const kinds: readonly EgressStrategyPlan[] = [
  { kind: "consecutive", failures: 3, withinMs: 300_000 },
  { kind: "consecutive", failures: 96, withinMs: 0 },
  { kind: "share", of: 10, share: 0.5 },
  { kind: "share", of: 96, share: 0.01 },
  { kind: "never" },
];

function runs(): Run[] {
  const sample = new Sample({ members: 1 });
  const { board } = sample;
  const pair = board.take("pair", board.memberOf(one), 7, startMs);
  return [Standing.ofMembers(board).at(board.memberOf(one)).run, Standing.ofPairs(board).at(pair).run];
}

/** F fails, S succeeds. Answers after which of them it was enough. */
function play(strategy: Strategy, run: Run, outcomes: string): number[] {
  const enough: number[] = [];
  [...outcomes].forEach((outcome, index) => {
    if (outcome === "S") strategy.succeeded(run, startS + index);
    else if (strategy.failed(run, startS + index)) enough.push(index);
  });
  return enough;
}

describe.each(kinds)("every strategy: %j", (plan) => {
  const strategy = createStrategy(plan);

  test("is clean at first, not after a failure, and again when all is taken back", () => {
    for (const run of runs()) {
      expect(strategy.isClean(run)).toBeTrue();
      strategy.succeeded(run, startS);
      expect(strategy.isClean(run)).toBeTrue();
      strategy.failed(run, startS);
      strategy.failed(run, startS + 1);
      expect(strategy.isClean(run)).toBeFalse();
      strategy.takeBack(run, 1);
      expect(strategy.isClean(run)).toBeFalse();
      strategy.takeBack(run, 5);
      expect(strategy.isClean(run)).toBeTrue();
      expect(strategy.isConvicting(run)).toBeFalse();
    }
  });

  test("is clean after enough successes", () => {
    for (const run of runs()) {
      play(strategy, run, "FF".padEnd(120, "S"));
      expect(strategy.isClean(run)).toBeTrue();
    }
  });
});

describe("consecutive", () => {
  const strategy = createStrategy({ kind: "consecutive", failures: 3, withinMs: 60_000 });

  test("is enough at the third in a row, and at each one after it", () => {
    for (const run of runs()) expect(play(strategy, run, "FFSFFFF")).toEqual([5, 6]);
  });

  test("counts what is told out of order by its own time", () => {
    for (const [times, is] of [
      [[60, 0, 30], true],
      [[61, 0, 30], false],
      [[0, 61, 30], false],
    ] as const) {
      const run = runs()[0]!;
      expect(times.map((at) => strategy.failed(run, startS + at)).at(-1)).toBe(is);
    }
  });

  test("of a success that is told late only the failures behind it stay", () => {
    const run = runs()[0]!;
    for (const at of [1, 3, 5]) strategy.failed(run, startS + at);
    strategy.succeeded(run, startS + 3);
    expect(run.failures).toBe(1);
    expect(run.timeS(0)).toBe(startS + 5);
    strategy.succeeded(run, startS + 5);
    expect(strategy.isClean(run)).toBeTrue();
  });

  test("with a window of none is a row of any length in time, as long as a run has room for", () => {
    for (const run of runs()) {
      const long = createStrategy({ kind: "consecutive", failures: 96, withinMs: 0 });
      let times = 0;
      while (!long.failed(run, startS + times * 1000)) times++;
      expect(times + 1).toBe(run.timesMax);
    }
  });
});

describe("share", () => {
  const strategy = createStrategy({ kind: "share", of: 4, share: 0.5 });

  test("is enough when so many of the last ones have failed, and not before there are that many", () => {
    for (const run of runs()) expect(play(strategy, run, "FFSF")).toEqual([3]);
    for (const run of runs()) expect(play(strategy, run, "FSSSF")).toEqual([]);
    for (const run of runs()) expect(play(strategy, run, "FSSFSF")).toEqual([3, 5]);
  });

  test("forgets the oldest for each that comes", () => {
    for (const run of runs()) expect(play(strategy, run, "FFFSSSSF")).toEqual([]);
  });

  test("that was asked for of more outcomes before begins anew", () => {
    const run = runs()[0]!;
    play(createStrategy({ kind: "share", of: 20, share: 1 }), run, "FFFFFFFFFF");
    expect(play(strategy, run, "FSS")).toEqual([]);
  });

  test("convicts a member whose way fails at several hosts, and at one host only there", () => {
    const strategy = { kind: "share", of: 4, share: 0.5 } as const;
    const sample = new Sample({ members: 4, judge: { strategy } });
    for (const host of ["a.example", "a.example", "a.example"]) sample.tell(one, { ...wayFault, host });
    sample.tell(one, { host: "b.example" });
    expect(sample.state(one)).toBe(memberState.available);
    for (const host of ["b.example", "b.example"]) sample.tell(one, { ...wayFault, host });
    expect(sample.state(one)).toBe(memberState.coolingDown);
  });
});

test("never convicts nobody but for a ban, and says how many failures there were", () => {
  const sample = new Sample({ members: 1, judge: { per: "member", strategy: { kind: "never" } } });
  for (let times = 0; times < 50; times++) sample.tell(one, memberFault);
  expect(sample.pool.standing(one)).toMatchObject({ state: memberState.available, failures: 50 });
  sample.tell(one, { meaning: "ban" });
  expect(sample.state(one)).toBe(memberState.coolingDown);
});
