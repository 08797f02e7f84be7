// What `sluice check` says of lists: how many entries each has, and every line of their files that is no value, at its place. They
// are read as a start reads them, and made, but put nowhere.

import { basename } from "node:path";
import type { ListSource } from "../config/loadreplies.ts";
import type { Problem } from "../config/problem.ts";
import { gatherList } from "../control/listmaking.ts";
import { ListFile } from "../memory/listfile.ts";
import { runSteps } from "../memory/listranges.ts";

export interface ListSummary {
  readonly name: string;
  readonly kind: ListSource["kind"];
  readonly entries: number;
  /** Null where the values stand in the config. */
  readonly file: string | null;
}

export interface ListsChecked {
  readonly lists: readonly ListSummary[];
  readonly problems: readonly Problem[];
  /** Of their files. */
  readonly bytes: number;
}

export async function checkLists(sources: Readonly<Record<string, ListSource>>): Promise<ListsChecked> {
  const lists: ListSummary[] = [];
  const problems: Problem[] = [];
  let bytes = 0;
  for (const [name, source] of Object.entries(sources)) {
    const { draft, fault, problems: found, problemCount } = await gatherList(source);
    const problem = (message: string, line: number | null): Problem => ({
      severity: "error",
      file: source.file ?? `lists.${name}`,
      place: line === null ? null : { line, column: 1 },
      key: "",
      message,
      source: null,
    });
    if (fault !== null) problems.push(problem(`list ${name}: ${fault}`, null));
    for (const { line, message } of found) problems.push(problem(message, line));
    if (problemCount > found.length) problems.push(problem(`${problemCount - found.length} more bad lines`, null));
    const made = runSteps(draft.finish());
    bytes += made.byteLength;
    const entries = new ListFile(made).size;
    lists.push({ name, kind: source.kind, entries, file: source.file });
  }
  return { lists, problems, bytes };
}

/** `2 entries (address) from office.txt`. */
export function listSummary({ kind, entries, file }: ListSummary): string {
  const from = file === null ? "" : ` from ${basename(file)}`;
  return `${entries} ${entries === 1 ? "entry" : "entries"} (${kind})${from}`;
}
