// `sluice registry`: its commands and their options, as the command line reads them; what they do stands in registry.ts. Beside program.ts,
// as those of caches.

import type { Command } from "commander";
import type { Writer } from "./check.ts";
import { type Change, type RegistryOptions, registryChange, registryList } from "./registry.ts";
import { remoteCommand } from "./remotecommand.ts";

const changes: readonly (readonly [Change, string])[] = [
  ["add", "put a server into a set, for good"],
  ["remove", "take a server out of a set"],
  ["drain", "give a server of a set nothing new, on every Sluice that takes its servers from there"],
  ["enable", "give a drained server new work again"],
];

export function addRegistry(program: Command, terminal: Writer, ended: (code: number) => void): void {
  const registry = program.command("registry").description("look at sets of servers in the registry, and change them");
  const remote = (name: string, description: string): Command =>
    remoteCommand(registry, name, description).option(
      "--redis <address>",
      "ask this Redis itself, host:port or redis://..., without a running Sluice",
    );
  remote("ls", "list members, with their leases and what sentinels say of them")
    .argument(
      "[set]",
      "such as gopher_backends (default: all that are watched or written; with --redis: gopher_backends)",
    )
    .action(async (set: string | undefined, options: RegistryOptions) =>
      ended(await registryList(set, options, terminal)),
    );
  for (const [change, description] of changes)
    remote(change, description)
      .argument("<set>", "such as gopher_backends")
      .argument("<member>", 'such as "10.0.0.1:80" or "https://10.0.0.1:443^2"')
      .action(async (set: string, member: string, options: RegistryOptions) =>
        ended(await registryChange(change, set, member, options, terminal)),
      );
}
