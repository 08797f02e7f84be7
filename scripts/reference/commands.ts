// docs/reference/CLI.md, made from commander's tree of commands, which is what the command line is read by. Options that all commands have
// which speak to a running Sluice are told once, at the top.

import type { Argument, Command, Option } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import { anchorOf, code, prose, sentence, tableOf } from "./words.ts";

const opening = `# Reference: the command line

Exit codes: 0 done, 1 failed, 2 not understood or not valid. \`sluice COMMAND --help\` prints what stands here; without a command it is a demo with three mock servers.

Commands that speak to a running Sluice find it by \`--admin\`, by \`SLUICE_ADMIN\` in the environment, by the config of \`-c\`, or at 127.0.0.1:2112. With \`-c FILE\` they ask the one that runs with this file on this machine, whatever the file looks like by now, if its user or root asks; otherwise they ask where the file says, with the token that stands there.

With \`--json\` stdout has the result and nothing else. A command that fails says why as one line of JSON on stderr, \`{"error": "..."}\` as the [API](API.md) refuses, and its exit code is not 0; what is worth saying besides is a line \`{"note": "..."}\`, also on stderr. Reports of what is wrong (\`check\`,
\`convert\`, \`test\`, \`reload\`, \`table import\`) are results: they are on stdout, whatever the exit code.

This page is made from the program's own commands by \`npm run reference\`; a test keeps the two equal.
`;

const remoteFlags = ["--admin <address>", "-c, --config <file>", "--token <token>", "--json"];

interface Named {
  readonly words: string;
  readonly command: Command;
}

export function commandsPage(): string {
  const program = buildProgram(() => {});
  const all = flat(program, "sluice");
  const usual = optionsOf(all.find(({ words }) => words === "sluice status")!.command).filter(isRemote);
  const index = tableOf(
    ["command", ""],
    all.map(({ words, command }) => [`[\`${words}\`](#${anchorOf(words)})`, prose(command.description())]),
  );
  const remote = `## Options of commands that speak to a running Sluice\n\n${optionTable(usual)}`;
  return [opening, index, remote, ...all.map(sectionOf)].join("\n");
}

/** Those that do something, or have commands below them, by name. */
function flat(parent: Command, words: string): Named[] {
  const shown = parent.createHelp().visibleCommands(parent);
  return [...shown]
    .filter((command) => command.name() !== "help")
    .sort((a, b) => (a.name() < b.name() ? -1 : 1))
    .flatMap((command) => {
      const own = `${words} ${command.name()}`;
      return [{ words: own, command }, ...flat(command, own)];
    });
}

function sectionOf({ words, command }: Named): string {
  const options = optionsOf(command);
  const isOfRemote = remoteFlags.every((flags) => options.some((option) => option.flags === flags));
  const own = isOfRemote ? options.filter((option) => !isRemote(option)) : options;
  const parts = [
    `## ${words}\n`,
    `\`${`${words} ${command.usage()}`.trim()}\`\n`,
    `${sentence(command.description())}\n`,
  ];
  if (command.registeredArguments.length > 0) parts.push(argumentTable(command.registeredArguments));
  if (own.length > 0) parts.push(optionTable(own));
  if (isOfRemote)
    parts.push(
      "[Options of commands that speak to a running Sluice](#options-of-commands-that-speak-to-a-running-sluice) besides.\n",
    );
  return parts.join("\n");
}

const optionsOf = (command: Command): readonly Option[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .filter(({ long }) => long !== "--help");

const isRemote = ({ flags }: Option): boolean => remoteFlags.includes(flags);

function optionTable(options: readonly Option[]): string {
  return tableOf(
    ["option", ""],
    options.map((option) => {
      const { flags, description, argChoices, defaultValue } = option;
      const choices = argChoices === undefined ? "" : ` One of ${argChoices.map(code).join(", ")}.`;
      const usual = defaultValue === undefined ? "" : ` Default: ${code(String(defaultValue))}.`;
      return [code(flags), `${prose(description)}${choices === "" && usual === "" ? "" : "."}${choices}${usual}`];
    }),
  );
}

function argumentTable(told: readonly Argument[]): string {
  return tableOf(
    ["argument", ""],
    told.map((each) => [
      code(
        each.required
          ? `<${each.name()}${each.variadic ? "..." : ""}>`
          : `[${each.name()}${each.variadic ? "..." : ""}]`,
      ),
      prose(each.description),
    ]),
  );
}
