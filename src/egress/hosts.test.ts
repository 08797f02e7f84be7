import { describe, expect, test } from "bun:test";
import { changeCause, memberState, recordWord } from "../memory/egress.ts";
import { memberFault, Sample, wayFault } from "./sample.fixture.ts";

const { available, coolingDown, trial } = memberState;
const minuteMs = 60_000;

describe("a host that is down", () => {
  const ids = ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;

  test("is known after three members, and nobody is blamed for it from then on", () => {
    const sample = new Sample();
    for (const id of ids.slice(0, 2)) sample.tell(id, wayFault);
    expect(sample.pool.hostsDown()).toEqual([]);
    for (let times = 0; times < 5; times++) for (const id of ids) sample.tell(id, wayFault);
    expect(sample.pool.hostsDown()).toMatchObject([{ host: "a.example", sinceMs: sample.nowMs }]);
    for (const id of ids) {
      expect(sample.state(id)).toBe(available);
      expect(sample.pool.pairs(id, sample.nowMs)).toEqual([]);
    }
  });

  test("is up after one success, and its members begin anew", () => {
    const sample = new Sample();
    for (const id of ids) sample.tell(id, wayFault);
    sample.tell(ids[3], { status: 404 });
    expect(sample.pool.hostsDown()).toEqual([]);
    for (let times = 0; times < 2; times++) sample.tell(ids[0], wayFault);
    expect(sample.pairState(ids[0])).toBe(available);
    sample.tell(ids[0], wayFault);
    expect(sample.pairState(ids[0])).toBe(coolingDown);
  });

  test("is not held against who asked it while it was down, when their requests end after it is up again", () => {
    const sample = new Sample();
    for (const id of ids) sample.tell(id, wayFault);
    sample.pass(10_000);
    sample.tell(ids[3], {});
    sample.pass(1);
    for (let times = 0; times < 5; times++) sample.tell(ids[0], { ...wayFault, durationMs: 2 });
    expect(sample.pool.pairs(ids[0], sample.nowMs)).toEqual([]);
    for (let times = 0; times < 3; times++) sample.tell(ids[0], { ...wayFault, durationMs: 1 });
    expect(sample.pairState(ids[0])).toBe(coolingDown);
    sample.pass(-86_400_000);
    sample.pool.tick(sample.nowMs);
    for (let times = 0; times < 3; times++) sample.tell(ids[1], wayFault);
    expect(sample.pairState(ids[1])).toBe(coolingDown);
  });

  test("is not up for a success that was begun before its failures were", () => {
    const sample = new Sample();
    sample.pass(10_000);
    for (const id of ids) {
      sample.tell(id, { ...wayFault, durationMs: 50 });
      sample.tell(id, { durationMs: 51 });
    }
    expect(sample.pool.hostsDown()).toHaveLength(1);
    sample.tell(ids[0], { durationMs: 50 });
    expect(sample.pool.hostsDown()).toEqual([]);
  });

  test("a success in between begins the count of members anew", () => {
    const sample = new Sample();
    for (const id of [...ids.slice(0, 2)]) sample.tell(id, wayFault);
    sample.tell(ids[2], {});
    for (const id of [...ids.slice(2)]) sample.tell(id, wayFault);
    expect(sample.pool.hostsDown()).toEqual([]);
  });

  test("lets off who had cooled down for it, there and as a member, and takes back what was counted", () => {
    const sample = new Sample();
    // One of its faults at b.example stays.
    sample.tell(ids[0], { ...wayFault, host: "b.example" });
    for (let times = 0; times < 3; times++) sample.tell(ids[0], wayFault);
    expect(sample.state(ids[0])).toBe(coolingDown);
    for (let times = 0; times < 3; times++) sample.tell(ids[1], wayFault);
    expect(sample.pairState(ids[1])).toBe(coolingDown);
    sample.tell(ids[2], wayFault);
    expect(sample.pool.hostsDown()).toHaveLength(1);
    for (const id of ids) {
      expect(sample.state(id)).toBe(available);
      expect(sample.pairState(id)).toBe(available);
    }
    expect(sample.causes(ids[0])).toEqual([changeCause.added, changeCause.transport, changeCause.acquitted]);
    expect(sample.pool.standing(ids[1])!.failures).toBe(0);
  });

  test("lets nobody off who had cooled down before it failed, or for something else", () => {
    const sample = new Sample({ members: 5 });
    for (let times = 0; times < 3; times++) sample.tell(ids[0], { status: 403 });
    for (let times = 0; times < 3; times++) sample.tell(ids[1], memberFault);
    sample.pass(1000);
    for (const id of [ids[0], ids[2], ids[3]]) sample.tell(id, wayFault);
    expect(sample.pool.hostsDown()).toHaveLength(1);
    expect(sample.pairState(ids[0])).toBe(coolingDown);
    expect(sample.state(ids[1])).toBe(coolingDown);
  });

  test("does not let off who failed at several others as well", () => {
    const sample = new Sample();
    for (const host of ["b.example", "c.example", "b.example"]) sample.tell(ids[0], { ...wayFault, host });
    expect(sample.state(ids[0])).toBe(coolingDown);
    for (const id of ids.slice(1)) sample.tell(id, wayFault);
    expect(sample.pool.hostsDown()).toHaveLength(1);
    expect(sample.state(ids[0])).toBe(coolingDown);
  });

  test("is known after all that are available, if those are fewer, but one is too few", () => {
    const two = new Sample({ members: 2 });
    two.tell(ids[0], wayFault);
    expect(two.pool.hostsDown()).toEqual([]);
    two.tell(ids[1], wayFault);
    expect(two.pool.hostsDown()).toHaveLength(1);
    const single = new Sample({ members: 1 });
    for (let times = 0; times < 2; times++) single.tell(ids[0], wayFault);
    expect(single.pairState(ids[0])).toBe(available);
    single.tell(ids[0], wayFault);
    expect(single.pool.hostsDown()).toEqual([]);
    expect(single.pairState(ids[0])).toBe(coolingDown);
  });

  test("a trial that met it is taken up again where it stood", () => {
    const sample = new Sample({ judge: { coolDown: { isTrial: true, growth: 2 } } });
    for (let times = 0; times < 3; times++) sample.tell(ids[0], memberFault);
    sample.pass(10 * minuteMs);
    sample.pool.tick(sample.nowMs);
    expect(sample.state(ids[0])).toBe(trial);
    sample.tell(ids[0], wayFault);
    expect(sample.pool.standing(ids[0])).toMatchObject({ state: coolingDown, level: 2 });
    for (const id of ids.slice(1)) sample.tell(id, wayFault);
    expect(sample.pool.standing(ids[0])).toMatchObject({ state: trial, level: 1 });
  });
});

test("a host's record that something else has written into is gone through in bounded time", () => {
  const sample = new Sample();
  sample.tell("10.0.0.0", wayFault);
  sample.board.records("host", (record) => {
    sample.board.words[record + recordWord.timesCount] = 0x7fff_ffff;
  });
  const begunMs = performance.now();
  for (const id of ["10.0.0.1", "10.0.0.2"]) sample.tell(id, wayFault);
  expect(performance.now() - begunMs).toBeLessThan(500);
});

test("what a host has contributed before a member came back is not taken back from what others hold against it since", () => {
  const sample = new Sample({ judge: { hostDownAfter: 4 } });
  const [one, two, three, four] = ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;
  // Two of its three failures were at a.example.
  for (const host of ["a.example", "a.example", "b.example"]) sample.tell(one, { ...wayFault, host });
  expect(sample.state(one)).toBe(coolingDown);
  sample.pass(10 * minuteMs);
  sample.pool.tick(sample.nowMs);
  for (const host of ["c.example", "d.example"]) sample.tell(one, { ...wayFault, host });
  for (const id of [two, three, four]) sample.tell(id, wayFault);
  expect(sample.pool.hostsDown()).toMatchObject([{ host: "a.example" }]);
  expect(sample.pool.standing(one)!.failures).toBe(2);
  sample.tell(one, { ...wayFault, host: "e.example" });
  expect(sample.state(one)).toBe(coolingDown);
});

describe("a host that drops some members", () => {
  /** Requests one after the other, each half a second; those of `dropped` members fail. How many of the last fifth failed, or met nobody. */
  function lateFailures(sample: Sample, requests: number, dropped: number): number {
    let late = 0;
    for (let number = 0; number < requests; number++) {
      const { refusal, member, row, lease } = sample.choose();
      const isFailure = refusal !== null || member < dropped;
      if (isFailure && number >= requests * 0.8) late++;
      if (refusal === null) sample.pool.end({ row, lease }, sample.outcome(isFailure ? wayFault : {}));
      sample.pass(500);
    }
    return late;
  }

  function outOf(sample: Sample): string[] {
    return sample.pool.plan.members.map(({ id }) => id).filter((id) => sample.pairState(id) === coolingDown);
  }

  test("is asked by the others soon, however many these are, and whoever's turn it is", () => {
    for (const choose of ["random", "roundRobin", "leastUsed"] as const)
      for (const [members, dropped] of [
        [13, 10],
        [13, 7],
        [60, 50],
      ] as const) {
        const sample = new Sample({ members, choose, judge: { coolDown: { forMs: 86_400_000 } } });
        expect([choose, members, lateFailures(sample, members * 20, dropped)]).toEqual([choose, members, 0]);
        expect(outOf(sample)).toHaveLength(dropped);
        expect(sample.pool.hostsDown()).toEqual([]);
        expect(sample.pool.count(available)).toBe(members);
      }
  });

  test("is down all the same when those fail whom it has answered since, and they are let off", () => {
    const sample = new Sample({ members: 13, choose: "roundRobin", judge: { coolDown: { forMs: 86_400_000 } } });
    lateFailures(sample, 260, 10);
    const answered = sample.pool.plan.members.slice(10).map(({ id }) => id);
    for (const id of answered) for (let times = 0; times < 2; times++) sample.tell(id, wayFault);
    expect(sample.pool.hostsDown()).toMatchObject([{ host: "a.example" }]);
    for (let times = 0; times < 5; times++) for (const id of answered) sample.tell(id, wayFault);
    for (const id of answered) expect([sample.pairState(id), sample.state(id)]).toEqual([available, available]);
    expect(outOf(sample)).toHaveLength(10);
  });

  test("is down when nobody is left, and those that failed last are let off", () => {
    const sample = new Sample({
      choose: "roundRobin",
      judge: { strategy: { kind: "consecutive", failures: 1, withinMs: 0 } },
    });
    for (const id of ["10.0.0.0", "10.0.0.1", "10.0.0.2"]) sample.tell(id, wayFault);
    sample.tell("10.0.0.3");
    for (const id of ["10.0.0.0", "10.0.0.1", "10.0.0.2"]) sample.tell(id, wayFault);
    expect(outOf(sample)).toHaveLength(3);
    sample.tell("10.0.0.3", wayFault);
    expect(outOf(sample)).toHaveLength(4);
    expect(sample.choose().refusal).toBeNull();
    expect([outOf(sample), sample.pool.hostsDown().length]).toEqual([[], 1]);
  });

  test("that comes and goes takes nobody out", () => {
    const sample = new Sample({ members: 60, judge: { coolDown: { forMs: 86_400_000 } } });
    for (let number = 0; number < 6000; number++) {
      const { row, lease, refusal } = sample.choose();
      expect(refusal).toBeNull();
      sample.pool.end({ row, lease }, sample.outcome(Math.floor(sample.nowMs / 5000) % 2 === 1 ? wayFault : {}));
      sample.pass(20);
    }
    expect([outOf(sample), sample.pool.count(available)]).toEqual([[], 60]);
  });

  test("is doubted for ten minutes after the last verdict that was refuted", () => {
    const ids = ["10.0.0.0", "10.0.0.1", "10.0.0.2"] as const;
    for (const [ms, down] of [
      [600_000, 0],
      [600_001, 1],
    ] as const) {
      const sample = new Sample({ members: 13 });
      for (const id of ids) sample.tell(id, wayFault);
      sample.tell("10.0.0.9");
      sample.pass(ms);
      for (const id of ids) sample.tell(id, wayFault);
      expect(sample.pool.hostsDown()).toHaveLength(down);
    }
  });
});
