import { describe, expect, test } from "bun:test";
import { changeCause, memberState } from "../memory/egress.ts";
import { memberFault, Sample, type SampleParts, sourceFault, targetFault, wayFault } from "./sample.fixture.ts";

const { available, banned, coolingDown, trial } = memberState;
const one = "10.0.0.0";
const minuteMs = 60_000;

describe("per member, as ipmanager does", () => {
  const parts: SampleParts = { judge: { per: "member" } };

  test("two failures in a row leave it available, the third one makes it cool down at once", () => {
    const sample = new Sample(parts);
    sample.tell(one, { status: 500 });
    sample.tell(one, { status: 404, host: "b.example" });
    expect(sample.state(one)).toBe(available);
    expect(sample.pool.standing(one)!.failures).toBe(2);
    sample.tell(one, { status: 403 });
    const { state, untilMs, why } = sample.pool.standing(one)!;
    expect(state).toBe(coolingDown);
    expect(untilMs).toBe(sample.nowMs + 10 * minuteMs);
    expect(why).toBe("too many failures at a.example");
  });

  test("2xx and 3xx begin to count anew, and so does what is no answer of either kind", () => {
    for (const status of [200, 204, 304, 101, 600]) {
      const sample = new Sample(parts);
      for (const each of [500, 500, status, 500, 500]) sample.tell(one, { status: each });
      expect(sample.state(one)).toBe(available);
    }
  });

  test("failures within five minutes count, first to last; a second more and they do not", () => {
    for (const [ms, state] of [
      [300_000, coolingDown],
      [301_000, available],
    ] as const) {
      const sample = new Sample(parts);
      sample.tell(one, { status: 500 });
      sample.pass(1000);
      sample.tell(one, { status: 500 });
      sample.pass(ms - 1000);
      sample.tell(one, { status: 500 });
      expect(sample.state(one)).toBe(state);
    }
  });

  test("the window slides: of four failures the last three are what counts", () => {
    const sample = new Sample(parts);
    for (const ms of [0, 200_000, 100_000, 100_000]) {
      sample.pass(ms);
      sample.tell(one, { status: 500 });
    }
    expect(sample.state(one)).toBe(coolingDown);
  });

  test("after the cool-down it is available, and its failures are forgotten", () => {
    const sample = new Sample(parts);
    for (let times = 0; times < 3; times++) sample.tell(one, { status: 500 });
    sample.pass(10 * minuteMs - 1);
    expect(sample.pool.tick(sample.nowMs)).toBe(0);
    sample.pass(1);
    expect(sample.pool.tick(sample.nowMs)).toBe(1);
    expect(sample.state(one)).toBe(available);
    for (let times = 0; times < 2; times++) sample.tell(one, { status: 500 });
    expect(sample.state(one)).toBe(available);
    expect(sample.causes(one)).toEqual([changeCause.added, changeCause.failures, changeCause.over]);
  });

  test("while it cools down its row of failures goes on, and ends by a success; nothing else comes of either", () => {
    const coolDown = { forMs: 10 * minuteMs, growth: 2, maxMs: 100 * minuteMs, isTrial: true };
    const sample = new Sample({ judge: { per: "member", coolDown } });
    const failures = (): number => sample.pool.standing(one)!.failures;
    for (let times = 0; times < 3; times++) sample.tell(one, { status: 500 });
    const { untilMs, level } = sample.pool.standing(one)!;
    sample.pass(1000);
    for (const status of [404, 500]) sample.tell(one, { status, fromLog: true });
    sample.tell(one, wayFault);
    expect(failures()).toBe(6);
    sample.tell(one, { status: 200 });
    sample.tell(one, { status: 500 });
    expect(failures()).toBe(1);
    for (let times = 0; times < 200; times++) sample.tell(one, { status: 500 });
    expect(sample.pool.standing(one)).toMatchObject({ state: coolingDown, failures: 201, untilMs, level });
    // Nor does it weigh against it when it is back: its trial decides, and the cool-down after it is one step longer.
    sample.pass(10 * minuteMs);
    sample.pool.tick(sample.nowMs);
    expect(sample.pool.standing(one)).toMatchObject({ state: trial, failures: 0, level });
    sample.tell(one, { status: 500 });
    expect(sample.pool.standing(one)).toMatchObject({ state: coolingDown, untilMs: sample.nowMs + 20 * minuteMs });
    expect(sample.causes(one)).toEqual([
      ...[changeCause.added, changeCause.failures, changeCause.over, changeCause.trialFailed],
    ]);
  });

  test("transport faults of our own are failures, whosever they are", () => {
    const sample = new Sample(parts);
    sample.tell(one, wayFault);
    sample.tell(one, memberFault);
    expect(sample.state(one)).toBe(available);
    sample.tell(one, { status: 502 });
    expect(sample.state(one)).toBe(coolingDown);
  });

  test("what a log tells of a member that is new here counts, though it is of the past", () => {
    const sample = new Sample(parts);
    for (const ago of [3, 2, 1])
      sample.pool.note(
        one,
        sample.outcome({ status: 500, fromLog: true, atMs: sample.nowMs - ago * minuteMs }),
        sample.nowMs,
      );
    expect(sample.pool.standing(one)!.untilMs).toBe(sample.nowMs + 9 * minuteMs);
  });

  test("a cool-down that logs tell of may be over already", () => {
    const sample = new Sample(parts);
    const note = (status: number, agoMs: number): void => {
      sample.pool.note(one, sample.outcome({ status, fromLog: true, atMs: sample.nowMs - agoMs }), sample.nowMs);
    };
    for (const ago of [63, 62, 61]) note(500, ago * minuteMs);
    note(500, 5 * minuteMs);
    expect(sample.pool.standing(one)!).toMatchObject({
      state: available,
      failures: 1,
      sinceMs: sample.nowMs - 51 * minuteMs,
    });
    expect(sample.causes(one)).toEqual([changeCause.added, changeCause.failures, changeCause.over]);
  });

  test("a log that is ahead of the clock is believed to be of now", () => {
    const sample = new Sample(parts);
    for (let times = 0; times < 3; times++)
      sample.pool.note(
        one,
        sample.outcome({ status: 500, fromLog: true, atMs: sample.nowMs + 86_400_000 }),
        sample.nowMs,
      );
    expect(sample.pool.standing(one)!.untilMs).toBe(sample.nowMs + 10 * minuteMs);
  });
});

describe("per target", () => {
  test("hosts that were reached and said nothing are held against a member there, and nowhere else, however many they are", () => {
    const sample = new Sample();
    for (let number = 0; number < 20; number++) sample.tell(one, { ...targetFault, host: `${number}.example` });
    expect(sample.state(one)).toBe(available);
    for (let times = 0; times < 3; times++) sample.tell(one, targetFault);
    expect([sample.state(one), sample.pairState(one)]).toEqual([available, coolingDown]);
    for (const id of ["10.0.0.1", "10.0.0.2"]) sample.tell(id, targetFault);
    expect(sample.pool.hostsDown()).toMatchObject([{ host: "a.example" }]);
    expect(sample.pairState(one)).toBe(available);
  });

  test("a trial that meets with a host that says nothing was none: the next request is one", () => {
    const sample = new Sample({ members: 1, judge: { coolDown: { isTrial: true } } });
    sample.coolDown(one);
    sample.pass(10 * minuteMs);
    const tried = sample.hold();
    expect(sample.who()).toBe("paced");
    sample.pool.end(tried, sample.outcome(targetFault));
    expect([sample.state(one), sample.who({ host: "b.example" })]).toEqual([memberState.trial, one]);
  });

  test("failures at a host make the member unavailable there, and nowhere else", () => {
    const sample = new Sample();
    for (let times = 0; times < 2; times++) sample.tell(one, { status: 403 });
    expect(sample.pairState(one)).toBe(available);
    sample.tell(one, { status: 429 });
    expect(sample.pairState(one)).toBe(coolingDown);
    expect(sample.pairState(one, "b.example")).toBe(available);
    expect(sample.state(one)).toBe(available);
  });

  test("failures at different hosts by status are not added up", () => {
    const sample = new Sample();
    for (const host of ["a.example", "b.example", "c.example", "d.example"]) sample.tell(one, { status: 403, host });
    expect(sample.state(one)).toBe(available);
    expect(sample.pool.pairs(one, sample.nowMs).every((pair) => pair.state === available)).toBeTrue();
  });

  test("a target's 5xx says nothing: it neither counts nor ends a row", () => {
    const sample = new Sample();
    for (const status of [403, 403, 500, 503, 403]) sample.tell(one, { status });
    expect(sample.pairState(one)).toBe(coolingDown);
  });

  test("a body that means a ban makes it unavailable there at once", () => {
    const sample = new Sample();
    sample.tell(one, { status: 200, meaning: "ban" });
    expect(sample.pairState(one)).toBe(coolingDown);
    expect(sample.state(one)).toBe(available);
  });

  test("a body that means nothing takes back what its status says", () => {
    const sample = new Sample();
    for (let times = 0; times < 5; times++) sample.tell(one, { status: 403, meaning: "ignore" });
    expect(sample.pairState(one)).toBe(available);
  });

  test("the member's own faults make it cool down, whatever the host", () => {
    const sample = new Sample();
    for (const host of ["a.example", "a.example"]) sample.tell(one, { ...memberFault, host });
    expect(sample.state(one)).toBe(available);
    sample.tell(one, memberFault);
    expect(sample.state(one)).toBe(coolingDown);
    expect(sample.pairState(one)).toBe(available);
    expect(sample.pool.standing(one)!.why).toContain("cannot be used");
  });

  test("an address that the system does not have is unusable at once, and back after its cool-down as any other", () => {
    for (const per of ["target", "member"] as const)
      for (const kind of ["consecutive", "never"] as const) {
        const strategy = kind === "never" ? { kind } : { kind, failures: 3, withinMs: 300_000 };
        const sample = new Sample({ judge: { per, strategy, coolDown: { isTrial: true } } });
        sample.tell(one, sourceFault);
        expect(sample.state(one)).toBe(coolingDown);
        expect(sample.pool.standing(one)!.why).toContain("cannot be used");
        expect(sample.pool.standing(one)!).toMatchObject({ requests: 1, failed: 1 });
        sample.pass(10 * minuteMs);
        sample.tell(one, { status: 200 });
        expect(sample.state(one)).toBe(available);
      }
  });

  test("an address that is back is as it was before it went, however often it has gone, and on trial too", () => {
    for (const per of ["target", "member"] as const) {
      const sample = new Sample({ judge: { per, coolDown: { isTrial: true, growth: 2 } } });
      const restored = (): boolean => sample.pool.restore(sample.board.memberOf(one), sample.nowMs);
      for (let times = 0; times < 3; times++) {
        sample.tell(one, sourceFault);
        expect(sample.pool.standing(one)!).toMatchObject({ state: coolingDown, level: 0 });
        expect([restored(), restored()]).toEqual([true, false]);
        expect([sample.state(one), sample.pool.standing(one)!.why]).toEqual([available, "it can be used again"]);
        sample.pass(1000);
      }
      sample.coolDown(one);
      sample.pass(10 * minuteMs);
      sample.pool.tick(sample.nowMs);
      expect(sample.state(one)).toBe(trial);
      sample.tell(one, sourceFault);
      expect([sample.state(one), restored(), sample.state(one)]).toEqual([coolingDown, true, trial]);
    }
  });

  test("an address that is banned, or cools down for something else, is not back for being here", () => {
    const sample = new Sample();
    for (let times = 0; times < 3; times++) {
      sample.tell(one, wayFault);
      sample.tell(one, { ...wayFault, host: "b.example" });
    }
    sample.pool.ban("10.0.0.1", 0, "captchas", sample.nowMs);
    const ids = [one, "10.0.0.1", "10.0.0.2"];
    expect(ids.map((id) => sample.pool.restore(sample.board.memberOf(id), sample.nowMs))).toEqual([
      false,
      false,
      false,
    ]);
    expect(ids.map((id) => sample.state(id))).toEqual([coolingDown, banned, available]);
  });

  test("any answer, also one that is a failure at its host, ends the row of a member's faults", () => {
    const sample = new Sample();
    for (const parts of [memberFault, memberFault, { status: 403 }, memberFault, memberFault]) sample.tell(one, parts);
    expect(sample.state(one)).toBe(available);
  });

  test("faults on the way to one host are the pair's, and never the member's", () => {
    const sample = new Sample();
    for (let times = 0; times < 9; times++) {
      sample.tell(one, wayFault);
      sample.pass(minuteMs);
    }
    expect(sample.state(one)).toBe(available);
    expect(sample.pairState(one)).toBe(coolingDown);
  });

  test("faults on the way to two hosts are the member's, from the third in a row on", () => {
    const sample = new Sample();
    sample.tell(one, wayFault);
    sample.tell(one, { ...wayFault, host: "b.example" });
    expect(sample.state(one)).toBe(available);
    sample.tell(one, { ...wayFault, host: "b.example" });
    expect(sample.state(one)).toBe(coolingDown);
    expect(sample.pool.standing(one)!.why).toBe("no answers through it, last at b.example");
    expect(sample.pairState(one, "b.example")).toBe(available);
  });

  test("where one failure is enough, two hosts are wanted as well, for the way to one host is the pair's", () => {
    const sample = new Sample({ judge: { strategy: { kind: "consecutive", failures: 1, withinMs: 5 * minuteMs } } });
    sample.tell(one, wayFault);
    expect(sample.state(one)).toBe(available);
    expect(sample.pairState(one)).toBe(coolingDown);
    sample.tell(one, { ...wayFault, host: "b.example" });
    expect(sample.state(one)).toBe(coolingDown);
  });

  test("where one failure is enough, that at another host counts no longer than the window", () => {
    for (const [withinMs, apartMs, state] of [
      [5 * minuteMs, 5 * minuteMs, coolingDown],
      [5 * minuteMs, 5 * minuteMs + 1000, available],
      [0, 60 * minuteMs, coolingDown],
    ] as const) {
      const sample = new Sample({ judge: { strategy: { kind: "consecutive", failures: 1, withinMs } } });
      sample.tell(one, wayFault);
      sample.pass(apartMs);
      sample.tell(one, { ...wayFault, host: "b.example" });
      expect([apartMs, sample.state(one)]).toEqual([apartMs, state]);
      sample.pass(1000);
      sample.tell(one, { ...wayFault, host: "c.example" });
      expect(sample.state(one)).toBe(coolingDown);
    }
  });

  test("what is cancelled tells nothing", () => {
    const sample = new Sample();
    for (let times = 0; times < 9; times++) {
      sample.tell(one, { ...memberFault, isCancelled: true });
      sample.tell(one, { status: 403, isCancelled: true });
    }
    expect(sample.state(one)).toBe(available);
    expect(sample.pool.pairs(one, sample.nowMs)).toEqual([]);
    expect(sample.pool.standing(one)).toMatchObject({ requests: 18, failed: 0, successes: 0 });
  });

  test("of a request without a host only the member is judged", () => {
    const sample = new Sample();
    for (let times = 0; times < 3; times++) sample.tell(one, { status: 403, host: "" });
    for (let times = 0; times < 3; times++) sample.tell(one, { ...wayFault, host: "" });
    expect(sample.state(one)).toBe(available);
    for (let times = 0; times < 3; times++) sample.tell(one, { ...memberFault, host: "" });
    expect(sample.state(one)).toBe(coolingDown);
  });

  test("where logs are the evidence our own outcomes are not counted, but for those that no log can tell of", () => {
    const sample = new Sample({ isOwnEvidence: false });
    for (let times = 0; times < 3; times++) sample.tell(one, { status: 403, bytesDown: 100 });
    expect(sample.pairState(one)).toBe(available);
    expect(sample.pool.standing(one)).toMatchObject({ requests: 0, bytesDown: 300 });
    for (let times = 0; times < 3; times++) sample.tell(one, memberFault);
    expect(sample.state(one)).toBe(coolingDown);
    sample.tell("10.0.0.1", sourceFault);
    expect(sample.state("10.0.0.1")).toBe(coolingDown);
  });
});
