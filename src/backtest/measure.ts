// What a rule's condition compares with a threshold: of `a && shop[src].conn_rate > 3` the rate. Only a comparison that every hit has
// to meet can be moved, so that what stands in an `||` or under a `!` is none. A read of a table is preferred to a field: it is
// what thresholds are set for.

import { parse } from "../rules/expression/parser.ts";
import type { Node } from "../rules/expression/syntax.ts";

export interface Measure {
  /** As it is written: what a trace of the rule calls it. */
  readonly term: string;
  readonly threshold: number;
  /** `>`: more than the threshold is a hit; `>=`: as much is one. */
  readonly operator: ">" | ">=";
  /** Other terms have to hold as well, and are asked after it: how many of those above would be hit is not known. */
  readonly isLast: boolean;
}

/** Null where there is nothing of the kind. */
export function measureOf(condition: string): Measure | null {
  const parsed = parse(condition);
  if (!parsed.ok) return null;
  const { node } = parsed;
  const operands = node.kind === "logical" && node.operator === "&&" ? node.operands : [node];
  const found = operands.flatMap((operand, index): (Measure & { readonly isRead: boolean })[] => {
    const compared = comparedIn(operand, condition);
    return compared === null ? [] : [{ ...compared, isLast: index === operands.length - 1 }];
  });
  const best = found.find(({ isRead }) => isRead) ?? found[0];
  if (best === undefined) return null;
  const { isRead: _, ...measure } = best;
  return measure;
}

type Compared = Omit<Measure, "isLast"> & { readonly isRead: boolean };

function comparedIn(node: Node, text: string): Compared | null {
  if (node.kind !== "binary") return null;
  const { operator, left, right } = node;
  const of = (what: Node, threshold: Node, sign: ">" | ">="): Compared | null => {
    if (threshold.kind !== "literal" || typeof threshold.value !== "number" || what.kind === "literal") return null;
    const term = text.slice(what.start, what.end);
    return { term, threshold: threshold.value, operator: sign, isRead: term.includes("[") };
  };
  if (operator === ">" || operator === ">=") return of(left, right, operator);
  if (operator === "<" || operator === "<=") return of(right, left, operator === "<" ? ">" : ">=");
  return null;
}
