// Entries of a table as files have them: what HAProxy's `show table NAME` tells on its socket, and what `sluice table show --json` writes, as
// one object or a line an entry. Of HAProxy's words those that say nothing of what was counted (use, exp, shard) are passed over, and
// a rate loses its period, which is the table's own.

export interface DumpedEntry {
  readonly key: string;
  readonly values: Readonly<Record<string, number>>;
}

/** What a line is. */
export type DumpLine =
  | { readonly kind: "entry"; readonly entry: DumpedEntry }
  /** HAProxy's heading of a table: entries of another one follow. */
  | { readonly kind: "table"; readonly name: string }
  | { readonly kind: "nothing" }
  | { readonly kind: "strange" };

const nothing = { kind: "nothing" } as const;
const strange = { kind: "strange" } as const;
/** Of who is there now, and of the entry itself. */
const passedOver: ReadonlySet<string> = new Set(["use", "exp", "shard", "conn_cur", "server_key", "server_name"]);

export function readDumpLine(line: string): DumpLine {
  const text = line.trim();
  if (text === "") return nothing;
  if (text.startsWith("#")) {
    const name = /^#\s*table:\s*([^\s,]+)/.exec(text)?.[1];
    return name === undefined ? nothing : { kind: "table", name };
  }
  if (text.startsWith("{")) return jsonEntry(text);
  return haproxyEntry(text);
}

/** `0x55d0: key=127.0.0.1 use=0 exp=35947 shard=0 gpc0=1 conn_rate(30000)=2` */
function haproxyEntry(text: string): DumpLine {
  const found = /^(?:0x[0-9a-fA-F]+:\s+)?key=(.*?)\s+use=\d+\s+(.*)$/.exec(text);
  if (found === null) return strange;
  const values: Record<string, number> = {};
  for (const word of found[2]!.split(/\s+/)) {
    const [, name, number] = /^([a-z_]\w*(?:\[\d+\])?)(?:\(\d+\))?=(\d+)$/.exec(word) ?? [];
    if (name !== undefined && !passedOver.has(name)) values[name] = Number(number);
  }
  return { kind: "entry", entry: { key: keyIn(found[1]!), values } };
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\x5c", n: "\\x0a", r: "\\x0d", t: "\\x09", e: "\\x1b" };

/** HAProxy writes a backslash before what would end a word, and before letters of what is not printable: as the admin API reads a key. */
function keyIn(text: string): string {
  return text.replaceAll(/\\([\\nrte =])/g, (_, letter: string) => escapes[letter] ?? letter);
}

function jsonEntry(text: string): DumpLine {
  const value = parsed(text) as { key?: unknown; values?: unknown } | null;
  if (value === null || typeof value.key !== "string" || typeof value.values !== "object" || value.values === null)
    return strange;
  return { kind: "entry", entry: { key: value.key, values: numbersIn(value.values) } };
}

export interface WholeDump {
  readonly entries: readonly DumpedEntry[];
  /** How many of what stands there are no entries. */
  readonly strange: number;
}

/** Of one JSON object with all entries in it; null where it is none. */
export function readWhole(text: string): WholeDump | null {
  const value = parsed(text) as { entries?: unknown } | readonly unknown[] | null;
  const all = Array.isArray(value) ? value : (value as { entries?: unknown } | null)?.entries;
  if (!Array.isArray(all)) return null;
  const entries = all.flatMap((each) => {
    const line = jsonEntry(JSON.stringify(each));
    return line.kind === "entry" ? [line.entry] : [];
  });
  return { entries, strange: all.length - entries.length };
}

function numbersIn(values: object): Record<string, number> {
  const numbers = Object.entries(values).filter(([name, value]) => typeof value === "number" && name !== "conn_cur");
  return Object.fromEntries(numbers) as Record<string, number>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
