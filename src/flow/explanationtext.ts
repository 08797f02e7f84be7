// An explanation in lines for people: what `sluice explain` prints, and what stands in the Sluice-Trace fields of an answer.
//
//   GET /admin from 203.0.113.7, listener web
//   request rules of listener web
//     clients          does     tracks src in slot 0
//     abusers          no       marked[src].gpc0 > 0
//                                 marked[src].gpc0 = 0
//     office only      decides  !(src in lists.office)
//                                 src in lists.office = false
//                               => answers 403
//   ...

import type { RuleTrace, TermTrace } from "../rules/trace.ts";
import type {
  CandidateTrace,
  ChoiceTrace,
  EgressTrace,
  EntryTrace,
  EntryValues,
  Explanation,
  PhaseTrace,
} from "./explanation.ts";

/** More servers than a screen holds are counted instead. */
const candidatesMax = 20;

export function explanationLines(explanation: Explanation): string[] {
  const { subject, ban, phases, entries, choices, cache, forwarded, outcome, assumptions, egress = [] } = explanation;
  const lines = [subjectLine(subject)];
  if (ban !== null)
    lines.push(
      `  the client is banned ${ban === "for ever" ? ban : `until ${ban.replace(/\.\d+Z$/, "Z")}`} (sluice bans ${subject.client} says why)`,
    );
  for (const phase of phases.filter((each) => !isOfResponse(each))) lines.push(...phaseLines(phase));
  if (cache !== undefined) lines.push(`cache ${cache.cache}: ${cache.result}. ${cache.text}`);
  for (const each of egress) lines.push(...egressLines(each));
  for (const choice of choices) lines.push(...choiceLines(choice));
  if (forwarded !== undefined) lines.push("the server gets", ...forwarded.map((line) => `  ${line}`));
  for (const phase of phases.filter(isOfResponse)) lines.push(...phaseLines(phase));
  if (entries.length > 0) lines.push("entries of tables", ...entryLines(entries));
  lines.push(`=> ${outcome.text}`);
  if (assumptions.length > 0) lines.push(...assumptions.map((each) => `(assumed: ${each})`));
  return lines;
}

function subjectLine({ listener, method, target, host, client, serverName }: Explanation["subject"]): string {
  const what = method === undefined ? "a connection" : `${method || "?"} ${target || "?"}`;
  const at = host === undefined || host === "" ? "" : ` at ${host}`;
  const name = serverName === undefined || serverName === host ? "" : `, SNI ${serverName}`;
  return `${what}${at} from ${client}${name}, listener ${listener}`;
}

// ---- rules ----

function isOfResponse({ phase }: PhaseTrace): boolean {
  return phase === "response" || phase === "afterResponse";
}

function phaseLines({ phase, of, isRehearsed, rules, skipped }: PhaseTrace): string[] {
  const again = isRehearsed ? ", asked again as if the client connected now" : "";
  const width = Math.min(Math.max(...rules.map(({ name }) => name.length)), 24);
  const lines = [`${phase} rules of ${of}${again}`, ...rules.flatMap((rule) => ruleLines(rule, width, "  "))];
  if (skipped > 0) lines.push(`  (${skipped === 1 ? "1 rule" : `${skipped} rules`} behind not asked)`);
  return lines;
}

function ruleLines(rule: RuleTrace, width: number, indent: string): string[] {
  const { name, place, condition, terms, effects, outcome, rules } = rule;
  const inner = `${indent}${" ".repeat(width + 9)}  `;
  const lines = [`${indent}${name.padEnd(width)}  ${verdictOf(rule).padEnd(7)}  ${condition ?? "always"}  (${place})`];
  // What a whole condition came to is the verdict; what stands in brackets, or twice, is said once.
  const said = new Set([`${condition} = true`, `${condition} = false`]);
  lines.push(...termLines(terms, `${inner}  `, said));
  const would = rule.mode === "observe" ? "would: " : "";
  for (const { effect, terms: asked, result } of effects) {
    // A text without expressions in it comes to itself.
    const isSaid = result === null || effect.endsWith(` ${result}`);
    lines.push(`${inner}- ${would}${effect}${isSaid ? "" : `: ${result}`}`);
    lines.push(...termLines(asked, `${inner}    `, said));
  }
  if (outcome !== null) lines.push(`${inner}=> ${would}${outcome}`);
  return [...lines, ...rules.flatMap((each) => ruleLines(each, width, `${indent}  `))];
}

function termLines(terms: readonly TermTrace[], indent: string, said: Set<string>): string[] {
  return terms.flatMap(({ term, value }) => {
    const line = `${term.replace(/^\((.*)\)$/s, "$1")} = ${value}`;
    if (said.has(line) || said.has(`${term} = ${value}`)) return [];
    said.add(line);
    return [`${indent}${term} = ${value}`];
  });
}

function verdictOf({ isHeld, isPassed, outcome, mode }: RuleTrace): string {
  if (isPassed) return "passes";
  if (!isHeld) return "no";
  if (mode === "observe") return "observe";
  return outcome === null ? "yes" : "decides";
}

// ---- entries ----

function entryLines(entries: readonly EntryTrace[]): string[] {
  return entries.map(({ table, key, before, after }) => `  ${table}[${key}]  ${valuesText(before, after)}`);
}

function valuesText(before: EntryValues, after: EntryValues): string {
  if (before === null && after === null) return "is not there";
  if (after === null) return "is gone";
  const values = Object.entries(after).map(([name, value]) => {
    const former = before === null ? 0 : (before[name] ?? 0);
    return former === value ? `${name} ${value}` : `${name} ${former} -> ${value}`;
  });
  return `${before === null ? "new: " : ""}${values.join(", ")}`;
}

// ---- outbound addresses ----

function egressLines({ pool, member, host, key, tags, why, members, passedOver }: EgressTrace): string[] {
  const wished = [...tags, ...(key === "" ? [] : [`key ${key}`])];
  const by = wished.length === 0 ? "" : `, wished for ${wished.join(" and ")}`;
  const over = passedOver.length === 0 ? [] : [`  passed over: ${passedOver.join(", ")}`];
  return [
    `egress ${pool}: ${members} ${members === 1 ? "member" : "members"}, for ${host}${by}`,
    `  ${member ?? "no member"}: ${why}`,
    ...over,
  ];
}

// ---- servers ----

function choiceLines({ pool, policy, server, why, candidates }: ChoiceTrace): string[] {
  const can = candidates.filter(({ isEligible }) => isEligible).length;
  const lines = [`pool ${pool}: ${can} of ${candidates.length} servers may be picked (${policy})`];
  const width = Math.max(...candidates.map((each) => each.server.length));
  const shown = candidates.slice(0, candidatesMax);
  for (const each of shown) lines.push(candidateLine(each, each.server === server, width));
  if (candidates.length > shown.length) lines.push(`    and ${candidates.length - shown.length} more`);
  const more =
    can === 0 ? ` (sluice status says ${candidates.length > 0 ? "why" : "where its servers come from"})` : "";
  lines.push(server === null ? `  no server: ${why}${more}` : `  ${server}: ${why}`);
  return lines;
}

function candidateLine(candidate: CandidateTrace, isPicked: boolean, width: number): string {
  const { server, state, isChecked, weight, active, activeMax, isBackup, isEligible } = candidate;
  const load = `${active}${activeMax === 0 ? "" : ` of ${activeMax}`} in flight`;
  const health = state === "up" && !isChecked ? "up, not checked" : state;
  const role = isBackup ? (isEligible ? ", backup in service" : ", backup") : "";
  return `  ${isPicked ? "*" : " "} ${server.padEnd(width)}  ${health}${role}, weight ${weight}, ${load}`;
}
