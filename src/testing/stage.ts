// The world of a test, in place of a driver: a clock that moves when it is told to, connections that are objects, names and
// credentials that are known. What happens later stands in a list with its time; nothing calls into a flow while a flow speaks. Hooks
// and codings run for real, and while one of them is awaited the clock goes as fast as time does.

import { fault } from "../base/fault.ts";
import { TimerWheel, tickMs } from "../base/timerwheel.ts";
import type { AuthPlan, ServerPlan } from "../config/plan.ts";
import { ZlibCoder } from "../data/coder.ts";
import { Credentials } from "../data/credentials.ts";
import { wholeOf } from "../data/hooks.ts";
import type { Context } from "../flow/context.ts";
import type { HookRunner, Settled } from "../flow/hooks.ts";
import type {
  Coder,
  CoderFlow,
  CoderWork,
  DialFlow,
  Port,
  Resolution,
  Verdict,
  VerifyFlow,
  WakeFlow,
} from "../flow/port.ts";

interface Event {
  readonly atMs: number;
  readonly happen: () => void;
}

/** Answers each dial, at once or later: by `Stage.later`. */
export type Dialed = (server: ServerPlan, flow: DialFlow) => void;

const startMs = 1_000;
const sweepMs = 1_000;
/** How long a coding may take to say something more. */
const codingMs = 30;
/** A public address for every name: where it leads is no matter here. */
const anyAddress = "1.1.1.1";

export class Stage implements Port, HookRunner {
  nowMs: number = startMs;
  spent: Uint8Array | null = null;
  readonly complaints: string[] = [];
  readonly #wallOffsetMs: number;
  readonly #random: () => number;
  readonly #wheel: TimerWheel = new TimerWheel(startMs);
  readonly #credentials: Credentials = new Credentials(this);
  readonly #events: Event[] = [];
  readonly #coders: Set<Coder> = new Set();
  #context: Context | null = null;
  #dialed: Dialed = () => {};
  #sweptMs: number = startMs;
  /** Promises that are awaited, and what has been told from the outside. */
  #awaited = 0;
  #told = 0;
  #failure: Error | null = null;

  constructor(wallMs: number, random: () => number) {
    this.#wallOffsetMs = wallMs - startMs;
    this.#random = random;
  }

  open(context: Context, dialed: Dialed): void {
    this.#context = context;
    this.#dialed = dialed;
  }

  /** For what works beside flows: here the clock moves by itself only. */
  refresh(): void {}

  failed(error: Error): void {
    this.#failure = error;
  }

  // ---- the port ----

  get sharedMs(): number {
    return this.nowMs >>> 0;
  }

  get wallMs(): number {
    return this.nowMs + this.#wallOffsetMs;
  }

  random(): number {
    return this.#random();
  }

  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number): void {
    let isAnswered = false;
    const once: DialFlow = {
      received: (bytes) => flow.received(bytes),
      drained: () => flow.drained(),
      ended: () => flow.ended(),
      closed: (isReset) => flow.closed(isReset),
      connected: (line) => {
        isAnswered = true;
        flow.connected(line);
      },
      refused: (what) => {
        isAnswered = true;
        flow.refused(what);
      },
    };
    this.#dialed(server, once);
    this.later(timeoutMs, () => {
      if (!isAnswered) once.refused(fault("connect_timeout"));
    });
  }

  warn(): void {}
  resolve(): Resolution {
    return { addresses: [anyAddress], problem: "" };
  }

  verify(auth: AuthPlan, name: string, password: Uint8Array, flow: VerifyFlow): Verdict | null {
    const told = {
      asker: flow.asker,
      // It is told whatever becomes of the flow: until then the stage is awaited.
      isOver: false,
      verified: (verdict: Verdict): void => {
        this.#awaited--;
        this.#tell(() => flow.verified(verdict));
      },
    };
    const verdict = this.#credentials.verify(auth, name, password, told);
    if (verdict === null) this.#awaited++;
    return verdict;
  }

  coder(work: CoderWork, flow: CoderFlow): Coder {
    const coder = new ZlibCoder(work, flow, (call) => this.#tell(call));
    this.#coders.add(coder);
    return {
      write: (bytes, start, end) => coder.write(bytes, start, end),
      end: () => coder.end(),
      pause: () => coder.pause(),
      resume: () => coder.resume(),
      close: () => {
        this.#coders.delete(coder);
        coder.close();
      },
    };
  }

  wake(flow: WakeFlow, deadlineMs: number): void {
    this.#wheel.set(flow, deadlineMs);
  }

  forget(flow: WakeFlow): void {
    this.#wheel.remove(flow);
  }

  readonly requestsAtOnce: number = Number.POSITIVE_INFINITY;
  giveWay(): void {}

  // ---- hooks ----

  now(): number {
    return this.nowMs;
  }

  settle(value: unknown, settled: Settled): void {
    this.#awaited++;
    const tell = (call: () => void): void => {
      this.#awaited--;
      this.#tell(call);
    };
    wholeOf(value).then(
      (answer) => tell(() => settled.resolved(answer)),
      (error: unknown) => tell(() => settled.rejected(error)),
    );
  }

  complain(message: string, detail: string): void {
    this.complaints.push(`${message}${detail}`);
  }

  #tell(call: () => void): void {
    this.#told++;
    try {
      call();
    } catch (error) {
      this.#failure = error as Error;
    }
  }

  // ---- time ----

  /** Something happens so long from now, after all that has been said. */
  later(afterMs: number, happen: () => void): void {
    this.#events.push({ atMs: this.nowMs + afterMs, happen });
  }

  /** Go on until that is so, at most for so long by the fake clock. Rejects with a mistake of our own. */
  async until(isSo: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.nowMs + limitMs;
    let realMs = performance.now();
    while (!isSo() && this.nowMs < endMs) {
      if (this.#happen()) continue;
      if (await this.#outside()) continue;
      const nowMs = performance.now();
      // What is awaited takes its own time, and so long is what budgets are for.
      this.advance(this.#awaited > 0 ? Math.max(nowMs - realMs, 1) : tickMs);
      realMs = nowMs;
    }
    if (this.#failure !== null) throw this.#failure;
  }

  /** Whether something outside has told a flow something. */
  async #outside(): Promise<boolean> {
    const told = this.#told;
    const untilMs = performance.now() + (this.#coders.size > 0 ? codingMs : 0);
    if (this.#awaited === 0 && this.#coders.size === 0) return false;
    do await Bun.sleep(0);
    while (this.#told === told && performance.now() < untilMs);
    if (this.#told === told && this.#awaited > 0) await Bun.sleep(1);
    return this.#told !== told;
  }

  /** Whether anything did. */
  #happen(): boolean {
    const due = this.#events.findIndex(({ atMs }) => atMs <= this.nowMs);
    if (due === -1) return false;
    this.#events.splice(due, 1)[0]!.happen();
    return true;
  }

  advance(byMs: number): void {
    const endMs = this.nowMs + byMs;
    while (this.nowMs < endMs) {
      const next = this.#events.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY);
      this.nowMs = Math.min(endMs, Math.max(next, this.nowMs), this.nowMs + tickMs);
      this.#wheel.advance(this.nowMs);
      while (this.#happen());
      const context = this.#context!;
      if (context.isWaiting) context.pollWaiting();
      if (this.nowMs - this.#sweptMs < sweepMs) continue;
      this.#sweptMs = this.nowMs;
      context.sweep();
    }
  }
}
