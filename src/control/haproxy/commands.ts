// All commands of HAProxy's runtime API that there are here, in HAProxy's order, which is that of their words. Wiring only: what a command
// does stands in the file of what it is about (frontends, servers, tables, what is shown), and how a line becomes commands in
// session.ts. A command that is not among these is answered with the help, as HAProxy does.

import type { Command } from "./command.ts";
import { type FrontendParts, frontendCommands } from "./frontendcommands.ts";
import { type ServerParts, serverCommands } from "./servercommands.ts";
import { type ShowParts, showCommands } from "./showcommands.ts";
import { type TableParts, tableCommands } from "./tablecommands.ts";

export type RuntimeParts = FrontendParts & ServerParts & ShowParts & TableParts;

export function runtimeCommands(parts: RuntimeParts): Command[] {
  const all = [
    ...frontendCommands(parts),
    ...serverCommands(parts),
    ...showCommands(parts),
    ...tableCommands(parts),
    ...levelCommands,
  ];
  return all.sort((one, other) => (one.usage < other.usage ? -1 : 1));
}

/** The session answers them: they are its own. */
const levelCommands: readonly Command[] = [
  {
    ...{ name: "operator", usage: "operator", level: "operator" },
    help: "lower the level of the current CLI session to operator",
    answer: () => "",
  },
  {
    ...{ name: "user", usage: "user", level: "user" },
    help: "lower the level of the current CLI session to user",
    answer: () => "",
  },
];
