// Calls: `f(a)` and `a.f(b)`, found in the catalogue by name and by what they are called on. Plain functions of constants are
// done at once; those that the catalogue leaves to the compiler stand in special.ts.

import { didYouMean } from "../../base/nearest.ts";
import type { Value } from "../scene.ts";
import type { Type } from "./compiled.ts";
import type { Context } from "./context.ts";
import { rows } from "./functions.ts";
import { habitOf } from "./habits.ts";
import { inTable } from "./membership.ts";
import { namedField } from "./names.ts";
import { nowhere } from "./operators.ts";
import type { Row } from "./row.ts";
import { isCounted, specials } from "./special.ts";
import type { CallNode, Node } from "./syntax.ts";
import { constant, erroneous, lift, phrase, played, type Term } from "./term.ts";
import type { Thing } from "./thing.ts";

/** What CEL writes either way. */
const eitherWay: readonly string[] = ["size", "matches"];

export function compileCall(context: Context, node: CallNode): Term {
  const { receiver, name, parameters } = node;
  if (receiver === null) {
    const [first] = parameters;
    if (eitherWay.includes(name) && first !== undefined)
      return compileCall(context, { ...node, receiver: first, parameters: parameters.slice(1) });
    return callOn(context, node, null, null);
  }
  const thing = context.thing(receiver);
  if (thing.kind === "table" || thing.kind === "fields") return callOfName(context, node, thing);
  const term = context.value(receiver, thing);
  return term.type === "error" ? erroneous(node) : callOn(context, node, receiver, term);
}

/** `headers.list('x')`, `marked.has(src)`. */
function callOfName(context: Context, node: CallNode, thing: Thing & { kind: "table" | "fields" }): Term {
  const { name, parameters, nameSpan } = node;
  const [first] = parameters;
  if (thing.kind === "table") {
    if (name !== "has")
      return context.complain(nameSpan, `is not a function of a table: ${JSON.stringify(name)}; has(key) is`);
    if (first === undefined || parameters.length > 1)
      return context.complain(node, "must be called with one key: .has(key)");
    return inTable(context, node, first, thing.table);
  }
  const field = thing.named.find(({ form }) => form !== "value" && form === name);
  if (field === undefined) {
    const known = thing.named.flatMap(({ form }) => (form === "value" ? [] : [form as string]));
    return context.complain(
      nameSpan,
      `is not a function of ${thing.prefix}: ${JSON.stringify(name)}${didYouMean(name, known)}`,
    );
  }
  if (first === undefined || parameters.length > 1)
    return context.complain(node, `must be called with one name: ${thing.prefix}.${name}('…')`);
  return namedField(context, node, field, first);
}

function callOn(context: Context, node: CallNode, receiver: Node | null, on: Term | null): Term {
  const named = rows.filter((row) => row.name === node.name && (row.receiver === null) === (receiver === null));
  if (named.length === 0) return unknownFunction(context, node, on);
  const row =
    on === null ? named : named.filter((each) => each.receiver === on.type || on.type === "any" || on.type === "null");
  const [first] = row;
  if (first === undefined)
    return context.complain(
      receiver!,
      `must be ${named.map((each) => phrase(each.receiver!)).join(" or ")} for ${node.name}(), but ${context.quote(receiver!)} is ${phrase(on!.type)}`,
    );
  const special = first.apply === null ? specials[first.name] : undefined;
  if (special !== undefined) return special(context, node, on === null ? null : context.coerce(on, first.receiver!));
  return applied(context, node, row, on);
}

/** `candidates` differ in their first parameter. */
function applied(context: Context, node: CallNode, candidates: readonly Row[], on: Term | null): Term {
  if (!isCounted(context, node, candidates[0]!)) return erroneous(node);
  const given = node.parameters.map((parameter) => context.term(parameter));
  if (given.some(({ type }) => type === "error")) return erroneous(node);
  const [first] = given;
  const row = candidates.find(({ parameters }) => on !== null || parameters[0] === first?.type) ?? candidates[0]!;
  const operands = [
    ...(on === null ? [] : [context.coerce(on, row.receiver!)]),
    ...given.map((term, index) => context.coerce(term, row.parameters[index] as Type)),
  ];
  if (operands.some(({ type }) => type === "error")) return erroneous(node);
  const constants = operands.map((operand) => operand.constant);
  // The operands have been brought to the types that the row asks for.
  const apply = row.apply as unknown as (...values: Value[]) => Value;
  const element = row.name === "split" ? "string" : "any";
  const term = played(
    node,
    row.result,
    lift(
      operands.map(({ run }) => run),
      constants,
      apply,
    ),
    element,
  );
  if (constants.some((value) => value === undefined)) return context.watched(term, "call");
  const value = term.run(nowhere);
  if (value === null && row.complaint !== "" && node.parameters[0]?.kind === "literal" && constants[0] !== null)
    return context.complain(
      node.parameters[0] ?? node,
      `${row.complaint}, not ${context.quote(node.parameters[0] ?? node)}`,
    );
  return constant(node, row.result, value, element);
}

function unknownFunction(context: Context, node: CallNode, on: Term | null): Term {
  const { name, nameSpan } = node;
  const other = rows.find((row) => row.name === name);
  if (other !== undefined) return context.complain(nameSpan, `must be written ${other.usage}`);
  const habit = on === null ? habitOf(name) : "";
  if (habit !== "") return context.complain(nameSpan, `is not a known function: ${JSON.stringify(name)}${habit}`);
  const names = rows.filter(({ receiver }) =>
    on === null ? receiver === null : receiver === on.type || on.type === "any",
  );
  return context.complain(
    nameSpan,
    `is not a known function: ${JSON.stringify(name)}${didYouMean(
      name,
      names.map((row) => row.name),
    )}`,
  );
}
