// The part of /metrics that says what rules and tables do: how often the condition of each rule held, how full tables are, who is
// banned, what lists hold. Labels are names of the config. A rule's hits are counted in mode observe as in mode enforce: the
// label tells whether anything came of them. Rules that are off are in no plan.

import type { RulePlan, RulesPlan } from "../config/plan.ts";
import type { Exposition, Labels } from "./exposition.ts";
import type { MetricsSource, Sample, TableFigures } from "./metricssource.ts";

export function writeRules(out: Exposition, { plan, totals }: MetricsSource): void {
  const owners: readonly (readonly [Labels, RulesPlan])[] = [
    ...plan.listeners.map(({ name, rules }) => [{ listener: name }, rules] as const),
    ...plan.pools.map(({ name, rules }) => [{ pool: name }, rules] as const),
  ];
  out.counter(
    "sluice_rule_hits_total",
    "Times the condition of a rule held, whether it is enforced or observed.",
    owners.flatMap(([owner, { connection, request, response, afterResponse }]) =>
      Object.entries({ connection, request, response, afterResponse }).flatMap(([phase, rules]) =>
        flat(rules).map((rule): Sample => {
          const labels = { ...owner, phase, rule: rule.name, mode: rule.mode, action: actionOf(rule) };
          return [labels, totals.rule(rule.slot)];
        }),
      ),
    ),
  );
}

export function writeTables(out: Exposition, { tables }: MetricsSource): void {
  const of = (figure: (table: TableFigures) => number): Sample[] =>
    tables.map((table) => [{ table: table.name }, figure(table)]);
  out.gauge(
    "sluice_table_entries",
    "Entries in a table, expired ones that were not swept out yet among them.",
    of(({ entries }) => entries),
  );
  out.gauge(
    "sluice_table_capacity",
    "Entries that a table has room for.",
    of(({ entriesMax }) => entriesMax),
  );
  out.gauge(
    "sluice_table_bytes",
    "Memory that a table takes now.",
    of(({ bytes }) => bytes),
  );
  out.gauge(
    "sluice_table_full",
    "1 while a table has no room for new keys without forgetting others.",
    of(({ isFull }) => (isFull ? 1 : 0)),
  );
  out.counter(
    "sluice_table_evictions_total",
    "Entries that were forgotten before their time, to make room.",
    of(({ evictions }) => evictions),
  );
  out.counter(
    "sluice_table_refusals_total",
    "New keys that were not taken in, for there was no room.",
    of(({ refusals }) => refusals),
  );
  out.counter(
    "sluice_table_timeouts_total",
    "Calls that gave up waiting for another process that did not let go of the table, and counted nothing.",
    of(({ timeouts }) => timeouts),
  );
}

export function writeLists(out: Exposition, { lists, bans }: MetricsSource): void {
  out.gauge("sluice_bans", "Addresses and blocks that are banned.", [[{}, bans]]);
  out.gauge(
    "sluice_list_entries",
    "Values in a list.",
    lists.map(({ name, entries }): Sample => [{ list: name }, entries]),
  );
  out.gauge("sluice_list_problems", "Lists that stay as they were, because something is wrong with their file.", [
    [{}, lists.filter(({ problem }) => problem !== null).length],
  ]);
}

function flat(rules: readonly RulePlan[]): RulePlan[] {
  return rules.flatMap((rule) => [rule, ...flat(rule.rules)]);
}

/** What a rule does, in one word: its outcome, or that it leads to others, or its first effect. */
function actionOf({ outcome, rules, effects }: RulePlan): string {
  if (outcome?.kind === "reply" && outcome.isDenial) return "deny";
  return outcome?.kind ?? (rules.length > 0 ? "rules" : (effects[0]?.kind ?? "none"));
}
