// The keys of a table: what its entries are known by, how many there may be, how long they last, and which counters each holds.
// What a counter is called is memory/column.ts' business; whether two of them are one is for reviewtable.ts to say.

import { z } from "zod";
import { misread, quote, type Reading, read } from "../base/reading.ts";
import { readSize } from "../base/size.ts";
import { readColumn } from "../memory/column.ts";
import type { TableInput } from "./input.ts";
import { choice, count, duration, flag, list, says, section, text } from "./term.ts";
import type { Table } from "./types.ts";

/** A shard finds its entries by indices of 32 bits, and no machine that this runs on has memory for more. */
export const entriesMax: number = 1 << 26;
/** Longer keys belong hashed into a shorter one. */
export const keyBytesMax = 1024;
/** As HAProxy has it for string and binary without a length. */
export const keyBytesUsual = 32;

/** "200k" is 204,800, as in HAProxy. */
export function readEntries(text: string): Reading<number> {
  const reading = /^\d+$/.test(text) ? read(Number(text)) : /^\d+(\.\d+)?[kKmM]$/.test(text) ? readSize(text) : null;
  if (reading?.ok === true && reading.value >= 1 && reading.value <= entriesMax) return reading;
  return misread(`must be from 1 to 64m entries, as in "200k" (204,800), not ${quote(text)}`);
}

/** How many entries, as a number or a text such as "200k". */
export const entries: z.ZodType<number | string, number | string> = z.union(
  [count(1, entriesMax), text('a number of entries such as "200k"', readEntries)],
  { error: says('a number of entries such as 1000, "200k" or "1m"') },
);

function readCounter(text: string): Reading<unknown> {
  // A list in brackets is cut at every comma, those of a counter among them.
  if (text.includes("(") && !text.includes(")"))
    return misread(`must stand in quotes, for there is a comma in it: ${quote(`${text},...)`)}`);
  return readColumn(text);
}

const tableKey = section({
  ip: count(1, 128).optional().describe("Addresses; of IPv6 ones so many bits count: 48, 64 (the usual) or 128."),
  string: count(1, keyBytesMax).optional().describe("Texts of at most so many bytes; what is longer is cut off."),
  binary: count(1, keyBytesMax)
    .optional()
    .describe("Exactly so many bytes; what is longer is cut off, what is shorter filled up with zeros."),
}).meta({ id: "TableKey", description: "What entries are known by, with its length: one of ip, string and binary." });

export const table: z.ZodType<Table, TableInput> = section({
  key: z
    .union([choice(["ip", "integer", "string", "binary"]), tableKey], {
      error: says('"ip", "integer", "string", "binary", or a section such as { ip: 48 } or { string: 64 }'),
    })
    .default("ip")
    .describe(
      "What entries are known by: ip (IPv6 by its first 64 bits), integer, string and binary (32 bytes), or a section that says another length.",
    ),
  size: entries.default("100k").describe('Entries at most, as a number or "200k", "1m" (k is 1024).'),
  expire: duration("0s")
    .default("10m")
    .describe("How long an entry lasts since it was last tracked or written; 0s is until it must make room."),
  store: list(text('a counter such as "gpc0" or "http_req_rate(10s)"', readCounter), "counters")
    .default([])
    .describe(
      'Counters of each entry, by HAProxy\'s names, and "tokens(5,500ms)": a bucket of 5 tokens of which one comes back every 500ms.',
    ),
  full: choice(["evict", "refuse"])
    .default("evict")
    .describe("When it is full: evict what would expire first, or refuse what is new."),
  share: flag()
    .default(false)
    .describe("With a fleet: what is read is the sum over all its nodes. Needs the section fleet."),
}).meta({ id: "Table", description: "Counters by key, shared by all workers, which outlive reloads and restarts." });
