// Functions that are more than a function of values: what writes to tables, asks whether something is there, takes a name
// (macros), or has something made ready from a text in quotes (regular expressions, time zones).

import type { Scene, Value } from "../scene.ts";
import { type ClockPart, clockPart, clockParts, readZone, utc } from "./clocks.ts";
import type { Context, Local } from "./context.ts";
import { rows, writerOf } from "./functions.ts";
import { macroRoundsMax } from "./limits.ts";
import { inEntry } from "./membership.ts";
import { nowhere } from "./operators.ts";
import { type Pattern, readPattern, readReplacement, replacePattern } from "./pattern.ts";
import type { Row } from "./row.ts";
import type { CallNode, Node } from "./syntax.ts";
import { bounded, constant, erroneous, lift, played, type Run, type Term, textOf, typed } from "./term.ts";
import { joinTexts, uuid } from "./texts.ts";

type Special = (context: Context, node: CallNode, on: Term | null) => Term;

const clocks: Record<string, Special> = Object.fromEntries(
  clockParts.map((part): [string, Special] => [part, (context, node, on) => clock(context, node, on!, part)]),
);

export const specials: Readonly<Record<string, Special>> = {
  ...clocks,
  has,
  cidr: (context, node) => context.complain(node, "must stand to the right of in, as in src in cidr('10.0.0.0/8')"),
  string: asString,
  min: (context, node) => extreme(context, node, Math.min),
  max: (context, node) => extreme(context, node, Math.max),
  random: (context, node) =>
    counted(context, node)
      ? context.watched(
          played(node, "number", (scene) => scene.random()),
          "call",
        )
      : erroneous(node),
  uuid: (context, node) =>
    counted(context, node)
      ? context.watched(
          played(node, "string", (scene) => uuid(() => scene.random())),
          "call",
        )
      : erroneous(node),
  increment: (context, node) => effect(context, node, true),
  clear: (context, node) => effect(context, node, false),
  matches,
  replaceRegex,
  join,
  exists: (context, node, on) => macro(context, node, on!, true),
  all: (context, node, on) => macro(context, node, on!, false),
};

function counted(context: Context, node: CallNode): boolean {
  const row = rows.find(({ name, apply }) => name === node.name && apply === null) as Row;
  return isCounted(context, node, row);
}

/** Whether there are as many parameters as the row says; complains otherwise. */
export function isCounted(context: Context, node: CallNode, { parameters, optional, usage }: Row): boolean {
  const count = node.parameters.length;
  if (count >= parameters.length - optional && count <= parameters.length) return true;
  context.complain(
    node,
    `must be written ${usage}${optional > 0 ? `, where the last ${optional > 1 ? `${optional} ` : ""}may be left out` : ""}`,
  );
  return false;
}

// ---- whether something is there ----

function has(context: Context, node: CallNode): Term {
  const [first] = node.parameters;
  if (!counted(context, node) || first === undefined) return erroneous(node);
  const thing = context.thing(first);
  if (thing.kind === "entry") return inEntry(context, node, thing.place);
  const { run, type, constant: known } = context.value(first, thing);
  if (type === "error") return erroneous(node);
  if (known !== undefined) return constant(node, "bool", known !== null);
  return context.watched(
    played(node, "bool", (scene) => run(scene) !== null),
    "call",
  );
}

function asString(context: Context, node: CallNode): Term {
  const [first] = node.parameters;
  if (!counted(context, node) || first === undefined) return erroneous(node);
  const term = context.term(first);
  if (term.type === "error") return erroneous(node);
  const text = played(node, "string", lift([term.run], [], textWriter(term)));
  return term.constant === undefined ? context.watched(text, "call") : constant(node, "string", text.run(nowhere));
}

/** What a value of this term is as a text. */
export function textWriter(term: Term): (value: Value) => string | null {
  const write = writerOf(term.type) as ((value: Value) => string | null) | null;
  const writeItem = term.type === "list" ? (writerOf(term.element) as ((value: Value) => string | null) | null) : null;
  if (writeItem !== null)
    return (value) =>
      joinTexts(
        typed<readonly Value[]>(value).map((item) => writeItem(item) ?? ""),
        ", ",
      );
  return write ?? textOf;
}

// ---- numbers ----

function extreme(context: Context, node: CallNode, f: (...values: number[]) => number): Term {
  if (node.parameters.length === 0) return context.complain(node, "must have at least one number");
  const terms = node.parameters.map((parameter) => context.wanted(parameter, "number"));
  if (terms.some(({ type }) => type === "error")) return erroneous(node);
  const term = played(
    node,
    "number",
    lift(
      terms.map(({ run }) => run),
      [],
      (...values) => f(...(typed<never>(values as readonly Value[]) as unknown as number[])),
    ),
  );
  return terms.every((each) => each.constant !== undefined)
    ? constant(node, "number", term.run(nowhere))
    : context.watched(term, "call");
}

// ---- effects ----

const one: Run = () => 1;

function effect(context: Context, node: CallNode, isIncrement: boolean): Term {
  const [target, by] = node.parameters;
  if (!counted(context, node) || target === undefined) return erroneous(node);
  if (context.locals.length > 0)
    return context.complain(node, "cannot stand in a macro: how often it is done would hang on what is sent");
  const thing = context.thing(target);
  const amount = by === undefined ? null : context.wanted(by, "number");
  if (thing.kind !== "counter") {
    if (context.value(target, thing).type === "error") return erroneous(node);
    return context.complain(target, `must be a counter such as table[src].gpc0, but ${context.quote(target)} is none`);
  }
  if (amount?.type === "error") return erroneous(node);
  const { counter } = thing;
  if (isIncrement && counter.type === "tokens")
    return context.complain(target, "cannot be incremented: tokens come back by themselves");
  context.hasEffects = true;
  const run: Run = isIncrement ? (scene) => counter.add(scene, amount?.run ?? one) : (scene) => counter.clear(scene);
  return context.watched(
    played(node, "number", run),
    "effect",
    counter.place.kind === "keyed" ? counter.place.table : -1,
  );
}

// ---- what is made ready beforehand ----

function patternOf(context: Context, node: Node, flags: string): Pattern | null {
  const text = context.literal(node, "a regular expression");
  if (text === null) return null;
  const read = readPattern(text, flags);
  if (!read.ok) {
    context.complain(node, read.message);
    return null;
  }
  if (read.isSlow)
    context.warn(node, "repeats within a repetition: some texts take it a time that doubles with every character");
  return read.pattern;
}

function matches(context: Context, node: CallNode, on: Term | null): Term {
  const [regex, flagsNode] = node.parameters;
  if (!counted(context, node) || regex === undefined) return erroneous(node);
  const flags = flagsNode === undefined ? "" : context.literal(flagsNode, "letters of imsu");
  const pattern = flags === null ? null : patternOf(context, regex, flags);
  if (pattern === null || on === null || on.type === "error") return erroneous(node);
  return context.watched(
    played(
      node,
      "bool",
      lift([on.run], [], (text) => pattern.test(typed<string>(text))),
    ),
    "call",
  );
}

function replaceRegex(context: Context, node: CallNode, on: Term | null): Term {
  const [regex, by, all] = node.parameters;
  if (!counted(context, node) || regex === undefined || by === undefined) return erroneous(node);
  const pattern = patternOf(context, regex, "");
  const text = context.literal(by, "what to write instead");
  const parts = text === null ? null : readReplacement(text);
  if (text !== null && parts === null) context.complain(by, "must have $1 to $9, $& or $$ where it has a $");
  if (all !== undefined && !(all.kind === "literal" && typeof all.value === "boolean"))
    context.complain(all, "must be true or false");
  if (pattern === null || parts === null || on === null || on.type === "error" || context.errors.length > 0)
    return erroneous(node);
  const isAll = all?.kind === "literal" && all.value === true;
  const replaced = lift([on.run], [], (value) => replacePattern(typed<string>(value), pattern, parts, isAll));
  return context.watched(played(node, "string", replaced), "call");
}

function join(context: Context, node: CallNode, on: Term | null): Term {
  const [by] = node.parameters;
  if (!counted(context, node) || on === null) return erroneous(node);
  const separator = by === undefined ? constant(node, "string", "") : context.wanted(by, "string");
  if (separator.type === "error" || on.type === "error") return erroneous(node);
  const write = writerOf(on.element) as ((value: Value) => string | null) | null;
  const run = lift([on.run, separator.run], [undefined, separator.constant], (values, between) =>
    joinTexts(
      typed<readonly Value[]>(values).map((value) => (write ?? textOf)(value) ?? ""),
      typed<string>(between),
    ),
  );
  const term = played(node, "string", run);
  if (on.constant === undefined || separator.constant === undefined) return context.watched(term, "call");
  return constant(node, "string", term.run(nowhere));
}

function clock(context: Context, node: CallNode, on: Term, part: ClockPart): Term {
  const [zoneNode] = node.parameters;
  if (!counted(context, node) || on.type === "error") return erroneous(node);
  const name = zoneNode === undefined ? "UTC" : context.literal(zoneNode, "a time zone such as 'Europe/Berlin'");
  if (name === null) return erroneous(node);
  const zone = zoneNode === undefined ? utc : readZone(name);
  if (zone === null)
    return context.complain(
      zoneNode!,
      `must be a time zone such as 'Europe/Berlin' or '+02:00', not ${context.quote(zoneNode!)}`,
    );
  const term = played(
    node,
    "number",
    lift([on.run], [], (ms) => clockPart(part, zone, typed<number>(ms))),
  );
  return on.constant === undefined ? context.watched(term, "call") : constant(node, "number", term.run(nowhere));
}

// ---- macros ----

function macro(context: Context, node: CallNode, list: Term, isExists: boolean): Term {
  const [variable, condition] = node.parameters;
  if (!counted(context, node) || variable === undefined || condition === undefined || list.type === "error")
    return erroneous(node);
  if (variable.kind !== "name")
    return context.complain(variable, "must be a name for the value, as in headers.list('x').exists(v, v == 'a')");
  const isOuter = context.locals.length === 0;
  const local: Local = { name: variable.name, type: list.element, box: { value: null } };
  context.locals.push(local);
  const body = context.wanted(condition, "bool");
  context.locals.pop();
  if (body.type === "error") return erroneous(node);
  const { rounds } = context;
  const { run: items } = list;
  const { run: holds } = body;
  // One of constants alone is played once, now: whatever stands around it has not begun to count.
  const isConstant = list.constant !== undefined && body.constant !== undefined;
  const run = (scene: Scene): Value => {
    if (isOuter || isConstant) rounds.left = macroRoundsMax;
    const values = items(scene);
    if (values === null) return null;
    for (const value of typed<readonly Value[]>(values)) {
      if (--rounds.left < 0) return null;
      local.box.value = value;
      if ((holds(scene) === true) === isExists) return isExists;
    }
    return !isExists;
  };
  return isConstant
    ? constant(node, "bool", bounded(run(nowhere)))
    : context.watched(played(node, "bool", run), "call");
}
