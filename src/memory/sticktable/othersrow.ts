// What control writes into the table of others (sharedtable.ts): all that other nodes have of a key, as it was heard, in the place of
// what stood there. An entry that says nothing is not made. Workers only read it.

import { countMax } from "../freqcounter.ts";
import type { StickTable } from "../sticktable.ts";
import { layKeyName } from "../tablekey.ts";
import { assignCell } from "./cells.ts";
import { header } from "./layout.ts";
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
      } else if (column.form !== "tokens") {
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

/** No other node has it. */
export function removeOthers(table: StickTable, key: string, nowMs: number): void {
  layKeyName(key, table.key);
  if (table.key.isSet) removeKey(table, nowMs);
}

/** All that is known of others is as of now. */
export function noteHeard(table: StickTable, nowMs: number): void {
  table.parts.memory.store(header.heardAt, nowMs | 0 || 1);
}
