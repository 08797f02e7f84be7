// Fetches of counters: sc0_conn_rate, sc_conn_rate(0), src_conn_rate(table), with another table, and those that write. What is asked
// of a slot is `tracked[N].counter`, of a source `table[src].counter`: absence is the same in both programs (no entry of a table
// reads 0; a slot that tracks nothing, or a table that does not store it, gives no value at all).

import { quote } from "../../../base/reading.ts";
import { type Code, call, choose, index, member, number, primary, relate } from "./code.ts";
import { fault, refuse } from "./objection.ts";
import { mapSample, missingSample, nameIn, type Sample, type Site, sampleOf } from "./sample.ts";
import type { Called } from "./samplewords.ts";
import type { Word } from "./scene.ts";
import { type StickTable, stickTables, stores } from "./sticktable.ts";

/** HAProxy's usual number of slots. */
export const slotsMax = 3;

interface Counter {
  readonly type: string;
  readonly element: number;
}

/** Those that are read as they are. */
const plain: ReadonlySet<string> = new Set([
  "conn_cnt",
  "conn_cur",
  "conn_rate",
  "sess_cnt",
  "sess_rate",
  "http_req_cnt",
  "http_req_rate",
  "http_err_cnt",
  "http_err_rate",
  "http_fail_cnt",
  "http_fail_rate",
  "bytes_in_rate",
  "bytes_out_rate",
]);

/** Null when the name is none of a counter's. */
export function fetchCounter(site: Site, word: Word, { name, args }: Called): Sample | null {
  const found = /^(?:sc([0-2])|(sc)|(src))_([a-z_0-9]+)$/.exec(name);
  if (found === null) return null;
  const [, fixed, numbered, , what = ""] = found;
  if (!isKnown(what)) return null;
  const rest = [...args];
  const element = takesElement(what) ? readNumber(word, rest.shift(), "the number of a counter", 99) : 0;
  if (found[3] !== undefined) {
    const table = tableNamed(site, word, rest.shift());
    noMore(word, name, rest);
    const sample = readOf(word, what, element, entryOf(site, table, primary("src")), table);
    return lessOne(what, countedLater(site, "src", table), sample);
  }
  const slot = numbered === undefined ? Number(fixed) : readNumber(word, rest.shift(), "a slot from 0 to 2", 999);
  const tracked = index(primary("tracked"), number(slot));
  const other = rest.length === 0 ? null : tableNamed(site, word, rest.shift());
  noMore(word, name, rest);
  if (slot >= slotsMax) return missingSample("int", `there is no slot ${slot}, only those from 0 to ${slotsMax - 1}`);
  if (what === "tracked") return sampleOf("bool", call("has", member(tracked, "key")));
  const isLater = countedLater(site, slot, other);
  if (other === null) return lessOne(what, isLater, readOf(word, what, element, tracked, null));
  return lessOne(what, isLater, readOf(word, what, element, entryOf(site, other, member(tracked, "key")), other));
}

/**
 * HAProxy counts a request, in what it tracks, behind the tcp-request content rules of the side that tracks; here it is counted at once.
 * The slots it may be counted in by then: the one that is asked, those that hold the source, or all, of one table or whatever they hold.
 */
function countedLater(
  { proxy, stage }: Site,
  asked: number | "src" | "all",
  table: StickTable | null,
): readonly number[] {
  if (stage !== "content" || proxy.mode !== "http") return [];
  const slots = proxy.statements.flatMap(({ words }) => {
    const [first, second, third, key, ...rest] = words.map((word) => word.text);
    if (first !== "tcp-request" || !third?.startsWith("track-sc")) return [];
    if (proxy.kind === "backend" && second !== "content") return [];
    const named = rest[0] === "table" ? rest[1] : proxy.name;
    const isSame = asked === "all" || (asked === "src" ? key === "src" : third === `track-sc${asked}`);
    return isSame && (table === null || table.proxy.name === named) ? [Number(third.slice(8))] : [];
  });
  return [...new Set(slots)];
}

/**
 * For each slot that holds the entry by now; a rule above the one that tracks, and one that tracks under a condition, find none. `key`: of
 * an entry that may be another than the slot's.
 */
function lessOne(what: string, slots: readonly number[], sample: Sample, key: Code | null = null): Sample {
  if (!what.startsWith("http_req_") || sample.missing !== null) return sample;
  return slots.reduce((so, slot) => {
    const held = member(index(primary("tracked"), number(slot)), "key");
    const isHeld = key === null ? call("has", held) : relate(held, "==", call("string", key));
    return mapSample(so, "int", (code) => relate(code, "-", choose(isHeld, number(1), number(0))));
  }, sample);
}

/** Converters table_x(table) and table_x(n,table); null when it is none. */
export function convertCounter(site: Site, word: Word, { name, args }: Called, key: Code): Sample | null {
  const what = /^table_([a-z_0-9]+)$/.exec(name)?.[1];
  if (what === undefined) return null;
  if (what === "server_id") {
    const table = tableNamed(site, word, args[0]);
    return sampleOf("int", member(entryOf(site, table, key), "server_id"));
  }
  const asked = /^gp[ct][01]?$/.test(what) ? `get_${what}` : what;
  if (!isKnown(asked) || /^(?:inc|clr|tracked)/.test(asked))
    return refuse(word, `${name} asks what Sluice does not tell of an entry`);
  const rest = [...args];
  const element = takesElement(asked) ? readNumber(word, rest.shift(), "the number of a counter", 99) : 0;
  const table = tableNamed(site, word, rest.shift());
  noMore(word, name, rest);
  const sample = readOf(word, asked, element, entryOf(site, table, key), table);
  return lessOne(asked, countedLater(site, "all", table), sample, key);
}

/** Asked with the argument that names it, or that of the proxy itself. */
export function tableNamed(site: Site, word: Word, written: string | undefined): StickTable {
  const name = written === undefined || written === "" ? site.proxy.name : written;
  const tables = stickTables(site.conversion);
  const table = tables.get(name);
  if (table !== undefined) return table;
  const hasBroken = site.conversion.proxies.some(
    (proxy) => proxy.name === name && proxy.statements.some(({ words }) => words[0]!.text === "stick-table"),
  );
  if (name.includes("/"))
    return refuse(word, `asks a table of a section peers, and tables stand in a frontend or backend here: stick-table`);
  const known = tables.size === 0 ? "no proxy has one" : `known are ${[...tables.keys()].map(quote).join(", ")}`;
  return fault(word, hasBroken ? `asks table ${name}, which is refused` : `asks a table ${quote(name)}; ${known}`);
}

export function entryOf(site: Site, table: StickTable, key: Code): Code {
  return index(nameIn("tables", site.conversion.nameOf("table", table.proxy.name)), key);
}

/** The counter of an entry that rules write to. */
export function counterOf(entry: Code, { type, element }: Counter): Code {
  if ((type === "gpc" || type === "gpt") && element < (type === "gpc" ? 2 : 1))
    return member(entry, `${type}${element}`);
  if (type === "gpc_rate" && element < 2) return member(entry, `gpc${element}_rate`);
  if (type === "gpc" || type === "gpt" || type === "gpc_rate") return index(member(entry, type), number(element));
  return member(entry, type);
}

function isKnown(what: string): boolean {
  if (plain.has(what)) return true;
  return /^(?:kbytes_(?:in|out)|tracked|trackers|updt_conn_cnt|(?:get|inc|clr)_gpc[01]?|get_gpt0?|gpc[01]?_rate)$/.test(
    what,
  );
}

function takesElement(what: string): boolean {
  return /(?:^|_)(?:gpc|gpt)(?:_rate)?$/.test(what);
}

function readOf(word: Word, what: string, written: number, entry: Code, table: StickTable | null): Sample {
  if (what === "trackers") return refuse(word, "how many hold an entry is not told to rules");
  if (what === "updt_conn_cnt") return refuse(word, "counters of connections are counted by tracking only");
  const numbered = /gp[ct]([01])/.exec(what);
  const element = numbered === null ? written : Number(numbered[1]);
  const counter: Counter = plain.has(what)
    ? { type: what, element: 0 }
    : /^kbytes/.test(what)
      ? { type: what.replace(/^kbytes_(\w+)$/, "bytes_$1_cnt"), element: 0 }
      : { type: /gpt/.test(what) ? "gpt" : /rate/.test(what) ? "gpc_rate" : "gpc", element };
  const isWrite = /^(?:inc|clr)_/.test(what);
  const isStored =
    table === null ||
    stores(table, counter.type, element) ||
    (isWrite && counter.type === "gpc" && stores(table, "gpc_rate", element));
  if (!isStored)
    return missingSample(
      "int",
      `table ${table!.proxy.name} does not store ${counterOf(primary("x"), counter).text.slice(2)}`,
    );
  const code = counterOf(entry, counter);
  if (isWrite)
    return { ...sampleOf("int", call(what.startsWith("inc") ? "increment" : "clear", code)), isEffect: true };
  if (/^kbytes/.test(what)) return sampleOf("int", call("int", relate(code, "/", number(1024))));
  return sampleOf("int", code);
}

function readNumber(word: Word, written: string | undefined, expected: string, max: number): number {
  const value = written !== undefined && /^\d{1,3}$/.test(written) ? Number(written) : Number.NaN;
  if (value <= max) return value;
  return fault(word, `needs ${expected} in brackets${written === undefined ? "" : `, not ${quote(written)}`}`);
}

function noMore(word: Word, name: string, rest: readonly string[]): void {
  if (rest.length > 0) fault(word, `has one argument too many for ${name}: ${quote(rest[0]!)}`);
}
