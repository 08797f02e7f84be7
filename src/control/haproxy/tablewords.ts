// Tables as HAProxy's `show table` writes them: the heading, a line an entry, the names of counters with their period in ms, and the words of
// filters. It knows what the admin API answers about tables, and makes text of it.

import { type Column, readColumn } from "../../memory/column.ts";
import type { EntryAnswer, TableSummary } from "../table/answer.ts";

/** In the order in which HAProxy writes them, and knows them. */
const types: readonly string[] = [
  ...["server_id", "gpt0", "gpc0", "gpc0_rate", "conn_cnt", "conn_rate", "conn_cur", "sess_cnt", "sess_rate"],
  ...["http_req_cnt", "http_req_rate", "http_err_cnt", "http_err_rate", "bytes_in_cnt", "bytes_in_rate"],
  ...["bytes_out_cnt", "bytes_out_rate", "gpc1", "gpc1_rate", "server_key", "http_fail_cnt", "http_fail_rate"],
  ...["gpt", "gpc", "gpc_rate", "tokens"],
];

/** Whether HAProxy has a counter of that name, gpc3 and gpc3_rate among them. */
export function isType(name: string): boolean {
  return types.includes(name) || /^gp[ct]\d{1,2}$|^gpc\d{1,2}_rate$|^gp[ct](?:_rate)?\[\d{1,2}\]$/.test(name);
}

/** A counter of a table, as it is written. */
export interface Counter {
  /** In answers of the admin API. */
  readonly key: string;
  /** Without its period: "gpc0", "conn_rate". */
  readonly name: string;
  /** With it: "conn_rate(10000)". */
  readonly label: string;
}

export function countersOf({ store }: Pick<TableSummary, "store">): Counter[] {
  const columns = store.flatMap((text) => {
    const column = readColumn(text);
    return column.ok ? [column.value] : [];
  });
  const place = (column: Column): number => types.indexOf(bareOf(column));
  return columns.sort((one, other) => place(one) - place(other)).flatMap(countersIn);
}

function bareOf({ name }: Column): string {
  return name.replace(/\(.*$/, "");
}

function countersIn(column: Column): Counter[] {
  const bare = bareOf(column);
  const isArray = bare === column.type && (bare === "gpc" || bare === "gpt" || bare === "gpc_rate");
  const period = column.form === "rate" ? `(${column.periodMs})` : "";
  if (!isArray) return [{ key: column.name, name: bare, label: `${bare}${period}` }];
  return Array.from({ length: column.length }, (_, offset) => {
    const index = column.first + offset;
    const name = bare === "gpc_rate" ? `gpc${index}_rate` : `${bare}${index}`;
    return { key: `${column.type}[${index}]`, name, label: `${name}${period}` };
  });
}

export function counterNamed(counters: readonly Counter[], name: string): Counter | null {
  return counters.find((counter) => counter.name === name || counter.key === name) ?? null;
}

export function heading({ name, key, entries, entriesMax }: TableSummary): string {
  const type = key.kind === "ip" && key.prefix6 === 128 ? "ipv6" : key.kind;
  return `# table: ${name}, type: ${type}, size:${entriesMax}, used:${entries}\n`;
}

export function entryLine(counters: readonly Counter[], entry: EntryAnswer): string {
  // Of a table that nodes share what all of them counted is what rules go by.
  const values = entry.fleet ?? entry.values;
  const told = counters.map(({ key, label }) => ` ${label}=${values[key] ?? 0}`).join("");
  const key = keyText(entry.key);
  const pointer = (Bun.hash(entry.key) as bigint).toString(16).slice(0, 12);
  return `0x${pointer}: key=${key} use=${entry.uses} exp=${entry.expiresMs ?? 0}${told}\n`;
}

/** What ends a word has a backslash before it, as HAProxy writes it; what is not printable is \xNN already. */
function keyText(key: string): string {
  return key.replaceAll(/[ =]/g, "\\$&");
}

const operators: Readonly<Record<string, string>> = { eq: "==", ne: "!=", le: "<=", ge: ">=", lt: "<", gt: ">" };
const filtersMax = 4;

export type Filters =
  | { readonly ok: true; readonly where: string | null; readonly key: string | null }
  | { readonly ok: false; readonly message: string };

/** `data.gpc0 gt 0 data.conn_rate ge 5`, or `key 10.0.0.1`: what stands behind a table's name. */
export function readFilters(words: readonly string[], counters: readonly Counter[]): Filters {
  const [first = ""] = words;
  if (words.length === 0 || first === "") return { ok: true, where: null, key: null };
  if (first === "key") {
    const key = words[1] ?? "";
    return key === "" ? wrong("Missing key value\n") : { ok: true, where: null, key };
  }
  if (!first.startsWith("data."))
    return wrong('Optional argument only supports "data.<store_data_type>" <operator> <value> and key <key>\n');
  const conditions: string[] = [];
  for (let at = 0; at < words.length && conditions.length < filtersMax; at += 3) {
    const number = `Filter entry #${conditions.length + 1}: `;
    const [word = "", operator = "", value = ""] = words.slice(at, at + 3);
    const name = word.slice("data.".length);
    if (!word.startsWith("data.") || !isType(name)) return wrong(`${number}Unknown data type\n`);
    const counter = counterNamed(counters, name);
    if (counter === null) return wrong(`${number}Data type not stored in this table\n`);
    const comparison = Object.hasOwn(operators, operator) ? operators[operator]! : null;
    if (comparison === null) return wrong(`${number}Require and operator among "eq", "ne", "le", "ge", "lt", "gt"\n`);
    if (!/^\d{1,15}$/.test(value)) return wrong(`${number}Require a valid integer value to compare against\n`);
    conditions.push(`${counter.key} ${comparison} ${value}`);
  }
  return { ok: true, where: conditions.join(" && "), key: null };
}

function wrong(message: string): Filters {
  return { ok: false, message };
}
