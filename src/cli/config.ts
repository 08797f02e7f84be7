// `sluice config`: the config in force of a running Sluice: show it, what of it is not in the file, change it, and write that back. Values
// are given as PATH=VALUE for one or a few, or as a patch: JSON of which a list is operations (RFC 6902), a section a merge patch (RFC
// 7396). What is judged and done is the admin interface's; here are words and what is shown. Exit codes as `reload`.

import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import { keyText } from "../config/problem.ts";
import type { Section } from "../config/section.ts";
import type { ConfigAnswer, WriteAnswer } from "../control/api/shape/config.ts";
import type { Writer } from "./check.ts";
import { type Answer, ask, errorOf, failureOf, type RemoteOptions } from "./client.ts";
import { changesText, hasColours } from "./difftext.ts";
import { queryOf, type ReloadOptions, tellReload, type Vigil } from "./reload.ts";

const USAGE_ERROR = 2;

export async function configShow(place: string | undefined, options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await asked(await ask(options, "GET", "/api/v1/config"), writer);
  if (typeof answer === "number") return answer;
  const { config } = answer as ConfigAnswer; // What our own admin interface answers.
  const keys = place === undefined ? [] : keysOf(place);
  if (keys === null) {
    writer.err(`sluice: ${JSON.stringify(place)} is no place in a config, such as pools.app or pools.app.servers[1]`);
    return USAGE_ERROR;
  }
  let part: unknown = config;
  for (const key of keys) part = Object.hasOwn(Object(part), key) ? (part as Section)[key] : undefined;
  if (part === undefined) {
    writer.err(`sluice: there is nothing at ${place} in the config`);
    return 1;
  }
  writer.out(options.json === true ? JSON.stringify(part, null, 2) : stringify(part, { lineWidth: 0 }).trimEnd());
  return 0;
}

export async function configDiff(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await asked(await ask(options, "GET", "/api/v1/config"), writer);
  if (typeof answer === "number") return answer;
  const { unwritten, writeProblem, origin, confirmBy, rolledBackAt } = answer as ConfigAnswer; // As above.
  if (options.json === true) {
    writer.out(JSON.stringify({ unwritten, writeProblem, confirmBy, rolledBackAt }, null, 2));
    return 0;
  }
  if (rolledBackAt !== null)
    writer.out(
      `rolled back at ${rolledBackAt}: ${origin} still says otherwise, if nobody has changed it since (sluice reload --dry-run shows it)`,
    );
  if (unwritten.length === 0 && rolledBackAt === null) writer.out(`what is in force is what ${origin} said`);
  else if (unwritten.length > 0) {
    writer.out(changesText(unwritten, hasColours()));
    writer.note(
      writeProblem !== null
        ? `not to be written: ${writeProblem}`
        : `sluice config write puts it into the file${rolledBackAt === null ? "" : ", once that says again what it said before"}`,
    );
  }
  if (confirmBy !== null) writer.note(`rolled back at ${confirmBy}, unless it is confirmed: sluice reload confirm`);
  return 0;
}

export async function configPatch(
  words: readonly string[],
  options: ReloadOptions,
  writer: Writer,
  vigil: Vigil,
): Promise<number> {
  const patch = await patchOf(words);
  if (typeof patch === "string") {
    writer.err(`sluice: ${patch}`);
    return USAGE_ERROR;
  }
  const type = `application/${Array.isArray(patch) ? "json-patch" : "merge-patch"}+json`;
  const answer = await ask(options, "PATCH", `/api/v1/config${queryOf(options)}`, patch, type);
  return tellReload(isPointed(words) ? answer : inDots(answer), "changed", options, writer, vigil);
}

function isPointed(words: readonly string[]): boolean {
  return words.length === 1 && !isAssignment(words[0]!);
}

/** A refusal of an operation, whose places are pointers, in the words of who wrote PATH=VALUE. */
function inDots(answer: Answer): Answer {
  const refusal = answer.ok ? errorOf(answer.body) : null;
  if (!answer.ok || refusal === null) return answer;
  const [, number, pointer, rest] = /^operation (\d+) \(\w+ (\/.*?)\): (.*)$/s.exec(refusal) ?? [];
  if (number === undefined || pointer === undefined || rest === undefined) return answer;
  const told = rest.replace(
    /^(there is nothing at )(\/\S+)$/,
    (_, words: string, place: string) => words + dotted(place),
  );
  return { ...answer, body: { error: `${dotted(pointer)}: ${told}` } };
}

function dotted(pointer: string): string {
  const keys = pointer.split("/").slice(1);
  return keyText(
    keys.map((key) => (/^\d+$/.test(key) ? Number(key) : key.replaceAll("~1", "/").replaceAll("~0", "~"))),
  );
}

export async function configWrite(options: RemoteOptions, writer: Writer): Promise<number> {
  const answer = await ask(options, "POST", "/api/v1/config/write");
  const refusal = answer.ok ? errorOf(answer.body) : null;
  if (answer.ok && refusal !== null) {
    const { byHand } = answer.body as { readonly byHand?: string };
    writer.err(`sluice: ${refusal}`);
    if (byHand) writer.err(`to be changed by hand:\n${byHand}`);
    return 1;
  }
  const written = await asked(answer, writer);
  if (typeof written === "number") return written;
  const { file, changes, backup } = written as WriteAnswer; // As above.
  const count = changes === 1 ? "1 change" : `${changes} changes`;
  const told =
    changes === 0 ? "there is nothing to write" : `${count} written to ${file}; what was in it is in ${backup}`;
  writer.out(options.json === true ? JSON.stringify(written, null, 2) : told);
  return 0;
}

/** The body of a good answer; the exit code of another, of which is told. */
async function asked(answer: Answer, writer: Writer): Promise<object | number> {
  const refusal = answer.ok ? errorOf(answer.body) : answer.message;
  if (answer.ok && refusal === null) return answer.body as object;
  writer.err(`sluice: ${refusal}`);
  return failureOf(answer);
}

/** Or what is wrong with the words. */
async function patchOf(words: readonly string[]): Promise<object | string> {
  const first = words[0]!;
  if (words.length > 1 || isAssignment(first)) {
    const operations = words.map(operationOf);
    const wrong = words.find((_, index) => operations[index] === null);
    return wrong === undefined ? (operations as object[]) : `${wrong} must be PATH=VALUE, such as pools.app.retries=3`;
  }
  let text = first;
  try {
    if (first === "-") text = await Bun.stdin.text();
    else if (first.startsWith("@")) text = await readFile(first.slice(1), "utf8");
  } catch (error) {
    return `${first.slice(1)} cannot be read: ${(error as Error).message}`;
  }
  try {
    const patch: unknown = JSON.parse(text);
    if (typeof patch === "object" && patch !== null) return patch;
  } catch {
    // Said below.
  }
  return "the patch must be JSON, a list of operations or a section to merge, or PATH=VALUE; @FILE and - read it from elsewhere";
}

/** What begins as JSON does is a patch: no path begins with a bracket or brace. */
function isAssignment(word: string): boolean {
  return /^[^\s={[@-]/.test(word) && word.includes("=");
}

/** PATH=VALUE; the value as JSON where it is that, else as a text. Null for what is none. */
function operationOf(word: string): object | null {
  const equals = /^((?:[^=["]|\[(?:\d+|"(?:[^"\\]|\\.)*")\])+)=(.*)$/s.exec(word);
  const keys = equals === null ? null : keysOf(equals[1]!);
  if (equals === null || keys === null) return null;
  const path = keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  // Of an item of a list "add" would put one before it.
  const op = /^\d+$/.test(keys.at(-1)!) ? "replace" : "add";
  return { op, path, value: valueIn(equals[2]!) };
}

function valueIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** As problems name places: pools.app.servers[1], lists["my list"]. Null for what is none. */
function keysOf(place: string): string[] | null {
  const keys: string[] = [];
  let rest = place;
  while (rest !== "") {
    const part = /^\.?([A-Za-z0-9_$-]+)|^\[(\d+)\]|^\[("(?:[^"\\]|\\.)*")\]/.exec(rest);
    if (part === null) return null;
    keys.push(part[1] ?? part[2] ?? (JSON.parse(part[3]!) as string)); // A quoted text and nothing else.
    rest = rest.slice(part[0].length);
  }
  return keys.length === 0 ? null : keys;
}
