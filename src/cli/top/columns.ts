// A table for a screen of so many characters: cells are padded, numbers to the right. Where it does not fit, columns that can be spared are
// left out, the last first; then what is too long is cut with an ellipsis, the widest text first. Unlike the tables of other commands it is looked at and not piped on, so that what is cut may be.

import { widthOf } from "../paint.ts";
import { printable } from "../printable.ts";

export interface Column {
  readonly heading: string;
  readonly isNumeric?: boolean;
  /** Left out where there is no room for all. */
  readonly isSpare?: boolean;
  /** Painted when it stands in its column. */
  readonly paint?: (text: string, row: number) => string;
}

const gap = 2;
const leastWidth = 8;

/** What cells say may be anybody's words: they are made fit for a terminal here. */
export function columnsText(
  all: readonly Column[],
  given: readonly (readonly string[])[],
  width: number,
): { readonly head: string; readonly lines: readonly string[] } {
  const cells = given.map((row) => row.map(printable));
  const kept = fitting(all, cells, width);
  const columns = kept.map((at) => all[at]!);
  const rows = cells.map((row) => kept.map((at) => row[at] ?? ""));
  const widths = columns.map(({ heading }, at) => widestOf(heading, rows, at));
  narrow(widths, columns, width);
  const line = (texts: readonly string[], row: number | null): string =>
    columns
      .map(({ isNumeric = false, paint }, at) => {
        const text = cut(texts[at]!, widths[at]!);
        const padding = " ".repeat(widths[at]! - widthOf(text));
        const painted = row === null || paint === undefined ? text : paint(text, row);
        if (isNumeric) return padding + painted;
        return at === columns.length - 1 ? painted : painted + padding;
      })
      .join(" ".repeat(gap))
      .trimEnd();
  const headings = columns.map(({ heading }) => heading);
  return { head: line(headings, null), lines: rows.map((row, at) => line(row, at)) };
}

function widestOf(heading: string, rows: readonly (readonly string[])[], at: number): number {
  return rows.reduce((most, row) => Math.max(most, widthOf(row[at] ?? "")), widthOf(heading));
}

/** Indices of the columns for which there is room, as far as some can be spared. */
function fitting(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const kept = columns.map((_, at) => at);
  const widths = columns.map(({ heading }, at) => widestOf(heading, rows, at));
  for (;;) {
    const total = kept.reduce((sum, at) => sum + widths[at]! + gap, -gap);
    const spare = kept.findLast((at) => columns[at]!.isSpare === true);
    if (total <= width || spare === undefined) return kept;
    kept.splice(kept.indexOf(spare), 1);
  }
}

function narrow(widths: number[], columns: readonly Column[], width: number): void {
  for (;;) {
    const total = widths.reduce((sum, each) => sum + each, 0) + gap * (widths.length - 1);
    if (total <= width) return;
    const texts = widths.map((each, at) => (columns[at]!.isNumeric === true || each <= leastWidth ? 0 : each));
    const widest = texts.indexOf(Math.max(...texts));
    if (texts[widest] === 0 || widest === -1) return;
    widths[widest] = Math.max(leastWidth, widths[widest]! - (total - width));
  }
}

export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
