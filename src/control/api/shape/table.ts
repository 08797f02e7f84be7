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
  z.strictObject({
    kind: z.literal("ip").describe("What its keys are."),
    prefix6: z.int().describe("How many bits of an IPv6 address count."),
  }),
  z.strictObject({ kind: z.literal("integer").describe("What its keys are.") }),
  z.strictObject({
    kind: z.literal("string").describe("What its keys are."),
    bytesMax: z.int().describe("The most that a key may have."),
  }),
  z.strictObject({
    kind: z.literal("binary").describe("What its keys are."),
    bytesMax: z.int().describe("The most that a key may have."),
  }),
]);

const tableSummary: z.ZodType<TableSummary> = z
  .strictObject({
    name: z.string().describe("Its name in the config."),
    key: tableKey.describe("What its keys are."),
    entries: z.int().describe("How many it has."),
    entriesMax: z.int().describe("How many it can have."),
    expireMs: z.number().describe("Since an entry's last refresh; 0 is never."),
    whenFull: z
      .enum(["evict", "refuse"])
      .describe("evict: another entry makes room; refuse: there is none for a new one."),
    store: z.array(z.string()).describe("What it stores of each key."),
    evictions: z.number().describe("Entries that made room for others, since the table was made."),
    refusals: z.number().describe("Keys that there was no room for."),
    timeouts: z.number().describe("Calls that gave up waiting for another process, and counted nothing."),
    bytes: z.number().describe("Memory that it takes."),
    bytesMax: z.number().describe("Memory that it takes when it is full."),
    isShared: z.boolean().describe("Other nodes of a fleet count in it too."),
  })
  .meta({ id: "Table", description: "A table, how large and how full." });

const values = z.record(z.string(), z.number());

export const entryAnswer: z.ZodType<EntryAnswer> = z
  .strictObject({
    key: z.string().describe("As it can be asked for."),
    uses: z.int().describe("Connections and requests that track it now."),
    expiresMs: z.number().nullable().describe("Null where entries do not expire."),
    values: values.describe("By the names of what the table stores."),
    fleet: values.exactOptional().describe("Likewise, of all nodes of the fleet together."),
  })
  .meta({ id: "TableEntry", description: "An entry of a table." });

export const tablesAnswer: z.ZodType<TablesAnswer> = z.strictObject({
  tables: z.array(tableSummary).describe("Every table."),
});

export const entriesAnswer: z.ZodType<EntriesAnswer> = z.strictObject({
  table: z.string().describe("The table."),
  entries: z.array(entryAnswer).describe("Those of this page."),
  cursor: z
    .string()
    .nullable()
    .describe("Asks for what follows; null at the end. A page may be empty and not the last one."),
  isPartial: z.boolean().exactOptional().describe("Sorted: time ran out before all entries were looked at."),
});

export const clearedAnswer: z.ZodType<ClearedAnswer> = z
  .strictObject({
    table: z.string().describe("The table."),
    cleared: z.int().describe("Entries that are gone."),
    cursor: z.string().nullable().describe("Where to go on; null when all is done."),
  })
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
    .array(
      z.strictObject({
        key: z.string().describe("Of the entry."),
        values: z.record(z.string(), z.unknown()).describe("Counters by their names."),
      }),
    )
    .min(1)
    .max(importMax)
    .describe("Keys, and counters by their names; all else of an entry stays."),
});

export const importAnswer: z.ZodType<ImportAnswer> = z
  .strictObject({
    table: z.string().describe("The table."),
    set: z.int().describe("Entries that were set."),
    refused: z.int().describe("Entries that were not."),
    problems: z.array(z.string()).describe("Why, of the first of these, with their keys."),
  })
  .meta({ id: "TableImportAnswer" });
