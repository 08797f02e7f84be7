// Hooks for conversations: a play whose listener and pools have the functions that a test gives, and promises that the test keeps or
// breaks by its own hand, when it wants to.

import type { Hooks, PoolHooks, TransformResponse } from "../../src/config/hooktypes.ts";
import { type HookName, type HooksPlan, hookNames } from "../../src/config/plancontent.ts";
import type { HookFunctions, HookRunner, HookSet, Settled } from "../../src/flow/hooks.ts";
import { Playbook } from "../playbook.ts";
import type { PlanOptions } from "./plan.ts";

export interface Functions {
  readonly web?: Hooks;
  readonly pools?: Readonly<Record<string, PoolHooks>>;
}

/** What a hook answers that will answer later: kept or broken by `play.keep` and `play.break`. */
export const later: Promise<never> = new Promise<never>(() => {});

export class HookPlay extends Playbook implements HookRunner {
  readonly complaints: string[] = [];
  readonly #settled: { value: unknown; settled: Settled }[] = [];
  /** Added to the clock at each look, as a hook that computes for long would. */
  slowMs = 0;

  constructor(functions: Functions, options: PlanOptions = {}, hooks: Partial<HooksPlan> = {}) {
    const listener = { hooks: planOf(functions.web, hooks), ...options.listener };
    const names = ["app", ...(options.pools ?? [])];
    const own = Object.fromEntries(
      names.map((name) => [name, { hooks: planOf(functions.pools?.[name], hooks), ...options.own?.[name] }]),
    );
    super({ ...options, listener, own }, undefined, (play) => setOf(functions, play as HookPlay));
  }

  now(): number {
    return (this.nowMs += this.slowMs);
  }

  settle(value: unknown, settled: Settled): void {
    this.#settled.push({ value, settled });
  }

  complain(message: string, detail: string): void {
    this.complaints.push(`${message}${detail}`);
  }

  /** The oldest promise is kept. */
  keep(value: unknown): void {
    this.#settled.shift()!.settled.resolved(value);
  }

  break(error: unknown): void {
    this.#settled.shift()!.settled.rejected(error);
  }
}

function planOf(functions: PoolHooks | undefined, given: Partial<HooksPlan>): HooksPlan | null {
  if (functions === undefined) return null;
  const names = hookNames.filter((name: HookName) => functions[name] !== undefined);
  return { names, budgetMs: 1000, failure: null, bodyBytesMax: 1024, tooLarge: "fail", ...given };
}

function setOf(functions: Functions, runner: HookRunner): HookSet {
  return {
    runner,
    of: (owner, name) => readyOf((owner === "listeners" ? functions.web : functions.pools?.[name]) ?? {}),
  };
}

function readyOf({ transformResponse, transformRequest, ...others }: PoolHooks): HookFunctions {
  const transform: TransformResponse | undefined =
    typeof transformResponse === "function" ? { text: transformResponse } : transformResponse;
  const ofRequests = typeof transformRequest === "function" ? { text: transformRequest } : transformRequest;
  const given = { ...others, transformResponse: transform, transformRequest: ofRequests };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
