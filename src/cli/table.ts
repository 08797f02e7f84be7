// Columns of text under headings, each as wide as its widest cell, two spaces between them. It knows nothing of what the cells
// mean. There are no lines drawn and no colors, so that cut, awk and grep work on the output; nothing is ever cut off, for a
// terminal can be widened and a name that was cut cannot be guessed.

/** `numeric`: indices of the columns that are aligned to the right. `widthMax`: a cell that is wider shifts what stands behind it in its own row, and in no other. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[],
  widthMax: number = Number.POSITIVE_INFINITY,
): string {
  return new Sheet(headings, numeric, widthMax).add(rows);
}

/** Rows that come in parts: headings stand above the first, and columns are as wide as the widest cell so far. */
export class Sheet {
  readonly #headings: readonly string[];
  readonly #numeric: readonly number[];
  readonly #widths: number[];
  readonly #widthMax: number;
  #isHeaded = false;

  constructor(headings: readonly string[], numeric: readonly number[], widthMax: number = Number.POSITIVE_INFINITY) {
    this.#widthMax = widthMax;
    this.#headings = headings;
    this.#numeric = numeric;
    this.#widths = headings.map((heading) => heading.length);
  }

  /** The text of these rows, without the last line's end. */
  add(rows: readonly (readonly string[])[]): string {
    for (const row of rows)
      for (let column = 0; column < this.#widths.length; column++)
        this.#widths[column] = Math.max(this.#widths[column]!, Math.min((row[column] ?? "").length, this.#widthMax));
    const lines = rows.map((row) => this.#line(row));
    if (!this.#isHeaded) lines.unshift(this.#line(this.#headings));
    this.#isHeaded = true;
    return lines.join("\n");
  }

  #line(cells: readonly string[]): string {
    const padded = cells.map((cell, column) => {
      const width = this.#widths[column]!;
      return this.#numeric.includes(column) ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${padded.join("  ").trimEnd()}`;
  }
}
