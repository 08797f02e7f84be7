// Operators between values. Their types are checked here; absence passes through all of them but `== null` and `!= null`.
// Where CEL answers with an error (division by zero, an overflow), the answer is absent.

import type { Scene, Value } from "../scene.ts";
import type { Context } from "./context.ts";
import type { BinaryNode, UnaryNode } from "./syntax.ts";
import { constant, isSame, lift, phrase, played, type Run, type Term, type TermType, typed } from "./term.ts";

type Order = "<" | "<=" | ">" | ">=";
type Arithmetic = "+" | "-" | "*" | "/" | "%";

const ordered: readonly TermType[] = ["number", "string", "time", "duration"];

export function compileBinary(context: Context, node: BinaryNode, left: Term, right: Term): Term {
  if (left.type === "error" || right.type === "error") return { ...left, span: node, type: "error" };
  switch (node.operator) {
    case "==":
    case "!=":
      return context.watched(folded(node, equality(context, node, left, right), left, right), "comparison");
    case "<":
    case "<=":
    case ">":
    case ">=":
      return context.watched(folded(node, order(context, node, node.operator, left, right), left, right), "comparison");
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return context.watched(
        folded(node, arithmetic(context, node, node.operator, left, right), left, right),
        "calculation",
      );
    case "in":
      return left;
  }
}

export function compileUnary(context: Context, node: UnaryNode, operand: Term): Term {
  if (node.operator === "!") {
    const { run } = context.coerce(operand, "bool");
    // Of what is absent too.
    return foldedOne(
      played(node, operand.type === "error" ? "error" : "bool", (scene) => run(scene) !== true),
      operand,
    );
  }
  const number = operand.type === "duration" ? operand : context.coerce(operand, "number");
  if (number.type === "error") return number;
  const negative = lift([number.run], [], (value) => 0 - typed<number>(value));
  return context.watched(foldedOne(played(node, number.type, negative), operand), "calculation");
}

/** What is made of constants alone is one. */
export function folded(span: BinaryNode, term: Term, ...operands: readonly Term[]): Term {
  if (term.type === "error" || operands.some((operand) => operand.constant === undefined)) return term;
  return constant(span, term.type, term.run(nowhere), term.element);
}

function foldedOne(term: Term, operand: Term): Term {
  if (term.type === "error" || operand.constant === undefined) return term;
  return constant(term.span, term.type, term.run(nowhere), term.element);
}

/** Constants look at no scene. */
export const nowhere: Scene = {
  sharedMs: 0,
  wallMs: 0,
  world: { tables: [], lists: [], pool: () => Number.NaN },
  isDry: true,
  random: () => 0,
  field: () => null,
  variable: () => null,
  tracked: () => null,
};

// ---- equality ----

function equality(context: Context, node: BinaryNode, left: Term, right: Term): Term {
  const isNegated = node.operator === "!=";
  if (left.type === "null" || right.type === "null") {
    const { run } = left.type === "null" ? right : left;
    return played(node, "bool", (scene) => (run(scene) === null) !== isNegated);
  }
  if (left.type !== right.type && left.type !== "any" && right.type !== "any")
    return mismatch(context, node, left, right);
  warnOfNever(context, node, left, right);
  return played(node, "bool", equalRun(left, right, isNegated));
}

/** Fields that are told in one form only, compared with a text in another. */
function warnOfNever(context: Context, node: BinaryNode, left: Term, right: Term): void {
  const [field, { constant: text }] = left.constant === undefined ? [node.left, right] : [node.right, left];
  if (field.kind !== "name" || typeof text !== "string") return;
  if (field.name === "host" && (/[A-Z]/.test(text) || /^[^[]*:\d+$/.test(text)))
    context.warn(node, "is never so: host is in lower case and without the port");
  if (field.name === "path" && /[?#]/.test(text)) context.warn(node, "is never so: path is without the query");
}

function equalRun(left: Term, right: Term, isNegated: boolean): Run {
  const { run: a } = left;
  const { run: b, constant: known } = right;
  const isPlain = [left, right].every(({ type }) => type !== "any" && type !== "list" && type !== "address");
  if (isPlain && known !== undefined && known !== null)
    return (scene) => {
      const value = a(scene);
      return value === null ? null : (value === known) !== isNegated;
    };
  const same: (one: Value, other: Value) => boolean = isPlain ? (one, other) => one === other : isSame;
  return (scene) => {
    const one = a(scene);
    const other = b(scene);
    return one === null || other === null ? null : same(one, other) !== isNegated;
  };
}

function mismatch(context: Context, node: BinaryNode, left: Term, right: Term): Term {
  // The constant is what was written wrongly; otherwise the right one.
  const [kept, wrong] = left.constant !== undefined && right.constant === undefined ? [right, left] : [left, right];
  if (kept.type === "null" || kept.type === "error") return kept;
  return context.coerce({ ...wrong, span: wrong.span }, kept.type).type === "error"
    ? { ...kept, span: node, type: "error" }
    : kept;
}

// ---- order ----

function order(context: Context, node: BinaryNode, operator: Order, left: Term, right: Term): Term {
  for (const term of [left, right])
    if (!ordered.includes(term.type) && term.type !== "any")
      return context.complain(
        term.span,
        `must be a number, string, time or duration to be compared by "${operator}", but ${context.quote(term.span)} is ${phrase(term.type)}`,
      );
  // What is sent is text; who writes a number beside it means the number, not an order of letters.
  for (const [text, number] of [
    [left, right],
    [right, left],
  ] as const)
    if (text.type === "string" && text.constant === undefined && typeof number.constant === "number") {
      const written = context.text.slice(text.span.start, text.span.end);
      return context.complain(text.span, `is a string, but is compared with a number: write int(${written})`);
    }
  if (left.type !== right.type && left.type !== "any" && right.type !== "any")
    return mismatch(context, node, left, right);
  const { run: a } = left;
  const { run: b, constant: known } = right;
  if (left.type === "any" || right.type === "any") return played(node, "bool", mixed(a, b, operator));
  if (left.type === "string") return played(node, "bool", orderOf<string>(operator, a, b));
  if (typeof known === "number") return played(node, "bool", orderTo(operator, a, known));
  return played(node, "bool", orderOf<number>(operator, a, b));
}

/** The commonest comparison: of a counter with a number. */
function orderTo(operator: Order, run: Run, bound: number): Run {
  const value = (scene: Scene): number | null => typed<number | null>(run(scene));
  switch (operator) {
    case "<":
      return (scene) => ((found) => (found === null ? null : found < bound))(value(scene));
    case "<=":
      return (scene) => ((found) => (found === null ? null : found <= bound))(value(scene));
    case ">":
      return (scene) => ((found) => (found === null ? null : found > bound))(value(scene));
    case ">=":
      return (scene) => ((found) => (found === null ? null : found >= bound))(value(scene));
  }
}

function orderOf<T extends number | string>(operator: Order, left: Run, right: Run): Run {
  const is = isOrdered(operator);
  return (scene) => {
    const a = left(scene);
    const b = right(scene);
    return a === null || b === null ? null : is(typed<T>(a), typed<T>(b));
  };
}

/** A variable may hold anything: what is not of the other's type is not in any order with it. */
function mixed(left: Run, right: Run, operator: Order): Run {
  const is = isOrdered(operator);
  return (scene) => {
    const a = left(scene);
    const b = right(scene);
    const isFit = typeof a === typeof b && (typeof a === "number" || typeof a === "string");
    return isFit ? is(typed<number>(a), typed<number>(b)) : null;
  };
}

function isOrdered(operator: Order): (a: number | string, b: number | string) => boolean {
  switch (operator) {
    case "<":
      return (a, b) => a < b;
    case "<=":
      return (a, b) => a <= b;
    case ">":
      return (a, b) => a > b;
    case ">=":
      return (a, b) => a >= b;
  }
}

// ---- arithmetic ----

function arithmetic(context: Context, node: BinaryNode, operator: Arithmetic, left: Term, right: Term): Term {
  const type = resultOf(operator, left.type, right.type);
  if (type === null) return misfit(context, node, operator, left, right);
  const runs = [left.run, right.run];
  const constants = [left.constant, right.constant];
  if (type === "list") {
    const element = left.element === right.element ? left.element : "any";
    return played(
      node,
      "list",
      lift(runs, constants, (a, b) => joined(typed(a), typed(b))),
      element,
    );
  }
  if (type === "string")
    return played(
      node,
      type,
      lift(runs, constants, (a, b) => typed<string>(a) + typed<string>(b)),
    );
  if (type === "any")
    return played(
      node,
      type,
      lift(runs, constants, (a, b) => added(a, b)),
    );
  const count = calculation(operator);
  const isGuarded = left.type === "any" || right.type === "any";
  return played(
    node,
    type,
    lift(runs, constants, (a, b) =>
      isGuarded && (typeof a !== "number" || typeof b !== "number") ? null : count(typed<number>(a), typed<number>(b)),
    ),
  );
}

function calculation(operator: Arithmetic): (a: number, b: number) => number {
  switch (operator) {
    case "+":
      return (a, b) => a + b;
    case "-":
      return (a, b) => a - b;
    case "*":
      return (a, b) => a * b;
    case "/":
      return (a, b) => a / b;
    case "%":
      return (a, b) => a % b;
  }
}

/** Of variables, of which only playing tells. */
function added(a: Value, b: Value): Value {
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "string" && typeof b === "string") return a + b;
  return null;
}

const itemsMax = 4096;

function joined(a: readonly Value[], b: readonly Value[]): readonly Value[] | null {
  return a.length + b.length > itemsMax ? null : [...a, ...b];
}

/** Null: there is no such operator. */
function resultOf(operator: Arithmetic, left: TermType, right: TermType): TermType | null {
  const a = left === "null" ? "any" : left;
  const b = right === "null" ? "any" : right;
  if (operator === "+" || operator === "-") {
    const pair = `${a} ${b}`;
    if (pair === "time duration") return "time";
    if (pair === "duration duration") return "duration";
    if (operator === "+" && pair === "duration time") return "time";
    if (operator === "-" && pair === "time time") return "duration";
  }
  if (operator === "+") {
    if (a === "any" && b === "any") return "any";
    for (const type of ["string", "list"] as const) if (a === type && b === type) return type;
    if ((a === "string" && b === "any") || (a === "any" && b === "string")) return "any";
  }
  return (a === "number" || a === "any") && (b === "number" || b === "any") ? "number" : null;
}

function misfit(context: Context, node: BinaryNode, operator: Arithmetic, left: Term, right: Term): Term {
  if (operator === "+" && (left.type === "string" || right.type === "string")) {
    const wrong = left.type === "string" ? right : left;
    return context.complain(
      wrong.span,
      `must be a string, but ${context.quote(wrong.span)} is ${phrase(wrong.type)}: string(…) makes one`,
    );
  }
  return context.complain(node, `"${operator}" has no meaning between ${phrase(left.type)} and ${phrase(right.type)}`);
}
