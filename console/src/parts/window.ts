// Which rows of a long list stand in the part that is seen, when all are of one height. Pure: what is scrolled and how high it is goes in,
// the first and the last row come out.

export interface RowWindow {
  /** The first that is drawn, and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

/** Drawn above and below what is seen, so that scrolling shows no white. */
const spareRows = 8;

export function rowWindow(rows: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const last = Math.ceil((Math.max(0, scrollTop) + height) / rowHeight);
  const to = Math.min(rows, last + spareRows);
  return { from: Math.max(0, Math.min(first - spareRows, to)), to };
}

/** Where to scroll to so that a row is seen whole; null: it is already. `headHeight` is covered by what sticks above the rows. */
export function scrollTo(
  row: number,
  rowHeight: number,
  { scrollTop, height, headHeight }: { scrollTop: number; height: number; headHeight: number },
): number | null {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  const seen = height - headHeight;
  return top + rowHeight > scrollTop + seen ? top + rowHeight - seen : null;
}
