// `sluice reload` and `sluice config`: their commands and options, as the command line reads them. It knows words, not what comes of
// them: what the commands do stands in reload.ts and config.ts. Whatever puts another config in force takes the same two options, to
// try it first and to be given a time to confirm.

import type { Command } from "commander";
import type { Writer } from "./check.ts";
import { configDiff, configPatch, configShow, configWrite } from "./config.ts";
import { confirm, type ReloadOptions, reload, rollback } from "./reload.ts";
import { remoteCommand } from "./remotecommand.ts";
import { terminalVigil } from "./vigil.ts";
import { endWithReader } from "./writer.ts";

const patchWords = `
PATCH is one or more PATH=VALUE (pools.app.retries=3), or JSON: a section to merge into the config (RFC 7396), or a list
of operations (RFC 6902). @FILE reads it from a file, - from stdin.

Examples:
  sluice config patch pools.app.retries=3 --dry-run
  sluice config patch 'pools.app.servers[1]=10.0.0.2:80^5' --confirm 60s
  sluice config patch '{"limits":{"body":"10mb"}}'`;

export function addReload(program: Command, terminal: Writer, ended: (code: number) => void): void {
  const command = tried(remoteCommand(program, "reload", "let a running Sluice load its config file again"));
  command.action(async (options: ReloadOptions) => ended(await reload(options, terminal, terminalVigil())));
  remoteCommand(command, "confirm", "say that all is well: what waits to be confirmed stays").action(
    async (_, own: Command) => ended(await confirm(own.optsWithGlobals(), terminal)),
  );
  remoteCommand(command, "rollback", "go back to what was before what waits to be confirmed").action(
    async (_, own: Command) => ended(await rollback(own.optsWithGlobals(), terminal)),
  );
}

export function addConfigInForce(program: Command, terminal: Writer, ended: (code: number) => void): void {
  const config = program
    .command("config")
    .description("look at the config in force of a running Sluice, change it, and write that to its file");
  const remote = (name: string, description: string): Command => remoteCommand(config, name, description);
  remote("show", "show the config in force, with every default, without secrets")
    .argument("[path]", "only this part, such as pools.app")
    .action(async (path: string | undefined, options) => {
      endWithReader();
      ended(await configShow(path, options, terminal));
    });
  remote("diff", "show what is in force and not in the file").action(async (options) =>
    ended(await configDiff(options, terminal)),
  );
  tried(remote("patch", "change the config in force; lost by the next reload, unless it is written"))
    .argument("<patch...>", "PATH=VALUE, or a patch as JSON")
    .addHelpText("after", patchWords)
    .action(async (patch: string[], options: ReloadOptions) =>
      ended(await configPatch(patch, options, terminal, terminalVigil())),
    );
  remote("write", "write what is in force and not in the file to the file").action(async (options) =>
    ended(await configWrite(options, terminal)),
  );
}

function tried(command: Command): Command {
  return command
    .option("--dry-run", "only show what would change")
    .option("--confirm <duration>", "roll it back after so long, such as 60s, unless it is confirmed before");
}
