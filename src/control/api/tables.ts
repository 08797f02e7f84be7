// /api/v1/tables: what the tables hold, and changes to single entries.
//
//   GET     /api/v1/tables                         every table, how large and how full
//   GET     /api/v1/tables/NAME?where&key&find&limit&cursor    entries, by pages; with sort=-gpc0 those that come first of all
//   DELETE  /api/v1/tables/NAME?where&key&cursor           remove these, or all
//   POST    /api/v1/tables/NAME/import             many of them at once: {"entries": [{"key", "values"}]}
//   GET PUT DELETE  /api/v1/tables/NAME/entries/KEY        one entry; PUT takes {"gpc0": 1}
//
// Which table is meant, and what there are; how entries are walked through stands in tableentries.ts, what is done to one in tableentry.ts.

import type { z } from "zod";
import { didYouMean } from "../../base/nearest.ts";
import type { TablePlan } from "../../config/plan.ts";
import { fullBytes } from "../../memory/sticktable/layout.ts";
import { bytesTaken } from "../sharedfile.ts";
import type { ImportAnswer, TableSummary, TablesAnswer } from "../table/answer.ts";
import { layKey } from "../table/keytext.ts";
import type { OpenTable } from "../tables.ts";
import { type Answer, json, notUnderstood, problem } from "./answer.ts";
import { type Operation, type OperationAnswer, operation, type WordedCall, wordedOperation } from "./operation.ts";
import {
  clearedAnswer,
  entriesAnswer,
  entriesWanted,
  entryAnswer,
  entryWanted,
  type ImportAsked,
  importAnswer,
  importAsked,
  tablesAnswer,
} from "./shape/table.ts";
import { Entries } from "./tableentries.ts";
import { Entry, type TableOrders } from "./tableentry.ts";

export interface TablesService {
  readonly all: readonly OpenTable[];
  find(name: string): OpenTable | null;
  /** Memory of what stands beside a table that is shared. */
  othersBytes(plan: TablePlan): number;
}

const root = "/api/v1/tables";
export function tableOperations(
  tables: TablesService,
  sharedMs: () => number,
  orders: TableOrders,
): readonly Operation[] {
  return [
    ...wholeOperations(tables, sharedMs, orders),
    importOperation(tables, sharedMs, orders),
    ...entryOperations(tables, sharedMs, orders),
  ];
}

type Answers = Readonly<Record<number, OperationAnswer>>;

const tag = "Tables";
const table = "The name of a table.";

function answers(description: string, schema: z.ZodType, more: Answers = {}): Answers {
  return { 200: { description, schema }, 404: { description: "There is no such table or entry." }, ...more };
}

function wholeOperations(tables: TablesService, sharedMs: () => number, orders: TableOrders): readonly Operation[] {
  const path = `${root}/{table}`;
  const of = (call: WordedCall, answer: (entries: Entries) => Answer): Answer =>
    inTable(call, tables, (open) => answer(new Entries(open, sharedMs, orders)));
  return [
    wordedOperation({
      ...{ id: "listTables", method: "GET", path: root, tag },
      summary: "tables, how large and how full",
      answers: { 200: { description: "Every table.", schema: tablesAnswer } },
      handle: () => json(200, { tables: tables.all.map((open) => summaryOf(open, tables)) } satisfies TablesAnswer),
    }),
    wordedOperation({
      ...{ id: "listTableEntries", method: "GET", path, params: { table }, query: entriesWanted, tag },
      summary: "entries of a table, or those that where and key select; by pages",
      answers: answers("A page of them.", entriesAnswer),
      handle: (call) => of(call, (entries) => entries.list(call.query)),
    }),
    wordedOperation({
      ...{ id: "clearTable", method: "DELETE", path, params: { table }, query: entriesWanted, tag },
      summary: "clear a table, or those entries that where and key select",
      description: "Where it takes long it is done in parts: ask again with the cursor that is answered.",
      answers: answers("How many it was.", clearedAnswer),
      handle: (call) => of(call, (entries) => entries.clear(call.query)),
    }),
  ];
}

/** Told of, of the entries that were refused. */
const problemsMax = 10;

function importOperation(tables: TablesService, sharedMs: () => number, orders: TableOrders): Operation {
  return operation<undefined, ImportAsked>({
    ...{ id: "importTable", method: "POST", path: `${root}/{table}/import`, params: { table }, tag },
    summary: "set counters of many entries, which are made where there are none",
    description: "Those that cannot be set are told, and keep nobody else from being set.",
    body: importAsked,
    bodyBytesMax: 1 << 20,
    answers: answers("How many it was, and why others were refused.", importAnswer),
    handle: ({ params, body }) => {
      const open = tables.find(params["table"]!);
      if (open === null) return problem(404, missing(params["table"]!, tables));
      const problems = body.entries.flatMap(({ key, values }) => {
        const refusal = layKey(key, open.table.key) ?? new Entry(open, key, sharedMs, orders).set(values)?.message;
        return refusal === undefined ? [] : [`${key}: ${refusal}`];
      });
      const refused = problems.length;
      const set = body.entries.length - refused;
      const told = problems.slice(0, problemsMax);
      return json(200, { table: open.plan.name, set, refused, problems: told } satisfies ImportAnswer);
    },
  });
}

function entryOperations(tables: TablesService, sharedMs: () => number, orders: TableOrders): readonly Operation[] {
  const path = `${root}/{table}/entries/{key}`;
  const params = { table, key: "The key of an entry, percent-encoded." };
  const of = (call: WordedCall, answer: (entry: Entry) => Answer): Answer =>
    inTable(call, tables, (open) => {
      const refusal = layKey(call.params.key!, open.table.key);
      return refusal === null ? answer(new Entry(open, call.params.key!, sharedMs, orders)) : notUnderstood(refusal);
    });
  return [
    wordedOperation({
      ...{ id: "getTableEntry", method: "GET", path, params, tag },
      summary: "one entry of a table",
      answers: answers("The entry.", entryAnswer),
      handle: (call) => of(call, (entry) => entry.get()),
    }),
    wordedOperation({
      ...{ id: "setTableEntry", method: "PUT", path, params, body: entryWanted, tag },
      summary: "set counters of an entry, which is made where there is none",
      answers: answers("The entry as it is now.", entryAnswer, { 409: { description: "The table is full." } }),
      handle: (call) => of(call, (entry) => entry.put(call.body)),
    }),
    wordedOperation({
      ...{ id: "removeTableEntry", method: "DELETE", path, params, tag },
      summary: "remove an entry of a table",
      answers: answers("It is gone.", clearedAnswer),
      handle: (call) => of(call, (entry) => entry.remove()),
    }),
  ];
}

function inTable({ params }: WordedCall, tables: TablesService, answer: (open: OpenTable) => Answer): Answer {
  const open = tables.find(params.table!);
  return open === null ? problem(404, missing(params.table!, tables)) : answer(open);
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
