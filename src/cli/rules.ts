// `sluice rules`: the rules of a running Sluice with how often their conditions held, and their modes, which can be others from now on.
// People know rules by their names, the admin interface by where they stand in the config: a name that only one rule has is as good here.
// Exit code 1: there is no such rule, or nobody answers; 2: several rules have this name.

import { didYouMean } from "../base/nearest.ts";
import type { RuleMode, RuleRecord, RulesAnswer } from "../control/api/shape/rule.ts";
import type { Writer } from "./check.ts";
import { ask, failureOf, type RemoteOptions, refusalOf } from "./client.ts";
import { table } from "./table.ts";

const USAGE_ERROR = 2;
const path = "/api/v1/rules";
/** What changes a rule or a weight is a patch of the config in force. */
export const untilReload: string = "until the next reload, unless `sluice config write` puts it into the file";

export interface RuleListOptions extends RemoteOptions {
  readonly mode?: RuleMode;
}

export interface RuleModeOptions extends RemoteOptions {
  readonly reason?: string;
}

/** `rule`: only this one and those below it. */
export async function ruleList(rule: string | undefined, options: RuleListOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "GET", path);
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, failureOf(answer), writer);
  const { rules: all } = answer.body as RulesAnswer; // What our own admin interface answers.
  const named = rule === undefined ? all : all.filter((each) => each.name === rule || isAtOrBelow(each.id, rule));
  if (rule !== undefined && named.length === 0) return failed(missing(rule, all), 1, writer);
  const shown = named.filter(({ mode }) => options.mode === undefined || mode === options.mode);
  if (options.json === true) writer.out(JSON.stringify({ rules: shown } satisfies RulesAnswer, null, 2));
  else if (shown.length > 0) writer.out(rulesText(shown));
  else writer.note(all.length === 0 ? "the config has no rules" : `no rule is in mode ${options.mode}`);
  return 0;
}

export async function ruleMode(
  rule: string,
  mode: RuleMode,
  options: RuleModeOptions,
  writer: Writer,
): Promise<number> {
  const listed = await ask(options, "GET", path);
  const trouble = refusalOf(listed);
  if (trouble !== null || !listed.ok) return failed(trouble, failureOf(listed), writer);
  const { rules: all } = listed.body as RulesAnswer; // As above.
  const meant = all.filter(({ id, name }) => id === rule || name === rule);
  const before = meant.find(({ id }) => id === rule) ?? meant[0];
  if (before === undefined) return failed(missing(rule, all), 1, writer);
  if (before.id !== rule && meant.length > 1)
    return failed(
      `several rules are called ${rule}: say which by its place: ${meant.map(({ id }) => id).join(", ")}`,
      USAGE_ERROR,
      writer,
    );
  const { id, name } = before;
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  const answer = await ask(options, "PATCH", `${path}/${encodeURIComponent(id)}`, { mode, name, ...reason });
  const refusal = refusalOf(answer);
  if (refusal !== null || !answer.ok) return failed(refusal, failureOf(answer), writer);
  writer.out(
    options.json === true ? JSON.stringify(answer.body, null, 2) : changeText(before, answer.body as RuleRecord), // As above.
  );
  return 0;
}

export function rulesText(rules: readonly RuleRecord[]): string {
  const rows = rules.map(({ id, name, mode, configuredMode, hits, depth, condition, action }) => [
    `${"  ".repeat(depth)}${name}`,
    mode === configuredMode ? mode : `${mode} (file: ${configuredMode})`,
    String(hits),
    id,
    condition ?? "always",
    action,
  ]);
  return table(["RULE", "MODE", "HITS", "PLACE", "IF", "DOES"], rows, [2]);
}

function changeText(before: RuleRecord, { id, name, mode, configuredMode }: RuleRecord): string {
  const which = `rule ${name} (${id})`;
  if (before.mode === mode) return `${which} is in mode ${mode} already`;
  const lasting = mode === configuredMode ? ", as the file says" : `, ${untilReload}`;
  return `${which} is in mode ${mode}, formerly ${before.mode}${lasting}`;
}

function missing(rule: string, all: readonly RuleRecord[]): string {
  if (all.length === 0) return `there is no rule ${rule}: the config has none`;
  const near = didYouMean(rule, [...new Set(all.flatMap(({ id, name }) => [name, id]))]);
  return `there is no rule ${rule}${near === "" ? "; `sluice rules` lists them" : near}`;
}

/** "listeners.web.rules[1].rules[0]" is below "listeners.web.rules[1]", and below "listeners.web". */
function isAtOrBelow(id: string, place: string): boolean {
  return id === place || (id.startsWith(place) && /^[.[]/.test(id.slice(place.length)));
}

function failed(refusal: string | null, code: number, writer: Writer): number {
  writer.err(`sluice: ${refusal}`);
  return code;
}
