// The columns in which the entries of a table stand: those that the table stores, of which a phone shows the one that is sorted by. Their
// names are the server's, for it sorts by them.

import type { EntryAnswer, TableSummary } from "../../../src/control/table/answer.ts";
import { valueText } from "../data/tablequery.ts";
import { sortOf } from "../parts/order.ts";
import type { ColumnOf } from "../parts/rows.tsx";
import { count, span } from "../text/format.ts";

const keyWidth = 160;
const [expires, uses] = ["expires", "uses"];

/** In pixels: as wide as what stands above it, with the arrow of the order. */
function widthOf(column: string): number {
  if (column === uses) return 72;
  return column === expires ? 104 : Math.max(84, Math.ceil(column.length * 7) + 22);
}

export function columnsOf(
  { store }: Pick<TableSummary, "store">,
  entries: readonly EntryAnswer[],
  sort: string,
): readonly ColumnOf<EntryAnswer>[] {
  const names = entries[0] === undefined ? store : Object.keys(entries[0].values);
  const sorted = sortOf(sort).column;
  const main = names.includes(sorted) ? sorted : names[0];
  // What can be done without when a drawer stands beside it, in this order: the last go first.
  const spare = [...names.filter((name) => name !== main), expires, uses];
  const fromWidth = (column: string): number => {
    const others = [main ?? "", ...spare.slice(0, spare.indexOf(column) + 1)];
    return keyWidth + 40 + others.reduce((sum, name) => sum + widthOf(name) + 12, 0);
  };
  return [
    {
      id: "key",
      title: "Key",
      width: `minmax(${keyWidth}px, 1.6fr)`,
      narrow: "1fr",
      cell: ({ key }) => <b>{key}</b>,
    },
    ...names.map((name) => ({
      id: name,
      title: name,
      width: `minmax(${widthOf(name)}px, 1fr)`,
      narrow: name === main ? "9.5rem" : null,
      ...(name === main ? {} : { fromWidth: fromWidth(name) }),
      isNumber: true,
      sort: ({ values }: EntryAnswer) => values[name] ?? null,
      cell: ({ values, fleet }: EntryAnswer) => (
        <span class={(fleet ?? values)[name] === 0 ? "quiet" : ""}>{valueText(name, (fleet ?? values)[name])}</span>
      ),
    })),
    {
      id: uses,
      title: "In use",
      width: `${widthOf(uses)}px`,
      narrow: null,
      fromWidth: fromWidth(uses),
      isNumber: true,
      sort: (entry) => entry.uses,
      cell: (entry) => <span class={entry.uses === 0 ? "quiet" : ""}>{count(entry.uses)}</span>,
      hint: "Connections and requests that track it now",
    },
    {
      id: expires,
      title: "Expires in",
      width: `${widthOf(expires)}px`,
      narrow: null,
      fromWidth: fromWidth(expires),
      isNumber: true,
      sort: ({ expiresMs }) => expiresMs,
      cell: ({ expiresMs }) => (expiresMs === null ? "never" : span(expiresMs)),
    },
  ];
}
