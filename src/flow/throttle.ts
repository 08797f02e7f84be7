// The body of one response at no more than so many bytes a second. What the server has sent in one read is held here, and
// the server is not read on until it has gone; it goes in slices, each when the ones before it are paid for with time. A slice
// may leave a tick late: what is owed by then is in the next, so that the rate is exact in the long run. Time in which the client
// took nothing, or the server gave nothing, is lost after a second, so that no burst makes up for it.

import type { Fault } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import { tickMs } from "../base/timerwheel.ts";
import type { Line, Port, WakeFlow } from "./port.ts";

/** Where slices go: the exchange. */
export interface Outlet {
  /** Pass bytes on. False: the client cannot take more now, or it is all over. */
  pass(bytes: Uint8Array, start: number, end: number): boolean;
  /** All that was held has gone, and the server's connection has ended meanwhile: with a fault, or as it may. */
  spent(what: Fault | null): void;
}

const creditMsMax = 1000;

export class Throttle implements WakeFlow {
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  readonly #port: Port;
  readonly #bytesPerMs: number;
  readonly #outlet: Outlet;
  /** Null where it has said all and is gone. */
  readonly #upstream: Line | null;
  #held: Uint8Array | null = null;
  #at = 0;
  #end = 0;
  /** When all that has gone is paid for. */
  #dueMs: number;
  #isBlocked = false;
  #isOver = false;
  /** How the server's connection has ended while bytes were held; undefined: it has not. */
  #ending: Fault | null | undefined;

  constructor(port: Port, bytesPerSecond: number, outlet: Outlet, upstream: Line | null) {
    this.#port = port;
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#outlet = outlet;
    this.#upstream = upstream;
    this.#dueMs = port.nowMs;
  }

  get isHolding(): boolean {
    return this.#held !== null;
  }

  /** A read of the server. One that was under way when it was told to pause may come on top. */
  offer(bytes: Uint8Array, start: number, end: number): void {
    if (this.#held === null) {
      this.#held = bytes;
      this.#at = start;
      this.#end = end;
      this.#upstream?.pause();
    } else {
      const whole = new Uint8Array(this.#end - this.#at + end - start);
      whole.set(this.#held.subarray(this.#at, this.#end));
      whole.set(bytes.subarray(start, end), this.#end - this.#at);
      this.#held = whole;
      this.#at = 0;
      this.#end = whole.length;
    }
    this.#pump();
  }

  /** The server's connection has ended; it counts once what is held has gone. */
  ended(what: Fault | null): void {
    this.#ending = what;
  }

  /** The client cannot take more now. */
  block(): void {
    this.#isBlocked = true;
  }

  /** The client takes bytes again. `isServerThere`: it may have said all and be gone, while a filter still has some of that. */
  drained(isServerThere: boolean): void {
    this.#isBlocked = false;
    if (this.#held !== null) this.#pump();
    else if (isServerThere && this.#ending === undefined) this.#upstream?.resume();
  }

  ticked(): void {
    this.#pump();
  }

  /** The exchange is over. */
  stop(): void {
    this.#isOver = true;
    this.#held = null;
    this.#port.forget(this);
  }

  #pump(): void {
    while (this.#held !== null && !this.#isBlocked) {
      const { nowMs } = this.#port;
      const size = this.#end - this.#at;
      const least = Math.min(size, Math.max(1, Math.ceil(tickMs * this.#bytesPerMs)));
      const leastMs = least / this.#bytesPerMs;
      this.#dueMs = Math.max(this.#dueMs, nowMs - leastMs - creditMsMax);
      const allowed = Math.floor((nowMs - this.#dueMs) * this.#bytesPerMs);
      if (allowed < least) return this.#port.wake(this, this.#dueMs + leastMs);
      this.#pass(Math.min(allowed, size));
    }
  }

  #pass(count: number): void {
    const held = this.#held!;
    const start = this.#at;
    this.#at += count;
    this.#dueMs += count / this.#bytesPerMs;
    const isLast = this.#at === this.#end;
    if (isLast) this.#held = null;
    const isTaken = this.#outlet.pass(held, start, start + count);
    if (this.#isOver) return;
    this.#isBlocked = !isTaken;
    if (!isLast) return;
    if (this.#ending !== undefined) this.#outlet.spent(this.#ending);
    else if (isTaken) this.#upstream?.resume();
  }
}
