// Reads TOML: the values are smol-toml's, the places our own scanner's, since that parser keeps none. The scanner runs only over
// texts that the parser has taken, and is tolerant: what it does not follow has no place, and problems there are told at the
// section around it. It knows tables, dotted keys, inline tables, lists and lists of tables (TOML 1.0).

import { parse, TomlError } from "smol-toml";
import { depthMax, tooDeep, valueFault } from "./depth.ts";
import type { Document } from "./document.ts";
import { Places } from "./place.ts";
import type { Path } from "./problem.ts";
import { adviseQuotes, findUnquoted } from "./unquoted.ts";

export function readToml(text: string): Document {
  try {
    const value = parse(text, { maxDepth: depthMax });
    const places = new Places(text);
    new Scanner(text, places).run();
    const fault = valueFault(value);
    if (fault !== null) return { ok: false, faults: [{ at: places.offset(fault.path), message: fault.message }] };
    return { ok: true, value, places };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const before = text.split("\n").slice(0, error.line - 1);
    const at = before.reduce((sum, line) => sum + line.length + 1, 0) + error.column - 1;
    const told = error.message.split("\n")[0]!.replace(/^Invalid TOML document: /, "");
    if (told.includes("excessively nested"))
      return { ok: false, faults: [{ at: Math.min(at, text.length), message: tooDeep }] };
    // Of quotes that are not closed the parser says that the end of the line is no character of a text.
    if (told === "control characters are not allowed in strings" && (text[at] === "\n" || text[at] === "\r"))
      return { ok: false, faults: [{ at, message: "the text that begins on this line has no quotes at its end" }] };
    const bare = told === "invalid value" ? findUnquoted(text, at, "=") : null;
    const message = bare === null ? told : `${told}; ${adviseQuotes(bare, "=")}`;
    return { ok: false, faults: [{ at: Math.min(bare?.at ?? at, text.length), message }] };
  }
}

class Scanner {
  readonly #text: string;
  readonly #places: Places;
  #at = 0;
  /** How many tables each list of tables has so far, by its path. */
  readonly #counts = new Map<string, number>();

  constructor(text: string, places: Places) {
    this.#text = text;
    this.#places = places;
  }

  run(): void {
    let table: Path = [];
    for (;;) {
      this.#skip(/(?:[\s]|#[^\n]*)*/y);
      if (this.#at >= this.#text.length) return;
      const start = this.#at;
      if (this.#take("[[")) table = this.#header(start, true);
      else if (this.#take("[")) table = this.#header(start, false);
      else if (!this.#pair(table)) this.#skip(/[^\n]*\n?/y);
    }
  }

  #header(start: number, isList: boolean): Path {
    const keys = this.#keys();
    this.#skip(/[^\n]*/y);
    let path: Path = [];
    for (const [depth, { name, at }] of keys.slice(0, depthMax).entries()) {
      path = [...path, name];
      this.#places.add(path, at, at);
      const list = JSON.stringify(path);
      if (isList && depth === keys.length - 1) this.#counts.set(list, (this.#counts.get(list) ?? 0) + 1);
      const count = this.#counts.get(list);
      if (count !== undefined) path = [...path, count - 1];
    }
    this.#places.add(path, start, start);
    return path;
  }

  /** `key = value`; false when it stands on something else. */
  #pair(table: Path): boolean {
    const keys = this.#keys();
    this.#skip(/[ \t]*/y);
    if (keys.length === 0 || !this.#take("=")) return false;
    this.#skip(/[ \t]*/y);
    let path = table;
    // One of more parts is refused, and needs no more places.
    for (const { name, at } of keys.slice(0, depthMax)) {
      path = [...path, name];
      this.#places.add(path, at, this.#at);
    }
    this.#value(path);
    return true;
  }

  #keys(): { name: string; at: number }[] {
    const keys: { name: string; at: number }[] = [];
    do {
      this.#skip(/[ \t]*/y);
      const at = this.#at;
      const token = this.#skip(/[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y);
      if (token === "") break;
      // The escapes of TOML's basic strings that JSON lacks are rare in keys; such a key only loses its place.
      keys.push({
        name: token.startsWith("'") ? token.slice(1, -1) : token.startsWith('"') ? unquote(token) : token,
        at,
      });
      this.#skip(/[ \t]*/y);
    } while (this.#take("."));
    return keys;
  }

  #value(path: Path): void {
    if (this.#take("{")) {
      for (;;) {
        this.#skip(/(?:[\s,]|#[^\n]*)*/y);
        if (this.#take("}") || !this.#pair(path)) return;
      }
    }
    if (this.#take("[")) {
      for (let index = 0; ; index++) {
        this.#skip(/(?:[\s,]|#[^\n]*)*/y);
        if (this.#take("]") || this.#at >= this.#text.length) return;
        const before = this.#at;
        this.#places.add([...path, index], before, before);
        this.#value([...path, index]);
        if (this.#at === before) return;
      }
    }
    this.#skip(/"""[\s\S]*?(?<!\\)"{3,5}|'''[\s\S]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^,\]}#\n]+/y);
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }
}

function unquote(token: string): string {
  try {
    return JSON.parse(token) as string; // A quoted text and nothing else.
  } catch {
    return token.slice(1, -1);
  }
}
