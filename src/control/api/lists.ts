// GET /api/v1/lists: what each list of the config in force holds, from where, since when, and why its file is not in force as it is
// now. The shape is public; fields are added, not changed.

import type { ListStatus } from "../lists.ts";
import { json } from "./answer.ts";
import { type Operation, operation } from "./operation.ts";
import { listsAnswer } from "./shape/list.ts";

export interface ListSummary {
  readonly name: string;
  readonly kind: ListStatus["kind"];
  readonly entries: number;
  /** Null where the values stand in the config. */
  readonly file: string | null;
  /** When the values in force were read. */
  readonly loaded: string;
  /** Null while the file is in force as it is. */
  readonly problem: { readonly since: string; readonly lines: readonly string[] } | null;
}

export interface ListsAnswer {
  readonly lists: readonly ListSummary[];
}

export function listOperations(status: () => readonly ListStatus[]): readonly Operation[] {
  return [
    operation({
      id: "listLists",
      method: "GET",
      path: "/api/v1/lists",
      summary: "lists: entries, files, when they were read, and what is wrong with them",
      tag: "Lists",
      answers: { 200: { description: "Every list of the config in force.", schema: listsAnswer } },
      handle: () => json(200, { lists: status().map(summaryOf) } satisfies ListsAnswer),
    }),
  ];
}

function summaryOf({ name, kind, entries, file, loadedAtMs, problem, problemAtMs }: ListStatus): ListSummary {
  const time = (ms: number): string => new Date(ms).toISOString();
  const trouble = problem === null ? null : { since: time(problemAtMs ?? loadedAtMs), lines: problem.split("\n") };
  return { name, kind, entries, file, loaded: time(loadedAtMs), problem: trouble };
}
