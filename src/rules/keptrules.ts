// Rules that one plan has compiled, for the next: nearly all of them are the same there, and to compile a thousand takes some hundred ms,
// in which a worker does nothing else. The same rule by its text and by all that its names may lead to; where a table, a
// list or the order of pools is another all are compiled again. Of the plan before only what the new one has too is kept.

import type { Names } from "./expression/scope.ts";

/** What a rule was compiled for. */
interface Scoped {
  readonly phase: string;
}

export class KeptRules<Rule> {
  readonly #scope: string;
  #former: ReadonlyMap<string, Rule>;
  readonly #rules = new Map<string, Rule>();

  constructor({ tables, lists, pools }: Names, former: KeptRules<Rule> | null = null) {
    this.#scope = JSON.stringify([tables, lists, pools.map(({ name }) => name)]);
    this.#former = former !== null && former.#scope === this.#scope ? former.#rules : new Map();
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
