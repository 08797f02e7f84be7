// Search and sort of a table's rows as a hook: what the caller has, what the address asks for (`?find`, `?sort`), and out comes what is to
// be shown. While the pointer is over the rows their order is held, so that nobody presses on a row that has just changed places; not
// where there were none when it came to lie there.

import { useRef } from "preact/hooks";
import { finder, held, ordered, sortOf } from "./order.ts";
import type { ColumnOf } from "./rows.tsx";

export interface OrderingOptions<Row> {
  readonly rows: Iterable<Row>;
  readonly keyOf: (row: Row) => string;
  readonly columns: readonly ColumnOf<Row>[];
  readonly sort: string;
  readonly find: string;
  /** What is searched through. */
  readonly textOf: (row: Row) => string;
}

export interface OrderedRows<Row> {
  readonly rows: readonly Row[];
  readonly onHold: (isHeld: boolean) => void;
}

export function useOrder<Row>({ rows, keyOf, columns, sort, find, textOf }: OrderingOptions<Row>): OrderedRows<Row> {
  const isHeld = useRef(false);
  const former = useRef<{ asked: string; keys: readonly string[] }>({ asked: "", keys: [] });
  const asked = `${sort}\n${find}`;
  const matches = finder(find);
  const left = matches === null ? [...rows] : [...rows].filter((row) => matches(textOf(row)));
  const { column, isDown } = sortOf(sort);
  const sortBy = columns.find(({ id }) => id === column)?.sort ?? (() => null);
  const isKept = isHeld.current && former.current.asked === asked;
  const next = isKept ? held(left, keyOf, former.current.keys) : ordered(left, { sortBy, keyOf, isDown });
  former.current = { asked, keys: isKept ? former.current.keys : next.map(keyOf) };
  return {
    rows: next,
    onHold: (is) => {
      isHeld.current = is && former.current.keys.length > 0;
    },
  };
}
