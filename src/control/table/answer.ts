// What the admin interface answers about tables, and what `sluice table` shows. The shapes are public; fields are added, not
// changed. Durations are milliseconds.

import type { TableKeyPlan } from "../../config/plan.ts";

export interface TableSummary {
  readonly name: string;
  readonly key: TableKeyPlan;
  readonly entries: number;
  readonly entriesMax: number;
  /** Since an entry's last refresh; 0 is never. */
  readonly expireMs: number;
  readonly whenFull: "evict" | "refuse";
  readonly store: readonly string[];
  /** Entries that made room for others, and keys there was no room for, since the table was made. */
  readonly evictions: number;
  readonly refusals: number;
  /** Calls that gave up waiting for another process, and counted nothing. */
  readonly timeouts: number;
  /** Memory that it takes now, and when it is full. */
  readonly bytes: number;
  readonly bytesMax: number;
  /** Whether other nodes of a fleet count in it too. */
  readonly isShared: boolean;
}

export interface TablesAnswer {
  readonly tables: readonly TableSummary[];
}

export interface EntryAnswer {
  readonly key: string;
  /** Connections and requests that track it now. */
  readonly uses: number;
  /** Null where entries do not expire. */
  readonly expiresMs: number | null;
  /** By the names of what the table stores; each element of an array by its own. */
  readonly values: Readonly<Record<string, number>>;
  /** Likewise, of all nodes of the fleet together, as far as this one has heard; absent where the table is not shared. */
  readonly fleet?: Readonly<Record<string, number>>;
}

export interface EntriesAnswer {
  readonly table: string;
  readonly entries: readonly EntryAnswer[];
  /** Asks for what follows; null at the end. A page may be empty and not the last one. */
  readonly cursor: string | null;
  /** Sorted: the table is so large that time ran out before all of it was looked at. */
  readonly isPartial?: boolean;
}

export interface ClearedAnswer {
  readonly table: string;
  readonly cleared: number;
  readonly cursor: string | null;
}

/** What became of entries that were set together. */
export interface ImportAnswer {
  readonly table: string;
  readonly set: number;
  readonly refused: number;
  /** Why, of the first of them, with their keys. */
  readonly problems: readonly string[];
}
