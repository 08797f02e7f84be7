// Rules as the plan has them: short forms written out, tables and pools as indices, answers whole. Effects come in the one order
// that they are done in, whatever the order of the keys. Expressions stay texts; reviewexpression.ts has found them right.

import { assert } from "../base/assert.ts";
import type { Scope } from "../rules/expression/compiled.ts";
import { compileExpression } from "../rules/expression/expression.ts";
import { scopeOf } from "../rules/expression/scope.ts";
import { bytesOf, compileFields, compileReply } from "./compilereply.ts";
import { compileLimitTable, compileList, compileTable, limitKey, limitTableName, shareOf } from "./compiletable.ts";
import { TrackSlots, tracksOf } from "./compiletracks.ts";
import type { Materials } from "./materials.ts";
import { bytes, ms } from "./measure.ts";
import type { EffectPlan, OutcomePlan, ReplyPlan, RulePlan, RulesPlan, TableKeyPlan, TablePlan } from "./plan.ts";
import { keyText } from "./problem.ts";
import { modesOf, usesOf } from "./reviewuse.ts";
import { allRules, listedPhase, type Phase, phases, rulesOf, type Walked } from "./rulewalk.ts";
import { sectionOf } from "./section.ts";
import type { Slots } from "./slots.ts";
import { type Columns, columnsOf, readTarget, tableTerm, usualMark } from "./target.ts";
import type { Config, Listener, Pool, Reply, Rule } from "./types.ts";

/** Whose rules: a listener or a pool, with the phase of a list that names none. */
export interface Owner {
  readonly kind: "listeners" | "pools";
  readonly name: string;
  readonly rules: Listener["rules"] | Pool["rules"];
  readonly listed: Phase;
}

export interface RuleSurroundings {
  readonly config: Config;
  readonly slots: Slots;
  readonly materials: Materials;
}

/** Whoever has rules, in the order of the config. */
export function ownersOf({ listeners, pools }: Pick<Config, "listeners" | "pools">): Owner[] {
  const uses = usesOf(sectionOf(listeners), sectionOf(pools));
  return [
    ...Object.entries(listeners).map(([name, { rules, mode }]): Owner => {
      return { kind: "listeners", name, rules, listed: listedPhase(new Set([mode])) };
    }),
    ...Object.entries(pools).map(([name, { rules }]): Owner => {
      return { kind: "pools", name, rules, listed: listedPhase(modesOf(name, uses)) };
    }),
  ];
}

/** What its row in the tally is held by. */
export function ruleSlotName(owner: Pick<Owner, "kind" | "name">, phase: Phase, name: string): string {
  return `${owner.kind}/${owner.name}/${phase}/${name}`;
}

export function ruleSlotNames(owner: Owner): string[] {
  const names = (phase: Phase, rules: readonly Walked[]): string[] =>
    rules.flatMap((walked) =>
      isOff(walked) ? [] : [ruleSlotName(owner, phase, walked.name), ...names(phase, walked.rules)],
    );
  const walked = walk(owner);
  return phases.flatMap((phase) => names(phase, walked[phase]));
}

function walk({ kind, name, rules, listed }: Owner): Record<Phase, Walked[]> {
  return rulesOf({ rules }, [kind, name], listed);
}

function isOff({ rule }: Walked): boolean {
  return rule["mode"] === "off";
}

function ruleOf({ rule }: Walked): Rule {
  return rule as unknown as Rule; // Of a checked config, as all that the compiler sees.
}

export class RuleCompiler {
  readonly #around: RuleSurroundings;
  readonly #columns: Columns;
  /** Without the tables of limits, which only limits write to. */
  readonly #scopes: Readonly<Record<Phase, Scope>>;
  readonly #tables: Map<string, number>;
  readonly #pools: Map<string, number>;
  readonly #tracks: TrackSlots;
  readonly #plans = new Map<string, RulesPlan>();
  /** The config's, then those of limits with a rate of their own. */
  readonly tables: TablePlan[];

  constructor(around: RuleSurroundings, owners: readonly Owner[]) {
    const { config } = around;
    this.#around = around;
    const lists = Object.entries(config.lists).map(([name, list]) => compileList(name, list));
    const pools = Object.keys(config.pools).map((name) => ({ name }));
    this.tables = Object.entries(config.tables).map(([name, table]) => compileTable(name, table, shareOf(config)));
    const names = { tables: [...this.tables], lists, pools };
    this.#scopes = {
      connection: scopeOf(names, "connection"),
      request: scopeOf(names, "request"),
      response: scopeOf(names, "response"),
      afterResponse: scopeOf(names, "afterResponse"),
    };
    this.#columns = columnsOf(config.tables);
    this.#tables = new Map(Object.keys(config.tables).map((name, index) => [name, index]));
    this.#pools = new Map(Object.keys(config.pools).map((name, index) => [name, index]));
    const all = owners.flatMap((owner) => [...allRules(walk(owner))]);
    this.#tracks = new TrackSlots(all.flatMap((walked) => tracksOf(ruleOf(walked))));
    for (const owner of owners) this.#plans.set(`${owner.kind}/${owner.name}`, this.#compile(owner));
  }

  of(kind: Owner["kind"], name: string): RulesPlan {
    const plan = this.#plans.get(`${kind}/${name}`);
    assert(plan !== undefined, `there are no ${kind} ${name}`);
    return plan;
  }

  tableOf(name: string): number {
    const index = this.#tables.get(name);
    assert(index !== undefined, `there is no table ${name}`);
    return index;
  }

  #compile(owner: Owner): RulesPlan {
    const walked = walk(owner);
    const of = (phase: Phase): RulePlan[] => this.#rules(owner, walked[phase]);
    return {
      connection: of("connection"),
      request: of("request"),
      response: of("response"),
      afterResponse: of("afterResponse"),
    };
  }

  #rules(owner: Owner, rules: readonly Walked[]): RulePlan[] {
    return rules.filter((walked) => !isOff(walked)).map((walked) => this.#rule(owner, walked));
  }

  #rule(owner: Owner, walked: Walked): RulePlan {
    const { name, phase, path } = walked;
    const rule = ruleOf(walked);
    return {
      name,
      slot: this.#around.slots.slotOf("rules", ruleSlotName(owner, phase, name)),
      mode: rule.mode === "observe" ? "observe" : "enforce",
      place: keyText(path),
      condition: rule.if ?? null,
      effects: [...this.#counting(rule), ...editing(rule)],
      outcome: this.#outcome(owner, walked, rule),
      rules: this.#rules(owner, walked.rules),
    };
  }

  #counting(rule: Rule): EffectPlan[] {
    const value = (text: string): string => {
      const { entry, column } = this.#target(text);
      return column === null ? entry : `${entry}.${column}`;
    };
    const increments = amounts(rule.increment).map(
      ([text, by]): EffectPlan => ({ kind: "increment", target: value(text), by }),
    );
    const sets = Object.entries(rule.set ?? {}).map(([text, written]): EffectPlan => {
      const name = variableName(text);
      return name === null
        ? { kind: "assign", target: value(text), value: String(written) }
        : { kind: "variable", name, value: String(written) };
    });
    return [
      ...tracksOf(rule).map((track): EffectPlan => {
        const slot = this.#tracks.slotOf(track);
        return { kind: "track", table: this.tableOf(track.table), key: track.by, slot };
      }),
      ...listed(rule.mark).map((text) => this.#mark(text)),
      ...increments,
      ...listed(rule.clear).map((text): EffectPlan => ({ kind: "clear", target: value(text) })),
      ...sets,
      ...(rule.countSession === undefined ? [] : [{ kind: "session" } as const]),
    ];
  }

  #target(text: string): ReturnType<typeof readTarget> {
    return readTarget(text, this.#columns);
  }

  #mark(text: string): EffectPlan {
    const { table, entry, column } = this.#target(text);
    const marked = column ?? usualMark(table === null ? [] : (this.#columns.get(table) ?? []));
    assert(marked !== null, `there is nothing to mark in ${text}`);
    const target = `${entry}.${marked}`;
    return marked.startsWith("gpt") ? { kind: "assign", target, value: "1" } : { kind: "increment", target, by: "1" };
  }

  #outcome(owner: Owner, walked: Walked, rule: Rule): OutcomePlan | null {
    for (const kind of ["accept", "reject", "reset", "drop"] as const) if (rule[kind] !== undefined) return { kind };
    if (rule.limit !== undefined) return this.#limit(owner, walked, rule);
    if (rule.deny !== undefined) return { kind: "reply", reply: this.#reply(rule.deny, 403), isDenial: true };
    if (rule.reply !== undefined) return { kind: "reply", reply: this.#reply(rule.reply, 200), isDenial: false };
    if (rule.tarpit !== undefined) {
      const { for: time, ...reply } = typeof rule.tarpit === "string" ? { for: rule.tarpit } : rule.tarpit;
      return { kind: "tarpit", forMs: ms(time), reply: this.#reply(reply, 429) };
    }
    if (rule.redirect !== undefined) {
      const said = typeof rule.redirect === "string" ? { to: rule.redirect, status: 302 } : rule.redirect;
      const fields = "headers" in said ? compileFields(said.headers ?? {}) : [];
      return { kind: "redirect", status: said.status, location: bytesOf(said.to), fields };
    }
    if (rule.use === undefined) return null;
    const pool = this.#pools.get(rule.use);
    assert(pool !== undefined, `there is no pool ${rule.use}`);
    return { kind: "use", pool };
  }

  #limit(owner: Owner, { name, phase }: Walked, rule: Rule): OutcomePlan {
    const { limit } = rule;
    const reply = this.#reply(rule.deny === undefined || rule.deny === true ? 429 : rule.deny, 429);
    if (typeof limit === "string") {
      const { entry, column } = readTarget(limit, this.#columns, rule.by);
      return { kind: "limit", target: `${entry}.${column ?? "tokens"}`, cost: "1", reply };
    }
    assert(limit !== undefined, "this rule has no limit");
    const cost = String(limit.cost ?? 1);
    let table = limit.table;
    if (table === undefined) {
      table = limitTableName(owner.name, name);
      this.tables.push(compileLimitTable(table, limit, this.#keyOf(limit.by, phase), shareOf(this.#around.config)));
    }
    return { kind: "limit", target: `${tableTerm(table)}[${limit.by}].tokens`, cost, reply };
  }

  /** What a limit's table is by: whatever its expression comes to. */
  #keyOf(by: string, phase: Phase): TableKeyPlan {
    const compiled = compileExpression(by, this.#scopes[phase], "any");
    assert(compiled.ok, `the key ${by} does not compile`);
    return limitKey(compiled.type);
  }

  #reply(said: true | number | Partial<Reply>, usual: number): ReplyPlan {
    return compileReply(said === true ? {} : said, usual, this.#around.materials);
  }
}

function editing(rule: Rule): EffectPlan[] {
  const field = (operation: "set" | "add", fields: Readonly<Record<string, string>> | undefined): EffectPlan[] =>
    Object.entries(fields ?? {}).map(([name, value]) => ({ kind: "field", operation, name, value: bytesOf(value) }));
  const rewrite = (
    part: (EffectPlan & { kind: "rewrite" })["part"],
    value: number | string | undefined,
  ): EffectPlan[] => (value === undefined ? [] : [{ kind: "rewrite", part, value: bytesOf(String(value)) }]);
  const replaced = (part: "path" | "target", said: Rule["rewritePath"]): EffectPlan[] =>
    said === undefined ? [] : [{ kind: "replacePart", part, ...substitution(said) }];
  return [
    ...field("set", rule.setHeader),
    ...field("add", rule.addHeader),
    ...listed(rule.removeHeader).map((name): EffectPlan => ({ kind: "field", operation: "remove", name, value: "" })),
    ...Object.entries(rule.replaceHeader ?? {}).map(
      ([name, said]): EffectPlan => ({ kind: "replaceField", name, ...substitution(said) }),
    ),
    ...replaced("path", rule.rewritePath),
    ...replaced("target", rule.rewriteTarget),
    ...rewrite("path", rule.setPath),
    ...rewrite("query", rule.setQuery),
    ...rewrite("method", rule.setMethod),
    ...rewrite("target", rule.setTarget),
    ...rewrite("status", rule.setStatus),
    ...(rule.slowDown === undefined
      ? []
      : [{ kind: "slow", bytesPerSecond: bytes(rule.slowDown.replace(/\/s$/, "")) } as const]),
    ...(rule.maxBody === undefined ? [] : [{ kind: "maxBody", bytes: bytes(rule.maxBody) } as const]),
    ...(rule.log === undefined ? [] : [{ kind: "log", text: bytesOf(rule.log) } as const]),
  ];
}

function substitution({ pattern, by }: NonNullable<Rule["rewritePath"]>): { pattern: string; by: string } {
  return { pattern: bytesOf(pattern), by: bytesOf(by) };
}

function listed(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

function amounts(increment: Rule["increment"]): [string, string][] {
  if (typeof increment === "object" && !Array.isArray(increment))
    return Object.entries(increment).map(([target, by]) => [target, String(by)]);
  return listed(increment).map((target) => [target, "1"]);
}

/** "country" of "vars.country"; null for what is no variable. */
export function variableName(target: string): string | null {
  return /^\s*vars\.([A-Za-z_][A-Za-z0-9_]*)\s*$/.exec(target)?.[1] ?? null;
}
