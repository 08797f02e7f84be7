// One call of a hook. What answers at once costs no promise; where a promise comes, the exchange waits, for as long as the budget
// says. However a hook fails (it throws, is late, answers nonsense), that is counted and told, and the client has the answer that
// the config says; what such a hook says later is not listened to.

import { fault } from "../../base/fault.ts";
import type { HookName } from "../../config/plan.ts";
import type { Reply } from "../../rules/outcome.ts";
import type { Context } from "../context.ts";
import type { Wait } from "../deadline.ts";
import type { Exchange } from "../exchange.ts";
import { errorText, type HookReason, type Hooks, isLate, type Settled } from "../hooks.ts";
import { readAnswer } from "./answer.ts";
import type { HookState } from "./state.ts";

/** What happens with what the hook has answered. */
export interface Sequel {
  /** Whether the exchange goes on. */
  take(reply: Reply | null): boolean;
  /** Said after `take` where the exchange has waited. */
  goOn(): void;
  /** In place of the failure's answer, where that would be asked for again and again. */
  failed?(): boolean;
}

export interface Call {
  readonly exchange: Exchange;
  readonly context: Context;
  readonly state: HookState;
  readonly hooks: Hooks;
  readonly hook: HookName;
  readonly sequel: Sequel;
  /** Of hooks whose answer is no reply: takes it, or says what is wrong with it. */
  readonly receive?: (value: unknown) => string | null;
}

/** Whether the exchange goes on at once. */
export function call(what: Call, invoke: () => unknown): boolean {
  const { runner, budgetMs } = what.hooks;
  // The clock was read when what led here came, or behind the hook before.
  const startedMs = what.context.port.nowMs;
  let value: unknown;
  try {
    value = invoke();
  } catch (error) {
    return fail(what, "threw", errorText(error));
  }
  const tookMs = runner.now() - startedMs;
  if (tookMs > budgetMs) {
    if (isLater(value)) runner.settle(value, unheard);
    return fail(what, "slow", shown(tookMs));
  }
  if (!isLater(value)) return take(what, value);
  const pending = new Pending(what, startedMs);
  what.exchange.waitFor(pending, Math.max(budgetMs - tookMs, 1));
  runner.settle(value, pending);
  return false;
}

/** A promise, or an answer whose body is one. */
function isLater(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "then" in value || "arrayBuffer" in value;
}

/** Of a promise that came when it was too late already: that it is broken must not be told as nobody's. */
const unheard: Settled = { isOver: true, resolved: () => {}, rejected: () => {} };

const shown = (tookMs: number): string => `${Math.round(tookMs)} ms`;

class Pending implements Wait, Settled {
  isOver = false;
  stop: (() => void) | null = null;
  readonly #call: Call;
  readonly #startedMs: number;

  constructor(what: Call, startedMs: number) {
    this.#call = what;
    this.#startedMs = startedMs;
  }

  /** The clock is asked too: code that does not let go of the thread keeps the deadline from passing. */
  resolved(value: unknown): void {
    if (this.isOver) return;
    const tookMs = this.#call.context.port.nowMs - this.#startedMs;
    if (tookMs > this.#call.hooks.budgetMs) return this.#fail("slow", shown(tookMs));
    this.isOver = true;
    if (take(this.#call, value)) this.#call.sequel.goOn();
  }

  rejected(error: unknown): void {
    this.#fail("threw", errorText(error));
  }

  timedOut(): void {
    this.#fail("timeout", `${this.#call.hooks.budgetMs} ms`);
    this.stop?.();
  }

  cancelled(): void {
    this.isOver = true;
    this.stop?.();
  }

  #fail(reason: HookReason, detail: string): void {
    if (this.isOver) return;
    this.isOver = true;
    if (fail(this.#call, reason, detail)) this.#call.sequel.goOn();
  }
}

function take(what: Call, value: unknown): boolean {
  if (what.receive !== undefined) {
    const wrong = what.receive(value);
    if (wrong !== null) return fail(what, "nonsense", wrong);
    what.state.finish();
    return what.sequel.take(null);
  }
  const answered = readAnswer(value);
  if (!answered.ok) return fail(what, "nonsense", answered.message);
  what.state.finish();
  return what.sequel.take(answered.reply);
}

function fail(what: Call, reason: HookReason, detail: string): boolean {
  const { exchange, state, hooks, hook, sequel } = what;
  hooks.failed(hook, reason, detail);
  state.drop();
  if (sequel.failed !== undefined) return sequel.failed();
  if (hooks.failure === "pass") return sequel.take(null);
  const why = fault(isLate(reason) ? "hook_timeout" : "hook_failed");
  if (hooks.failure === null) exchange.fail(why);
  else exchange.give(hooks.failure.fill(exchange.visitNow()), why);
  return false;
}
