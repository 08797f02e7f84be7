// The order of rows, and which of them a search leaves. Pure. A search is words that must all be found in a row, whatever their case; a
// word behind "-" must not. The order is total, by the key at last, so that rows that are equal do not change places from second to second.

export type Sortable = string | number | null;

/** "errors" upwards, "-errors" downwards. */
export interface Sort {
  readonly column: string;
  readonly isDown: boolean;
}

export function sortOf(text: string): Sort {
  return text.startsWith("-") ? { column: text.slice(1), isDown: true } : { column: text, isDown: false };
}

/** The next one when a column's head is pressed: numbers are wanted from the greatest on, names from the first. */
export function sortAfter(now: string, column: string, isNumber: boolean): string {
  const { column: former, isDown } = sortOf(now);
  const down = former === column ? !isDown : isNumber;
  return down ? `-${column}` : column;
}

const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Nothing comes last, in both directions. */
export function compare(a: Sortable, b: Sortable, isDown: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === "number" && typeof b === "number" ? a - b : byName.compare(String(a), String(b));
  return isDown ? -order : order;
}

export interface Ordering<Row> {
  readonly sortBy: (row: Row) => Sortable;
  readonly keyOf: (row: Row) => string;
  readonly isDown: boolean;
}

export function ordered<Row>(rows: Iterable<Row>, { sortBy, keyOf, isDown }: Ordering<Row>): Row[] {
  // Values and keys are computed once a row, not once a comparison.
  return [...rows]
    .map((row) => ({ row, value: sortBy(row), key: keyOf(row) }))
    .sort((a, b) => compare(a.value, b.value, isDown) || byKey(a.key, b.key))
    .map(({ row }) => row);
}

/** As people count, 10.0.0.2 before 10.0.0.10; total, for some keys differ only in what people do not look at. */
function byKey(a: string, b: string): number {
  return byName.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Rows in an order that was good a moment ago: those that came since stand at its end. It is held while somebody aims at a row. */
export function held<Row>(rows: readonly Row[], keyOf: (row: Row) => string, former: readonly string[]): Row[] {
  const places = new Map(former.map((key, index) => [key, index]));
  const placeOf = (row: Row): number => places.get(keyOf(row)) ?? places.size;
  return [...rows].sort((a, b) => placeOf(a) - placeOf(b));
}

/** Null: everything is left. */
export function finder(search: string): ((text: string) => boolean) | null {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "" && word !== "-");
  if (words.length === 0) return null;
  const wanted = words.filter((word) => !word.startsWith("-"));
  const unwanted = words.filter((word) => word.startsWith("-")).map((word) => word.slice(1));
  return (text) => {
    const low = text.toLowerCase();
    return wanted.every((word) => low.includes(word)) && !unwanted.some((word) => low.includes(word));
  };
}
