// What all commands have in common that speak to a running Sluice: options by which it is found, and --json. It knows the command
// line only; client.ts makes an address and a token of what was said. Every such command is made here, so that they are all
// told the same in the same words.

import { type Command, type CommandOptions, InvalidArgumentError, Option } from "commander";

/** A command that speaks to a running Sluice. */
export function remoteCommand(
  parent: Command,
  name: string,
  description: string,
  options: CommandOptions = {},
): Command {
  return parent
    .command(name, options)
    .description(description)
    .option(
      "--admin <address>",
      "where the running Sluice has its admin interface (or: SLUICE_ADMIN in the environment)",
    )
    .option("-c, --config <file>", "ask the one that runs with this config, or else where it says, with its token")
    .option("--token <token>", "the admin token (better: SLUICE_ADMIN_TOKEN in the environment)")
    .option("--json", "as JSON");
}

/** Of an option that may be given several times. */
export function gathered(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}

/** From 1 on, of at most nine digits. */
export function someNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("it must be a whole number from 1 to 999999999.");
  return Number(text);
}

/** With values that help and completions tell; which are wrong, whoever obeys them says, and which one may be meant. */
export function optionOf(flags: string, description: string, choices: readonly string[]): Option {
  const option = new Option(flags, description);
  option.argChoices = [...choices];
  return option;
}
