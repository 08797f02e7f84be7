// A section of a foreign config, read key by key. Reading a key enters it in the ledger as kept; whoever does something else
// with it says so afterwards. `finish` tells of the keys that nobody asked for. As in programs written in Go, an empty text and
// null are the same as no key, and names are found in any case.

import { didYouMean } from "../../base/nearest.ts";
import { isSecretPath } from "../mask.ts";
import type { Path } from "../problem.ts";
import { show } from "../term.ts";
import type { Ledger } from "./ledger.ts";

export class Table {
  readonly path: Path;
  readonly ledger: Ledger;
  readonly #written: object;
  readonly #values: ReadonlyMap<string, unknown>;
  /** As written, by the name in lower case. */
  readonly #spelling: ReadonlyMap<string, string>;
  readonly #asked = new Set<string>();

  constructor(value: object, path: Path, ledger: Ledger) {
    const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined && item !== "");
    this.#values = new Map(entries.map(([key, item]) => [key.toLowerCase(), item]));
    this.#spelling = new Map(Object.keys(value).map((key) => [key.toLowerCase(), key]));
    this.#written = value;
    this.path = path;
    this.ledger = ledger;
  }

  /** All of it. */
  get written(): object {
    return this.#written;
  }

  /** Where a key stands, or would. */
  at(key: string): Path {
    return [...this.path, this.#spelling.get(key) ?? key];
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  text(key: string): string | undefined {
    return this.#take(key, "a text in quotes", (value) => (typeof value === "string" ? value : undefined));
  }

  /** A whole number, 0 or more. */
  count(key: string): number | undefined {
    return this.#take(key, "a whole number that is not negative", (value) =>
      typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
    );
  }

  flag(key: string): boolean | undefined {
    return this.#take(key, "true or false", (value) => (typeof value === "boolean" ? value : undefined));
  }

  /** One of several words, by what it stands for here. */
  choice<T>(key: string, options: Readonly<Record<string, T>>): T | undefined {
    const word = this.text(key);
    if (word === undefined) return undefined;
    if (Object.hasOwn(options, word)) return options[word];
    const known = Object.keys(options);
    const meant = didYouMean(word, known);
    const others = `; known are ${known.map((each) => JSON.stringify(each)).join(", ")}`;
    this.ledger.fault(this.at(key), `is not known: ${show(word)}${meant === "" ? others : meant}`);
    return undefined;
  }

  list(key: string): readonly string[] {
    const found = this.#take(key, "a list of texts", (value) =>
      Array.isArray(value) && value.every((item) => typeof item === "string") ? (value as string[]) : undefined,
    );
    return found ?? [];
  }

  section(key: string): Table | undefined {
    const value = this.#values.get(key);
    this.#asked.add(key);
    if (value === undefined) return undefined;
    if (isTable(value)) return new Table(value, this.at(key), this.ledger);
    this.ledger.fault(this.at(key), `must be a section${instead(this.at(key), value)}`);
    return undefined;
  }

  /** Sections under names that the operator chose, in which case matters. */
  named(): readonly [name: string, table: Table][] {
    return Object.entries(this.#written).flatMap(([name, value]): [string, Table][] => {
      this.#asked.add(name.toLowerCase());
      const path = [...this.path, name];
      if (isTable(value)) return [[name, new Table(value, path, this.ledger)]];
      this.ledger.fault(path, `must be a section${instead(path, value)}`);
      return [];
    });
  }

  /** Keys that the other program reads, but that do nothing there beside the others, nor here. */
  inert(keys: readonly string[]): void {
    for (const key of keys) if (this.has(key)) this.#keep(key);
  }

  /** Keys that are written down with nothing behind them. */
  inertWhereEmpty(keys: readonly string[]): void {
    for (const key of keys)
      if (this.#spelling.has(key) && !this.has(key))
        this.ledger.note(this.at(key), "is empty, which is as if it were not there");
  }

  /** Keys that go down with another one, which says why. */
  lost(keys: readonly string[]): void {
    for (const key of keys) {
      this.#asked.add(key);
      if (this.has(key)) this.ledger.lose(this.at(key));
    }
  }

  /** Tells of all keys that were not asked for. */
  finish(program: string): void {
    this.inertWhereEmpty([...this.#asked]);
    for (const key of this.#values.keys()) {
      if (this.#asked.has(key)) continue;
      // Variables are written in capitals, and found no other way in an environment.
      const isLoud = /^[A-Z0-9_]+$/.test(this.#spelling.get(key) ?? "");
      const known = [...this.#asked].map((name) => (isLoud ? name.toUpperCase() : name));
      const meant = didYouMean(key, known);
      this.ledger.unknown(this.at(key), `is no keyword of ${program} and does nothing${meant}`);
    }
  }

  #keep(key: string): void {
    this.#asked.add(key);
    this.ledger.keep(this.at(key));
  }

  #take<T>(key: string, expected: string, reader: (value: unknown) => T | undefined): T | undefined {
    this.#asked.add(key);
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    const taken = reader(value);
    if (taken === undefined) this.ledger.fault(this.at(key), `must be ${expected}${instead(this.at(key), value)}`);
    else this.#keep(key);
    return taken;
  }
}

export function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Of what is secret nothing. */
function instead(path: Path, value: unknown): string {
  return isSecretPath(path) ? "" : `, not ${show(value)}`;
}
