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
