// What all commands have in common that speak to a running Sluice: how it is found, and --json.

import type { Command } from "commander";

/** A command that speaks to a running Sluice. */
export function remoteCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .option(
      "--admin <address>",
      "where the running Sluice has its admin interface (or: SLUICE_ADMIN in the environment)",
    )
    .option("-c, --config <file>", "take that address, and the token, from this config")
    .option("--token <token>", "the admin token (better: SLUICE_ADMIN_TOKEN in the environment)")
    .option("--json", "as JSON");
}

/** Of an option that may be given several times. */
export function gathered(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}
