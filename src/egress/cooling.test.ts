import { describe, expect, test } from "bun:test";
import { changeCause, memberState } from "../memory/egress.ts";
import { memberFault, Sample } from "./sample.fixture.ts";

const { available, coolingDown, trial } = memberState;
const one = "10.0.0.0";
const minuteMs = 60_000;

describe("cooling down", () => {
  test("is longer each time, up to its bound, when it is unavailable again soon", () => {
    const sample = new Sample({ judge: { coolDown: { forMs: minuteMs, growth: 3, maxMs: 10 * minuteMs } } });
    for (const minutes of [1, 3, 9, 10, 10]) {
      sample.coolDown(one);
      expect(sample.pool.standing(one)!.untilMs - sample.nowMs).toBe(minutes * minuteMs);
      sample.pass(minutes * minuteMs);
      sample.pool.tick(sample.nowMs);
      sample.pass(59_999);
      sample.tell(one, {});
    }
  });

  test("is as long as at first again after a success that is a cool-down later", () => {
    const sample = new Sample({ judge: { coolDown: { forMs: minuteMs, growth: 3 } } });
    sample.coolDown(one);
    sample.pass(minuteMs);
    sample.pool.tick(sample.nowMs);
    expect(sample.pool.standing(one)!.level).toBe(1);
    sample.pass(minuteMs);
    sample.tell(one, {});
    expect(sample.pool.standing(one)!.level).toBe(0);
  });

  test("on trial one failure is enough, and it lasts longer; one success, and all is forgotten", () => {
    const sample = new Sample({ judge: { coolDown: { forMs: minuteMs, growth: 2, isTrial: true } } });
    sample.coolDown(one);
    for (const minutes of [1, 2, 4]) {
      expect(sample.pool.standing(one)!.untilMs - sample.nowMs).toBe(minutes * minuteMs);
      sample.pass(minutes * minuteMs);
      sample.pool.tick(sample.nowMs);
      expect(sample.state(one)).toBe(trial);
      sample.tell(one, memberFault);
    }
    sample.pass(8 * minuteMs);
    sample.pool.tick(sample.nowMs);
    sample.tell(one, { status: 403 });
    expect(sample.pool.standing(one)).toMatchObject({ state: available, level: 0, failures: 0 });
    const { added, unusable, over, trialFailed, trialPassed } = changeCause;
    expect(sample.causes(one)).toEqual([
      added,
      unusable,
      over,
      trialFailed,
      over,
      trialFailed,
      over,
      trialFailed,
      over,
      trialPassed,
    ]);
  });

  test("what began before a trial does not decide it", () => {
    const sample = new Sample({ judge: { coolDown: { forMs: minuteMs, isTrial: true } } });
    sample.coolDown(one);
    sample.pass(minuteMs + 5);
    sample.pool.tick(sample.nowMs);
    for (const parts of [memberFault, {}]) sample.tell(one, { ...parts, durationMs: 6 });
    expect(sample.state(one)).toBe(trial);
    sample.tell(one, { durationMs: 5 });
    expect(sample.state(one)).toBe(available);
  });

  test("a pair is tried again likewise", () => {
    const sample = new Sample({ judge: { coolDown: { forMs: minuteMs, growth: 2, isTrial: true } } });
    for (let times = 0; times < 3; times++) sample.tell(one, { status: 403 });
    sample.pass(minuteMs);
    sample.tell(one, { status: 403 });
    expect(sample.pool.pairs(one, sample.nowMs)).toMatchObject([
      { state: coolingDown, untilMs: sample.nowMs + 2 * minuteMs },
    ]);
    sample.pass(2 * minuteMs);
    sample.tell(one, {});
    expect(sample.pool.pairs(one, sample.nowMs)).toEqual([]);
  });

  test("evidence that is older than the state is history only", () => {
    const sample = new Sample({ judge: { per: "member", coolDown: { forMs: minuteMs } } });
    sample.coolDown(one);
    sample.pass(2 * minuteMs);
    sample.pool.tick(sample.nowMs);
    for (let times = 0; times < 5; times++)
      sample.pool.note(
        one,
        sample.outcome({ status: 500, fromLog: true, atMs: sample.nowMs - minuteMs - 1 }),
        sample.nowMs,
      );
    expect(sample.pool.standing(one)).toMatchObject({ state: available, failures: 0 });
    let entries = 0;
    sample.board.history(sample.board.memberOf(one), 20, () => ++entries > 0);
    expect(entries).toBe(8);
  });

  test("a success that is told late does not end a row that began after it", () => {
    const sample = new Sample();
    sample.pass(10_000);
    for (const agoMs of [3000, 2000]) sample.tell(one, { status: 403, atMs: sample.nowMs - agoMs });
    sample.tell(one, { atMs: sample.nowMs - 5000 });
    sample.tell(one, { status: 403 });
    expect(sample.pairState(one)).toBe(coolingDown);
  });

  test("when the clock is set back a pair that nobody asks for is unavailable for as long as was said, too", () => {
    const sample = new Sample();
    sample.pool.tick(sample.nowMs);
    for (let times = 0; times < 3; times++) sample.tell(one, { status: 403 });
    sample.pass(-86_400_000);
    sample.pool.tick(sample.nowMs);
    expect(sample.pool.pairs(one, sample.nowMs)).toMatchObject([{ untilMs: sample.nowMs + 10 * minuteMs }]);
    sample.pass(10 * minuteMs);
    expect(sample.pool.pairs(one, sample.nowMs)).toEqual([]);
  });

  test("a clock that is set back by a day keeps nobody unavailable for longer than was said", () => {
    const sample = new Sample();
    sample.coolDown(one);
    for (let times = 0; times < 3; times++) sample.tell("10.0.0.1", { status: 403 });
    sample.pass(5 * minuteMs - 86_400_000);
    sample.pool.tick(sample.nowMs);
    expect(sample.pool.standing(one)!.untilMs).toBe(sample.nowMs + 10 * minuteMs);
    sample.pass(10 * minuteMs);
    sample.pool.tick(sample.nowMs);
    expect(sample.state(one)).toBe(available);
    sample.tell("10.0.0.1", {});
    sample.pass(10 * minuteMs);
    sample.tell("10.0.0.1", {});
    expect(sample.pairState("10.0.0.1")).toBe(available);
    sample.coolDown(one);
    expect(sample.state(one)).toBe(coolingDown);
  });
});
