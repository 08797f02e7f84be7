// Entries of tables that count most, asked for every few seconds: of each table those that come first by the column that says most of what
// is going on, a rate before a count. Tables are asked in turn, so that many of them cost no more at once than a few.

import type { EntriesAnswer, TableSummary, TablesAnswer } from "../../control/table/answer.ts";
import type { Remote } from "../client.ts";
import type { HotKey } from "./watched.ts";

const perTable = 5;
const tablesMax = 4;

/** The column that a table is sorted by; null where it counts nothing. */
export function columnOf(store: readonly string[]): string | null {
  const names = store.map((text) => text.replace(/\(.*\)$/, ""));
  const rates = [
    "http_req_rate",
    "conn_rate",
    "sess_rate",
    "http_err_rate",
    "bytes_out_rate",
    "bytes_in_rate",
    "gpc0_rate",
  ];
  const counts = ["http_req_cnt", "conn_cur", "conn_cnt", "sess_cnt", "gpc0", "http_err_cnt", "bytes_out_cnt"];
  return (
    [...rates, ...counts].find((name) => names.includes(name)) ??
    names.find((name) => /_rate$|_cnt$|^gpc\d$/.test(name)) ??
    null
  );
}

/** Null where nobody answered. */
export async function readHotKeys(remote: Remote): Promise<readonly HotKey[] | null> {
  const answer = await remote("GET", "/api/v1/tables");
  if (!answer.ok || answer.status !== 200) return null;
  const { tables } = answer.body as TablesAnswer; // What our own admin interface answers, as below.
  const found: HotKey[] = [];
  for (const table of tables.filter(({ entries }) => entries > 0).slice(0, tablesMax))
    found.push(...(await firstOf(table, remote)));
  return found;
}

async function firstOf({ name, store }: TableSummary, remote: Remote): Promise<readonly HotKey[]> {
  const column = columnOf(store);
  if (column === null) return [];
  const query = new URLSearchParams({ sort: `-${column}`, limit: String(perTable) });
  const answer = await remote("GET", `/api/v1/tables/${encodeURIComponent(name)}?${query}`);
  if (!answer.ok || answer.status !== 200) return [];
  return (answer.body as EntriesAnswer).entries
    .map(({ key, values }): HotKey => ({ table: name, key, ...counted(values, column) }))
    .filter(({ value }) => value > 0);
}

/** Values have the names that the table stores them by, with their periods. */
function counted(values: Readonly<Record<string, number>>, column: string): Pick<HotKey, "column" | "value"> {
  const found = Object.entries(values).find(([name]) => name === column || name.startsWith(`${column}(`));
  return found === undefined ? { column, value: 0 } : { column: found[0], value: found[1] };
}
