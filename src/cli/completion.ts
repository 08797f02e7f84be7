// `sluice completion SHELL`: what a shell needs to complete `sluice`, on stdout. `sluice completion names KIND`, which those scripts ask,
// tells names that the running Sluice has, and nothing where none runs: a shell has no place for an error.

import type { Command } from "commander";
import type { RulesAnswer } from "../control/api/shape/rule.ts";
import type { Status } from "../control/status.ts";
import type { TablesAnswer } from "../control/table/answer.ts";
import type { Writer } from "./check.ts";
import { ask } from "./client.ts";
import { bashCompletion } from "./completion/bash.ts";
import { fishCompletion } from "./completion/fish.ts";
import { type NameKind, nameKinds, wordsOf } from "./completion/words.ts";
import { zshCompletion } from "./completion/zsh.ts";
import { printable } from "./printable.ts";

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export function addCompletion(program: Command, writer: Writer, ended: (code: number) => void): void {
  const completion = program.command("completion").description("print completions for a shell, to be sourced by it");
  for (const [shell, scriptOf] of Object.entries(shells))
    completion
      .command(shell)
      .description(`completions for ${shell}; its first lines say where to put them`)
      .action(() => {
        writer.out(scriptOf(wordsOf(program)).trimEnd());
        ended(0);
      });
  completion
    .command("names", { hidden: true })
    .argument("<kind>", nameKinds.join(", "))
    .action(async (kind: string) => ended(await completionNames(kind, writer)));
}

async function completionNames(kind: string, writer: Writer): Promise<number> {
  const known = nameKinds.find((each) => each === kind);
  if (known === undefined) return 2;
  // Each stands on a line of its own; no shell completes what cannot be typed.
  const names = (await namesOf(known)).filter((name) => printable(name) === name);
  if (names.length > 0) writer.out(names.join("\n"));
  return 0;
}

const paths = {
  servers: "/api/v1/status",
  egress: "/api/v1/status",
  tables: "/api/v1/tables",
  rules: "/api/v1/rules",
} as const satisfies Record<NameKind, string>;

async function namesOf(kind: NameKind): Promise<readonly string[]> {
  const answer = await ask({}, "GET", paths[kind]);
  if (!answer.ok || answer.status !== 200) return [];
  if (kind === "tables") return (answer.body as TablesAnswer).tables.map(({ name }) => name);
  if (kind === "rules") return ruleNames(answer.body as RulesAnswer);
  const { pools, egress } = answer.body as Status; // What our own admin interface answers.
  if (kind === "egress") return egress.map(({ name }) => name);
  return pools.flatMap((pool) => pool.servers.map(({ name }) => `${pool.name}/${name}`));
}

/** A name that several have says of none which it is: then it is the place. */
function ruleNames({ rules }: RulesAnswer): string[] {
  return rules.map(({ id, name }) => (rules.filter((each) => each.name === name).length > 1 ? id : name));
}
