// The rule that is tried: one of the config, by its place or name, or one that is written for the occasion, as a condition or as a
// whole rule. Such a one stands behind the rule that tracks the first table that it names, so that the counts it looks at are there; where
// nothing tracks one, it is the first. Whatever its mode, it is observed, or enforced where that is asked for.

import { didYouMean } from "../base/nearest.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { judge } from "../config/judge.ts";
import { keyText, type Path } from "../config/problem.ts";
import { readRate } from "../config/rate.ts";
import { modesOf, usesOf } from "../config/reviewuse.ts";
import { allRules, listedPhase, rulesOf } from "../config/rulewalk.ts";
import { isSection, listOf, type Section, sectionOf } from "../config/section.ts";
import type { Config } from "../config/types.ts";
import { asWritten } from "../config/written.ts";
import { readYaml } from "../config/yaml.ts";
import { type Asking, askedBefore, type Placed } from "./asked.ts";

export interface Chosen {
  /** As it was asked for. */
  readonly text: string;
  /** With the rule in it, in its mode. */
  readonly config: Config;
  /** Where it stands, as a plan says it: "listeners.web.rules[1]". */
  readonly place: string;
  readonly condition: string | null;
  /** Rate and time of its limit, in requests and ms; null without one. */
  readonly limitMs: number | null;
  /** When it is played: with the answer, or before. */
  readonly isOfResponse: boolean;
  /** The listener whose requests it is about; null: a pool's, or the config has several and the log must tell. */
  readonly listener: string | null;
  /** Where it was put, in a sentence; null for one of the config. */
  readonly remark: string | null;
}

export interface ChoosingOptions {
  readonly listener: string | undefined;
  readonly isEnforced: boolean;
}

type Standing = Placed;

export function choose(text: string, config: Config, options: ChoosingOptions): Reading<Chosen> {
  const standing = standingIn(config);
  const found = standing.filter(({ path, name }) => keyText(path) === text || name === text);
  if (found.length > 1)
    return misread(
      `${quote(text)} is the name of ${found.map(({ path }) => keyText(path)).join(" and of ")}: say which`,
    );
  const mode = options.isEnforced ? "enforce" : "observe";
  if (found.length === 1) return taken(text, found[0]!, config, mode);
  return added(text, config, standing, mode, options.listener);
}

/** What it asks for, and what those before it do. */
export function askedOf({ config, place }: Chosen): readonly Asking[] {
  const standing = standingIn(config);
  const tried = standing.find(({ path }) => keyText(path) === place);
  return tried === undefined ? [] : askedBefore(standing, tried);
}

function standingIn(config: Config): Standing[] {
  const uses = usesOf(sectionOf(config.listeners), sectionOf(config.pools));
  const of = (kind: "listeners" | "pools"): Standing[] =>
    Object.entries(config[kind]).flatMap(([name, owner]) => {
      const listed = listedPhase(
        kind === "pools" ? modesOf(name, uses) : new Set([(owner as Section)["mode"] as string]),
      );
      const rules = rulesOf(owner as Section, [kind, name], listed);
      return [...allRules(rules)].map((walked): Standing => ({ ...walked, owner: { kind, name } }));
    });
  return [...of("listeners"), ...of("pools")];
}

function taken(text: string, { path, rule, owner, phase }: Standing, config: Config, mode: string): Reading<Chosen> {
  const tried = changedAt(config, path, () => ({ ...rule, mode })) as Config;
  return read({
    text,
    ...aboutRule(rule),
    config: tried,
    place: keyText(path),
    listener: ownListener(owner),
    isOfResponse: phase === "response" || phase === "afterResponse",
    remark: null,
  });
}

function ownListener({ kind, name }: Standing["owner"]): string | null {
  return kind === "listeners" ? name : null;
}

/** A condition, or a rule as YAML. */
function added(
  text: string,
  config: Config,
  standing: readonly Standing[],
  mode: string,
  wanted: string | undefined,
): Reading<Chosen> {
  const rule = ruleOf(text);
  if (!rule.ok) return rule;
  const listeners = Object.entries(config.listeners).filter(([, { mode: of }]) => of === "http");
  const names = listeners.map(([name]) => name);
  if (wanted !== undefined && !names.includes(wanted))
    return misread(`there is no listener ${wanted} of mode http; there are ${names.join(", ")}`);
  const listener = wanted ?? (names.length === 1 ? names[0]! : null);
  if (names.length === 0) return misread("the config has no listener of mode http, and logs tell of requests only");
  // Of which listener it is or not: what is wrong with the rule itself is told first.
  const { at, remark } = placeFor(JSON.stringify(rule.value), listener ?? names[0]!, config, standing);
  const list = at.slice(0, -1);
  const tried = changedAt(config, list, (rules) =>
    listOf(rules).toSpliced(at.at(-1) as number, 0, { ...rule.value, mode }),
  );
  const { config: checked, findings } = judge(asWritten(tried as Config));
  const place = keyText(at);
  if (checked === null) {
    const own = findings.filter(({ severity, path }) => severity === "error" && keyText(path).startsWith(place));
    const [first] = own.length > 0 ? own : findings;
    return misread(problemText(text, first?.message ?? "is no rule", standing));
  }
  if (listener === null) return misread(`--listener must say whose rule it is: ${names.join(", ")}`);
  return read({ text, ...aboutRule(rule.value), config: checked, place, listener, isOfResponse: false, remark });
}

/** What looks like a name was meant as one. */
function problemText(text: string, message: string, standing: readonly Standing[]): string {
  if (/^[\w.[\]-]+$/.test(text)) {
    const places = standing.flatMap(({ path, name }) => [name, keyText(path)]);
    return `the config has no rule ${quote(text)}${didYouMean(text, places)}`;
  }
  return `${quote(text)} ${message}`;
}

function ruleOf(text: string): Reading<Section> {
  if (!text.trimStart().startsWith("{")) return read({ if: text, deny: true });
  const document = readYaml(text);
  if (!document.ok) return misread(`the rule cannot be read: ${document.faults[0]?.message ?? "it is no YAML"}`);
  return isSection(document.value)
    ? read(sectionOf(document.value))
    : misread("the rule must be a section, such as { limit: { rate: 5/s } }");
}

function placeFor(
  rule: string,
  listener: string,
  config: Config,
  standing: readonly Standing[],
): { readonly at: Path; readonly remark: string } {
  const tables = Object.keys(config.tables).filter((name) => new RegExp(`\\b${RegExp.escape(name)}\\b`).test(rule));
  const own = standing.filter(
    ({ owner, phase }) => owner.kind === "listeners" && owner.name === listener && phase === "request",
  );
  const tracking = own.findLast(({ rule: each }) => tracked(each).some((table) => tables.includes(table)));
  if (tracking !== undefined) {
    const { path } = tracking;
    return {
      at: [...path.slice(0, -1), (path.at(-1) as number) + 1],
      remark: `behind ${keyText(path)}, which tracks ${tracked(tracking.rule).join(" and ")}`,
    };
  }
  const { rules } = config.listeners[listener]!;
  const list: Path = ["listeners", listener, "rules", ...(isSection(rules) ? ["request"] : [])];
  const untracked = tables.length === 0 ? "" : `; nothing on this listener tracks ${tables.join(" or ")}`;
  return { at: [...list, 0], remark: `before all rules of listener ${listener}${untracked}` };
}

function tracked(rule: Section): string[] {
  const of = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
  return of(rule["track"]).map((track) => (typeof track === "string" ? track : String(sectionOf(track)["table"])));
}

function aboutRule(rule: Section): Pick<Chosen, "condition" | "limitMs"> {
  return { condition: typeof rule["if"] === "string" ? rule["if"] : null, limitMs: limitMsOf(rule["limit"]) };
}

/** Over what time requests are counted to be compared with a limit: a rate's own, a second where a table's tokens limit. */
function limitMsOf(limit: unknown): number | null {
  if (limit === undefined) return null;
  const { rate } = typeof limit === "string" ? { rate: undefined } : sectionOf(limit);
  const over = typeof rate === "string" ? readRate(rate) : null;
  return over?.ok === true ? over.value.overMs : 1000;
}

/** A copy that differs there only. */
function changedAt(tree: unknown, [key, ...rest]: Path, change: (value: unknown) => unknown): unknown {
  if (key === undefined) return change(tree);
  if (Array.isArray(tree)) return tree.map((item, index) => (index === key ? changedAt(item, rest, change) : item));
  const section = sectionOf(tree);
  return { ...section, [key]: changedAt(section[key], rest, change) };
}
