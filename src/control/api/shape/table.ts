// What /api/v1/tables answers (../../table/answer.ts), as schemas. Shapes only. Each schema is
// typed by the interface that answers are made by, so that neither changes without the other; those
// with an id are components of the OpenAPI document (../openapi.ts).

import { z } from "zod";
import type {
  ClearedAnswer,
  EntriesAnswer,
  EntryAnswer,
  ImportAnswer,
  TableSummary,
  TablesAnswer,
} from "../../table/answer.ts";

const tableKey = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ip"), prefix6: z.int() }),
  z.strictObject({ kind: z.literal("integer") }),
  z.strictObject({ kind: z.literal("string"), bytesMax: z.int() }),
  z.strictObject({ kind: z.literal("binary"), bytesMax: z.int() }),
]);

const tableSummary: z.ZodType<TableSummary> = z
  .strictObject({
    name: z.string(),
    key: tableKey,
    entries: z.int(),
    entriesMax: z.int(),
    expireMs: z.number().describe("Since an entry's last refresh; 0 is never."),
    whenFull: z.enum(["evict", "refuse"]),
    store: z.array(z.string()),
    evictions: z.number(),
    refusals: z.number(),
    timeouts: z.number(),
    bytes: z.number(),
    bytesMax: z.number(),
    isShared: z.boolean().describe("Other nodes of a fleet count in it too."),
  })
  .meta({ id: "Table", description: "A table, how large and how full." });

const values = z.record(z.string(), z.number());

export const entryAnswer: z.ZodType<EntryAnswer> = z
  .strictObject({
    key: z.string(),
    uses: z.int().describe("Connections and requests that track it now."),
    expiresMs: z.number().nullable().describe("Null where entries do not expire."),
    values: values.describe("By the names of what the table stores."),
    fleet: values.exactOptional().describe("Likewise, of all nodes of the fleet together."),
  })
  .meta({ id: "TableEntry", description: "An entry of a table." });

export const tablesAnswer: z.ZodType<TablesAnswer> = z.strictObject({ tables: z.array(tableSummary) });

export const entriesAnswer: z.ZodType<EntriesAnswer> = z.strictObject({
  table: z.string(),
  entries: z.array(entryAnswer),
  cursor: z
    .string()
    .nullable()
    .describe("Asks for what follows; null at the end. A page may be empty and not the last one."),
  isPartial: z.boolean().exactOptional().describe("Sorted: time ran out before all entries were looked at."),
});

export const clearedAnswer: z.ZodType<ClearedAnswer> = z
  .strictObject({ table: z.string(), cleared: z.int(), cursor: z.string().nullable() })
  .meta({ id: "TableClearedAnswer" });

/** Which entries; ../tables.ts reads it, for the names of counters are the table's. */
export const entriesWanted: z.ZodType = z.strictObject({
  where: z.array(z.string()).exactOptional().describe('"gpc0 > 0 && conn_rate >= 10"; may be there more than once.'),
  key: z.string().exactOptional().describe("An address or a block of a table by address; else what keys begin with."),
  find: z.string().exactOptional().describe("What stands somewhere in keys, capitals or not."),
  sort: z
    .string()
    .exactOptional()
    .describe(
      "-http_req_rate,gpc0: the largest rates first, of equal ones the smallest gpc0; uses and expires too. One page, of the whole table.",
    ),
  limit: z.coerce.number().int().min(1).exactOptional().describe("100 where it is not said, at most 1,000."),
  cursor: z.string().exactOptional().describe("As the page before has told."),
});

/** Counters by their names. */
export const entryWanted: z.ZodType = z.record(z.string(), z.int().min(0));

/** At most so many at once. */
export const importMax = 2000;

export interface ImportAsked {
  readonly entries: readonly { readonly key: string; readonly values: Readonly<Record<string, unknown>> }[];
}

export const importAsked: z.ZodType<ImportAsked> = z.strictObject({
  entries: z
    .array(z.strictObject({ key: z.string(), values: z.record(z.string(), z.unknown()) }))
    .min(1)
    .max(importMax)
    .describe("Keys, and counters by their names; all else of an entry stays."),
});

export const importAnswer: z.ZodType<ImportAnswer> = z
  .strictObject({ table: z.string(), set: z.int(), refused: z.int(), problems: z.array(z.string()) })
  .meta({ id: "TableImportAnswer" });
