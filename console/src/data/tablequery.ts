// How the entries of a table are asked for: sorted and searched by the server, in the words of its API. Pure.
// It knows the words of queries, not the rows that come of them.

import type { TableSummary } from "../../../src/control/table/answer.ts";
import { bytes, count } from "../text/format.ts";

/** What most people come for: who is fastest, or else who has most. */
export function usualSort({ store }: Pick<TableSummary, "store">): string {
  // The elements of an array have names of their own; the array has no order.
  const single = store.filter((name) => !/^\w+\(\d+(?:,.*)?\)$/.test(name));
  const best = single.find((name) => /_rate\(/.test(name)) ?? single[0];
  return best === undefined ? "" : `-${best}`;
}

export interface Asking {
  /** Part of a key, or a condition. */
  readonly find: string;
  readonly sort: string;
  readonly limit: number;
  readonly cursor: string;
}

export function isCondition(find: string): boolean {
  return /[<>=]/.test(find);
}

export function askPath(table: string, { find, sort, limit, cursor }: Asking): string {
  const query = new URLSearchParams({ limit: String(limit) });
  const wanted = find.trim();
  if (wanted !== "") query.set(isCondition(wanted) ? "where" : "find", wanted);
  if (sort !== "") query.set("sort", sort);
  if (cursor !== "") query.set("cursor", cursor);
  return `/api/v1/tables/${encodeURIComponent(table)}?${query}`;
}

const isBytes = (name: string): boolean => name.startsWith("bytes_");

export function valueText(name: string, value: number | undefined): string {
  return isBytes(name) ? bytes(value) : count(value);
}
