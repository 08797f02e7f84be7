// Expressions of the config: conditions and values of rules, in CEL's syntax (docs/EXPRESSIONS.md). Compiled once, with all that
// is wrong told with its place; played on every request, which never throws and mostly allocates nothing. A probe, for
// explanations, goes around the same closures: what is explained is what decides.
//
//   text ─ lexer ─▶ tokens ─ parser ─▶ tree ─ compiler (types; names, calls, operators) ─▶ closures
//
// Targets, entries and keys are expressions of a form: target.ts. Texts with expressions in them: template.ts.

import type { Compiled, Probe, Refused, Scope, Type } from "./compiled.ts";
import { contextOf } from "./compiler.ts";
import { parse } from "./parser.ts";
import type { Remark } from "./syntax.ts";

export type {
  Compiled,
  Entry,
  Key,
  Probe,
  ProbedTerm,
  Reads,
  Refused,
  Scope,
  ScopeTable,
  Target,
  Template,
  Type,
} from "./compiled.ts";
export { scopeOf } from "./scope.ts";
export { compileEntry, compileKey, compileTarget } from "./target.ts";
export { compileTemplate } from "./template.ts";
/** Something about a place of the text: `offset` and `length` in characters. */
export type ExpressionError = Remark;

export function compileExpression(text: string, scope: Scope, wanted: Type | "any", probe?: Probe): Compiled | Refused {
  const parsed = parse(text);
  if (!parsed.ok) return { ok: false, errors: [parsed.error] };
  const context = contextOf(text, scope, probe ?? null);
  const term = context.wanted(parsed.node, wanted);
  if (context.errors.length > 0) return { ok: false, errors: context.errors };
  const { run } = term;
  return {
    ok: true,
    ...context.outcome(),
    type: term.type === "null" || term.type === "error" ? "any" : term.type,
    evaluate: run,
    test: (scene) => run(scene) === true,
  };
}
