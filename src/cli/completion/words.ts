// What can be written behind `sluice`, as completions of shells need it: commands with what stands below them, their options, and what
// may stand for a value. It is read from the command line's own description, so that it has every command that there is.

import type { Argument, Command, Option } from "commander";

/** What stands for a value: a file, one of a few words, names that a running Sluice has, or anything. */
export type Values =
  | { readonly kind: "file" }
  | { readonly kind: "choices"; readonly choices: readonly string[] }
  | { readonly kind: "names"; readonly names: NameKind }
  | { readonly kind: "anything" };

/** Of what `sluice completion names KIND` tells. */
export const nameKinds = ["servers", "tables", "egress", "rules"] as const;
export type NameKind = (typeof nameKinds)[number];

export interface OptionWords {
  /** "-c" and "--config", or only one of them. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Null where it takes none. */
  readonly values: Values | null;
}

export interface CommandWords {
  readonly name: string;
  /** With those above it, but for `sluice`: "table show"; "" for the program itself. */
  readonly path: string;
  readonly description: string;
  readonly commands: readonly CommandWords[];
  readonly options: readonly OptionWords[];
  /** Of its arguments; null where it takes none. */
  readonly values: Values | null;
}

/** Commander's own; what it takes is the name of one beside it. */
const helpName = "help";

export function wordsOf(command: Command, above: readonly string[] = [], isRoot = true): CommandWords {
  const path = isRoot ? [] : [...above, command.name()];
  const help = command.createHelp();
  const commands = help.visibleCommands(command).map((each) => wordsOf(each, path, false));
  const names = commands.map(({ name }) => name).filter((name) => name !== helpName);
  const ofHelp: Values = { kind: "choices", choices: names };
  return {
    name: command.name(),
    path: path.join(" "),
    description: command.description(),
    commands: commands.map((each) => (each.name === helpName ? { ...each, values: ofHelp } : each)),
    options: help.visibleOptions(command).map(optionOf),
    values: argumentValues(command.registeredArguments, path),
  };
}

/** It and all below it. */
export function allCommands(words: CommandWords): CommandWords[] {
  return [words, ...words.commands.flatMap(allCommands)];
}

function optionOf(option: Option): OptionWords {
  const { short, long, description, argChoices, flags } = option;
  const takesValue = option.required || option.optional;
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    values: takesValue ? valuesOf(/[<[]([^>\]]*)[>\]]/.exec(flags)?.[1] ?? "", argChoices) : null,
  };
}

function argumentValues(all: readonly Argument[], path: readonly string[]): Values | null {
  const [first] = all;
  if (first === undefined) return null;
  const command = path.join(" ");
  const names = namesOf(first.name(), command);
  return names === null ? valuesOf(first.name(), first.argChoices) : { kind: "names", names };
}

function namesOf(argument: string, command: string): NameKind | null {
  if (argument === "server") return "servers";
  if (argument === "rule" && command.startsWith("rules")) return "rules";
  if (argument === "name" && command.startsWith("table")) return "tables";
  return argument === "pool" && command.startsWith("egress") ? "egress" : null;
}

function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices !== undefined) return { kind: "choices", choices };
  return /^(?:file|files|path|folder)\b/.test(name.replace(/\.{3}$/, "")) ? { kind: "file" } : { kind: "anything" };
}
