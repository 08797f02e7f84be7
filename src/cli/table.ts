// Columns of text under headings, each as wide as its widest cell, two spaces between them. It knows nothing of what the cells
// mean. There are no lines drawn and no colors, so that cut, awk and grep work on the output; nothing is ever cut off, for a
// terminal can be widened and a name that was cut cannot be guessed.

/** `numeric`: indices of the columns that are aligned to the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[],
): string {
  return new Sheet(headings, numeric).add(rows);
}

/** Rows that come in parts: headings stand above the first, and columns are as wide as the widest cell so far. */
export class Sheet {
  readonly #headings: readonly string[];
  readonly #numeric: readonly number[];
  readonly #widths: number[];
  #isHeaded = false;

  constructor(headings: readonly string[], numeric: readonly number[]) {
    this.#headings = headings;
    this.#numeric = numeric;
    this.#widths = headings.map((heading) => heading.length);
  }

  /** The text of these rows, without the last line's end. */
  add(rows: readonly (readonly string[])[]): string {
    for (const row of rows)
      for (let column = 0; column < this.#widths.length; column++)
        this.#widths[column] = Math.max(this.#widths[column]!, (row[column] ?? "").length);
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
