// A table of any number of rows of which only those that are seen are in the document. Rows are keyed: one that is still seen keeps its
// nodes, and of those only the texts that differ are written. All rows have one height; so they are no elements of a <table>,
// which cannot be placed one by one, and say their roles themselves. It knows columns and rows, not what they mean; order
// and search are the caller's (useOrder in ordering.ts).

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useKeys } from "../keys.ts";
import { isNarrow } from "../theme.ts";
import { type Sortable, sortAfter, sortOf } from "./order.ts";
import { rowWindow, scrollTo } from "./window.ts";

export interface ColumnOf<Row> {
  readonly id: string;
  readonly title: ComponentChildren;
  /** A track of a CSS grid: "5rem", "minmax(8rem, 2fr)". */
  readonly width: string;
  /** What it is on a phone; null: not shown there. Absent: as elsewhere. */
  readonly narrow?: string | null;
  /** Only shown where the table is as wide, in pixels: what can be done without when a drawer stands beside it. */
  readonly fromWidth?: number;
  readonly isNumber?: boolean;
  /** What it is sorted by; absent: it is not. */
  readonly sort?: (row: Row) => Sortable;
  readonly cell: (row: Row) => ComponentChildren;
  /** What the column means, shown when pointed at. */
  readonly hint?: string;
}

export interface RowsProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly columns: readonly ColumnOf<Row>[];
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  /** Which row is open. */
  readonly opened?: string | null;
  readonly onOpen?: (row: Row) => void;
  readonly classOf?: (row: Row) => string;
  /** Instead of rows, where there are none. */
  readonly empty: ComponentChildren;
  /** New rows come above: what is looked at further down stays where it is. */
  readonly isAnchored?: boolean;
  /** Says that the pointer moves over the rows, so that they should keep their order: one that lies still while they come aims at none. */
  readonly onHold?: (isHeld: boolean) => void;
}

const headHeight = 28;
const rowHeights = { wide: 28, narrow: 34 } as const;

/** As wide as its place and as high as is left there (class `fill`). */
export function Rows<Row>(props: RowsProps<Row>): VNode {
  const { rows, keyOf, columns, onOpen } = props;
  const box = useRef<HTMLDivElement>(null);
  const scroll = useSignal<Seen>({ top: 0, height: 800, width: 1100 });
  const cursor = useSignal<string | null>(null);
  const rowHeight = isNarrow.value ? rowHeights.narrow : rowHeights.wide;
  const { shown, tracks } = shownOf(columns, scroll.value.width);
  useSize(box, scroll);
  useAnchor(box, rows, keyOf, rowHeight, props.isAnchored === true);
  useCursor(props, box, cursor, rowHeight);
  const { from, to } = rowWindow(rows.length, rowHeight, scroll.value.top, scroll.value.height);
  return (
    <div
      class="rows fill"
      role="grid"
      tabIndex={0}
      aria-activedescendant={cursor.value === null ? undefined : rowIdOf(cursor.value)}
      aria-label={props.label}
      aria-rowcount={rows.length + 1}
      ref={box}
      onScroll={() => {
        if (box.current !== null) scroll.value = seenOf(box.current);
      }}
      onPointerMove={(event) => event.pointerType === "mouse" && props.onHold?.(true)}
      onPointerLeave={() => props.onHold?.(false)}
    >
      <Head columns={shown} tracks={tracks} sort={props.sort} onSort={props.onSort} />
      {rows.length === 0 ? <div class="rows-empty">{props.empty}</div> : null}
      <div class="rows-body" role="rowgroup" style={{ height: `${rows.length * rowHeight}px` }}>
        {rows.slice(from, to).map((row, index) => (
          <RowLine
            key={keyOf(row)}
            id={rowIdOf(keyOf(row))}
            row={row}
            at={from + index}
            columns={shown}
            place={{ gridTemplateColumns: tracks, transform: `translateY(${(from + index) * rowHeight}px)` }}
            isOpened={keyOf(row) === props.opened}
            marks={`${keyOf(row) === cursor.value ? "cursor " : ""}${props.classOf?.(row) ?? ""}`}
            onPress={() => {
              cursor.value = keyOf(row);
              onOpen?.(row);
            }}
          />
        ))}
      </div>
    </div>
  );
}

/** The row that j, k and Enter mean, which is followed by what is scrolled to, and by what is open. */
function useCursor<Row>(
  { rows, keyOf, opened, onOpen }: RowsProps<Row>,
  box: { readonly current: HTMLDivElement | null },
  cursor: Signal<string | null>,
  rowHeight: number,
): void {
  const move = (by: number): void => {
    if (rows.length === 0 || box.current === null) return;
    const at = rows.findIndex((row) => keyOf(row) === (cursor.value ?? opened));
    const to = Math.min(rows.length - 1, Math.max(0, at === -1 ? 0 : at + by));
    cursor.value = keyOf(rows[to]!);
    // Enter means the row from now on, and not a button that was pressed before. On a phone a drawer may cover the rows.
    if (!isNarrow.value) box.current.focus({ preventScroll: true });
    const { scrollTop, clientHeight: height } = box.current;
    const top = scrollTo(to, rowHeight, { scrollTop, height, headHeight });
    if (top !== null) box.current.scrollTop = top;
    if (opened !== null && opened !== undefined) onOpen?.(rows[to]!);
  };
  const open = (): void => {
    const row = rows.find((each) => keyOf(each) === cursor.value);
    if (row !== undefined) onOpen?.(row);
  };
  useKeys({ j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: open });
}

const rowIdOf = (key: string): string => `row ${key}`.replaceAll(/\s/g, "_");

interface RowLineProps<Row> {
  readonly id: string;
  readonly row: Row;
  readonly at: number;
  readonly columns: readonly ColumnOf<Row>[];
  readonly place: { readonly gridTemplateColumns: string; readonly transform: string };
  readonly isOpened: boolean;
  readonly marks: string;
  readonly onPress: () => void;
}

function RowLine<Row>({ id, row, at, columns, place, isOpened, marks, onPress }: RowLineProps<Row>): VNode {
  return (
    <div
      id={id}
      role="row"
      tabIndex={-1}
      aria-rowindex={at + 2}
      aria-selected={isOpened}
      class={`row ${isOpened ? "opened " : ""}${marks}`}
      style={place}
      // Who marks text to copy it does not mean to open the row.
      onClick={() => getSelection()?.isCollapsed !== false && onPress()}
    >
      {columns.map((column) => (
        <span key={column.id} role="gridcell" class={column.isNumber === true ? "number" : ""}>
          {column.cell(row)}
        </span>
      ))}
    </div>
  );
}

interface HeadProps<Row> {
  readonly columns: readonly ColumnOf<Row>[];
  readonly tracks: string;
  readonly sort: string | undefined;
  readonly onSort: ((sort: string) => void) | undefined;
}

function Head<Row>({ columns, tracks, sort = "", onSort }: HeadProps<Row>): VNode {
  const now = sortOf(sort);
  return (
    <div class="rows-head" role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
      {columns.map((column) => {
        const isSorted = column.id === now.column;
        const isSortable = column.sort !== undefined && onSort !== undefined;
        return (
          <span
            key={column.id}
            role="columnheader"
            class={column.isNumber === true ? "number" : ""}
            title={column.hint}
            aria-sort={isSorted ? (now.isDown ? "descending" : "ascending") : undefined}
          >
            {isSortable ? (
              <button type="button" onClick={() => onSort(sortAfter(sort, column.id, column.isNumber === true))}>
                {column.title}
                <i aria-hidden="true">{isSorted ? (now.isDown ? "↓" : "↑") : ""}</i>
              </button>
            ) : (
              column.title
            )}
          </span>
        );
      })}
    </div>
  );
}

interface Seen {
  readonly top: number;
  readonly height: number;
  readonly width: number;
}

const seenOf = (box: HTMLDivElement): Seen => ({
  ...{ top: box.scrollTop, height: box.clientHeight, width: box.clientWidth },
});

interface Shown<Row> {
  readonly shown: readonly ColumnOf<Row>[];
  readonly tracks: string;
}

function shownOf<Row>(columns: readonly ColumnOf<Row>[], boxWidth: number): Shown<Row> {
  if (!isNarrow.value) {
    const shown = columns.filter(({ fromWidth = 0 }) => boxWidth >= fromWidth);
    return { shown, tracks: shown.map(({ width }) => width).join(" ") };
  }
  const shown = columns.filter(({ narrow }) => narrow !== null);
  return { shown, tracks: shown.map(({ width, narrow }) => narrow ?? width).join(" ") };
}

function useSize(box: { current: HTMLDivElement | null }, seen: Signal<Seen>): void {
  useEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => {
      seen.value = seenOf(element);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
}

/** After rows came above the first that is seen, it is scrolled by as much as they are high. */
function useAnchor<Row>(
  box: { current: HTMLDivElement | null },
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  rowHeight: number,
  isAnchored: boolean,
): void {
  const first = useRef<{ key: string; at: number } | null>(null);
  useLayoutEffect(() => {
    if (!isAnchored || box.current === null) return;
    const { scrollTop } = box.current;
    const known = first.current;
    if (scrollTop > 0 && known !== null) {
      const at = rows.findIndex((row) => keyOf(row) === known.key);
      if (at > known.at) box.current.scrollTop = scrollTop + (at - known.at) * rowHeight;
    }
    const at = Math.min(rows.length - 1, Math.floor(box.current.scrollTop / rowHeight));
    first.current = at < 0 ? null : { key: keyOf(rows[at]!), at };
  });
}
