// Which keys goproxy's cfg.toml has, in each of its sections, and of what kind their values are. goproxy reads them through a
// library that takes "2" for 2 and 1 for true, and one text for a list of its words; `loosened` does the same, so that whatever
// started goproxy is read, and a variable may stand for a number. Names are found in any case there, and here.

import { didYouMean } from "../../../base/nearest.ts";
import type { Ledger } from "../ledger.ts";
import { isTable, Table } from "../table.ts";

type Kind = "text" | "count" | "flag" | "texts" | "section";

export const keywords: Readonly<Record<"root" | "server" | "redis" | "mem", Readonly<Record<string, Kind>>>> = {
  root: { title: "text", server: "section", redis: "section", mem: "section" },
  server: {
    port: "text",
    reverse: "flag",
    proxy_pass: "texts",
    inverse_mode: "count",
    // What the code of some versions reads instead.
    reverse_mode: "count",
    auth: "flag",
    user: "section",
    cache: "flag",
    cache_timeout: "count",
    cache_type: "text",
    log: "count",
    log_path: "text",
    http_read_timeout: "count",
    http_write_timeout: "count",
    // Of the first versions; no later one reads it.
    admin: "section",
  },
  redis: { redis_host: "text", redis_pass: "text", max_idle: "count", idle_timeout: "count", max_active: "count" },
  mem: { capacity: "count", cache_replacement_policy: "text" },
};

export type Name = keyof typeof keywords;

/** The value of a key, written in whatever case. */
export function written(section: object, key: string): unknown {
  return Object.entries(section).findLast(([name]) => name.toLowerCase() === key)?.[1];
}

/** The whole tree with its values as they are meant. */
export function loosened(tree: object): object {
  return mapped(tree, (key, value) => {
    if (isTable(value) && isSectionName(key)) return mapped(value, (name, item) => loose(item, keywords[key][name]));
    return value;
  });
}

function isSectionName(key: string): key is Exclude<Name, "root"> {
  return key !== "root" && Object.hasOwn(keywords, key);
}

function mapped(section: object, change: (key: string, value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key, change(key.toLowerCase(), value)]));
}

function loose(value: unknown, kind: Kind | undefined): unknown {
  if (kind === "count" && typeof value === "string" && /^\d{1,15}$/.test(value)) return Number(value);
  if (kind === "flag" && (value === 0 || value === 1)) return value === 1;
  if (kind === "flag" && typeof value === "string" && /^(true|false|0|1)$/i.test(value))
    return /^(true|1)$/i.test(value);
  if (kind === "text" && typeof value === "number") return String(value);
  if (kind === "texts" && typeof value === "string") return value.split(/\s+/).filter((word) => word !== "");
  return value;
}

/** A key that goproxy does not have is most likely one of its keys mistyped, which goproxy would pass over in silence. */
export function refuseUnknown(table: Table, name: Name): void {
  const known = Object.keys(keywords[name]);
  table.inertWhereEmpty(known);
  for (const key of table.keys()) {
    if (known.includes(key)) continue;
    const meant = didYouMean(key, known) || `; known here: ${known.join(", ")}`;
    const message = `is no key of goproxy${meant}`;
    table.ledger.judged({ severity: "error", path: table.at(key), part: "key", message });
  }
}

/** A section that may be absent, which then has no keys. */
export function sectionOf(root: Table, name: Exclude<Name, "root">, ledger: Ledger): Table {
  const section = root.section(name) ?? new Table({}, [name], ledger);
  refuseUnknown(section, name);
  return section;
}
