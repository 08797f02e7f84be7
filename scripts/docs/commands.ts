// Whether a command in the documentation is one: `sluice` is asked of commander's tree, with every action taken out of it, `npm run` and files
// of the repository are looked up. Words that stand for something (NAME, FILE, <file>, …) are as good as what they stand for.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import { buildProgram, withCommand } from "../../src/cli/program.ts";
import { root } from "./pages.ts";

const names = new Set(["sluice", "bin/sluice", "dist/sluice", "./sluice", "/usr/local/bin/sluice"]);
const scripts = new Set(
  Object.keys((JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object }).scripts),
);

/** What is wrong with it; null for nothing, or for a program that is none of ours. */
export function commandProblem(words: readonly string[]): string | null {
  const [program = "", ...rest] = words;
  if (names.has(program)) return sluiceProblem(rest);
  if (program === "npm" && rest[0] === "run")
    return scripts.has(rest[1] ?? "") ? null : `npm run ${rest[1]} is no script`;
  if (program === "node" && rest[0] === "scripts/bun.mjs") return fileProblem(rest[1] ?? "");
  if (program === "bun") return fileProblem(rest.find((word) => word.includes("/")) ?? ".");
  return null;
}

function fileProblem(path: string): string | null {
  return existsSync(join(root, path)) ? null : `${path} does not exist`;
}

export function sluiceProblem(words: readonly string[]): string | null {
  // What stands in brackets may be left out, and must be right where it is not.
  const given = words
    .filter((word) => !["…", "...", "[options]", "[command]"].includes(word))
    .map((word) => word.replaceAll(/^\[|\]$/g, ""));
  const program = silent(buildProgram(() => {}));
  try {
    program.parse([...withCommand(given)], { from: "user" });
    return null;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? null : error.message;
  }
}

/** Of words within a sentence, which may leave out what a command needs, but not name what there is not. */
export function mentionProblem(words: readonly string[]): string | null {
  const problem = sluiceProblem(words);
  return problem !== null && /unknown|too many/.test(problem) ? problem : null;
}

function silent(command: Command): Command {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  if (command.commands.length === 0 || command.name() === "reload") command.action(() => {});
  for (const each of command.commands) silent(each);
  return command;
}
