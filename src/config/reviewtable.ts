// What contradicts itself in tables and lists: counters that stand twice, entries that are gone before a rate of theirs has been
// measured, lists of no kind or of two; and tables that nothing writes to or nothing asks. What rules say of a table stands in
// texts; here it is enough whether its name is in one of them.

import { formatDuration } from "../base/duration.ts";
import { quote } from "../base/reading.ts";
import { type Column, readColumn } from "../memory/column.ts";
import { fullBytes } from "../memory/sticktable/layout.ts";
import { compileTable } from "./compiletable.ts";
import type { TablePlan } from "./plan.ts";
import type { Path } from "./problem.ts";
import { isSection, listOf, msOf, type Report, type Section, sectionOf } from "./section.ts";
import { table as tableSchema } from "./tableschema.ts";
import { isTaken } from "./target.ts";

export function reviewTables(tables: Section, report: Report): void {
  for (const [name, value] of Object.entries(tables)) {
    if (!isSection(value)) continue;
    const table = sectionOf(value);
    const path: Path = ["tables", name];
    reviewKey(table, [...path, "key"], report);
    const columns = reviewStore(listOf(table["store"]), [...path, "store"], report);
    reviewExpire(table, columns, path, report);
    const parsed = tableSchema.safeParse(value);
    if (parsed.success)
      reviewMemory(
        compileTable(name, parsed.data),
        [...path, ...(table["size"] === undefined ? [] : ["size"])],
        report,
      );
    if (isTaken(name))
      report("warning", path, "key", `is a word of expressions too: there, write tables[${quote(name)}] for the table`);
  }
}

/** A table is one file whose words are counted in 31 bits; what it takes beside its entries is left room for. */
const memoryMax = 7.5 * 1024 ** 3;

export function reviewMemory(plan: TablePlan, path: Path, report: Report): void {
  const memory = fullBytes(plan);
  if (memory <= memoryMax) return;
  const gibibytes = (memory / 1024 ** 3).toFixed(1);
  report("error", path, "value", `makes a table of ${gibibytes} GiB when it is full; there may be 7.5 GiB at most`);
}

function reviewKey(table: Section, path: Path, report: Report): void {
  if (!isSection(table["key"])) return;
  const said = Object.keys(sectionOf(table["key"])).filter((key) => ["ip", "string", "binary"].includes(key));
  if (said.length !== 1) report("error", path, "value", "must hold one of ip, string and binary");
}

function reviewStore(store: readonly unknown[], path: Path, report: Report): Column[] {
  const columns: Column[] = [];
  for (const [index, text] of store.entries()) {
    const reading = typeof text === "string" ? readColumn(text) : null;
    if (reading === null || !reading.ok) continue;
    const column = reading.value;
    const other = columns.find(
      (one) =>
        one.type === column.type && one.first < column.first + column.length && column.first < one.first + one.length,
    );
    if (other !== undefined)
      report(
        "error",
        [...path, index],
        "value",
        `has a counter that ${quote(other.name)} has already; two of one kind could not be told apart`,
      );
    columns.push(column);
  }
  return columns;
}

function reviewExpire(table: Section, columns: readonly Column[], path: Path, report: Report): void {
  const expireMs = msOf(table["expire"] ?? "10m");
  if (!(expireMs > 0)) return;
  const isSaid = table["expire"] !== undefined;
  const warn = (message: string): void =>
    isSaid
      ? report("warning", [...path, "expire"], "value", `is shorter than ${message}`)
      : report("warning", path, "key", `has no expire, and 10m is shorter than ${message}`);
  const after = `: a client that pauses for ${formatDuration(expireMs)}`;
  const [longest] = columns.filter(({ form }) => form === "rate").sort((a, b) => b.periodMs - a.periodMs);
  if (longest !== undefined && expireMs < longest.periodMs)
    warn(`the time that ${longest.name} is counted over${after} is counted from nothing`);
  const bucket = columns.find(({ form }) => form === "tokens");
  if (bucket !== undefined && expireMs < bucket.burst * bucket.periodMs)
    warn(`what ${bucket.name} takes to fill${after} has all tokens again`);
}

const kinds = ["addresses", "texts", "names", "map"];

export function reviewLists(lists: Section, report: Report): void {
  for (const [name, value] of Object.entries(lists)) {
    if (!isSection(value)) continue;
    const path: Path = ["lists", name];
    const said = Object.keys(sectionOf(value)).filter((key) => kinds.includes(key));
    if (said.length === 0)
      report("error", path, "value", "must say what it is of: addresses, texts, names or map, each a file or a list");
    for (const key of said.slice(1))
      report("error", [...path, key], "key", `cannot stand beside ${said[0]}: a list is of one kind`);
  }
}

/** What is said of a table by all rules together. */
export interface TableUses {
  readonly written: ReadonlySet<string>;
  readonly read: ReadonlySet<string>;
}

/** Only when every rule could be read: otherwise the mistake is elsewhere. */
export function reviewTableUses(tables: Section, { written, read }: TableUses, report: Report): void {
  for (const [name, value] of Object.entries(tables)) {
    if (!isSection(value)) continue;
    const path: Path = ["tables", name];
    if (!written.has(name) && !read.has(name)) report("warning", path, "key", "is used by no rule");
    else if (!written.has(name))
      report(
        "warning",
        path,
        "key",
        `is read by rules, and none writes to it: add track or mark, unless its entries are set by "sluice table set ${name}"`,
      );
  }
}
