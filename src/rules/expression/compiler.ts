// From a tree to closures, types checked on the way: each node becomes a thing (a name may stand for a table), and a thing where
// a value is wanted becomes a term. It goes on after a mistake, so that all of them are told at once, but what hangs on a
// mistake is not complained of again.

import type { Value } from "../scene.ts";
import { compileCall } from "./calls.ts";
import type { Probe, Scope } from "./compiled.ts";
import { Context } from "./context.ts";
import { trackedKeyText } from "./key.ts";
import { compileIn } from "./membership.ts";
import { compileName } from "./names.ts";
import { compileBinary, compileUnary, nowhere } from "./operators.ts";
import { compileIndex, compileMember } from "./paths.ts";
import type { BinaryNode, ChoiceNode, ListNode, LogicalNode, Node, UnaryNode } from "./syntax.ts";
import { constant, erroneous, phrase, played, type Term, type TermType } from "./term.ts";
import type { Thing } from "./thing.ts";

export function contextOf(text: string, scope: Scope, probe: Probe | null): Context {
  return new Context(text, scope, probe, thingOf, termOf);
}

function thingOf(context: Context, node: Node): Thing {
  switch (node.kind) {
    case "name":
      return compileName(context, node);
    case "member":
      return compileMember(context, node);
    case "index":
      return compileIndex(context, node);
    case "call":
      return { kind: "term", term: compileCall(context, node) };
    case "literal":
      return { kind: "term", term: constant(node, typeOfLiteral(node.value), node.value) };
    case "unary":
      return { kind: "term", term: compileUnary(context, node, context.term(node.operand)) };
    case "binary":
      if (isNegated(context, node)) return { kind: "term", term: misnegated(context, node) };
      if (node.operator === "in") return { kind: "term", term: compileIn(context, node) };
      return { kind: "term", term: compileBinary(context, node, context.term(node.left), context.term(node.right)) };
    case "logical":
      return { kind: "term", term: logical(context, node) };
    case "choice":
      return { kind: "term", term: choice(context, node) };
    case "list":
      return { kind: "term", term: listOf(context, node) };
  }
}

/** `!host == 'a'` is `(!host) == 'a'`, and was meant otherwise. */
function isNegated({ text }: Context, { operator, left }: BinaryNode): boolean {
  return ["==", "!=", "in"].includes(operator) && left.kind === "unary" && text[left.start] === "!";
}

function misnegated(context: Context, node: BinaryNode): Term {
  const left = node.left as UnaryNode; // So says isNegated.
  const { operand } = left;
  const term = context.term(operand);
  if (term.type === "error") return erroneous(node);
  if (["bool", "any", "null"].includes(term.type)) {
    const negated = compileUnary(context, left, term);
    if (node.operator === "in") return compileIn(context, node);
    return compileBinary(context, node, negated, context.term(node.right));
  }
  const { text } = context;
  const [from, to] = [text.slice(operand.start, operand.end), text.slice(node.right.start, node.right.end)];
  const meant =
    node.operator === "in" ? `!(${from} in ${to})` : `${from} ${node.operator === "==" ? "!=" : "=="} ${to}`;
  return context.complain(left, `is of ${from} alone: write ${meant.length > 100 ? "!(…) around the whole" : meant}`);
}

function typeOfLiteral(value: boolean | number | string | null): TermType {
  if (value === null) return "null";
  return typeof value === "boolean" ? "bool" : typeof value === "number" ? "number" : "string";
}

/** What a thing is worth as a value; those that are worth none say how they are used. */
function termOf(context: Context, node: Node, thing: Thing): Term {
  switch (thing.kind) {
    case "term":
      return thing.term;
    case "counter": {
      const { counter } = thing;
      const table = counter.place.kind === "keyed" ? counter.place.table : -1;
      return context.watched(played(node, "number", counter.read), "read", table);
    }
    case "key":
      return context.watched(played(node, "string", trackedKeyText(thing.slot)), "read");
    case "table":
      return context.complain(
        node,
        `is a table, not a value: write ${context.text.slice(node.start, node.end)}[src].… for a counter of it`,
      );
    case "entry":
      return context.complain(node, "is an entry, not a value: name a counter of it, such as .gpc0");
    case "elements":
      return context.complain(node, `must say which: ${thing.type}[0]`);
    case "holder":
      return context.complain(
        node,
        `is a list of the config, not a value: write "… in ${context.text.slice(node.start, node.end)}"`,
      );
    case "pool":
      return context.complain(node, "is a pool, not a value: name a figure of it, such as .up");
    case "fields":
      return context.complain(
        node,
        thing.named.length > 0 ? `must have a name: ${thing.prefix}['…']` : `is no value: write ${thing.prefix}.…`,
      );
    case "tables":
    case "lists":
    case "pools":
    case "vars":
    case "tracked":
      return context.complain(node, `is no value: write ${thing.kind}${thing.kind === "tracked" ? "[0].…" : ".…"}`);
  }
}

function logical(context: Context, node: LogicalNode): Term {
  const operands = node.operands.map((operand) => context.wanted(operand, "bool"));
  if (operands.some(({ type }) => type === "error")) return erroneous(node);
  const isAnd = node.operator === "&&";
  const runs = operands.map(({ run }) => run);
  const [first, second, third] = runs;
  if (operands.every((operand) => operand.constant !== undefined))
    return constant(
      node,
      "bool",
      isAnd ? runs.every((run) => run(nowhere) === true) : runs.some((run) => run(nowhere) === true),
    );
  if (third === undefined)
    return isAnd
      ? played(node, "bool", (scene) => first!(scene) === true && second!(scene) === true)
      : played(node, "bool", (scene) => first!(scene) === true || second!(scene) === true);
  return played(node, "bool", (scene) => {
    for (const run of runs) if ((run(scene) === true) !== isAnd) return !isAnd;
    return isAnd;
  });
}

function choice(context: Context, node: ChoiceNode): Term {
  const condition = context.wanted(node.condition, "bool");
  const yes = context.term(node.yes);
  const no = context.term(node.no);
  if ([condition, yes, no].some(({ type }) => type === "error")) return erroneous(node);
  const type = unified(yes.type, no.type);
  if (type === null)
    return context.complain(
      node.no,
      `must be ${phrase(yes.type)} as the value before ":", but ${context.quote(node.no)} is ${phrase(no.type)}`,
    );
  const element = unified(yes.element, no.element) ?? "any";
  const { run } = condition;
  const [ifYes, ifNo] = [yes.run, no.run];
  return played(node, type, (scene) => (run(scene) === true ? ifYes(scene) : ifNo(scene)), element);
}

/** The type of what is one or the other; null when there is none. */
function unified(one: TermType, other: TermType): TermType | null {
  if (one === other || other === "null") return one;
  if (one === "null") return other;
  return one === "any" || other === "any" ? "any" : null;
}

function listOf(context: Context, node: ListNode): Term {
  const items = node.items.map((item) => context.term(item));
  if (items.some(({ type }) => type === "error")) return erroneous(node);
  let element: TermType = "null";
  for (const item of items) {
    const common = unified(element, item.type);
    if (common === null)
      return context.complain(
        item.span,
        `must be ${phrase(element)} as those before it, but ${context.quote(item.span)} is ${phrase(item.type)}`,
      );
    element = common;
  }
  const type = element === "null" ? "any" : element;
  const values: Value[] = [];
  for (const item of items) if (item.constant !== undefined) values.push(item.constant);
  if (values.length === items.length) return constant(node, "list", values, type);
  const runs = items.map(({ run }) => run);
  // What is absent is not in it.
  return played(node, "list", (scene) => runs.map((run) => run(scene)).filter((value) => value !== null), type);
}
