// What control writes into the table of others (sharedtable.ts): all that other nodes have of a key, as it was heard, in the place of
// what stood there. An entry that says nothing is not made. Workers only read it.

import type { Column } from "../column.ts";
import { countMax } from "../freqcounter.ts";
import type { StickTable } from "../sticktable.ts";
import { layKeyName } from "../tablekey.ts";
import { assignLacking, type Bucket, lackingMs, sharedDebtMs } from "../tokenbucket.ts";
import { assignCell } from "./cells.ts";
import { entryWord, header } from "./layout.ts";
import { removeKey } from "./rows.ts";

export interface OthersNews {
  readonly key: string;
  /** By slot (fleet/batch.ts). */
  readonly slots: readonly number[];
  /** Until it expires; 0 is never. */
  readonly ttlMs: number;
  readonly nowMs: number;
  readonly ledgerMs: number;
}

export function writeOthers(table: StickTable, { key, slots, ttlMs, nowMs, ledgerMs }: OthersNews): void {
  const { finder, shards, journal, layout } = table.parts;
  layKeyName(key, table.key);
  if (slots.every((value) => value === 0) && !table.has(nowMs)) return;
  const { expireMs } = table.plan;
  const stamp = expireMs === 0 || ttlMs === 0 ? nowMs | 0 : (nowMs - Math.max(expireMs - ttlMs, 0)) | 0;
  const entry = finder.enter(stamp);
  if (entry === 0) return;
  let slot = 0;
  table.columns.forEach((column, index) => {
    for (let element = 0; element < column.length; element++) {
      const at = entry + layout.columnAt[index]! + (element * column.words) / column.length;
      if (column.form === "rate") {
        journal.set(at, (nowMs - (ledgerMs % column.periodMs)) | 0);
        journal.set(at + 1, Math.min(slots[slot]!, countMax));
        journal.set(at + 2, Math.min(slots[slot + 1]!, countMax));
      } else if (column.form === "tokens") {
        assignLacking(journal, at, owing(column), slots[slot]!, nowMs | 0);
      } else {
        const most = column.form === "bytes" ? Number.MAX_SAFE_INTEGER : countMax;
        assignCell(journal, at, column, Math.min(slots[slot]!, most), nowMs | 0);
      }
      journal.commit();
      slot += column.form === "rate" ? 2 : 1;
    }
  });
  shards.refresh(entry, stamp);
  journal.commitAndUnlock();
}

/** Whether the key that is laid has been refreshed so lately. */
export function isUsedWithin(table: StickTable, ms: number, nowMs: number): boolean {
  const { finder, shards, memory } = table.parts;
  const entry = finder.find(nowMs | 0);
  if (entry === 0) return false;
  const ageMs = (nowMs - memory.words[entry + entryWord.stamp]!) | 0;
  shards.close();
  return ageMs < ms;
}

/** How long until the bucket of all nodes is full, by what was heard of the key that is laid; 0 where nothing was. `bucket`: with debts. */
export function readLacking(table: StickTable, column: number, bucket: Bucket, nowMs: number): number {
  const { finder, shards, layout, memory } = table.parts;
  const entry = finder.find(nowMs | 0);
  if (entry === 0) return 0;
  const at = entry + layout.columnAt[column]!;
  const lacking = lackingMs(memory.words, at, bucket, nowMs | 0);
  shards.close();
  return lacking;
}

/**
 * The bucket of the key that is laid lacks as much at least, and nobody has taken it here. Whoever does it twice, or after another worker
 * has, changes nothing.
 */
export function fillFrom(own: StickTable, column: number, lacking: number, nowMs: number): void {
  const { finder, journal, layout, memory } = own.parts;
  const entry = finder.enter(nowMs | 0);
  if (entry === 0) return;
  const at = entry + layout.columnAt[column]!;
  const bucket = own.columns[column]!;
  if (lackingMs(memory.words, at, bucket, nowMs | 0) < lacking) assignLacking(journal, at, bucket, lacking, nowMs | 0);
  journal.commitAndUnlock();
}

/** The table of others is shared with nobody, and yet has debts in it. */
function owing(column: Column): Column {
  return { ...column, debtMs: sharedDebtMs };
}

/** No other node has it. */
export function removeOthers(table: StickTable, key: string, nowMs: number): void {
  layKeyName(key, table.key);
  if (table.key.isSet) removeKey(table, nowMs);
}

/** All that is known of others is as of now. */
export function noteHeard(table: StickTable, nowMs: number): void {
  table.parts.memory.store(header.heardAt, nowMs | 0 || 1);
}
