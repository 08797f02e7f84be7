import { describe, expect, spyOn, test } from "bun:test";
import { plan, program, type Stage, started, until } from "../../test/fakeworkers.ts";
import { newSeat, type Seat } from "./seat.ts";
import { Standstill } from "./standstill.ts";
import type { SupervisorOptions } from "./supervisor.ts";

function running(): Seat {
  return { ...newSeat(0), process: { pid: 1, send() {}, kill() {} } };
}

/** Looks twice a second, by a beat that stays; what was said at which ms. */
function said(seat: Seat, stallMs: number, untilMs: number): string[] {
  const standstill = new Standstill();
  const found: string[] = [];
  for (let nowMs = 500; nowMs <= untilMs; nowMs += 500) {
    standstill.look(nowMs);
    const verdict = standstill.judge(seat, 7, false, stallMs);
    if (verdict !== null) found.push(`${verdict} at ${nowMs}`);
  }
  return found;
}

describe("a worker that does not turn", () => {
  test("is to be killed after the stall timeout, of which a second is the least", () => {
    expect(said(running(), 5000, 6000)).toEqual(["kill at 6000"]);
    expect(said(running(), 1, 2000)).toEqual(["kill at 2000"]);
  });

  test("is told of once where nobody is killed, or not for long", () => {
    expect(said(running(), 0, 60_000)).toEqual(["tell at 11000"]);
    expect(said(running(), 20_000, 20_500)).toEqual(["tell at 11000"]);
  });

  test("is silent after two seconds, and no more once it has turned; the next time it is told of again", () => {
    const seat = running();
    const standstill = new Standstill();
    const look = (nowMs: number, beat: number): boolean => {
      standstill.look(nowMs);
      standstill.judge(seat, beat, false, 0);
      return standstill.isSilent(seat);
    };
    expect([look(500, 7), look(2500, 7), look(3000, 7)]).toEqual([false, false, true]);
    seat.isTold = true;
    expect(look(3500, 8)).toBe(false);
    expect(seat.isTold).toBe(false);
  });

  test("and control with it for less than is told of is not silent", () => {
    const seat = running();
    const standstill = new Standstill();
    for (const [nowMs, beat] of [
      [500, 1],
      [1000, 2],
      [3600, 2],
      [4100, 2],
    ] as const) {
      standstill.look(nowMs);
      standstill.judge(seat, beat, false, 5000);
      expect(standstill.isSilent(seat)).toBe(false);
    }
  });

  test("is let be while it writes a profile, has no process, or control has stood still itself", () => {
    const standstill = new Standstill();
    const seat = running();
    for (let nowMs = 500; nowMs <= 60_000; nowMs += 500) {
      standstill.look(nowMs);
      expect(standstill.judge(seat, 7, true, 5000)).toBeNull();
      expect(standstill.judge(newSeat(1), 0, false, 5000)).toBeNull();
    }
    for (let nowMs = 64_000; nowMs <= 90_000; nowMs += 4000) {
      standstill.look(nowMs);
      expect(standstill.judge(seat, 7, false, 5000)).toBeNull();
      expect(standstill.isSilent(seat)).toBe(false);
    }
  });
});

describe("workers that stand still", () => {
  test("one that does not beat for long enough is killed and replaced, and others are not", async () => {
    const { supervisor, fakes, lines } = await started(2);
    const beats = [0, 0];
    const watch = (nowMs: number): void => supervisor.watch(5000, (worker) => beats[worker]!, nowMs);
    for (let nowMs = 0; nowMs <= 20_000; nowMs += 500) {
      beats[1]!++;
      if (nowMs < 10_000) beats[0]!++;
      watch(nowMs);
      expect(fakes[0]!.isAlive).toBe(nowMs <= 15_000 - 500);
      if (!fakes[0]!.isAlive) break;
    }
    expect(fakes[1]!.isAlive).toBe(true);
    expect(lines[0]).toContain("worker 0 (pid 100) has stood still for 5 s");
    await until(() => fakes.length === 3);
    await supervisor.end();
  });

  test("one that does not beat is not up, which is told once where nobody is killed", async () => {
    const { supervisor, fakes, lines } = await started(1);
    const startMs = Math.ceil(performance.now());
    for (let nowMs = startMs; nowMs <= startMs + 30_000; nowMs += 500) {
      supervisor.watch(0, () => 1, nowMs);
      expect(supervisor.isUp).toBe(nowMs <= startMs + 2000);
    }
    expect([supervisor.status()[0]!.state, fakes[0]!.isAlive]).toEqual(["stalled", true]);
    expect(lines.filter((line) => line.includes("has stood still for 10 s and takes nothing"))).toHaveLength(1);
    await supervisor.end();
  });

  /** Worker 1 has stood still for three seconds, by the supervisor's looks. */
  async function halfStill(
    options: Partial<SupervisorOptions> = {},
  ): Promise<Stage & Disposable & { readonly pass: (ms: number) => void }> {
    const set = await started(2, options);
    let beats = 0;
    const look = (): void => set.supervisor.watch(0, (worker) => (worker === 0 ? ++beats : 0), performance.now());
    const clock = spyOn(performance, "now");
    let aheadMs = 0;
    clock.mockImplementation(() => Bun.nanoseconds() / 1e6 + aheadMs);
    const pass = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 500) {
        aheadMs += 500;
        look();
      }
    };
    look();
    pass(3000);
    return { ...set, pass, [Symbol.dispose]: () => clock.mockRestore() };
  }

  test("nobody waits for one that stands still where nobody asked; it is sent the last plan when it goes on", async () => {
    using set = await halfStill();
    const { supervisor, fakes } = set;
    for (const generation of [2, 3, 4]) {
      const publish = supervisor.publish(plan(generation), program("a"), false);
      fakes[0]!.say({ kind: "planned", generation });
      expect(await publish).toBeNull();
    }
    // One waits for it, and no more.
    expect(fakes.map(({ generations }) => generations)).toEqual([
      [1, 2, 3, 4],
      [1, 2],
    ]);
    fakes[1]!.say({ kind: "planned", generation: 2 });
    fakes[1]!.say({ kind: "planned", generation: 4 });
    expect(fakes[1]!.generations).toEqual([1, 2, 4]);
    expect(supervisor.status().map(({ generation, state }) => [generation, state])).toEqual([
      [4, "up"],
      [4, "up"],
    ]);
    await supervisor.end();
  });

  test("one that comes to stand still while a plan is on its way is given up on by the next looks", async () => {
    using set = await halfStill();
    const { supervisor, fakes, pass } = set;
    fakes[1]!.say({ kind: "planned", generation: 1 });
    let isDone = false;
    const publish = supervisor.publish(plan(2), program("a"), false).then((problem) => {
      isDone = true;
      return problem;
    });
    fakes[0]!.say({ kind: "planned", generation: 2 });
    pass(1000);
    await Promise.resolve();
    expect(isDone).toBe(false);
    pass(2000);
    expect(await publish).toBeNull();
    // What it cannot take is not in force any more when it says so.
    const other = supervisor.publish(plan(3), program("a"), false);
    fakes[0]!.say({ kind: "planned", generation: 3 });
    expect(await other).toBeNull();
    fakes[1]!.say({ kind: "failed", generation: 2, message: "a file is gone" });
    expect([fakes[1]!.generations, fakes[1]!.isAlive]).toEqual([[1, 2, 3], true]);
    await supervisor.end();
  });

  test("one that somebody asked for waits for one that stood still before, which is ended in the end, and is in force all the same", async () => {
    using set = await halfStill({ answerMs: 20 });
    const { supervisor, fakes } = set;
    const publish = supervisor.publish(plan(2));
    fakes[0]!.say({ kind: "planned", generation: 2 });
    // It stood still before, which is nothing against the plan: nobody is given the former one back.
    expect(await publish).toBeNull();
    expect([fakes[0]!.generations, fakes[1]!.isAlive]).toEqual([[1, 2], false]);
    await until(() => fakes.length === 3);
    expect(fakes[2]!.generations).toEqual([2]);
    await supervisor.end();
  });

  /** All turn, by the supervisor's looks, but those in `still`. */
  async function manyOf(workers: number, options: Partial<SupervisorOptions> = {}) {
    const set = await started(workers, options);
    const still = new Set<number>();
    const beats: number[] = Array(workers).fill(0);
    const clock = spyOn(performance, "now");
    let aheadMs = 0;
    clock.mockImplementation(() => Bun.nanoseconds() / 1e6 + aheadMs);
    const pass = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 500) {
        aheadMs += 500;
        set.supervisor.watch(0, (worker) => (still.has(worker) ? 0 : ++beats[worker]!), performance.now());
      }
    };
    pass(500);
    return { ...set, still, pass, [Symbol.dispose]: () => clock.mockRestore() };
  }

  test("where all do, who is behind is sent the plan that waits for it when it goes on", async () => {
    using set = await manyOf(2, { answerMs: 300 });
    const { supervisor, fakes, still, pass } = set;
    still.add(1);
    pass(3000);
    const second = supervisor.publish(plan(2), program("a"), false);
    fakes[0]!.say({ kind: "planned", generation: 2 });
    expect(await second).toBeNull();
    still.add(0);
    pass(3000);
    const third = supervisor.publish(plan(3), program("b"), false);
    fakes[1]!.say({ kind: "planned", generation: 2 });
    expect(fakes.map(({ generations }) => generations)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    for (const fake of fakes) fake.say({ kind: "planned", generation: 3 });
    expect(await third).toBeNull();
    await supervisor.end();
  });

  for (const isTaken of [true, false])
    test(`one that is not waited for and refuses the plan is ${isTaken ? "sent it again when it is in force, and ended if it refuses that" : "given the former one back where that stays"}`, async () => {
      using set = await manyOf(3);
      const { supervisor, fakes, still, pass } = set;
      still.add(0);
      pass(3000);
      const second = supervisor.publish(plan(2), program("a"), false);
      fakes[1]!.say({ kind: "planned", generation: 2 });
      fakes[0]!.say({ kind: "failed", generation: 2, message: "no memory" });
      if (isTaken) fakes[2]!.say({ kind: "planned", generation: 2 });
      else fakes[2]!.say({ kind: "failed", generation: 2, message: "no" });
      expect(await second).toBe(isTaken ? null : "no");
      expect(fakes[0]!.generations).toEqual(isTaken ? [1, 2, 2] : [1, 2, 1]);
      expect(fakes[1]!.generations).toEqual(isTaken ? [1, 2] : [1, 2, 1]);
      if (isTaken) fakes[0]!.say({ kind: "failed", generation: 2, message: "no memory" });
      expect(fakes[0]!.isAlive).toBe(!isTaken);
      await supervisor.end();
    });

  test("the only one stood still before a reload, which is refused and says so", async () => {
    using set = await manyOf(1, { answerMs: 20 });
    const { supervisor, fakes, still, pass } = set;
    still.add(0);
    pass(5000);
    expect(await supervisor.publish(plan(2))).toBe("worker 0 stood still before the plan came, and was ended");
    expect([supervisor.generation, fakes[0]!.isAlive]).toEqual([1, false]);
    await supervisor.end();
  });
});
