// The port of a data worker: the clock, chance and timers that flows are given, and what happens when our own code fails.
// One timer drives the wheel; there is none per connection or request. The clock is read once for each call into a flow.

import { TimerWheel, tickMs } from "../base/timerwheel.ts";
import type { AuthPlan, ServerPlan } from "../config/plan.ts";
import type { Context } from "../flow/context.ts";
import type {
  Coder,
  CoderFlow,
  CoderWork,
  DialFlow,
  Port,
  Resolution,
  ResolveFlow,
  TurnFlow,
  Verdict,
  VerifyFlow,
  WakeFlow,
} from "../flow/port.ts";
import { ZlibCoder } from "./coder.ts";
import { Complaints } from "./complaint.ts";
import { Credentials } from "./credentials.ts";
import { complain } from "./dial.ts";
import { Dialer } from "./dialer.ts";
import { Outbox } from "./outbox.ts";
import { Resolver } from "./resolver.ts";
import { Terms } from "./secure/terms.ts";
import { Turns } from "./turns.ts";

const sweepMs = 1000;
/** Both clocks are read one after the other, and the wall clock in whole milliseconds: less is no step of it. */
const wallSlackMs = 5;
/** A tick that comes so late means that the whole process stood still: the machine was paused, or had to swap. */
const stoodStillMs = 1000;
/** How often exchanges that wait for a server look whether another worker has let one go. */
const pollMs = 4;
/** Some 130 us of a worker's time where Sluice answers itself. */
const requestsAtOnceMax = 16;

export class Driver implements Port {
  nowMs: number = performance.now();
  spent: Uint8Array | null = null;
  readonly wheel: TimerWheel = new TimerWheel(this.nowMs);
  /** What plans say of TLS: to be adopted before they are. */
  readonly terms: Terms = new Terms();
  readonly complaints: Complaints;
  /** Of all its lines. */
  readonly outbox: Outbox = new Outbox((error) => this.failed(error));
  /** Who waits for the end of this one. */
  readonly turns: Turns = new Turns(this);
  readonly requestsAtOnce: number = requestsAtOnceMax;
  readonly #dialer: Dialer = new Dialer(this);
  readonly #resolver: Resolver = new Resolver(this);
  readonly #credentials: Credentials = new Credentials(this);
  #wallOffsetMs: number = Date.now() - this.nowMs;
  readonly #sharedOffsetMs: number;
  readonly #failed: (error: Error) => void;
  #context: Context | null = null;
  #sweptMs = 0;
  #tickedMs: number = this.nowMs;
  #isHeldBack = false;
  #isPolling = false;

  /** `failed` is told of an error of our own; the worker is then to be replaced. `warn` is read by the operator. `sharedMs`: the clock of the machine (clock.ts). */
  constructor(
    failed: (error: Error) => void,
    warn: (message: string) => void = () => {},
    sharedMs: () => number = Date.now,
  ) {
    this.#failed = failed;
    this.#sharedOffsetMs = sharedMs() - this.nowMs;
    this.complaints = new Complaints(warn);
  }

  /** Null until it is started. */
  get context(): Context | null {
    return this.#context;
  }

  get sharedMs(): number {
    return (this.nowMs + this.#sharedOffsetMs) >>> 0;
  }

  get wallMs(): number {
    return this.nowMs + this.#wallOffsetMs;
  }

  start(context: Context): void {
    this.#context = context;
    setInterval(() => this.#tick(), tickMs);
  }

  refresh(): void {
    this.nowMs = performance.now();
    this.outbox.look(this.nowMs);
  }

  random(): number {
    return Math.random();
  }

  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number, preface: Uint8Array | null, isHttp1 = false): void {
    this.#dialer.dial(server, flow, timeoutMs, preface, isHttp1);
  }

  warn(server: ServerPlan, problem: string): void {
    complain(this, server, problem);
  }

  coder(work: CoderWork, flow: CoderFlow): Coder {
    return new ZlibCoder(work, flow, (call) => this.tell(call));
  }

  resolve(name: string, flow: ResolveFlow): Resolution | null {
    return this.#resolver.resolve(name, flow);
  }

  verify(auth: AuthPlan, name: string, password: Uint8Array, flow: VerifyFlow): Verdict | null {
    return this.#credentials.verify(auth, name, password, flow);
  }

  wake(flow: WakeFlow, deadlineMs: number): void {
    this.wheel.set(flow, deadlineMs);
  }

  forget(flow: WakeFlow): void {
    this.wheel.remove(flow);
  }

  giveWay(flow: TurnFlow): void {
    this.turns.giveWay(flow);
  }

  failed(error: Error): void {
    this.#failed(error);
  }

  /** Into a flow, from where nothing else looks after the clock and our own mistakes. */
  tell(call: () => void): void {
    try {
      this.refresh();
      call();
    } catch (error) {
      this.failed(error as Error);
    }
  }

  #tick(): void {
    try {
      this.refresh();
      this.#followWall();
      if (this.#isToHoldBack()) return;
      this.wheel.advance(this.nowMs);
      const context = this.#context!;
      context.giveUp();
      if (this.nowMs - this.#sweptMs >= sweepMs) {
        this.#sweptMs = this.nowMs;
        context.sweep();
      }
      if (context.isWaiting) this.#poll();
    } catch (error) {
      this.failed(error as Error);
    }
  }

  /** It may be set while we run, and goes on alone while the machine sleeps: bans, caches, `Date` and logs are for its time. */
  #followWall(): void {
    const offsetMs = Date.now() - this.nowMs;
    if (Math.abs(offsetMs - this.#wallOffsetMs) > wallSlackMs) this.#wallOffsetMs = offsetMs;
  }

  /** What came while we stood still lies in the kernel: one turn reads it, before anybody is called late. Never two in a row, or a worker with too much to do would forget its deadlines. */
  #isToHoldBack(): boolean {
    const isLate = this.nowMs - this.#tickedMs > stoodStillMs;
    this.#tickedMs = this.nowMs;
    this.#isHeldBack = isLate && !this.#isHeldBack;
    return this.#isHeldBack;
  }

  #poll(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    const timer = setInterval(() => {
      try {
        this.refresh();
        this.#context!.pollWaiting();
        if (this.#context!.isWaiting) return;
      } catch (error) {
        this.failed(error as Error);
      }
      this.#isPolling = false;
      clearInterval(timer);
    }, pollMs);
  }
}
