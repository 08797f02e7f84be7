// The entries of tables that a connection or a request holds, by slot: what `tracked[slot]` reads, and what is counted for whom.
// Whoever has trackers lets go of them at its end, whichever that is. A slot that is taken stays taken (as in HAProxy, the first
// track wins). An entry that is held in two slots is told of an event once. Where a reload has given a table another shape, what
// was held in it is held in the new one (Table.successor); a slot learns of that when it is looked at.

import { assert } from "../base/assert.ts";
import type { EntryIndex, Table, TableEvent } from "../memory/table.ts";
import type { Tracked } from "../rules/scene.ts";

class Slot implements Tracked {
  table!: Table;
  /** 0 is none. */
  entry: EntryIndex = 0;
  /** Another slot holds the same entry, and is told of what happens. */
  isSecond = false;
}

export class Trackers {
  /** Made when they are first asked for, and kept. */
  readonly #slots: (Slot | undefined)[] = [];
  /** Slots that hold an entry. */
  count = 0;

  find(slot: number): Tracked | null {
    const found = this.#slots[slot];
    return found !== undefined && this.#isHeld(found) ? found : null;
  }

  /** What is held now, by slot. */
  all(): readonly Tracked[] {
    return this.#slots.filter((slot): slot is Slot => slot !== undefined && this.#isHeld(slot));
  }

  holds(table: Table, entry: EntryIndex): boolean {
    for (const slot of this.#slots)
      if (slot !== undefined && this.#isHeld(slot) && slot.table === table && table.isSame(slot.entry, entry))
        return true;
    return false;
  }

  /** Whether another slot holds its entry, and is told of what happens. */
  isSecond(slot: number): boolean {
    return this.#slots[slot]?.isSecond === true;
  }

  /**
   * Hold the entry of the key that is laid in `table.key`, in the table that is in its place now. Answers it; 0 where the slot is taken or the table has no room.
   * `event` is counted with it: only where nothing else is held, or it would be counted twice.
   */
  track(slot: number, table: Table, nowMs: number, event: TableEvent | null = null): EntryIndex {
    const found = (this.#slots[slot] ??= new Slot());
    if (found.entry !== 0) return 0;
    let entry = table.track(nowMs, event);
    // Of an exchange that began under the plan before.
    for (let next = table.successor; entry !== 0 && next !== null; next = table.successor) {
      table.copyKey(entry, next.key);
      table.untrack(entry, nowMs);
      table = next;
      entry = table.track(nowMs, event);
    }
    if (entry === 0) return 0;
    found.isSecond = this.holds(table, entry);
    found.table = table;
    found.entry = entry;
    this.count++;
    return entry;
  }

  /** To every entry that is held, but for those that `others` hold as well. */
  note(event: TableEvent, amount: number, nowMs: number, others: Trackers | null = null): void {
    if (this.count === 0) return;
    for (const slot of this.#slots) {
      if (slot === undefined || slot.isSecond || !this.#isHeld(slot)) continue;
      if (others === null || others.count === 0 || !others.holds(slot.table, slot.entry))
        slot.table.note(slot.entry, event, amount, nowMs);
    }
  }

  /** Let go of all. */
  release(nowMs: number): void {
    if (this.count === 0) return;
    for (const slot of this.#slots) {
      if (slot === undefined || !this.#isHeld(slot)) continue;
      const { entry, table } = slot;
      slot.entry = 0;
      this.count--;
      table.untrack(entry, nowMs);
    }
    assert(this.count === 0, "a slot was lost");
  }

  #isHeld(slot: Slot): boolean {
    if (slot.entry === 0) return false;
    return slot.table.successor === null || this.#follow(slot);
  }

  #follow(slot: Slot): boolean {
    for (let next = slot.table.successor; next !== null && slot.entry !== 0; next = slot.table.successor) {
      slot.entry = slot.table.heirOf(slot.entry);
      slot.table = next;
    }
    if (slot.entry === 0) this.count--;
    return slot.entry !== 0;
  }
}
