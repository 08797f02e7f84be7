// What HAProxy's runtime API says of its commands: all that there are, those whose first words somebody has typed, or those that come nearest
// to what nobody knows. The last three stand behind each list, as in HAProxy.

import { nearest } from "../../base/nearest.ts";
import type { Command } from "./command.ts";

const always: readonly (readonly [usage: string, help: string])[] = [
  ["help [<command>]", "list matching or all commands"],
  ["prompt", "toggle interactive mode with prompt"],
  ["quit", "disconnect"],
];
const usageWidth = 40;

export function listOf(commands: readonly Pick<Command, "usage" | "help">[]): string {
  const told: (readonly [string, string])[] = commands.map(({ usage, help }) => [usage, help]);
  return [...told, ...always].map(([usage, help]) => `  ${usage.padEnd(usageWidth)}: ${help}\n`).join("");
}

/** To `help`, with the words behind it. */
export function helpOf(commands: readonly Command[], words: readonly string[]): string {
  const asked = words.filter((word) => word !== "").join(" ");
  const found = commands.filter(({ name }) => asked === "" || beginsLike(name, asked));
  return found.length === 0
    ? unknownOf(commands, words)
    : `The following commands are valid at this level:\n${listOf(found)}`;
}

/** To what is no command. */
export function unknownOf(commands: readonly Command[], words: readonly string[]): string {
  const typed = words.filter((word) => word !== "");
  for (let count = typed.length; count > 0; count--) {
    const begin = typed.slice(0, count).join(" ");
    const found = commands.filter(({ name }) => beginsLike(name, begin));
    if (found.length > 0) return better(found);
  }
  const first = [...new Set(commands.map(({ name }) => name.split(" ")[0]!))];
  const near = typed.length === 0 ? null : nearest(typed[0]!.slice(0, typedMax), first);
  if (near !== null) return better(commands.filter(({ name }) => beginsLike(name, near)));
  return `Unknown command. Please enter one of the following commands only:\n${listOf(commands)}`;
}

const typedMax = 100;

function better(found: readonly Command[]): string {
  return `Unknown command, but maybe one of the following ones is a better match:\n${listOf(found)}`;
}

function beginsLike(name: string, begin: string): boolean {
  return name === begin || name.startsWith(begin);
}
