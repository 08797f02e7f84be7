// Many entries of one table: listed by pages, sorted, or cleared. A table may hold a million, and control has other things to do: entries
// are looked at in slices with a pause between them, and after a while what is there is answered with a cursor at which the next request
// goes on. Of a table that nodes share conditions are about what all of them counted; entries that only others have come after our own.

import type { TablePlan } from "../../config/plan.ts";
import { cellName } from "../../memory/column.ts";
import type { SharedTable } from "../../memory/sharedtable.ts";
import { listRows, type Page, removeKey, type TableRow } from "../../memory/sticktable/rows.ts";
import type { StickTable } from "../../memory/sticktable.ts";
import { keyName } from "../../memory/tablekey.ts";
import type { ClearedAnswer, EntriesAnswer, EntryAnswer } from "../table/answer.ts";
import { OwnRow, type Query, readQuery, type Seen, ViewRow } from "../table/asking.ts";
import { FleetView } from "../table/fleetview.ts";
import { layListed } from "../table/keytext.ts";
import { type Criterion, Ranking } from "../table/ranking.ts";
import type { OpenTable } from "../tables.ts";
import { json, notUnderstood } from "./answer.ts";
import { entryOf, type TableOrders } from "./tableentry.ts";

/** Places looked at before control does something else; about a millisecond. */
const sliceLooks = 2000;
/** After this time what has been found is answered. */
const pageMs = 500;
/** Likewise, of entries that are sorted: all are looked at, most of them at a glance. */
const rankMs = 3000;

type Walked = Pick<Query, "cursor" | "accept"> & {
  readonly isPromising?: ((view: Seen) => boolean) | null;
};

/** Many of one table. */
export class Entries {
  readonly #plan: TablePlan;
  readonly #table: StickTable;
  readonly #fleet: FleetView | null;
  readonly #shared: SharedTable | null;
  readonly #sharedMs: () => number;
  readonly #orders: TableOrders;

  constructor({ plan, table, shared }: OpenTable, sharedMs: () => number, orders: TableOrders) {
    this.#plan = plan;
    this.#table = table;
    this.#shared = shared;
    this.#orders = orders;
    this.#fleet = shared === null ? null : new FleetView(shared);
    this.#sharedMs = sharedMs;
  }

  list(query: URLSearchParams): Promise<Response> {
    return this.#page(query, (asked) => this.#list(asked));
  }

  clear(query: URLSearchParams): Promise<Response> | Response {
    if (query.has("sort")) return notUnderstood("entries are cleared in no order: leave sort out");
    return this.#page(query, (asked) => this.#clear(asked));
  }

  async #page(parameters: URLSearchParams, work: (query: Query) => Promise<object>): Promise<Response> {
    const query = readQuery(parameters, this.#plan, this.#table, (key, field, own) =>
      this.#fleet === null ? own : this.#fleet.sum(key, field.column, field.element, own, this.#sharedMs()),
    );
    return typeof query === "string" ? notUnderstood(query) : json(200, await work(query));
  }

  async #list(query: Query): Promise<EntriesAnswer> {
    if (query.criteria !== null) return this.#rank(query, query.criteria);
    const entries: EntryAnswer[] = [];
    const cursor = await this.#walk(query, query.limit, pageMs, (row) =>
      entries.push(entryOf(this.#plan, row, this.#fleet?.sums(row, this.#sharedMs()))),
    );
    return { table: this.#plan.name, entries, cursor };
  }

  /** Those that come first of all, from one walk over the whole table. */
  async #rank(query: Query, criteria: readonly Criterion[]): Promise<EntriesAnswer> {
    const ranking = new Ranking<TableRow>(criteria, query.limit);
    const seen = this.#fleet === null ? new OwnRow() : new ViewRow(query.sumOf);
    const isWanted = (view: Seen): boolean => {
      seen.view = view;
      return ranking.isWanted(seen);
    };
    const asked = {
      ...query,
      accept: (view: Seen) => query.accept(view) && isWanted(view),
      // What others have of it is not known at a glance.
      isPromising: this.#fleet === null ? isWanted : null,
    };
    const cursor = await this.#walk(asked, Number.POSITIVE_INFINITY, rankMs, (row) => {
      const { key, refs, expiresInMs, values } = row;
      seen.view = { key, refs, expiresInMs, read: (column, element) => valueIn(this.#table, values, column, element) };
      ranking.add(seen, row);
    });
    const entries = ranking.rows().map((row) => entryOf(this.#plan, row, this.#fleet?.sums(row, this.#sharedMs())));
    return { table: this.#plan.name, entries, cursor: null, ...(cursor === null ? {} : { isPartial: true }) };
  }

  async #clear(query: Query): Promise<ClearedAnswer> {
    if (this.#shared !== null) return this.#clearShared(query, this.#shared);
    const { key } = this.#table;
    let cleared = 0;
    const cursor = await this.#walk(query, Number.POSITIVE_INFINITY, pageMs, (row) => {
      layListed(row.key, key);
      if (removeKey(this.#table, this.#sharedMs()) !== "absent") cleared++;
    });
    return { table: this.#plan.name, cleared, cursor };
  }

  /** Entries are set to nothing on all nodes and go when they expire: one that is gone could not tell so. */
  async #clearShared(query: Query, shared: SharedTable): Promise<ClearedAnswer> {
    const table = this.#plan.name;
    if (query.isAll) {
      const cleared = this.#table.figures().used;
      this.#orders.clear(shared, null);
      return { table, cleared, cursor: null };
    }
    const keys: string[] = [];
    const cursor = await this.#walk(query, Number.POSITIVE_INFINITY, pageMs, (row) => {
      layListed(row.key, this.#table.key);
      keys.push(keyName(this.#table.key));
    });
    this.#orders.clear(shared, keys);
    return { table, cleared: keys.length, cursor };
  }

  /** Behind our own entries there are those that only others have. */
  #pageAt(from: { cursor: number; rowsMax: number; looksMax: number }, query: Walked): Page {
    const nowMs = this.#sharedMs();
    const { capacity } = this.#table.figures();
    if (from.cursor < capacity) {
      const page = listRows(this.#table, nowMs, from, query.accept, query.isPromising ?? null);
      return page.cursor === null && this.#fleet !== null ? { rows: page.rows, cursor: capacity } : page;
    }
    if (this.#fleet === null) return { rows: [], cursor: null };
    const { rows, cursor } = this.#fleet.listOthers(nowMs, { ...from, cursor: from.cursor - capacity });
    const accepted = rows.filter(({ key, refs, expiresInMs }) =>
      query.accept({ key, refs, expiresInMs, read: () => 0 }),
    );
    return { rows: accepted, cursor: cursor === null ? null : cursor + capacity };
  }

  /** Answers where to go on, as a text; null at the end. */
  async #walk(query: Walked, limit: number, forMs: number, visit: (row: TableRow) => void): Promise<string | null> {
    const endMs = performance.now() + forMs;
    let { cursor } = query;
    let count = 0;
    for (;;) {
      const from = { cursor, rowsMax: Math.min(limit - count, sliceLooks), looksMax: sliceLooks };
      const page = this.#pageAt(from, query);
      for (const row of page.rows) visit(row);
      count += page.rows.length;
      if (page.cursor === null) return null;
      cursor = page.cursor;
      if (count >= limit || performance.now() > endMs) return String(cursor);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function valueIn(table: StickTable, values: TableRow["values"], column: number, element: number): number {
  return values[cellName(table.columns[column]!, element)] ?? 0;
}
