// What a change of the config is, for people: a line for each place, its signs and values aligned, then what follows for traffic. On a
// terminal with colours. It knows the shapes of the admin API's answers, and none of what they are about.

import { stringify } from "yaml";
import type { ConfigChange, ConfigDiff } from "../control/api/shape/config.ts";

const signs = { added: "+", removed: "-", changed: "~" } as const;
const colours = { added: 32, removed: 31, changed: 33 } as const;
/** A longer value stands in lines of its own. */
const valueMax = 60;
const pathMax = 48;

/** `none`: said when there are no changes. */
export function diffText({ changes, effects, restart }: ConfigDiff, isColoured: boolean, none: string): string {
  const parts = [changes.length === 0 ? none : changesText(changes, isColoured)];
  if (effects.length > 0) parts.push(effects.map((effect) => `  * ${effect}`).join("\n"));
  if (restart.length > 0) parts.push(`At the next start only: ${restart.join(", ")}`);
  return parts.join("\n");
}

export function changesText(changes: readonly ConfigChange[], isColoured: boolean): string {
  const width = Math.min(pathMax, Math.max(...changes.map(({ path }) => path.length)));
  return changes.map((change) => changeText(change, width, isColoured)).join("\n");
}

function changeText(change: ConfigChange, width: number, isColoured: boolean): string {
  const { kind, path } = change;
  const text = `${signs[kind]} ${path.padEnd(width)}  ${valuesText(change)}`;
  return isColoured ? `\x1b[${colours[kind]}m${text}\x1b[0m` : text;
}

function valuesText({ kind, before, after }: ConfigChange): string {
  const values = kind === "added" ? [after] : kind === "removed" ? [before] : [before, after];
  const short = values.map((value) => JSON.stringify(value)).join(" -> ");
  if (short.length <= valueMax || values.every((value) => typeof value !== "object")) return short;
  return values.map((value) => linesOf(value)).join("\n    ->");
}

function linesOf(value: unknown): string {
  const lines = stringify(value, { lineWidth: 0 }).trimEnd().split("\n");
  return lines.map((line) => `\n    ${line}`).join("");
}

export function hasColours(): boolean {
  return process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;
}
