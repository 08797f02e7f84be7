// show, set and clear table, as requests to the admin API: whoever asks here sees and changes what `sluice table` does, on all workers and,
// of a table that nodes share, on all nodes. Entries come by pages, so that a table of a million is written as its reader takes it.

import type { HaproxyProxy } from "../../config/types.ts";
import type { EntriesAnswer, EntryAnswer, TableSummary, TablesAnswer } from "../table/answer.ts";
import type { Ask } from "./asker.ts";
import { type Answer, type Call, type Command, denied, isAllowed, wordAt } from "./command.ts";
import { type Counter, counterNamed, countersOf, entryLine, heading, isType, readFilters } from "./tablewords.ts";

export interface TableParts {
  readonly ask: Ask;
  /** Where a table has another name than HAProxy's proxy. */
  readonly named: () => readonly HaproxyProxy[];
}

const pageMax = 1000;
const noTable = "No such table\n";
const setUsage = "Required arguments: <table> key <key> [data.<store_data_type> <value>]*\n";
const clearUsage = 'Required arguments: <table> "data.<store_data_type>" <operator> <value> or <table> key <key>\n';

export function tableCommands(parts: TableParts): Command[] {
  return [
    {
      name: "clear table",
      usage: "clear table <table> [<filter>]*",
      help: "remove an entry from a table (filter: data/key)",
      level: "operator",
      answer: (call) =>
        wordAt(call, 2) === "" ? clearUsage : inTable(parts, call, (table) => clear(parts, call, table)),
    },
    {
      name: "set table",
      usage: "set table <table> key <k> [data.* <v>]*",
      help: "update or create a table entry's data",
      level: "operator",
      answer: (call) => (wordAt(call, 2) === "" ? setUsage : inTable(parts, call, (table) => set(parts, call, table))),
    },
    {
      name: "show table",
      usage: "show table <table> [<filter>]*",
      help: "report table usage stats or dump this table's contents (filter: data/key)",
      level: "user",
      answer: (call) =>
        wordAt(call, 2) === ""
          ? inTables(parts, call, (tables) => tables.map(heading).join(""))
          : inTable(parts, call, (table) => show(parts, call, table)),
    },
  ];
}

/** What the tables are asked for, or why they cannot be. */
async function inTables(
  { ask, named }: TableParts,
  { actor }: Call,
  answer: (tables: readonly TableSummary[]) => Answer | Promise<Answer>,
): Promise<Answer> {
  const { body, problem } = await ask({ method: "GET", path: "/api/v1/tables", actor });
  if (problem !== null) return `${problem}\n`;
  const others = new Map(named().flatMap(({ name, table }) => (table === undefined ? [] : [[table, name]])));
  const { tables } = body as TablesAnswer; // What our own admin interface answers.
  return answer(
    tables
      .map((table) => ({ ...table, name: others.get(table.name) ?? table.name }))
      .sort((one, other) => (one.name < other.name ? -1 : 1)),
  );
}

/** In the one of that name; none is told. */
function inTable(
  parts: TableParts,
  call: Call,
  answer: (table: TableSummary) => Answer | Promise<Answer>,
): Promise<Answer> {
  const name = wordAt(call, 2);
  return inTables(parts, call, (tables) => {
    const table = tables.find((each) => each.name === name);
    return table === undefined ? noTable : answer(table);
  });
}

/** As the admin API has it. */
function pathOf({ named }: TableParts, name: string): string {
  const own = named().find((each) => each.table !== undefined && each.name === name)?.table ?? name;
  return `/api/v1/tables/${encodeURIComponent(own)}`;
}

async function show(parts: TableParts, call: Call, table: TableSummary): Promise<Answer> {
  if (!isAllowed(call.level, "operator") && wordAt(call, 3) === "key") return denied;
  if (!isAllowed(call.level, "operator"))
    return `${heading(table)}# contents not dumped due to insufficient privileges\n`;
  const counters = countersOf(table);
  const filters = readFilters(call.words.slice(3), counters);
  if (!filters.ok) return filters.message;
  if (filters.key === null) return dump(parts, call, { table, counters, where: filters.where });
  const path = `${pathOf(parts, table.name)}/entries/${encodeURIComponent(filters.key)}`;
  const told = await parts.ask({ method: "GET", path, actor: call.actor });
  if (told.status === 404) return "";
  if (told.problem !== null) return `${told.problem}\n`;
  return `${heading(table)}${entryLine(counters, told.body as EntryAnswer)}`; // As above.
}

async function* dump(
  parts: TableParts,
  { actor }: Call,
  { table, counters, where }: { table: TableSummary; counters: readonly Counter[]; where: string | null },
): AsyncGenerator<string> {
  yield heading(table);
  let cursor: string | null = "0";
  while (cursor !== null) {
    const query = new URLSearchParams({ limit: String(pageMax), cursor, ...(where === null ? {} : { where }) });
    const told = await parts.ask({ method: "GET", path: `${pathOf(parts, table.name)}?${query}`, actor });
    if (told.problem !== null) return yield `# ${told.problem}\n`;
    const page = told.body as EntriesAnswer; // As above.
    // Nothing is said as well where a page has none: so a client that has left is noticed.
    yield page.entries.map((entry) => entryLine(counters, entry)).join("");
    cursor = page.cursor;
    if (cursor !== null) await othersTurn();
  }
}

async function set(parts: TableParts, call: Call, table: TableSummary): Promise<Answer> {
  if (wordAt(call, 3).startsWith("data."))
    return 'content-based lookup is only supported with the "show" and "clear" actions\n';
  if (wordAt(call, 3) !== "key") return setUsage;
  const key = wordAt(call, 4);
  if (key === "") return "Missing key value\n";
  const counters = countersOf(table);
  const values: Record<string, number> = {};
  for (let at = 5; at < call.words.length; at += 2) {
    const word = wordAt(call, at);
    const value = wordAt(call, at + 1);
    const type = word.slice("data.".length);
    if (!word.startsWith("data.")) return '"data.<type>" followed by a value expected\n';
    if (!isType(type)) return "Unknown data type\n";
    const counter = counterNamed(counters, type);
    if (counter === null) return "Data type not stored in this table\n";
    if (!/^\d{1,15}$/.test(value)) return "Require a valid integer value to store\n";
    values[counter.key] = Number(value);
  }
  const path = `${pathOf(parts, table.name)}/entries/${encodeURIComponent(key)}`;
  const told = await parts.ask({ method: "PUT", path, body: values, actor: call.actor });
  if (told.status === 409) return "Unable to allocate a new entry\n";
  return told.problem === null ? "" : `${told.problem}\n`;
}

async function clear(parts: TableParts, call: Call, table: TableSummary): Promise<Answer> {
  const filters = readFilters(call.words.slice(3), countersOf(table));
  if (!filters.ok) return filters.message;
  if (filters.key !== null) {
    const path = `${pathOf(parts, table.name)}/entries/${encodeURIComponent(filters.key)}`;
    const told = await parts.ask({ method: "DELETE", path, actor: call.actor });
    return told.problem === null || told.status === 404 ? "" : `${told.problem}\n`;
  }
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({
      ...(filters.where === null ? {} : { where: filters.where }),
      ...(cursor === null ? {} : { cursor }),
    });
    const told = await parts.ask({
      method: "DELETE",
      path: `${pathOf(parts, table.name)}?${query}`,
      actor: call.actor,
    });
    if (told.problem !== null) return `${told.problem}\n`;
    cursor = (told.body as { readonly cursor: string | null }).cursor; // As above.
    if (cursor !== null) await othersTurn();
  } while (cursor !== null);
  return "";
}

/** A table of a million entries is many pages, and control has more to do. */
function othersTurn(): Promise<void> {
  return new Promise((resume) => setImmediate(resume));
}
