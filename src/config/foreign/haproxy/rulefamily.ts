// A family of rules (all `http-request` of a frontend, say) as a list of ours. Inside one the order is the file's, and the families
// follow each other in HAProxy's order, wherever they stand. In HAProxy `accept` and `allow` end only their family; here the rest
// of the family becomes rules of their own under the opposite condition, for an accept of ours would end the whole phase.

import type { Path } from "../../problem.ts";
import type { Origins } from "../origins.ts";
import { type Code, every, no, not, primary, yes } from "./code.ts";
import type { RuleDraft } from "./draft.ts";
import type { Made } from "./ruleline.ts";

export interface Member {
  readonly condition: Code | null;
  readonly made: Made;
  readonly path: Path;
}

/** Where each rule comes from, for whoever places it in a config. */
const places = new WeakMap<RuleDraft, Path>();

/** `isLast`: nothing of the phase is evaluated after this family, so that an accept of ours ends no more than HAProxy's. */
export function familyRules(members: readonly Member[], isLast: boolean): RuleDraft[] {
  const rules: RuleDraft[] = [];
  for (const [at, { condition, made, path }] of members.entries()) {
    const placed = (rule: RuleDraft): RuleDraft => {
      places.set(rule, path);
      return rule;
    };
    if (made === null || condition?.text === no.text) continue;
    const when = condition === null || condition.text === yes.text ? null : condition;
    if (made === "accept") {
      const rest = members.slice(at + 1);
      if (when === null) return rules;
      if (isLast && rest.length > 0) rules.push(placed({ if: when.text, accept: true }));
      else {
        const inner = familyRules(rest, false);
        if (inner.length > 0) rules.push(placed({ if: not(when).text, rules: inner }));
        return rules;
      }
      continue;
    }
    rules.push(...underOne(when, made, placed));
  }
  return rules;
}

function underOne(
  when: Code | null,
  made: RuleDraft | readonly RuleDraft[],
  placed: (rule: RuleDraft) => RuleDraft,
): readonly RuleDraft[] {
  if (!isList(made)) {
    // A condition of its own comes second: it is of no interest where the rule's does not hold.
    const own = typeof made["if"] === "string" ? made["if"] : null;
    const condition =
      own === null
        ? when
        : when === null
          ? primary(own)
          : every([when, { text: own, level: own.includes(" ") ? 0 : 7 }]);
    return [placed(condition === null ? { ...made } : { if: condition.text, ...without(made, "if") })];
  }
  if (made.length === 0) return [];
  if (when === null) return made.map((rule) => placed({ ...rule }));
  return [placed({ if: when.text, rules: made.map((rule) => placed({ ...rule })) })];
}

function isList(made: RuleDraft | readonly RuleDraft[]): made is readonly RuleDraft[] {
  return Array.isArray(made);
}

function without(rule: RuleDraft, key: string): RuleDraft {
  return Object.fromEntries(Object.entries(rule).filter(([name]) => name !== key));
}

/** Tells `origins` which line each rule comes from. `path`: where `rules`, the very ones of `familyRules`, stand in our config. */
export function tellRuleOrigins(origins: Origins, path: Path, rules: readonly RuleDraft[]): void {
  for (const [index, rule] of rules.entries()) {
    const at = [...path, index];
    const place = places.get(rule);
    if (place !== undefined) origins.add(at, place);
    const inner = rule["rules"];
    // Rules in a rule are drafts too.
    if (Array.isArray(inner)) tellRuleOrigins(origins, [...at, "rules"], inner as readonly RuleDraft[]);
  }
}
