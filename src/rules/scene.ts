// Where rules are played: what an expression can ask (a Scene), and what a rule can do (a Stage). flow/ implements both for live
// connections and exchanges; an explanation and config tests implement them over made-up ones. The room of rules knows these
// words and no sockets, heads or sessions.
//
// A value that is not there (no such header, no TLS, a table that does not store it, a slot that tracks nothing) is `null`:
// absent. Operators and functions pass absence on; where a condition is wanted, absent is false. That is how HAProxy's ACLs
// treat a fetch that fails, and it makes `!(x > 0)` true where x is absent.

import type { ListHolder } from "../memory/list.ts";
import type { EntryIndex, Table } from "../memory/table.ts";

/** Addresses are 16 octets, IPv4 as IPv4-mapped; lists are of texts or numbers. Durations are milliseconds, times milliseconds since 1970. Texts are bytes, one a character. */
export type Value = boolean | number | string | Uint8Array | readonly Value[] | null;

/** An entry that something holds. */
export interface Tracked {
  readonly table: Table;
  readonly entry: EntryIndex;
}

/** By the indices of the plan. */
export interface World {
  readonly tables: readonly Table[];
  readonly lists: readonly ListHolder[];
  /** Figures of pools (fields `pools.NAME.x`): NaN for what is not known. */
  pool(index: number, figure: PoolFigure): number;
}

export type PoolFigure = "servers" | "up" | "active" | "queued";

export interface Scene {
  /** Port.sharedMs and Port.wallMs. */
  readonly sharedMs: number;
  readonly wallMs: number;
  readonly world: World;
  /** In mode observe and in explanations: effects of expressions and targets answer what they would, and write nothing. */
  readonly isDry: boolean;
  random(): number;
  /** A field by its number in fields.ts; `name` is the header's, cookie's or parameter's, in lower case where case does not matter, "" without. */
  field(field: number, name: string): Value;
  variable(name: string): Value;
  tracked(slot: number): Tracked | null;
}

export interface Stage extends Scene {
  /** Set while a rule is asked that only observes. */
  isDry: boolean;
  /** The condition of a rule held. */
  hit(slot: number): void;
  /** Hold the entry whose key is laid in `table.key`, unless the slot is taken; it lasts as long as what the phase is about. */
  track(slot: number, table: Table): void;
  setVariable(name: string, value: Value): void;
  /** The connection has become a session. */
  countSession(): void;
  editField(operation: "set" | "add" | "remove", name: string, value: string): void;
  /** Each value of that field becomes what `by` makes of it. */
  replaceField(name: string, by: (value: string) => string): void;
  rewrite(part: "method" | "path" | "query" | "target" | "status", value: string): void;
  slow(bytesPerSecond: number): void;
  /** Of the request. */
  limitBody(bytesMax: number): void;
  log(rule: string, text: string): void;
}
