// What contradicts itself within one rule and between rules: two outcomes, keys that its phase or mode has no use for, names that
// stand twice, rules that are never reached. What stands in expressions is judged by reviewexpression.ts.

import { limitTableName } from "./compiletable.ts";
import { keyText, type Path } from "./problem.ts";
import { framingFields } from "./replyschema.ts";
import { reviewSubstitution } from "./reviewbody.ts";
import { reviewReply } from "./reviewreply.ts";
import { allRules, type Phase, phases, rulesOf, type Walked } from "./rulewalk.ts";
import { isSection, listOf, type Report, type Section, sectionOf } from "./section.ts";

const outcomes = ["accept", "deny", "reject", "reset", "drop", "tarpit", "redirect", "reply", "use", "limit"] as const;
/** What a rule is about: a session of mode udp, a connection of mode tcp or http, a request, a server's response, any as it is sent. */
type Subject = "session" | "carried" | "connection" | "request" | "response" | "afterResponse";
const subjectNames: Record<Subject, string> = {
  session: "sessions in mode udp",
  carried: "connections in mode tcp",
  connection: "connections",
  request: "requests",
  response: "responses",
  afterResponse: "responses that are being sent",
};

/** Keys that not every rule has, with what they are for. */
const subjects: Readonly<Record<string, readonly Subject[]>> = {
  track: ["carried", "connection", "request"],
  countSession: ["carried", "connection"],
  setHeader: ["request", "response", "afterResponse"],
  addHeader: ["request", "response", "afterResponse"],
  removeHeader: ["request", "response", "afterResponse"],
  replaceHeader: ["request", "response", "afterResponse"],
  rewritePath: ["request"],
  rewriteTarget: ["request"],
  setPath: ["request"],
  setQuery: ["request"],
  setMethod: ["request"],
  setTarget: ["request"],
  setStatus: ["response", "afterResponse"],
  slowDown: ["request", "response"],
  maxBody: ["request"],
  deny: ["request", "response"],
  reject: ["session", "carried", "connection", "request"],
  reset: ["carried", "connection", "request"],
  drop: ["session", "carried", "connection", "request"],
  tarpit: ["request"],
  redirect: ["request", "response"],
  reply: ["request", "response"],
  use: ["carried", "request"],
  limit: ["carried", "connection", "request"],
  log: ["carried", "connection", "request", "response", "afterResponse"],
};

/** Whose rules: a listener's or pool's section, where it stands, and the modes that it is used in. */
export interface RuleOwner {
  readonly section: Section;
  readonly path: Path;
  readonly modes: ReadonlySet<string>;
  readonly listed: Phase;
}

export function reviewRules(owner: RuleOwner, report: Report): void {
  const { section, path, modes, listed } = owner;
  const written = section["rules"];
  if (!isSection(written) && listOf(written).length === 0) return;
  const isUdp = modes.has("udp") && path[0] === "listeners";
  if (modes.size > 0 && !modes.has("http") && !modes.has("tcp") && !isUdp)
    return report("error", [...path, "rules"], "key", `are for modes http and tcp, and ${whose(owner)}`);
  if (!isSection(written) && path[0] === "pools" && modes.has("http") && modes.has("tcp"))
    return report(
      "error",
      [...path, "rules"],
      "value",
      "must be a section with lists for request and connection: listeners of both modes, http and tcp, use this pool",
    );
  reviewPhases(owner, report);
  const rules = rulesOf(section, path, listed);
  reviewNames([...allRules(rules)], report);
  for (const phase of phases) {
    for (const walked of rules[phase]) reviewRule(walked, subjectOf(phase, modes), report);
    reviewReach(rules[phase], report);
  }
}

function reviewPhases(owner: RuleOwner, report: Report): void {
  const { section, path, modes } = owner;
  if (modes.size === 0 || !isSection(section["rules"])) return;
  const written = sectionOf(section["rules"]);
  const isPool = path[0] === "pools";
  for (const phase of phases) {
    if (listOf(written[phase]).length === 0) continue;
    if (phase !== "connection" && !modes.has("http"))
      report("error", [...path, "rules", phase], "key", `is for mode http, and ${whose(owner)}`);
    if (phase === "connection" && isPool && !modes.has("tcp"))
      report(
        "error",
        [...path, "rules", phase],
        "key",
        `is for mode tcp, and ${whose(owner)}; a pool is chosen for each request`,
      );
  }
}

function whose({ path, modes }: RuleOwner): string {
  const all = [...modes].join(" and ");
  return path[0] === "pools" ? `only listeners of mode ${all} use this pool` : `this listener has mode ${all}`;
}

function subjectOf(phase: Phase, modes: ReadonlySet<string>): Subject {
  if (phase !== "connection" || modes.has("http")) return phase;
  return modes.has("tcp") ? "carried" : modes.has("udp") ? "session" : phase;
}

/** Over all phases: metrics tell rules apart by name alone. */
function reviewNames(rules: readonly Walked[], report: Report): void {
  const seen = new Map<string, Walked>();
  for (const walked of rules) {
    const other = seen.get(walked.name);
    if (other === undefined) seen.set(walked.name, walked);
    else
      report(
        "error",
        [...walked.path, "name"],
        "value",
        "is the name of another rule here; metrics tell rules apart by it",
      );
  }
}

function reviewRule(walked: Walked, subject: Subject, report: Report): void {
  const { rule, path } = walked;
  for (const [key, fit] of Object.entries(subjects)) {
    if (rule[key] === undefined || fit.includes(subject) || (key === "deny" && rule["limit"] !== undefined)) continue;
    report("error", [...path, key], "key", misplaced(key, fit, subject));
  }
  reviewOutcomes(rule, path, subject, report);
  if (rule["setTarget"] !== undefined)
    for (const key of ["setPath", "setQuery"])
      if (rule[key] !== undefined)
        report("error", [...path, key], "key", "cannot stand beside setTarget, which sets path and query");
  for (const [key, other] of [
    ["rewritePath", "setPath"],
    ["rewritePath", "setTarget"],
    ["rewriteTarget", "setPath"],
    ["rewriteTarget", "setQuery"],
    ["rewriteTarget", "setTarget"],
    ["rewriteTarget", "rewritePath"],
  ] as const)
    if (rule[key] !== undefined && rule[other] !== undefined)
      report("error", [...path, key], "key", `cannot stand beside ${other}: write a rule for each`);
  for (const key of ["deny", "reply", "tarpit"]) reviewReply(rule[key], [...path, key], report);
  reviewEdits(rule, path, report);
  if (Object.keys(rule).every((key) => ["name", "if", "mode"].includes(key)))
    report("warning", path, "value", "has neither an effect nor an outcome: it is only counted");
  for (const inner of walked.rules) reviewRule(inner, subject, report);
  reviewReach(walked.rules, report);
}

/** What is written and does nothing (flow/edits.ts): edits of what a connection and the end of a message go by. */
function reviewEdits(rule: Section, path: Path, report: Report): void {
  const warn = (name: string, at: Path, part: "key" | "value", isSet: boolean): void => {
    const lower = name.toLowerCase();
    if (ownFields.has(lower))
      report("warning", at, part, `does nothing: what ${name} says of a message and its connection is Sluice's to say`);
    else if (lower === "host" && !isSet)
      report("warning", at, part, "does nothing: a request has one Host, which setHeader sets");
  };
  for (const key of ["setHeader", "addHeader"])
    for (const [name, value] of Object.entries(sectionOf(rule[key]))) {
      warn(name, [...path, key, name], "key", key === "setHeader");
      if (typeof value === "string" && /[\0-\x08\n-\x1f\x7f]/.test(value.trimEnd()))
        report("warning", [...path, key, name], "value", "holds a line end or another control, which is left out");
    }
  for (const [name, said] of Object.entries(sectionOf(rule["replaceHeader"]))) {
    warn(name, [...path, "replaceHeader", name], "key", false);
    if (isSection(said)) reviewSubstitution(sectionOf(said), [...path, "replaceHeader", name], report);
  }
  for (const key of ["rewritePath", "rewriteTarget"])
    if (isSection(rule[key])) reviewSubstitution(sectionOf(rule[key]), [...path, key], report);
  const removed = rule["removeHeader"];
  if (typeof removed === "string") warn(removed, [...path, "removeHeader"], "value", false);
  for (const [index, name] of listOf(removed).entries())
    if (typeof name === "string") warn(name, [...path, "removeHeader", index], "value", false);
}

const ownFields: ReadonlySet<string> = new Set([...framingFields, "expect", "proxy-authorization"]);

function misplaced(key: string, fit: readonly Subject[], subject: Subject): string {
  const of = fit.filter((one) => one !== "afterResponse" || !fit.includes("response")).map((one) => subjectNames[one]);
  const listed = of.length > 1 ? `${of.slice(0, -1).join(", ")} and ${of.at(-1)}` : of[0]!;
  const isEarly = subject === "carried" || subject === "connection";
  if (key === "deny" && isEarly)
    return `is for ${listed}, and this rule is about ${subjectNames[subject]}, which nothing can be answered: write reject: true`;
  if (key === "use" && subject === "connection")
    return `is for ${listed}, and this rule is about ${subjectNames[subject]}: in mode http a pool is chosen for each request`;
  return `is for ${listed}, and this rule is about ${subjectNames[subject]}`;
}

function reviewOutcomes(rule: Section, path: Path, subject: Subject, report: Report): void {
  const said = outcomes.filter((key) => rule[key] !== undefined && !(key === "deny" && rule["limit"] !== undefined));
  for (const key of said.slice(1))
    report("error", [...path, key], "key", `cannot stand beside ${said[0]}: a rule has one outcome at most`);
  if (rule["rules"] !== undefined && said.length > 0)
    report(
      "error",
      [...path, "rules"],
      "key",
      `cannot stand beside ${said[0]}: a rule has an outcome or rules of its own`,
    );
  reviewLimit(rule, path, report);
  if (rule["limit"] !== undefined && rule["deny"] !== undefined && (subject === "carried" || subject === "connection"))
    report(
      "error",
      [...path, "deny"],
      "key",
      "is for requests, and this rule is about connections: what is over the limit is closed",
    );
}

function reviewLimit(rule: Section, path: Path, report: Report): void {
  const { limit, by } = rule;
  if (by !== undefined && typeof limit !== "string")
    report(
      "error",
      [...path, "by"],
      "key",
      isSection(limit)
        ? "is for limits without a section: write it in the section of this one"
        : typeof rule["track"] === "string"
          ? `is for a limit beside it that names a table; write track: { table: ${rule["track"]}, by: ${typeof by === "string" ? by : "…"} }`
          : 'is for a limit beside it that names a table, such as limit: "clients"; track has a by of its own',
    );
  if (by !== undefined && typeof limit === "string" && limit.includes("["))
    report("error", [...path, "by"], "key", "cannot stand beside a limit that says in brackets who shares it");
  if (!isSection(limit)) return;
  const { rate, table } = sectionOf(limit);
  if (rate === undefined && table === undefined)
    report("error", [...path, "limit"], "value", 'must have a rate, such as "2/s", or name a table that stores tokens');
  if (table === undefined) return;
  for (const key of ["rate", "burst", "size", "share"])
    if (sectionOf(limit)[key] !== undefined)
      report("error", [...path, "limit", key], "key", "cannot stand beside table, which says so itself");
}

/** Two limits would share a table, of which each would say something else. */
export function reviewLimitTables(owners: readonly RuleOwner[], report: Report): void {
  const seen = new Map<string, Path>();
  for (const { section, path, listed } of owners)
    for (const { rule, path: at, name } of allRules(rulesOf(section, path, listed))) {
      if (sectionOf(rule["limit"])["rate"] === undefined) continue;
      const table = limitTableName(String(path[1]), name);
      const other = seen.get(table);
      // Within one owner the name itself is told.
      if (other !== undefined && other[0] !== path[0])
        report(
          "error",
          [...at, "limit"],
          "key",
          `makes the table ${table}, as ${keyText(other)} does: name one of the rules`,
        );
      else seen.set(table, at);
    }
}

/** What comes after a rule that always ends the phase. */
function reviewReach(rules: readonly Walked[], report: Report): void {
  const last = rules.findIndex(endsAlways);
  const next = rules.slice(last + 1).find(({ rule }) => rule["mode"] !== "off");
  if (last === -1 || next === undefined) return;
  report("warning", next.path, "value", `is never reached: ${rules[last]!.name} before it always ends the phase`);
}

function endsAlways({ rule, rules }: Walked): boolean {
  const { mode, if: condition } = rule;
  const isAlways = condition === undefined || (typeof condition === "string" && condition.trim() === "true");
  if (!isAlways || (mode !== undefined && mode !== "enforce")) return false;
  return rule["limit"] === undefined && (outcomes.some((key) => rule[key] !== undefined) || rules.some(endsAlways));
}
