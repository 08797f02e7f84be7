// Tables and lists as the plan has them: those of the config in its order, then those that limits make for themselves. Their names
// are what their files are found by after a restart.

import { formatDuration } from "../base/duration.ts";
import { readColumn } from "../memory/column.ts";
import type { Type } from "../rules/expression/compiled.ts";
import { fleet as fleetSchema } from "./fleetschema.ts";
import { ms, value } from "./measure.ts";
import type { ListPlan, SharePlan, TableKeyPlan, TablePlan } from "./plan.ts";
import { readRate } from "./rate.ts";
import { keyBytesUsual, readEntries } from "./tableschema.ts";
import type { Config, Fleet, Limit, List, Table } from "./types.ts";

/** What one client has of IPv6, as a rule. */
const prefix6Usual = 64;
/** Of a limit by a text, such as a key in a header: longer ones that begin alike share a limit. */
const limitKeyBytes = 256;
/** Expires later than its bucket is full again, when it says no more than an entry that is not there. */
const limitMarginMs = 1000;

/** How tables are shared that are; null without a fleet. */
export function shareOf({ fleet }: Config): SharePlan | null {
  if (fleet === undefined) return null;
  const { stale, whenStale } = fleetOf(fleet);
  return { staleMs: ms(stale), whenStale };
}

/** With the defaults of the section, where only an address is written. */
export function fleetOf(fleet: string | Fleet): Fleet {
  return typeof fleet === "string" ? fleetSchema.parse({ redis: fleet }) : fleet;
}

/** `share`: what it is shared by, where it is. */
export function compileTable(name: string, table: Table, share: SharePlan | null = null): TablePlan {
  return {
    name,
    key: compileKey(table.key),
    entriesMax: entriesOf(table.size),
    expireMs: ms(table.expire),
    isEvicting: table.full === "evict",
    store: table.store.map((text) => value(readColumn(text)).name),
    share: table.share ? share : null,
  };
}

export function entriesOf(size: number | string): number {
  return typeof size === "number" ? size : value(readEntries(size));
}

function compileKey(key: Table["key"]): TableKeyPlan {
  const { ip, string, binary } =
    typeof key === "string" ? ({} as { ip?: number; string?: number; binary?: number }) : key;
  if (string !== undefined || key === "string") return { kind: "string", bytesMax: string ?? keyBytesUsual };
  if (binary !== undefined || key === "binary") return { kind: "binary", bytesMax: binary ?? keyBytesUsual };
  return key === "integer" ? { kind: "integer" } : { kind: "ip", prefix6: ip ?? prefix6Usual };
}

/** `owner`: a listener's or pool's name. */
export function limitTableName(owner: string, rule: string): string {
  return `limit:${owner}/${rule}`;
}

/** What a limit's table is by, from what its expression comes to. */
export function limitKey(type: Type): TableKeyPlan {
  if (type === "address") return { kind: "ip", prefix6: prefix6Usual };
  return type === "number" ? { kind: "integer" } : { kind: "string", bytesMax: limitKeyBytes };
}

/** The table of a limit that has a rate. */
export function compileLimitTable(
  name: string,
  limit: Limit,
  key: TableKeyPlan,
  share: SharePlan | null = null,
): TablePlan {
  const { count, periodMs } = value(readRate(limit.rate ?? ""));
  const burst = limit.burst ?? count;
  const word = `tokens(${burst},${formatDuration(periodMs)})`;
  return {
    name,
    key,
    entriesMax: entriesOf(limit.size ?? "100k"),
    expireMs: Math.min(burst * periodMs + limitMarginMs, 2_147_483_647),
    isEvicting: true,
    store: [value(readColumn(word)).name],
    share: limit.share === true ? share : null,
  };
}

const kinds = { addresses: "address", texts: "text", names: "name", map: "map" } as const;

/** What a list is of, and its values: those that are written, or where they are. */
export interface Listed {
  readonly kind: ListPlan["kind"];
  /** A line each; of a map its key, a space and its value. Null when they are in a file. */
  readonly values: readonly string[] | null;
  /** As the config names it. */
  readonly file: string | null;
}

export function listedOf(list: List): Listed {
  for (const key of ["addresses", "texts", "names", "map"] as const) {
    const written = list[key];
    if (written === undefined) continue;
    const kind = kinds[key];
    if (typeof written === "string") return { kind, values: null, file: written };
    const values = Array.isArray(written) ? written : Object.entries(written).map(([name, text]) => `${name} ${text}`);
    return { kind, values, file: null };
  }
  return { kind: "text", values: [], file: null };
}

export function compileList(name: string, list: List): ListPlan {
  return { name, kind: listedOf(list).kind };
}
