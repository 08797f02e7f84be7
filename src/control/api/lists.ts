// GET /api/v1/lists: what each list of the config in force holds, from where, since when, and why its file is not in force as it is
// now. The shape is public; fields are added, not changed.

import type { ListStatus } from "../lists.ts";
import { json, only, type Routes } from "./answer.ts";

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

export function listRoutes(status: () => readonly ListStatus[]): Routes {
  return (request, path) => {
    if (path !== "/api/v1/lists") return null;
    return only(request, "GET", () => json(200, { lists: status().map(summaryOf) } satisfies ListsAnswer));
  };
}

function summaryOf({ name, kind, entries, file, loadedAtMs, problem, problemAtMs }: ListStatus): ListSummary {
  const time = (ms: number): string => new Date(ms).toISOString();
  const trouble = problem === null ? null : { since: time(problemAtMs ?? loadedAtMs), lines: problem.split("\n") };
  return { name, kind, entries, file, loaded: time(loadedAtMs), problem: trouble };
}
