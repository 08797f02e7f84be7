// One entry of a table: read, set and removed, by its key, which has been laid out (memory/tablekey.ts) when its methods are called. Of a
// table that nodes share it tells what this one counted and what all did, and changes are orders to all of them. An entry that is held by
// connections cannot be removed: all that it has counted is set to 0, which is as good.

import type { TablePlan } from "../../config/plan.ts";
import type { SharedTable } from "../../memory/sharedtable.ts";
import { removeKey, rowOfKey, type TableRow } from "../../memory/sticktable/rows.ts";
import type { StickTable } from "../../memory/sticktable.ts";
import { keyName } from "../../memory/tablekey.ts";
import type { Setting } from "../fleet/orders.ts";
import type { ClearedAnswer, EntryAnswer } from "../table/answer.ts";
import { FleetView } from "../table/fleetview.ts";
import { layKey, shownKey } from "../table/keytext.ts";
import { type Field, fieldsOf, findField } from "../table/query.ts";
import type { OpenTable } from "../tables.ts";
import { json, problem } from "./answer.ts";
import type { WordedCall } from "./operation.ts";

/** Changes of tables that are shared, on all nodes; of the key that is laid, or of keys as keyName writes them. */
export interface TableOrders {
  /** False: there is no room for another entry. */
  set(shared: SharedTable, settings: readonly Setting[]): boolean;
  /** Null: all entries. */
  clear(shared: SharedTable, keys: readonly string[] | null): void;
  /** What others have of it is to be heard of soon. */
  wish(shared: SharedTable): void;
}

const wordMax = 2 ** 32 - 1;

/** One of a table. */
export class Entry {
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

  get(): Response {
    const nowMs = this.#sharedMs();
    if (this.#shared !== null) this.#orders.wish(this.#shared);
    const row = rowOfKey(this.#table, nowMs) ?? this.#fleet?.rowOfOthers(nowMs) ?? null;
    return row === null ? this.#absent() : json(200, entryOf(this.#plan, row, this.#fleet?.sums(row, nowMs)));
  }

  put(body: WordedCall["body"]): Response {
    const refusal = this.set(body);
    if (refusal !== null) return problem(refusal.status, refusal.message);
    layKey(this.#key, this.#table.key);
    return this.get();
  }

  /** Null when it is done. The key is laid. */
  set(body: WordedCall["body"]): { readonly status: 409 | 422; readonly message: string } | null {
    const refused = (message: string): { readonly status: 422; readonly message: string } => ({ status: 422, message });
    const fields = fieldsOf(this.#table.columns);
    const values: [Field, number][] = [];
    for (const [name, value] of Object.entries(body)) {
      const field = findField(fields, name, this.#plan.name);
      if (!field.ok) return refused(field.message);
      if (field.value.form === "gauge") return refused(`${name} counts who is there now, and cannot be set`);
      if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
        return refused(`${name} must be a whole number from 0 on`);
      // Counting goes on at 0 beyond; nobody sets what is something else then.
      if (value > wordMax && field.value.form !== "bytes") return refused(`${name} must be at most ${wordMax}`);
      values.push([field.value, value]);
    }
    if (values.length === 0) return refused('say what is to be set, as in {"gpc0": 1}');
    const nowMs = this.#sharedMs();
    const settings = values.map(([{ column, element }, value]) => ({ column, element, value }));
    const isSet =
      this.#shared !== null
        ? this.#orders.set(this.#shared, settings)
        : settings.every(({ column, element, value }) => this.#table.assign(column, element, value, nowMs));
    return isSet ? null : { status: 409, message: `table ${this.#plan.name} has no room for another entry` };
  }

  remove(): Response {
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

export function entryOf(
  plan: TablePlan,
  { key, refs, expiresInMs, values }: TableRow,
  fleet: EntryAnswer["fleet"] | undefined,
): EntryAnswer {
  const expiresMs = expiresInMs === null ? null : Math.max(0, expiresInMs);
  const entry = { key: shownKey(plan.key, key), uses: refs, expiresMs, values };
  return fleet === undefined ? entry : { ...entry, fleet };
}
