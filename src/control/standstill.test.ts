import { describe, expect, test } from "bun:test";
import { newSeat, type Seat } from "./seat.ts";
import { Standstill } from "./standstill.ts";

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
