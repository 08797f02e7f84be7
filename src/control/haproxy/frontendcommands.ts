// Commands of HAProxy's runtime API about frontends, the process and sessions. The limit of a frontend is that of its listeners, changed in
// the config in force. What would take a listener away for a while, or end what is under way, there is not: told, and nothing is done.

import type { Config } from "../../config/types.ts";
import type { PatchOperation } from "../configuring/service.ts";
import { limitingListener } from "../tuning/limiting.ts";
import type { Ask } from "./asker.ts";
import { type Call, type Command, wordAt } from "./command.ts";
import { frontendNamed, type Service } from "./names.ts";
import { patched } from "./servercommands.ts";

export interface FrontendParts {
  readonly ask: Ask;
  readonly services: () => readonly Service[];
  readonly config: () => Config;
}

/** Of the config's `maxConnections`. */
const connectionsMax = 10_000_000;
const stays =
  "Not in Sluice: a listener stays open. Take it out of the file and reload; connections that it has go on.\n";
const lasts =
  "Not in Sluice: what is under way ends by itself. Drain the server (set server state maint) so that nothing new comes.\n";

export function frontendCommands(parts: FrontendParts): Command[] {
  const command = (name: string, usage: string, help: string, answer: Command["answer"]): Command => ({
    ...{ name, usage, help, level: "admin", answer },
  });
  const ofFrontend =
    (answer: (service: Service) => string): Command["answer"] =>
    (call) =>
      inFrontend(parts, wordAt(call, 2), answer);
  return [
    command(
      "disable frontend",
      "disable frontend <frontend>",
      "temporarily disable specific frontend",
      ofFrontend(() => stays),
    ),
    command(
      "enable frontend",
      "enable frontend <frontend>",
      "re-enable specific frontend",
      ofFrontend(() => "All sockets are already enabled.\n"),
    ),
    command(
      "set maxconn frontend",
      "set maxconn frontend <frontend> <value>",
      "change a frontend's maxconn setting",
      (call) => inFrontend(parts, wordAt(call, 3), (service) => limitConnections(parts, call, service)),
    ),
    command("set maxconn global", "set maxconn global <value>", "change the per-process maxconn setting", (call) =>
      /^\d+$/.test(wordAt(call, 3))
        ? "Not in Sluice: each frontend has a limit of its own; use set maxconn frontend.\n"
        : "Expects an integer value.\n",
    ),
    {
      ...{ name: "set timeout", usage: "set timeout [cli] <delay>", help: "change a timeout setting", level: "user" },
      answer: (call) => (wordAt(call, 2) === "cli" ? "" : "'set timeout' only supports 'cli'.\n"),
    },
    command(
      "shutdown frontend",
      "shutdown frontend <frontend>",
      "stop a specific frontend",
      ofFrontend(() => stays),
    ),
    command("shutdown session", "shutdown session [id]", "kill a specific session", (call) =>
      wordAt(call, 2) === "" ? "Session pointer expected (use 'show sess').\n" : "No such session (use 'show sess').\n",
    ),
    command(
      "shutdown sessions server",
      "shutdown sessions server <bk>/<srv>",
      "kill sessions on a server",
      () => lasts,
    ),
  ];
}

function inFrontend(
  { services }: FrontendParts,
  name: string,
  answer: (service: Service) => string | Promise<string>,
): string | Promise<string> {
  if (name === "") return "A frontend name is expected.\n";
  const found = frontendNamed(services(), name);
  return found === null ? "No such frontend.\n" : answer(found);
}

/** All listeners of the frontend have it, for that is what its maxconn became. */
function limitConnections({ ask, config }: FrontendParts, call: Call, service: Service): string | Promise<string> {
  const word = wordAt(call, 4);
  if (!/^\d{1,9}$/.test(word)) return "Integer value expected.\n";
  const limit = Math.max(1, Math.min(Number(word), connectionsMax));
  const operations = service.listeners
    .map(({ name }) => limitingListener(config(), name, limit))
    .filter((operation): operation is PatchOperation => operation !== null);
  return operations.length === 0 ? "No such frontend.\n" : patched(ask, call, operations);
}
