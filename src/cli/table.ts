// Columns of text under headings, each as wide as its widest cell, two spaces between them. It knows nothing of what the cells
// mean. There are no lines drawn and no colors, so that cut, awk and grep work on the output; nothing is ever cut off, for a
// terminal can be widened and a name that was cut cannot be guessed.

/** `numeric`: indices of the columns that are aligned to the right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly number[],
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (numeric.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(headings), ...rows.map(line)].map((text) => `  ${text}`).join("\n");
}
