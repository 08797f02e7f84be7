// Reads the text of a file, a document or a program's output: lines, JSON, or what a pattern finds. It knows how servers are written
// and not where the text is from. A text that is cut off, has nothing in it or is something else altogether, as the page of a proxy that
// has lost its server, is no answer rather than an empty one: it must not take a pool down.

import { RE2JS } from "re2js";
import type { Discover } from "../../config/types.ts";
import { answerOf, type Entry, type Teller } from "./entry.ts";
import type { Answer } from "./source.ts";

/** Of an answer. A thousand servers with all that can be said of them take a fifth of it. */
export const answerBytesMax: number = 1 << 20;
/** So many entries are looked at; a source has fewer servers than that. */
const entriesMax = 10_000;

export type Manner = Pick<Discover, "format" | "fields" | "pattern" | "port" | "onNothing">;

export function readAnswer(text: string, manner: Manner, teller: Teller = "here"): Answer {
  if (text.length > answerBytesMax) return tooLong;
  const { format, pattern, port } = manner;
  const bare = text.replace(/^\ufeff/, "");
  if (bare.trim() === "") return manner.onNothing === "failure" ? nothingOf(manner) : answerOf([], port, teller);
  const isJson = format === "json" || (format === "auto" && pattern === undefined && /^\s*[[{]/.test(bare));
  if (isJson) return readJson(bare, manner, teller);
  if (pattern !== undefined && format !== "lines") return readMatches(bare, pattern, port, teller);
  return answerOf(bounded(linesOf(bare)), port, teller);
}

/** As of a program that has failed behind a pipe, or a file that somebody is about to write. */
function nothingOf(manner: Manner): Answer {
  return { ok: false, problem: `tells nothing at all; ${emptyListOf(manner)}` };
}

/** How a source of this kind says that there is no server. */
function emptyListOf({ format, pattern, fields }: Manner): string {
  if (format === "lines") return "an empty list is written as a comment (# ...)";
  if (format === "json")
    return fields.list === undefined ? "an empty list is written `[]`" : "an empty list stands where fields.list says";
  // No text in which the pattern finds nothing is a list.
  if (pattern !== undefined) return "where that is to be an empty list, say `onNothing: empty`";
  return `an empty list is written ${fields.list === undefined ? "`[]` or a comment" : "as a comment (# ...)"}`;
}

export const tooLong: Answer = { ok: false, problem: `tells more than ${answerBytesMax >> 20} MiB` };

function bounded(entries: Iterable<Entry>): Entry[] {
  const taken: Entry[] = [];
  for (const entry of entries) {
    if (taken.length === entriesMax) break;
    taken.push(entry);
  }
  return taken;
}

const words: Record<string, keyof Entry> = {
  weight: "weight",
  priority: "priority",
  port: "port",
  max_connections: "maxConnections",
  maxconnections: "maxConnections",
  sni: "name",
  name: "name",
  backup: "backup",
  drain: "drain",
};

const unknownWord = "has a word that is none of weight, priority, port, max_connections, sni, backup and drain";

/** `10.0.0.1:80 weight=3 priority=1 max_connections=10 sni=app.test backup drain`; # begins a comment. */
function* linesOf(text: string): Iterable<Entry> {
  let number = 0;
  for (const line of text.split(/\r\n?|\n/)) {
    number++;
    const bare = line.replace(/(^|\s)#.*$/, "").trim();
    if (bare !== "") yield lineOf(bare, `line ${number}`);
  }
}

function lineOf(line: string, at: string): Entry {
  const [host, ...options] = line.split(/\s+/);
  const entry: Record<string, unknown> = { at, host };
  for (const option of options) {
    const [, name = "", value] = /^([^=]*)(?:=(.*))?$/s.exec(option) ?? [];
    const key = Object.hasOwn(words, name.toLowerCase()) ? words[name.toLowerCase()] : undefined;
    // A line with a word that means nothing here is not half understood.
    if (key === undefined) return { at, host, fault: unknownWord };
    entry[key] = value ?? "true";
  }
  return entry as unknown as Entry; // `at` and `host` are there; all else is optional.
}

function readJson(text: string, { fields, port }: Manner, teller: Teller): Answer {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { ok: false, problem: "tells something that is no JSON, or is cut off" };
  }
  const list = fields.list === undefined ? listIn(document) : valueAt(document, fields.list);
  if (!Array.isArray(list))
    return {
      ok: false,
      problem: `tells JSON that has no list${fields.list === undefined ? "" : " where fields.list says"}`,
    };
  return answerOf(bounded(itemsOf(list, fields)), port, teller);
}

function listIn(document: unknown): unknown {
  return Array.isArray(document) ? document : valueAt(document, "servers");
}

function* itemsOf(list: readonly unknown[], fields: Manner["fields"]): Iterable<Entry> {
  for (const [index, item] of list.entries()) {
    const at = `item ${index}`;
    if (typeof item === "string") yield lineOf(item.trim(), at);
    else if (typeof item !== "object" || item === null) yield { at, host: undefined };
    else {
      // Prometheus' file_sd: a group of targets.
      const targets = valueAt(item, "targets");
      const hosts = Array.isArray(targets) ? targets : [valueAt(item, fields.host) ?? valueAt(item, "address")];
      for (const host of hosts)
        yield {
          at,
          host,
          port: valueAt(item, fields.port),
          weight: valueAt(item, fields.weight),
          priority: valueAt(item, fields.priority),
          backup: valueAt(item, fields.backup),
          drain: valueAt(item, "drain"),
          maxConnections: valueAt(item, fields.maxConnections) ?? valueAt(item, "max_connections"),
          name: valueAt(item, fields.name),
        };
    }
  }
}

/** `node.address`, `tags[0]`, `tags.[0]`. A field whose name has dots is found too. */
export function valueAt(value: unknown, path: string): unknown {
  if (isObject(value) && Object.hasOwn(value, path)) return value[path];
  let at = value;
  for (const part of path.split(/\.|(?=\[)/).filter((each) => each !== "")) {
    const index = /^\[(\d{1,6})\]$/.exec(part)?.[1];
    if (Array.isArray(at)) at = at[Number(index ?? (/^\d{1,6}$/.test(part) ? part : -1))];
    else if (isObject(at) && index === undefined && Object.hasOwn(at, part)) at = at[part];
    else return undefined;
  }
  return at;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readMatches(text: string, pattern: string, port: number | undefined, teller: Teller): Answer {
  const entries = bounded(matchesOf(text, RE2JS.compile(pattern)));
  if (entries.length === 0) return { ok: false, problem: "tells nothing that the pattern finds" };
  return answerOf(entries, port, teller);
}

/** By RE2, whose time grows with the text and with nothing else, for the text is somebody else's; the schema has seen the pattern. Line by line, so that ^ and $ mean what they look like, and what has no end does not run into the next server. */
function* matchesOf(text: string, pattern: RE2JS): Iterable<Entry> {
  let number = 0;
  for (const line of text.split(/\r\n?|\n/)) {
    number++;
    for (const { groups = {} } of pattern.matchAll(line)) {
      const entry: Record<string, unknown> = { at: `line ${number}`, host: groups["host"] };
      for (const [name, value] of Object.entries(groups)) {
        const key = Object.hasOwn(words, name.toLowerCase()) ? words[name.toLowerCase()] : undefined;
        if (value !== undefined && key !== undefined) entry[key] = value;
      }
      yield entry as unknown as Entry; // `at` and `host` are there; all else is optional.
    }
  }
}
