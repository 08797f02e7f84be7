// A body that a transform is given whole: gathered, handed over, and what it answers goes on. Until then nothing of the response has
// gone to the client (Passage.holdHead), so that a failure can still be answered as one. Longer bodies than the config allows fail,
// or go on as they are.

import { fault } from "../../base/fault.ts";
import type { WheelNode } from "../../base/timerwheel.ts";
import type { Filter, FilterSink } from "../filter.ts";
import { errorText, type HookReason, type Hooks, isLate, type Settled } from "../hooks.ts";
import type { Port, WakeFlow } from "../port.ts";

export interface Whole {
  readonly port: Port;
  readonly hooks: Hooks;
  readonly bytesMax: number;
  /** What the body becomes, perhaps later. Undefined: it stays as it is. */
  readonly invoke: (bytes: Uint8Array) => unknown;
  /** What it answered, as bytes. A text says what is wrong with it. */
  readonly read: (value: unknown) => Uint8Array | string;
  /** Of a text that the head says is UTF-8 by now, and which is none yet: reads what stays as it is. Null: bytes go on as they came. */
  readonly recoder: TextDecoder | null;
}

const hook = "transformResponse";

export class WholeFilter implements Filter, Settled, WakeFlow {
  // The wheel's fields (base/timerwheel.ts).
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  readonly #whole: Whole;
  readonly #sink: FilterSink;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #startedMs = 0;
  #isPassing = false;
  #isOver = false;

  constructor(whole: Whole, sink: FilterSink) {
    this.#whole = whole;
    this.#sink = sink;
  }

  // ---- said by the body ----

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#isOver) return true;
    if (this.#isPassing) return this.#pass(bytes.subarray(start, end), false);
    this.#pieces.push(bytes.slice(start, end));
    this.#length += end - start;
    return this.#length <= this.#whole.bytesMax || this.#tooLarge();
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#isPassing) {
      this.#pass(new Uint8Array(0), true);
      return this.#sink.ended();
    }
    const { hooks, port, invoke } = this.#whole;
    this.#startedMs = hooks.runner.now();
    let value: unknown;
    try {
      value = invoke(this.#gathered());
    } catch (error) {
      return this.#fail("threw", errorText(error));
    }
    const tookMs = hooks.runner.now() - this.#startedMs;
    if (typeof value === "object" && value !== null && "then" in value) {
      port.wake(this, port.nowMs + Math.max(hooks.budgetMs - tookMs, 1));
      return hooks.runner.settle(value, this);
    }
    this.#answered(value);
  }

  resume(): void {
    this.#sink.room();
  }

  stop(): void {
    this.#isOver = true;
    this.#whole.port.forget(this);
  }

  // ---- told by the world ----

  resolved(value: unknown): void {
    if (!this.#isOver) this.#answered(value);
  }

  rejected(error: unknown): void {
    if (!this.#isOver) this.#fail("threw", errorText(error));
  }

  ticked(): void {
    if (!this.#isOver) this.#fail("timeout", `${this.#whole.hooks.budgetMs} ms`);
  }

  // ---- the end ----

  /** The clock is asked too: code that does not let go of the thread keeps the deadline from passing. */
  #answered(value: unknown): void {
    const { hooks, port } = this.#whole;
    const tookMs = port.nowMs - this.#startedMs;
    if (tookMs > hooks.budgetMs) this.#fail("slow", `${Math.round(tookMs)} ms`);
    else this.#take(value);
  }

  #take(value: unknown): void {
    if (value === undefined) return this.#stay();
    const bytes = this.#whole.read(value);
    if (typeof bytes === "string") this.#fail("nonsense", bytes);
    else this.#finish(bytes);
  }

  #finish(bytes: Uint8Array): void {
    this.stop();
    if (bytes.length > 0) this.#sink.passed(bytes, 0, bytes.length);
    this.#sink.ended();
  }

  /** It goes on as it came, but for how it is written. */
  #stay(): void {
    const bytes = this.#gathered();
    this.stop();
    this.#pass(bytes, true);
    this.#sink.ended();
  }

  #pass(bytes: Uint8Array, isLast: boolean): boolean {
    const { recoder } = this.#whole;
    const written = recoder === null ? bytes : Buffer.from(recoder.decode(bytes, { stream: !isLast }), "utf8");
    return written.length === 0 || this.#sink.passed(written, 0, written.length);
  }

  #tooLarge(): boolean {
    const { hooks, bytesMax } = this.#whole;
    const detail = `more than ${bytesMax} bytes`;
    if (hooks.plan.tooLarge === "fail" && hooks.failure !== "pass") {
      this.#fail("tooLarge", detail);
      return true;
    }
    if (hooks.plan.tooLarge === "fail") hooks.failed(hook, "tooLarge", detail);
    this.#isPassing = true;
    const bytes = this.#gathered();
    this.#pieces = [];
    return this.#pass(bytes, false);
  }

  #fail(reason: HookReason, detail: string): void {
    const { hooks } = this.#whole;
    hooks.failed(hook, reason, detail);
    if (hooks.failure === "pass") return this.#stay();
    this.stop();
    this.#sink.failed(fault(isLate(reason) ? "hook_timeout" : "hook_failed"));
  }

  #gathered(): Uint8Array {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1) return first!;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [whole];
    return whole;
  }
}
