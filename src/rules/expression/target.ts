// Expressions of a form: a counter that can be written to, `table[key].gpc0` or `tracked[0].gpc0`; an entry, the same without
// the counter; and the key of a table that is known, as `by` of a rule says it.

import type { Scene, Value } from "../scene.ts";
import type { Entry, Key, Probe, Refused, Scope, Target } from "./compiled.ts";
import { contextOf } from "./compiler.ts";
import type { Context } from "./context.ts";
import type { Counter } from "./counter.ts";
import { compileKeyMaker } from "./key.ts";
import { parse } from "./parser.ts";
import type { Node } from "./syntax.ts";
import type { Run } from "./term.ts";

/** What shall be done with the counter: not every one can have everything done to it. */
export type TargetUse = "increment" | "clear" | "assign" | "take";

type Opened = { readonly ok: true; readonly node: Node; readonly context: Context } | Refused;

function open(text: string, scope: Scope, probe: Probe | undefined): Opened {
  const parsed = parse(text);
  if (!parsed.ok) return { ok: false, errors: [parsed.error] };
  return { ok: true, node: parsed.node, context: contextOf(text, scope, probe ?? null) };
}

export function compileTarget(text: string, scope: Scope, probe?: Probe, use?: TargetUse): Target | Refused {
  const opened = open(text, scope, probe);
  if (!opened.ok) return opened;
  const { node, context } = opened;
  const thing = context.thing(node);
  if (thing.kind !== "counter") {
    if (thing.kind !== "term" || thing.term.type !== "error")
      context.complain(node, "must be a counter of a table such as marked[src].gpc0 or tracked[0].gpc0");
    return { ok: false, errors: context.errors };
  }
  const { counter } = thing;
  const unfit = use === undefined ? "" : misuse(counter, use);
  if (unfit !== "") context.complain(node, unfit);
  if (context.errors.length > 0) return { ok: false, errors: context.errors };
  return targetOf(context, counter);
}

function misuse({ type, name }: Counter, use: TargetUse): string {
  if (use === "take" && type !== "tokens")
    return `must name tokens, as in clients[src].tokens, but ${name} is a counter`;
  if ((use === "increment" || use === "assign") && type === "tokens")
    return "must be a counter: tokens come back by themselves";
  if (use === "assign" && type.endsWith("_rate"))
    return `must be a counter or a tag: ${name} is a rate, which counts events`;
  if (use === "increment" && (type === "gpt" || type === "server_id"))
    return `must be a counter: ${name} is a tag, which is set`;
  return "";
}

function targetOf(context: Context, counter: Counter): Target {
  const { place } = counter;
  const box: { value: Value } = { value: null };
  const run: Run = () => box.value;
  const about = context.outcome();
  return {
    ok: true,
    ...about,
    table: place.kind === "keyed" ? place.table : -1,
    slot: place.kind === "slot" ? place.slot : -1,
    column: counter.column,
    columnIndex: counter.columnIndex,
    dataType: counter.type,
    element: counter.element,
    read: counter.read,
    clear: counter.clear,
    increment(scene, by) {
      box.value = by;
      return counter.add(scene, run);
    },
    assign(scene, value) {
      box.value = value;
      return counter.assign(scene, run);
    },
    take(scene, cost) {
      box.value = cost;
      return counter.take(scene, run);
    },
  };
}

export function compileEntry(text: string, scope: Scope, probe?: Probe): Entry | Refused {
  const opened = open(text, scope, probe);
  if (!opened.ok) return opened;
  const { node, context } = opened;
  const thing = context.thing(node);
  if (thing.kind !== "entry") {
    if (thing.kind !== "term" || thing.term.type !== "error")
      context.complain(node, "must be an entry of a table such as marked[src] or tracked[0]");
    return { ok: false, errors: context.errors };
  }
  const { place } = thing;
  return {
    ok: true,
    ...context.outcome(),
    table: place.kind === "keyed" ? place.table : -1,
    slot: place.kind === "slot" ? place.slot : -1,
  };
}

/** For the table of that index: a text that can be no key of it is refused. */
export function compileKey(text: string, scope: Scope, table: number, probe?: Probe): Key | Refused {
  const opened = open(text, scope, probe);
  if (!opened.ok) return opened;
  const { node, context } = opened;
  const { plan, name } = scope.tables[table]!;
  const maker = compileKeyMaker(context, node, plan.key, name);
  if (maker === null || context.errors.length > 0) return { ok: false, errors: context.errors };
  return {
    ok: true,
    ...context.outcome(),
    lay(scene: Scene): boolean {
      const value = maker.run(scene);
      const found = scene.world.tables[table];
      return found !== undefined && maker.lay(value, found.key, scene);
    },
  };
}
