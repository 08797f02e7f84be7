// What a rule does besides deciding: each effect compiled to one function of the stage, which does nothing where what it needs
// is absent (a key, a number). Who is told of it knows no plans and no expressions. What an effect says of itself is for traces;
// with one, the values that it has made are told there too.

import { assert } from "../base/assert.ts";
import type { EffectPlan } from "../config/plan.ts";
import { readPattern, readReplacement, replacePattern } from "./expression/pattern.ts";
import { field } from "./fields.ts";
import type { Stage, Value } from "./scene.ts";
import type { Terms } from "./terms.ts";
import { showValue, type Trace } from "./trace.ts";

export type Effect = (stage: Stage) => void;

export function compileEffect(plan: EffectPlan, rule: string, terms: Terms, trace: Trace | null): Effect {
  const effect = effectOf(plan, rule, terms, trace);
  if (trace === null) return effect;
  const text = describeEffect(plan, (table) => terms.tableName(table));
  return (stage) => {
    trace.effect(text);
    effect(stage);
    trace.done();
  };
}

function effectOf(plan: EffectPlan, rule: string, terms: Terms, trace: Trace | null): Effect {
  switch (plan.kind) {
    case "track": {
      const { table, slot } = plan;
      const key = terms.key(plan.key, table);
      return (stage) => {
        if (key.lay(stage)) stage.track(slot, stage.world.tables[table]!);
      };
    }
    case "increment": {
      const [target, by] = [terms.target(plan.target), terms.expression(plan.by, "number")];
      return (stage) => {
        const amount = by.evaluate(stage);
        if (typeof amount === "number") note(trace, target.increment(stage, amount));
      };
    }
    case "clear": {
      const target = terms.target(plan.target);
      return (stage) => void target.clear(stage);
    }
    case "assign": {
      const [target, value] = [terms.target(plan.target), terms.expression(plan.value, "number")];
      return (stage) => {
        const given = value.evaluate(stage);
        if (typeof given === "number") target.assign(stage, given);
      };
    }
    case "variable": {
      const value = terms.expression(plan.value, "any");
      return (stage) => stage.setVariable(plan.name, value.evaluate(stage));
    }
    case "session":
      return (stage) => stage.countSession();
    case "field": {
      const { operation, name } = plan;
      if (operation === "remove") return (stage) => stage.editField(operation, name, "");
      const value = terms.template(plan.value);
      return (stage) => {
        const text = value.evaluate(stage);
        note(trace, text);
        stage.editField(operation, name, text);
      };
    }
    case "replaceField": {
      const { name } = plan;
      const replace = replacer(plan.pattern, plan.by);
      return (stage) => stage.replaceField(name, replace);
    }
    case "replacePart": {
      const { part } = plan;
      const replace = replacer(plan.pattern, plan.by);
      return (stage) => {
        const former = part === "path" ? stage.field(field.path, "") : pathAndQuery(stage);
        if (typeof former !== "string") return;
        const text = replace(former);
        note(trace, text);
        if (text !== former) stage.rewrite(part, text);
      };
    }
    case "rewrite": {
      const { part } = plan;
      const value = terms.template(plan.value);
      return (stage) => {
        const text = value.evaluate(stage);
        note(trace, text);
        stage.rewrite(part, text);
      };
    }
    case "slow":
      return (stage) => stage.slow(plan.bytesPerSecond);
    case "maxBody":
      return (stage) => stage.limitBody(plan.bytes);
    case "log": {
      const text = terms.template(plan.text);
      return (stage) => stage.log(rule, text.evaluate(stage));
    }
  }
}

/** Of whatever form of target (RFC 9112 section 3.2). */
function pathAndQuery(stage: Stage): Value {
  const [path, query] = [stage.field(field.path, ""), stage.field(field.query, "")];
  return typeof path === "string" && typeof query === "string" ? `${path}?${query}` : path;
}

/** What does not fit, or would take too long, stays as it was. */
function replacer(pattern: string, by: string): (text: string) => string {
  const read = readPattern(pattern, "");
  const parts = readReplacement(by);
  assert(read.ok && parts !== null, `the pattern ${JSON.stringify(pattern)} of a plan does not compile`);
  return (text) => replacePattern(text, read.pattern, parts, true) ?? text;
}

function note(trace: Trace | null, value: number | string | null): void {
  trace?.result(value);
}

/** As a config would say it. */
export function describeEffect(plan: EffectPlan, tableName: (table: number) => string): string {
  switch (plan.kind) {
    case "track":
      return `tracks ${plan.key} in ${tableName(plan.table)}, slot ${plan.slot}`;
    case "increment":
      return plan.by === "1" ? `increments ${plan.target}` : `increments ${plan.target} by ${plan.by}`;
    case "clear":
      return `clears ${plan.target}`;
    case "assign":
      return `sets ${plan.target} to ${plan.value}`;
    case "variable":
      return `sets vars.${plan.name} to ${plan.value}`;
    case "session":
      return "counts the session";
    case "field":
      if (plan.operation === "remove") return `removes the field ${plan.name}`;
      return `${plan.operation}s the field ${plan.name} to ${showValue(plan.value)}`;
    case "replaceField":
      return `replaces ${showValue(plan.pattern)} by ${showValue(plan.by)} in the field ${plan.name}`;
    case "replacePart":
      return `replaces ${showValue(plan.pattern)} by ${showValue(plan.by)} in the ${plan.part}`;
    case "rewrite":
      return `sets the ${plan.part} to ${showValue(plan.value)}`;
    case "slow":
      return `slows the response down to ${plan.bytesPerSecond} bytes a second`;
    case "maxBody":
      return `takes a body of ${plan.bytes} bytes at most`;
    case "log":
      return `logs ${showValue(plan.text)}`;
  }
}
