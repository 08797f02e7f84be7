// How a table's columns are cut into cells and slots (batch.ts): an element of a column is a cell, a cell has one slot, a rate has two.
// Both sides of an exchange count cells by this order, so that no names need to travel; it knows columns only, and nothing of
// what stands in them.

import { type Column, type ColumnForm, isMark } from "../memory/column.ts";
import type { Cell } from "./batch.ts";

/** Whose a slot is. */
export interface Slot {
  readonly cell: Cell;
  /** Of a rate's former window. */
  readonly isFormer: boolean;
}

export function cellsOf(columns: readonly Column[]): Cell[] {
  return columns.flatMap((column) => {
    const { form, periodMs, burst, length } = column;
    return Array.from({ length }, () => ({ form, isMark: isMark(column), periodMs, burst }));
  });
}

export function slotsOf(cells: readonly Cell[]): Slot[] {
  return cells.flatMap((cell) =>
    cell.form === "rate"
      ? [
          { cell, isFormer: false },
          { cell, isFormer: true },
        ]
      : [{ cell, isFormer: false }],
  );
}

export function slotCount(form: ColumnForm): number {
  return form === "rate" ? 2 : 1;
}

/** How many slots there are. */
export function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { form }) => sum + slotCount(form), 0);
}
