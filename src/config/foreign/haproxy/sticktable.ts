// The line stick-table: a table of ours, of the same name, key, size and counters. Types are HAProxy's; `ip` there is IPv4 only,
// and here takes IPv6 too, by its first 64 bits. What HAProxy refuses of such a line is refused in words much like its own.

import { quote } from "../../../base/reading.ts";
import { readColumn } from "../../../memory/column.ts";
import { keyBytesMax } from "../../tableschema.ts";
import type { TableDraft } from "./draft.ts";
import { durationOf, written } from "./duration.ts";
import { fault, heard, refuse } from "./objection.ts";
import type { Conversion, Service, Statement, Word } from "./scene.ts";
import { warn } from "./tell.ts";
import { readUnits } from "./time.ts";

export interface StickTable {
  readonly proxy: Service;
  readonly statement: Statement;
  readonly keyKind: "ip" | "integer" | "string" | "binary";
  /** As HAProxy's line says them, without spaces. */
  readonly store: readonly string[];
  readonly draft: TableDraft;
}

/** Without a `len`; a string keeps one byte less than it says, for HAProxy ends it with a NUL. */
const lengthUsual = 32;

/** Of every proxy that has one, by the proxy's name: a table has no other. */
export function stickTables(conversion: Conversion): ReadonlyMap<string, StickTable> {
  const known = tablesOf.get(conversion);
  if (known !== undefined) return known;
  const tables = new Map<string, StickTable>();
  tablesOf.set(conversion, tables);
  for (const proxy of conversion.proxies) {
    for (const statement of proxy.statements) {
      if (statement.words[0]!.text !== "stick-table" || statement.prefix !== null) continue;
      const table = heard(conversion.ledger, statement, () => {
        const before = tables.get(proxy.name);
        if (before !== undefined)
          fault(
            statement.words[0]!,
            `is the second of that name: line ${before.statement.line} has a table ${proxy.name}`,
          );
        return readStickTable(conversion, proxy, statement);
      });
      if (table !== null) tables.set(proxy.name, table);
    }
  }
  return tables;
}

const tablesOf = new WeakMap<Conversion, Map<string, StickTable>>();

export function readStickTable(conversion: Conversion, proxy: Service, statement: Statement): StickTable {
  const reader = new LineReader(statement);
  let keyKind: StickTable["keyKind"] | null = null;
  let key: TableDraft[string];
  let size: number | null = null;
  let expireMs = 0;
  let full: "evict" | "refuse" = "evict";
  const store: string[] = [];
  for (let word = reader.next(); word !== null; word = reader.next()) {
    switch (word.text) {
      case "type":
        [keyKind, key] = readType(reader, word);
        break;
      case "size":
        size = readSize(reader.after(word));
        break;
      case "expire":
        expireMs = readExpire(reader.after(word));
        break;
      case "nopurge":
        full = "refuse";
        break;
      case "store":
        store.push(...readStore(conversion, reader.after(word), store));
        break;
      case "peers":
        reader.after(word);
        warn(
          conversion.ledger,
          word,
          "does nothing here: the table outlasts restarts by itself, and other machines do not share it",
        );
        break;
      case "srvkey":
        reader.after(word);
        warn(conversion.ledger, word, "does nothing here: servers are kept by their address");
        break;
      case "write-to":
      case "recv-only":
        refuse(word, "there are no peers to learn entries from");
        break;
      default:
        fault(word, `is no option of a stick-table: ${quote(word.text)}`);
    }
  }
  if (keyKind === null) return fault(statement.words[0]!, "has no type, such as: type ip");
  if (size === null || size === 0) return fault(statement.words[0]!, "has no size, such as: size 200k");
  const draft: TableDraft = {
    key,
    size: sizeText(size),
    expire: expireMs === 0 ? "0s" : written(expireMs),
    store: storeOf(store),
  };
  if (full === "refuse") draft["full"] = full;
  return { proxy, statement, keyKind, store, draft };
}

class LineReader {
  readonly #words: readonly Word[];
  #at = 1;

  constructor(statement: Statement) {
    this.#words = statement.words;
  }

  next(): Word | null {
    return this.#words[this.#at++] ?? null;
  }

  peek(): string | null {
    return this.#words[this.#at]?.text ?? null;
  }

  after(word: Word): Word {
    return this.next() ?? fault(word, "needs a value");
  }
}

function readType(reader: LineReader, word: Word): [StickTable["keyKind"], TableDraft[string]] {
  const type = reader.after(word);
  let length: number | null = null;
  if (reader.peek() === "len") {
    const len = reader.next()!;
    const value = reader.after(len);
    if (type.text !== "string" && type.text !== "binary")
      fault(len, `goes with string and binary, not with ${type.text}`);
    length = /^\d{1,9}$/.test(value.text) ? Number(value.text) : 0;
    if (length < 1) fault(value, "must be a length in bytes, 1 or more");
    if (length > keyBytesMax) refuse(value, `a key has at most ${keyBytesMax} bytes`);
  }
  switch (type.text) {
    case "ip":
    case "ipv4":
      return ["ip", "ip"];
    case "ipv6":
      return ["ip", { ip: 128 }];
    case "integer":
      return ["integer", "integer"];
    case "string":
      return ["string", { string: length ?? lengthUsual - 1 }];
    case "binary":
      return ["binary", { binary: length ?? lengthUsual }];
    default:
      return fault(type, `must be ip, ipv6, integer, string or binary, not ${quote(type.text)}`);
  }
}

/** As long as 31 bits of milliseconds. */
const expireMsMax = 2 ** 31 - 1;

function readExpire(word: Word): number {
  const ms = readUnits(word, "ms");
  return ms <= expireMsMax ? ms : fault(word, "must be at most 24 days");
}

/** As an operator writes it. */
function sizeText(size: number): number | string {
  return size % 2 ** 20 === 0 ? `${size / 2 ** 20}m` : size % 1024 === 0 ? `${size / 1024}k` : size;
}

function readSize(word: Word): number {
  const found = /^(\d{1,10})([kKmMgG]?)$/.exec(word.text);
  const powers: Record<string, number> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
  const size = found === null ? Number.NaN : Number(found[1]) * powers[found[2]!.toLowerCase()]!;
  if (Number.isNaN(size)) return fault(word, `must be a number of entries such as 200k, not ${quote(word.text)}`);
  return size;
}

/** What gives a counter of HAProxy's its number of words and its period. */
function readStore(conversion: Conversion, word: Word, before: readonly string[]): readonly string[] {
  const names: string[] = [];
  for (const written of word.text.match(/[^,(]+(?:\([^)]*\))?/g) ?? []) {
    const name = /^[^(]*/.exec(written)![0].trim();
    if (name === "server_key") continue; // Servers are kept by their address, as server_id has it here.
    if (name === "glitch_cnt" || name === "glitch_rate")
      return refuse(word, `${name} counts what HAProxy calls glitches, which are not counted here`);
    const column = readColumn(withUnits(written));
    if (!column.ok || name === "tokens") return fault(word, `${column.ok ? "has no counter tokens" : column.message}`);
    if ([...before, ...names].some((one) => nameOf(one) === name)) {
      warn(conversion.ledger, word, `says ${name} twice; the second is of no account`);
      continue;
    }
    names.push(column.value.name);
  }
  const all = [...before, ...names].map(nameOf);
  for (const array of ["gpc", "gpt", "gpc_rate"]) {
    const lone = all.find((one) => isElementOf(array, one));
    if (all.includes(array) && lone !== undefined)
      return fault(word, `stores ${array} and ${lone}, which are one counter: HAProxy wants only one of them`);
  }
  return names;
}

/** Periods without a unit are milliseconds. What stands behind the unit is passed over, as in all times of HAProxy's. */
function withUnits(written: string): string {
  if (!/rate/.test(nameOf(written))) return written;
  return written.replace(/([(,]\s*)(\w+)\s*\)$/, (whole, before: string, period: string) => {
    const rest = durationOf(period, "ms")?.rest;
    if (rest === undefined) return whole;
    return `${before}${/\d$/.test(period) ? `${period}ms` : period.slice(0, period.length - rest.length)})`;
  });
}

export function nameOf(counter: string): string {
  return /^[a-z_0-9]*/.exec(counter.trim())![0];
}

function isElementOf(array: string, name: string): boolean {
  return array === "gpc_rate" ? /^gpc[01]_rate$/.test(name) : name === `${array}0` || name === `${array}1`;
}

/** HAProxy increments a rate whose count is not stored; here the count comes with it. */
function storeOf(store: readonly string[]): readonly string[] {
  const names = store.map(nameOf);
  const counts = store.flatMap((counter) => {
    const name = nameOf(counter);
    if (!/^gpc[01]?_rate$/.test(name)) return [];
    const count = name.replace("_rate", "");
    if (names.includes(count) || (count !== "gpc" && names.includes("gpc"))) return [];
    return [count === "gpc" ? `gpc(${/\((\d+),/.exec(counter)![1]})` : count];
  });
  return [...store, ...counts];
}

/** Whether a table stores a counter, for element `element` where it is one of an array. */
export function stores(table: StickTable, type: string, element: number): boolean {
  return table.store.some((counter) => {
    const column = readColumn(counter);
    if (!column.ok || column.value.type !== type) return false;
    return element >= column.value.first && element < column.value.first + column.value.length;
  });
}
