// The rules of a config as people ask for them, those that are off too, in the order of the config: where each stands, what it asks and
// does in a few words, and how often its condition held. What is in force is known by the plan; where a rule stands is its name here, as
// everywhere that a problem of a config is told.

import { ownersOf } from "../../config/compilerules.ts";
import type { Plan, RulePlan } from "../../config/plan.ts";
import { keyText, type Path } from "../../config/problem.ts";
import { phases, rulesOf, type Walked } from "../../config/rulewalk.ts";
import type { Config, Rule } from "../../config/types.ts";
import type { RuleMode, RuleRecord } from "../api/shape/rule.ts";

export interface ListedRule {
  readonly record: RuleRecord;
  /** In the config. */
  readonly path: Path;
}

export interface Listing {
  /** In force. */
  readonly config: Config;
  /** What the file says. */
  readonly configured: Config;
  readonly plan: Plan | null;
  /** By the slot of a rule. */
  readonly hitsOf: (slot: number) => number;
}

export function listRules({ config, configured, plan, hitsOf }: Listing): ListedRule[] {
  const slots = slotsOf(plan);
  const written = config === configured ? null : modesIn(configured);
  return walked(config).map(({ rule, owner, depth }): ListedRule => {
    const { mode, if: condition } = ruleOf(rule);
    const id = keyText(rule.path);
    const slot = slots.get(id);
    return {
      path: rule.path,
      record: {
        ...{ id, name: rule.name, owner, phase: rule.phase, mode, depth },
        configuredMode: written?.get(id) ?? mode,
        condition: condition ?? null,
        action: actionOf(ruleOf(rule)),
        hits: slot === undefined ? 0 : hitsOf(slot),
      },
    };
  });
}

interface Found {
  readonly rule: Walked;
  readonly owner: RuleRecord["owner"];
  readonly depth: number;
}

function walked(config: Config): Found[] {
  return ownersOf(config).flatMap(({ kind, name, rules, listed }) => {
    const owner: Found["owner"] = { kind: kind === "listeners" ? "listener" : "pool", name };
    const found = (all: readonly Walked[], depth: number): Found[] =>
      all.flatMap((rule) => [{ rule, owner, depth }, ...found(rule.rules, depth + 1)]);
    const byPhase = rulesOf({ rules }, [kind, name], listed);
    return phases.flatMap((phase) => found(byPhase[phase], 0));
  });
}

function ruleOf({ rule }: Walked): Rule {
  return rule as unknown as Rule; // Of a checked config.
}

function modesIn(config: Config): Map<string, RuleMode> {
  return new Map(walked(config).map(({ rule }) => [keyText(rule.path), ruleOf(rule).mode]));
}

function slotsOf(plan: Plan | null): Map<string, number> {
  const slots = new Map<string, number>();
  const add = (rules: readonly RulePlan[]): void => {
    for (const { place, slot, rules: within } of rules) {
      slots.set(place, slot);
      add(within);
    }
  };
  for (const { rules } of [...(plan?.listeners ?? []), ...(plan?.pools ?? [])])
    for (const phase of phases) add(rules[phase]);
  return slots;
}

const actionMax = 120;

/** What it does, in the words of the config: "track marked, mark marked.gpc0, deny 429". */
export function actionOf(rule: Rule): string {
  const { track, deny, reply, tarpit, redirect, limit, rules } = rule;
  const texts = (word: string, said: string | readonly string[] | undefined): string[] =>
    said === undefined ? [] : [said].flat().map((text) => `${word} ${text}`);
  const names = (word: string, said: Readonly<Record<string, unknown>> | undefined): string[] =>
    Object.keys(said ?? {}).map((name) => `${word} ${name}`);
  const tracked =
    track === undefined ? [] : [track].flat().map((each) => (typeof each === "string" ? each : each.table));
  const increment =
    typeof rule.increment === "object" && !Array.isArray(rule.increment) ? Object.keys(rule.increment) : rule.increment;
  const rewrites = ["rewritePath", "rewriteTarget", "setPath", "setQuery", "setMethod", "setTarget"] as const;
  const did = [
    ...texts("track", tracked),
    ...texts("mark", rule.mark),
    ...texts("increment", increment),
    ...texts("clear", rule.clear),
    ...names("set", rule.set),
    ...(rule.countSession === undefined ? [] : ["countSession"]),
    ...names("setHeader", rule.setHeader),
    ...names("addHeader", rule.addHeader),
    ...texts("removeHeader", rule.removeHeader),
    ...names("replaceHeader", rule.replaceHeader),
    ...rewrites.filter((key) => rule[key] !== undefined),
    ...(rule.setStatus === undefined ? [] : [`setStatus ${rule.setStatus}`]),
    ...(rule.slowDown === undefined ? [] : [`slowDown ${rule.slowDown}`]),
    ...(rule.maxBody === undefined ? [] : [`maxBody ${rule.maxBody}`]),
    ...(rule.log === undefined ? [] : ["log"]),
    ...(limit === undefined ? [] : [limitText(rule)]),
    // Of a limit it is how that refuses.
    ...(deny === undefined || limit !== undefined ? [] : [withStatus("deny", deny)]),
    ...(reply === undefined ? [] : [withStatus("reply", reply)]),
    ...(tarpit === undefined ? [] : [typeof tarpit === "string" ? `tarpit ${tarpit}` : "tarpit"]),
    ...(redirect === undefined ? [] : [`redirect ${typeof redirect === "string" ? redirect : redirect.to}`]),
    ...(["accept", "reject", "reset", "drop"] as const).filter((key) => rule[key] !== undefined),
    ...(rule.use === undefined ? [] : [`use ${rule.use}`]),
    ...(rules === undefined || rules.length === 0 ? [] : ["rules"]),
  ].join(", ");
  return did.length <= actionMax ? did : `${did.slice(0, actionMax - 1)}…`;
}

function withStatus(word: string, said: unknown): string {
  const status = typeof said === "object" && said !== null ? (said as { status?: unknown }).status : said;
  return typeof status === "number" ? `${word} ${status}` : word;
}

function limitText({ limit, by }: Rule): string {
  if (typeof limit === "string") return `limit ${limit}${by === undefined ? "" : ` by ${by}`}`;
  return `limit ${limit!.rate ?? limit!.table ?? ""} by ${limit!.by}`;
}
