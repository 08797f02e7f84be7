// The hooks of one listener or pool, ready to be called: functions that a worker has imported, what holds for them, and where their
// failures are counted. Who calls them is hooks/call.ts. Promises, clocks and the log are the world's, and come in as a runner.

import type { OnError, OnRequest, OnResponse, Pick, TransformResponse } from "../config/hooktypes.ts";
import { type HookName, type HooksPlan, hookNames } from "../config/plancontent.ts";
import { hookCells } from "../memory/tally.ts";
import type { ReplyMaker } from "../rules/reply.ts";
import { Transform } from "./hooks/transform.ts";

/** What becomes of a promise, told later and never during the call that handed it over. */
export interface Settled {
  resolved(value: unknown): void;
  rejected(error: unknown): void;
  /** Nobody waits for it any more. */
  readonly isOver?: boolean;
  /** Set by who reads a body to its end: said when `isOver` becomes true. */
  stop?: (() => void) | null;
}

/** The world, as hooks need it. */
export interface HookRunner {
  /** The clock of the port, read anew: from now on its `nowMs` is this. */
  now(): number;
  /** A standard `Response` is told as a `Reply` that has its bytes. */
  settle(value: unknown, settled: Settled): void;
  /** For the operator: `message` is the kind of complaint, `detail` the single case. */
  complain(message: string, detail: string): void;
}

export interface HookFunctions {
  readonly onRequest?: OnRequest;
  readonly onResponse?: OnResponse;
  readonly onError?: OnError;
  readonly pick?: Pick;
  readonly transformResponse?: TransformResponse;
  readonly transformRequest?: TransformResponse;
}

/** All hooks of one program. */
export interface HookSet {
  readonly runner: HookRunner;
  of(owner: "listeners" | "pools", name: string): HookFunctions;
}

/** threw: or its promise was rejected. slow: it has answered, but late, for its worker was held up, which nobody could stop. tooLarge: a body longer than `maxBody`. */
export const hookReasons = ["threw", "timeout", "nonsense", "slow", "tooLarge"] as const;
export type HookReason = (typeof hookReasons)[number];

export function isLate(reason: HookReason): boolean {
  return reason === "timeout" || reason === "slow";
}

/** First of the counters of a worker's row; the reasons of a hook lie behind one another. */
export function hookCellOf(hook: HookName, reason: HookReason): number {
  return hookCells + hookNames.indexOf(hook) * hookReasons.length + hookReasons.indexOf(reason);
}

export class Hooks {
  readonly functions: HookFunctions;
  readonly runner: HookRunner;
  readonly budgetMs: number;
  readonly plan: HooksPlan;
  /** What a client is answered when one fails; null is what that fault is answered. */
  readonly failure: ReplyMaker | "pass" | null;
  /** "listener web" */
  readonly of: string;
  readonly transform: Transform | null;
  readonly requestTransform: Transform | null;
  readonly #cells: Float64Array;
  readonly #row: number;

  constructor(
    plan: HooksPlan,
    functions: HookFunctions,
    runner: HookRunner,
    of: string,
    failure: ReplyMaker | null,
    counting: { readonly cells: Float64Array; readonly row: number },
  ) {
    this.plan = plan;
    this.functions = functions;
    this.runner = runner;
    this.budgetMs = plan.budgetMs;
    this.of = of;
    const { transformResponse, transformRequest } = functions;
    this.requestTransform = transformRequest === undefined ? null : new Transform(transformRequest, plan.bodyBytesMax);
    this.transform = transformResponse === undefined ? null : new Transform(transformResponse, plan.bodyBytesMax);
    this.failure = plan.failure === "pass" ? "pass" : failure;
    this.#cells = counting.cells;
    this.#row = counting.row;
  }

  /** Counted, and told with a bounded rate. */
  failed(hook: HookName, reason: HookReason, detail: string): void {
    this.#cells[this.#row + hookCellOf(hook, reason)]!++;
    this.runner.complain(`${hook} of ${this.of} ${words[reason]}`, detail === "" ? "" : `: ${detail}`);
  }
}

const words: Readonly<Record<HookReason, string>> = {
  threw: "failed",
  timeout: "did not answer in time",
  nonsense: "answered what makes no sense",
  slow: "took longer than its budget, and its worker stood still",
  tooLarge: "was given a body that is too large",
};

/** What was thrown, for the log: with the place where, for an Error. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return shown(error);
  const frame = /\n\s+at ([^\n]+)/.exec(error.stack ?? "")?.[1];
  return `${error.name}: ${error.message.slice(0, 500)}${frame === undefined ? "" : ` (at ${frame})`}`;
}

function shown(value: unknown): string {
  try {
    return String(value).slice(0, 500);
  } catch {
    return "something that cannot be shown";
  }
}
