// `sluice rules`: its commands and their options, as the command line reads them; what they do stands in rules.ts. Without a word behind it
// the rules are listed, for that is what is asked first.

import { type Command, Option } from "commander";
import type { RuleMode } from "../control/api/shape/rule.ts";
import type { Writer } from "./check.ts";
import { remoteCommand } from "./remotecommand.ts";
import { type RuleListOptions, type RuleModeOptions, ruleList, ruleMode } from "./rules.ts";
import { endWithReader } from "./writer.ts";

const modes: readonly (readonly [RuleMode, string])[] = [
  ["enforce", "let a rule do what it says, from now on"],
  ["observe", "let a rule only count whom it would have hit, from now on"],
  ["off", "pass over a rule, from now on"],
];

export function addRules(program: Command, terminal: Writer, ended: (code: number) => void): void {
  const rules = program.command("rules").description("look at the rules of a running Sluice, and set their modes");
  remoteCommand(rules, "ls", "list rules with their modes, and how often their conditions held", { isDefault: true })
    .argument("[rule]", "only this one and those in it: its name, or its place such as listeners.web.rules[2]")
    .addOption(new Option("--mode <mode>", "only those in this mode").choices(modes.map(([mode]) => mode)))
    .action(async (rule: string | undefined, options: RuleListOptions) => {
      endWithReader();
      ended(await ruleList(rule, options, terminal));
    });
  for (const [mode, description] of modes)
    remoteCommand(rules, mode, description)
      .argument("<rule>", "its name, or its place, as `sluice rules` lists them")
      .option("--reason <text>", "why, for the audit log")
      .action(async (rule: string, options: RuleModeOptions) => ended(await ruleMode(rule, mode, options, terminal)));
}
