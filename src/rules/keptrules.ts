// Rules that one plan has compiled, for the next: nearly all of them are the same there, and to compile a thousand takes some hundred ms,
// in which a worker does nothing else. The same rule by its text and by all that its names may lead to; where a table, a
// list or the order of pools is another all are compiled again. Of the plan before only what the new one has too is kept.

import type { Scope } from "./expression/compiled.ts";
import { type Names, scopeOf } from "./expression/scope.ts";
import type { Phase } from "./fields.ts";

/** What a rule was compiled for. */
type Scoped = Pick<Scope, "phase">;

export class KeptRules<Rule> {
  /** Kept rules hold them, so that they are the same objects for as long as names lead to the same. */
  readonly scopes: Readonly<Record<Phase, Scope>>;
  readonly #names: string;
  #former: ReadonlyMap<string, Rule>;
  readonly #rules = new Map<string, Rule>();

  constructor(names: Names, former: KeptRules<Rule> | null = null) {
    const { tables, lists, pools } = names;
    this.#names = JSON.stringify([tables, lists, pools.map(({ name }) => name)]);
    const same = former !== null && former.#names === this.#names ? former : null;
    this.#former = same === null ? new Map() : same.#rules;
    this.scopes = same === null ? scopesOf(names) : same.scopes;
  }

  /** That of the plan before, or one that is made. Two rules that are alike may be one: what they count is told apart by their slots. */
  take<Plan>({ phase }: Scoped, plan: Plan, make: (plan: Plan) => Rule): Rule {
    const key = `${phase} ${JSON.stringify(plan)}`;
    const rule = this.#rules.get(key) ?? this.#former.get(key) ?? make(plan);
    this.#rules.set(key, rule);
    return rule;
  }

  /** All that this plan has is compiled: the one before is of no use any more. */
  close(): void {
    this.#former = new Map();
  }
}

export function scopesOf(names: Names): Readonly<Record<Phase, Scope>> {
  return {
    connection: scopeOf(names, "connection"),
    request: scopeOf(names, "request"),
    response: scopeOf(names, "response"),
    afterResponse: scopeOf(names, "afterResponse"),
  };
}
