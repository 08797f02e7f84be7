// /api/v1/tables: what the tables hold, and changes to single entries.
//
//   GET     /api/v1/tables                         every table, how large and how full
//   GET     /api/v1/tables/NAME?where&key&limit&cursor     entries, by pages
//   DELETE  /api/v1/tables/NAME?where&key&cursor           remove these, or all
//   GET PUT DELETE  /api/v1/tables/NAME/entries/KEY        one entry; PUT takes {"gpc0": 1}
//
// A table may hold a million entries, and control has other things to do: entries are looked at in slices with a pause between
// them, and after a while what is there is answered with a cursor at which the next request goes on. An entry that is held by
// connections cannot be removed: all that it has counted is set to 0, which is as good. Of a table that nodes share conditions are
// about what all of them counted; entries that only others have come after our own.

import { didYouMean } from "../../config/nearest.ts";
import type { TablePlan } from "../../config/plan.ts";
import type { SharedTable } from "../../memory/sharedtable.ts";
import { fullBytes } from "../../memory/sticktable/layout.ts";
import { listRows, type Page, type RowView, removeKey, rowOfKey, type TableRow } from "../../memory/sticktable/rows.ts";
import type { StickTable } from "../../memory/sticktable.ts";
import { keyName } from "../../memory/tablekey.ts";
import type { Setting } from "../fleet/orders.ts";
import { bytesTaken } from "../sharedfile.ts";
import type { ClearedAnswer, EntriesAnswer, EntryAnswer, TableSummary } from "../table/answer.ts";
import { FleetView } from "../table/fleetview.ts";
import { isInBlock, layKey, layListed, readBlock, shownKey } from "../table/keytext.ts";
import { type Condition, type Field, fieldsOf, findField, type Row, readConditions } from "../table/query.ts";
import type { OpenTable } from "../tables.ts";
import { type Answer, bodyOf, byMethod, decoded, json, only, problem, type Routes } from "./answer.ts";

export interface TablesService {
  readonly all: readonly OpenTable[];
  find(name: string): OpenTable | null;
  /** Memory of what stands beside a table that is shared. */
  othersBytes(plan: TablePlan): number;
}

const root = "/api/v1/tables";
const usualLimit = 100;
const limitMax = 1000;
/** Places looked at before control does something else; about a millisecond. */
const sliceLooks = 2000;
/** After this time what has been found is answered. */
const pageMs = 500;

/** Changes of tables that are shared, on all nodes; of the key that is laid, or of keys as keyName writes them. */
export interface TableOrders {
  /** False: there is no room for another entry. */
  set(shared: SharedTable, settings: readonly Setting[]): boolean;
  /** Null: all entries. */
  clear(shared: SharedTable, keys: readonly string[] | null): void;
  /** What others have of it is to be heard of soon. */
  wish(shared: SharedTable): void;
}

export function tableRoutes(tables: TablesService, sharedMs: () => number, orders: TableOrders): Routes {
  return (request, path) => {
    if (path !== root && !path.startsWith(`${root}/`)) return null;
    const [name, word, key, ...rest] = path
      .slice(root.length + 1)
      .split("/")
      .map(decoded);
    if (path === root || (name === "" && word === undefined))
      return only(request, "GET", () => json(200, { tables: tables.all.map((open) => summaryOf(open, tables)) }));
    if (name === null || key === null) return problem(400, "the path is not percent-encoded as it should be");
    const open = tables.find(name!);
    if (open === null) return problem(404, missing(name!, tables));
    if (word === undefined) return new Entries(open, sharedMs, orders).answer(request);
    if (word !== "entries" || key === undefined || rest.length > 0)
      return problem(404, `there is nothing at ${path}; entries are at ${root}/NAME/entries/KEY`);
    return new Entry(open, key, sharedMs, orders).answer(request);
  };
}

function missing(name: string, { all }: TablesService): string {
  if (all.length === 0) return `there is no table ${name}: the config has none`;
  return `there is no table ${name}${didYouMean(
    name,
    all.map(({ plan }) => plan.name),
  )}`;
}

function summaryOf({ plan, path, table, shared }: OpenTable, tables: TablesService): TableSummary {
  const { used, capacity, evictions, refusals, timeouts } = table.figures();
  const othersMax = shared === null ? 0 : fullBytes(shared.others.plan);
  const bytes = bytesTaken(path) + tables.othersBytes(plan);
  return {
    name: plan.name,
    key: plan.key,
    entries: used,
    entriesMax: capacity,
    expireMs: plan.expireMs,
    whenFull: plan.isEvicting ? "evict" : "refuse",
    store: plan.store,
    evictions,
    refusals,
    timeouts,
    bytes,
    // Of a tiny table the pages in which workers note what they hold may be more than all else.
    bytesMax: Math.max(fullBytes(plan) + othersMax, bytes),
    isShared: shared !== null,
  };
}

/** Many of one table. */
class Entries {
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

  answer(request: Request): Answer {
    return byMethod(request, {
      GET: () => this.#page(request, (query) => this.#list(query)),
      DELETE: () => this.#page(request, (query) => this.#clear(query)),
    });
  }

  async #page(request: Request, work: (query: Query) => Promise<object>): Promise<Response> {
    const query = readQuery(new URL(request.url).searchParams, this.#plan, this.#table, (key, field, own) =>
      this.#fleet === null ? own : this.#fleet.sum(key, field.column, field.element, own, this.#sharedMs()),
    );
    return typeof query === "string" ? problem(400, query) : json(200, await work(query));
  }

  async #list(query: Query): Promise<EntriesAnswer> {
    const entries: EntryAnswer[] = [];
    const cursor = await this.#walk(query, query.limit, (row) =>
      entries.push(entryOf(this.#plan, row, this.#fleet?.sums(row, this.#sharedMs()))),
    );
    return { table: this.#plan.name, entries, cursor };
  }

  async #clear(query: Query): Promise<ClearedAnswer> {
    if (this.#shared !== null) return this.#clearShared(query, this.#shared);
    const { key } = this.#table;
    let cleared = 0;
    const cursor = await this.#walk(query, Number.POSITIVE_INFINITY, (row) => {
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
    const cursor = await this.#walk(query, Number.POSITIVE_INFINITY, (row) => {
      layListed(row.key, this.#table.key);
      keys.push(keyName(this.#table.key));
    });
    this.#orders.clear(shared, keys);
    return { table, cleared: keys.length, cursor };
  }

  /** Behind our own entries there are those that only others have. */
  #pageAt(from: { cursor: number; rowsMax: number; looksMax: number }, query: Query): Page {
    const nowMs = this.#sharedMs();
    const { capacity } = this.#table.figures();
    if (from.cursor < capacity) {
      const page = listRows(this.#table, nowMs, from, query.accept);
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
  async #walk(query: Query, limit: number, visit: (row: TableRow) => void): Promise<string | null> {
    const endMs = performance.now() + pageMs;
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

const wordMax = 2 ** 32 - 1;

/** An entry as conditions see it. */
type Seen = Pick<RowView, "key" | "refs" | "expiresInMs" | "read">;

/** One of a table. */
class Entry {
  readonly #plan: TablePlan;
  readonly #table: StickTable;
  readonly #fleet: FleetView | null;
  readonly #shared: SharedTable | null;
  readonly #key: string;
  readonly #sharedMs: () => number;
  readonly #orders: TableOrders;

  constructor({ plan, table, shared }: OpenTable, key: string, sharedMs: () => number, orders: TableOrders) {
    this.#plan = plan;
    this.#table = table;
    this.#shared = shared;
    this.#orders = orders;
    this.#fleet = shared === null ? null : new FleetView(shared);
    this.#key = key;
    this.#sharedMs = sharedMs;
  }

  answer(request: Request): Answer {
    const refusal = layKey(this.#key, this.#table.key);
    if (refusal !== null) return problem(400, refusal);
    return byMethod(request, {
      GET: () => this.#get(),
      PUT: () => this.#put(request),
      DELETE: () => this.#delete(),
    });
  }

  #get(): Response {
    const nowMs = this.#sharedMs();
    if (this.#shared !== null) this.#orders.wish(this.#shared);
    const row = rowOfKey(this.#table, nowMs) ?? this.#fleet?.rowOfOthers(nowMs) ?? null;
    return row === null ? this.#absent() : json(200, entryOf(this.#plan, row, this.#fleet?.sums(row, nowMs)));
  }

  async #put(request: Request): Promise<Response> {
    const body = await bodyOf(request);
    if (body instanceof Response) return body;
    const fields = fieldsOf(this.#table.columns);
    const values: [Field, number][] = [];
    for (const [name, value] of Object.entries(body)) {
      const field = findField(fields, name, this.#plan.name);
      if (!field.ok) return problem(400, field.message);
      if (field.value.form === "gauge") return problem(400, `${name} counts who is there now, and cannot be set`);
      if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
        return problem(400, `${name} must be a whole number from 0 on`);
      // Counting goes on at 0 beyond; nobody sets what is something else then.
      if (value > wordMax && field.value.form !== "bytes") return problem(400, `${name} must be at most ${wordMax}`);
      values.push([field.value, value]);
    }
    if (values.length === 0) return problem(400, 'say what is to be set, as in {"gpc0": 1}');
    const nowMs = this.#sharedMs();
    // Others have laid keys of their own while the body came.
    layKey(this.#key, this.#table.key);
    const settings = values.map(([{ column, element }, value]) => ({ column, element, value }));
    const isSet =
      this.#shared !== null
        ? this.#orders.set(this.#shared, settings)
        : settings.every(({ column, element, value }) => this.#table.assign(column, element, value, nowMs));
    if (!isSet) return problem(409, `table ${this.#plan.name} has no room for another entry`);
    layKey(this.#key, this.#table.key);
    return this.#get();
  }

  #delete(): Response {
    if (this.#shared !== null) {
      const nowMs = this.#sharedMs();
      const isKnown = this.#shared.has(nowMs);
      layKey(this.#key, this.#table.key);
      this.#orders.clear(this.#shared, [keyName(this.#table.key)]);
      return json(200, { table: this.#plan.name, cleared: isKnown ? 1 : 0, cursor: null } satisfies ClearedAnswer);
    }
    if (removeKey(this.#table, this.#sharedMs()) === "absent") return this.#absent();
    return json(200, { table: this.#plan.name, cleared: 1, cursor: null } satisfies ClearedAnswer);
  }

  #absent(): Response {
    return problem(404, `table ${this.#plan.name} has no entry ${this.#key}`);
  }
}

function entryOf(
  plan: TablePlan,
  { key, refs, expiresInMs, values }: TableRow,
  fleet: EntryAnswer["fleet"] | undefined,
): EntryAnswer {
  const expiresMs = expiresInMs === null ? null : Math.max(0, expiresInMs);
  const entry = { key: shownKey(plan.key, key), uses: refs, expiresMs, values };
  return fleet === undefined ? entry : { ...entry, fleet };
}

interface Query {
  /** Every entry there is, from the first on. */
  readonly isAll: boolean;
  readonly cursor: number;
  readonly limit: number;
  readonly accept: (view: Seen) => boolean;
}

/** What all nodes have of a number, from what we have of it. */
type SumOf = (key: string, field: Field, own: number) => number;

/** A sentence where it is none. */
function readQuery(parameters: URLSearchParams, plan: TablePlan, table: StickTable, sumOf: SumOf): Query | string {
  const cursor = parameters.get("cursor") ?? "0";
  const limit = parameters.get("limit") ?? String(usualLimit);
  if (!/^\d{1,15}$/.test(cursor)) return "cursor must be one that the page before has told";
  if (!/^\d{1,9}$/.test(limit) || Number(limit) < 1) return "limit must be a number from 1 on";
  for (const name of parameters.keys())
    if (!queryNames.includes(name)) return `there is no parameter ${name}${didYouMean(name, queryNames)}`;
  const conditions: Condition[] = [];
  for (const text of parameters.getAll("where")) {
    const condition = readConditions(text, fieldsOf(table.columns), plan.name);
    if (!condition.ok) return condition.message;
    conditions.push(condition.value);
  }
  const key = parameters.get("key");
  const isKey = key === null ? () => true : keyFilter(plan, key);
  if (typeof isKey === "string") return isKey;
  const row = new ViewRow(sumOf);
  const accept = (view: Seen): boolean => {
    row.view = view;
    return conditions.every((condition) => condition(row)) && isKey(view);
  };
  const isAll = cursor === "0" && key === null && conditions.length === 0;
  return { isAll, cursor: Number(cursor), limit: Math.min(Number(limit), limitMax), accept };
}

const queryNames: readonly string[] = ["where", "key", "limit", "cursor"];

function keyFilter(plan: TablePlan, text: string): ((view: Seen) => boolean) | string {
  if (plan.key.kind !== "ip") return (view) => shownKey(plan.key, view.key).startsWith(text);
  const block = readBlock(text);
  if (block === null) return `key must be an address or a block such as 10.0.0.0/8, not ${JSON.stringify(text)}`;
  return (view) => isInBlock(block, view.key);
}

/** The entry that is looked at, as conditions read it. */
class ViewRow implements Row {
  view: Seen | null = null;
  readonly #sumOf: SumOf;

  constructor(sumOf: SumOf) {
    this.#sumOf = sumOf;
  }

  get uses(): number {
    return this.view!.refs;
  }

  get expiresMs(): number | null {
    return this.view!.expiresInMs;
  }

  value(field: Field): number {
    return this.#sumOf(this.view!.key, field, this.view!.read(field.column, field.element));
  }
}
