// What is wrong with a configuration, and how it is shown to a person: one line that an editor can jump to, then the line of
// the file with a caret under the place. It knows places and words, not what a configuration means.

import { masked } from "./mask.ts";

/** From the config's root to a key: names of sections, indices of lists. */
export type Path = readonly (string | number)[];

/** Lines and columns count from 1; columns count characters as an editor does. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Problem {
  readonly severity: "error" | "warning";
  /** The file's path, or "command line". */
  readonly file: string;
  /** Null when the config does not come from a file, or cannot be read. */
  readonly place: Place | null;
  /** The key as an operator would say it, `pools.app.servers[1]`, or a flag, `--to`; empty when it concerns the whole file. */
  readonly key: string;
  /** Continues the key: `must be …`. */
  readonly message: string;
  /** The line of the file, for the excerpt; null without a place. */
  readonly source: string | null;
}

export function keyText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (/^[A-Za-z0-9_$-]+$/.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** `file:line:column: error: key message`. */
export function problemLine(problem: Problem): string {
  const { file, place, severity, key, message } = problem;
  const where = place === null ? file : `${file}:${place.line}:${place.column}`;
  return `${where}: ${severity}: ${key === "" ? "" : `${key} `}${message}`;
}

/** With the excerpt and its caret. Columns over `widthMax` are cut around the caret. */
export function formatProblem(problem: Problem, widthMax = 100): string {
  const { place, source } = problem;
  if (place === null || source === null) return problemLine(problem);
  const from = Math.max(0, place.column - Math.floor(widthMax * 0.7));
  const shown = masked(source)
    .slice(from, from + widthMax)
    .replaceAll(/[\x00-\x08\x0b-\x1f\x7f]/g, "?");
  const number = String(place.line);
  // Tabs are kept in the caret's line so that it stands under its place at every tab width.
  const indent = shown.slice(0, place.column - 1 - from).replaceAll(/[^\t]/g, " ");
  return `${problemLine(problem)}\n  ${number} | ${shown}\n  ${" ".repeat(number.length)} | ${indent}^`;
}

/** By file and place, errors and warnings mixed as they stand in the file. */
export function inOrder(problems: readonly Problem[]): Problem[] {
  const position = ({ place }: Problem): number =>
    place === null ? -1 : place.line * 10_000 + Math.min(place.column, 9999);
  return [...problems].sort((a, b) => (a.file === b.file ? position(a) - position(b) : a.file < b.file ? -1 : 1));
}
