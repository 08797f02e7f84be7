// The rules of a plan, compiled for a site: the one place where that is done. What was checked when the plan was made compiles,
// so that nothing here can fail but by our own fault. A phase without rules is null: who has none pays for a look at that.

import { assert } from "../base/assert.ts";
import type { FaultCode } from "../base/fault.ts";
import type { ErrorPlan, Plan, ReplyPlan, RulePlan, RulesPlan, StickPlan } from "../config/plan.ts";
import type { Key, Scope } from "../rules/expression/compiled.ts";
import { compileKey } from "../rules/expression/expression.ts";
import type { Phase } from "../rules/fields.ts";
import { KeptRules, scopesOf } from "../rules/keptrules.ts";
import { ReplyMaker } from "../rules/reply.ts";
import { type Rule, RuleSet } from "../rules/ruleset.ts";
import type { Scene } from "../rules/scene.ts";
import { Terms } from "../rules/terms.ts";
import type { Trace } from "../rules/trace.ts";

export interface Rules {
  readonly connection: RuleSet | null;
  readonly request: RuleSet | null;
  readonly response: RuleSet | null;
  readonly afterResponse: RuleSet | null;
}

/** What is answered instead of our own answers, by status or by fault: another answer, or a status alone. */
export type Errors = ReadonlyMap<number | FaultCode, ReplyMaker | number>;

export class RuleSets {
  readonly #scopes: Readonly<Record<Phase, Scope>>;
  readonly #trace: Trace | null;
  /** For the plan that comes after this one; null where rules are played with a trace. */
  readonly kept: KeptRules<Rule> | null;

  /** `trace`: filled in whenever rules are played. `former`: what the plan before has kept. */
  constructor(plan: Plan, trace: Trace | null = null, former: KeptRules<Rule> | null = null) {
    this.#trace = trace;
    this.kept = trace === null ? new KeptRules(plan, former) : null;
    this.#scopes = this.kept === null ? scopesOf(plan) : this.kept.scopes;
  }

  rules({ connection, request, response, afterResponse }: RulesPlan): Rules {
    return {
      connection: this.phase(connection, "connection"),
      request: this.phase(request, "request"),
      response: this.phase(response, "response"),
      afterResponse: this.phase(afterResponse, "afterResponse"),
    };
  }

  reply(plan: ReplyPlan | null): ReplyMaker | null {
    return plan === null ? null : new ReplyMaker(plan, new Terms(this.#scopes.request, null));
  }

  /** Null without any. */
  errors(plans: readonly ErrorPlan[]): Errors | null {
    if (plans.length === 0) return null;
    return new Map(plans.map(({ on, reply }) => [on, typeof reply === "number" ? reply : this.reply(reply)!]));
  }

  /** It may be of a request, or of a connection in mode tcp, where such a key asks for no more than that. */
  stickKey({ key: text, table }: StickPlan): Key {
    const key = compileKey(text, this.#scopes.request, table);
    assert(key.ok, `the key ${JSON.stringify(text)} of a plan does not compile`);
    return key;
  }

  /** A condition on requests. */
  condition(text: string): (scene: Scene) => boolean {
    const condition = new Terms(this.#scopes.request, null).expression(text, "bool");
    return (scene) => condition.test(scene);
  }

  /** Null without any. */
  phase(rules: readonly RulePlan[], phase: Phase): RuleSet | null {
    return rules.length === 0 ? null : new RuleSet(rules, this.#scopes[phase], this.#trace, this.kept);
  }
}
