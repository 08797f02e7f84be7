// What is asked of many entries of a table: the parameters of a query, and what they come to. Counters are named by what the table stores,
// conditions are about what all nodes of a fleet have counted together. It knows entries as they are looked at, not where they come from.

import { didYouMean } from "../../base/nearest.ts";
import type { TablePlan } from "../../config/plan.ts";
import type { RowView } from "../../memory/sticktable/rows.ts";
import type { StickTable } from "../../memory/sticktable.ts";
import { isInBlock, readBlock, shownKey } from "./keytext.ts";
import { type Condition, type Field, fieldsOf, type Row, readConditions } from "./query.ts";
import { type Criterion, readCriteria } from "./ranking.ts";

const usualLimit = 100;
const limitMax = 1000;

/** An entry as conditions see it. */
export type Seen = Pick<RowView, "key" | "refs" | "expiresInMs" | "read">;

export interface Query {
  /** Every entry there is, from the first on. */
  readonly isAll: boolean;
  readonly cursor: number;
  readonly limit: number;
  readonly accept: (view: Seen) => boolean;
  /** Null: in the order in which they stand. */
  readonly criteria: readonly Criterion[] | null;
  readonly sumOf: SumOf;
}

/** What all nodes have of a number, from what we have of it. */
export type SumOf = (key: string, field: Field, own: number) => number;

/** A sentence where it is none. */
export function readQuery(
  parameters: URLSearchParams,
  plan: TablePlan,
  table: StickTable,
  sumOf: SumOf,
): Query | string {
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
  const part = parameters.get("find")?.toLowerCase() ?? null;
  const isFound = (view: Seen): boolean => part === null || shownKey(plan.key, view.key).toLowerCase().includes(part);
  const sort = parameters.get("sort");
  const criteria = sort === null ? null : readCriteria(sort, fieldsOf(table.columns), plan.name);
  if (criteria?.ok === false) return criteria.message;
  if (sort !== null && parameters.has("cursor")) return "entries that are sorted come in one page: leave cursor out";
  const row = new ViewRow(sumOf);
  const accept = (view: Seen): boolean => {
    row.view = view;
    return conditions.every((condition) => condition(row)) && isKey(view) && isFound(view);
  };
  const isAll = cursor === "0" && key === null && part === null && conditions.length === 0;
  return {
    ...{ isAll, cursor: Number(cursor), limit: Math.min(Number(limit), limitMax), accept, sumOf },
    criteria: criteria?.value ?? null,
  };
}

const queryNames: readonly string[] = ["where", "key", "find", "sort", "limit", "cursor"];

function keyFilter(plan: TablePlan, text: string): ((view: Seen) => boolean) | string {
  if (plan.key.kind !== "ip") return (view) => shownKey(plan.key, view.key).startsWith(text);
  const block = readBlock(text);
  if (block === null) return `key must be an address or a block such as 10.0.0.0/8, not ${JSON.stringify(text)}`;
  return (view) => isInBlock(block, view.key);
}

/** The entry that is looked at, as this node alone has counted. */
export class OwnRow implements Row {
  view: Seen | null = null;

  get uses(): number {
    return this.view!.refs;
  }

  get expiresMs(): number | null {
    return this.view!.expiresInMs;
  }

  value({ column, element }: Field): number {
    return this.view!.read(column, element);
  }
}

/** The entry that is looked at, as conditions read it. */
export class ViewRow implements Row {
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
