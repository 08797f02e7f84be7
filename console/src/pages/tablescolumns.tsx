// The columns in which the entries of a table stand: those that the table stores, of which a phone shows the one that is sorted by. Their
// names are the server's, for it sorts by them.

import type { EntryAnswer, TableSummary } from "../../../src/control/table/answer.ts";
import { valueText } from "../data/tablequery.ts";
import { sortOf } from "../parts/order.ts";
import type { ColumnOf } from "../parts/rows.tsx";
import { count, span } from "../text/format.ts";

export function columnsOf(
  { store }: Pick<TableSummary, "store">,
  entries: readonly EntryAnswer[],
  sort: string,
): readonly ColumnOf<EntryAnswer>[] {
  const names = entries[0] === undefined ? store : Object.keys(entries[0].values);
  const sorted = sortOf(sort).column;
  const main = names.includes(sorted) ? sorted : names[0];
  return [
    {
      id: "key",
      title: "Key",
      width: "minmax(10rem, 1.6fr)",
      narrow: "1fr",
      cell: ({ key }) => <b>{key}</b>,
    },
    ...names.map((name, index) => ({
      id: name,
      title: name,
      width: "minmax(7rem, 1fr)",
      narrow: name === main ? "9.5rem" : null,
      ...(name === main ? {} : { fromWidth: 380 + index * 120 }),
      isNumber: true,
      sort: ({ values }: EntryAnswer) => values[name] ?? null,
      cell: ({ values, fleet }: EntryAnswer) => (
        <span class={(fleet ?? values)[name] === 0 ? "quiet" : ""}>{valueText(name, (fleet ?? values)[name])}</span>
      ),
    })),
    {
      id: "uses",
      title: "In use",
      width: "4.5rem",
      narrow: null,
      fromWidth: 520,
      isNumber: true,
      sort: ({ uses }) => uses,
      cell: ({ uses }) => <span class={uses === 0 ? "quiet" : ""}>{count(uses)}</span>,
      hint: "Connections and requests that track it now",
    },
    {
      id: "expires",
      title: "Expires in",
      width: "6.5rem",
      narrow: null,
      fromWidth: 440,
      isNumber: true,
      sort: ({ expiresMs }) => expiresMs,
      cell: ({ expiresMs }) => (expiresMs === null ? "never" : span(expiresMs)),
    },
  ];
}
