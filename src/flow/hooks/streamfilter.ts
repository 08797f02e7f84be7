// A body that a transform is given in pieces, as they come out of their coding. It knows nothing of where the pieces go. Whatever the
// hook fails in ends the body: of what went before nothing can be taken back, and a body must never look whole that is not.

import { fault } from "../../base/fault.ts";
import type { BodyStream } from "../../config/hooktypes.ts";
import type { Filter, FilterSink } from "../filter.ts";
import { errorText, type HookReason, type Hooks } from "../hooks.ts";

const hook = "transformResponse";

export class StreamFilter implements Filter {
  readonly #stream: BodyStream;
  readonly #hooks: Hooks;
  readonly #sink: FilterSink;
  #isOver = false;

  constructor(stream: BodyStream, hooks: Hooks, sink: FilterSink) {
    this.#stream = stream;
    this.#hooks = hooks;
    this.#sink = sink;
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#isOver) return true;
    // The hook may keep what it is given.
    return this.#pass(() => this.#stream.transform(bytes.slice(start, end)));
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#stream.flush !== undefined) this.#pass(() => this.#stream.flush!());
    if (!this.#isOver) this.#sink.ended();
  }

  resume(): void {
    this.#sink.room();
  }

  stop(): void {
    this.#isOver = true;
  }

  #pass(say: () => unknown): boolean {
    const { runner, budgetMs } = this.#hooks;
    const startedMs = runner.now();
    let said: unknown;
    try {
      said = say();
    } catch (error) {
      return this.#fail("threw", errorText(error));
    }
    // A body that is good is not broken off for that.
    const tookMs = runner.now() - startedMs;
    if (tookMs > budgetMs) this.#hooks.failed(hook, "slow", `${Math.round(tookMs)} ms`);
    if (said === undefined || said === null) return true;
    if (!(said instanceof Uint8Array)) return this.#fail("nonsense", "a piece of a body must be a Uint8Array");
    return said.length === 0 || this.#sink.passed(said, 0, said.length);
  }

  #fail(reason: HookReason, detail: string): boolean {
    this.#isOver = true;
    this.#hooks.failed(hook, reason, detail);
    this.#sink.failed(fault("hook_failed"));
    return true;
  }
}
