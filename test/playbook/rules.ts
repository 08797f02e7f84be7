// Rules, tables and answers in few words, for conversations about them. A rule counts in the slot of its place in the plan that
// it is given: what a test wants to know of hits it asks by that.

import type {
  EffectPlan,
  ErrorPlan,
  OutcomePlan,
  ReplyPlan,
  RulePlan,
  RulesPlan,
  TableKeyPlan,
  TablePlan,
} from "../../src/config/plan.ts";

export function rule(
  condition: string | null,
  outcome: OutcomePlan | null,
  options: Partial<RulePlan> & { readonly does?: readonly EffectPlan[] } = {},
): RulePlan {
  const { does, ...own } = options;
  return {
    name: outcome === null ? "effects" : outcome.kind,
    slot: 0,
    mode: "enforce",
    place: "here",
    condition,
    effects: does ?? [],
    outcome,
    rules: [],
    ...own,
  };
}

export function rules(phases: Partial<RulesPlan>): RulesPlan {
  return { connection: [], request: [], response: [], afterResponse: [], ...phases };
}

export function answer(status: number, options: Partial<ReplyPlan> = {}): ReplyPlan {
  return { status, reason: "", fields: [], body: null, isTemplate: false, retryAfterS: 0, ...options };
}

/** In place of our own answer of that status. */
export function page(status: number, options: Partial<ReplyPlan> = {}): ErrorPlan {
  return { on: status, reply: answer(status, options) };
}

export const deny = (status = 403): OutcomePlan => ({ kind: "reply", reply: answer(status), isDenial: true });

/** Holds the entry of the client's address in the table with that index. */
export const track = (table = 0, slot = 0, key = "src"): EffectPlan => ({ kind: "track", table, key, slot });

export function table(
  name: string,
  store: readonly string[],
  key: TableKeyPlan = { kind: "ip", prefix6: 64 },
): TablePlan {
  return { name, key, entriesMax: 64, expireMs: 60_000, isEvicting: true, share: null, store };
}

/** An effect on a field of the head. */
export const field = (operation: "set" | "add" | "remove", name: string, value = ""): EffectPlan => ({
  kind: "field",
  operation,
  name,
  value,
});

export const rewrite = (part: "method" | "path" | "query" | "target" | "status", value: string): EffectPlan => ({
  kind: "rewrite",
  part,
  value,
});
