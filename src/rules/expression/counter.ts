// A counter of a table as expressions reach it: `table[key].gpc0` by its key, `tracked[0].gpc0` by the entry that a slot holds,
// whose table is known only when played. A key is had and laid before each call (memory/table.ts). Where there is no key, no
// entry in the slot, or no such column in its table, everything is absent and nothing is written. In a dry scene nothing is
// written at all, and the answers are what they would be.

import type { Column, DataType } from "../../memory/column.ts";
import type { Table } from "../../memory/table.ts";
import type { Scene, Tracked, Value } from "../scene.ts";
import type { KeyMaker } from "./key.ts";
import type { Run } from "./term.ts";

/** Words of an entry have 32 bits. */
const amountMax = 0xffffffff;

/** Where an entry is found. */
export type Place =
  | { readonly kind: "keyed"; readonly table: number; readonly key: KeyMaker }
  | { readonly kind: "slot"; readonly slot: number };

export interface Counter {
  readonly place: Place;
  /** Null for a slot. */
  readonly column: Column | null;
  readonly columnIndex: number;
  readonly type: DataType;
  readonly element: number;
  readonly name: string;
  read(scene: Scene): number | null;
  /** `by` is played after the key. */
  add(scene: Scene, by: Run): number | null;
  clear(scene: Scene): number | null;
  assign(scene: Scene, value: Run): boolean;
  take(scene: Scene, cost: Run): number;
}

interface About {
  readonly column: Column | null;
  readonly columnIndex: number;
  readonly type: DataType;
  readonly element: number;
  readonly name: string;
}

export function keyedCounter(place: Place & { kind: "keyed" }, about: About): Counter {
  const { table: index, key: maker } = place;
  const { columnIndex: column, element } = about;
  const laid = (scene: Scene, value: Value): Table | null => {
    const table = scene.world.tables[index];
    return table !== undefined && maker.lay(value, table.key, scene) ? table : null;
  };
  const read = (scene: Scene): number | null => {
    const table = laid(scene, maker.run(scene));
    return table === null ? null : known(table.read(column, element, scene.sharedMs));
  };
  return {
    ...about,
    place,
    read,
    add(scene, by) {
      const value = maker.run(scene);
      const amount = amountOf(by(scene));
      const table = laid(scene, value);
      if (table === null || amount === null) return null;
      if (scene.isDry) return sum(known(table.read(column, element, scene.sharedMs)), amount);
      return known(table.add(column, element, amount, scene.sharedMs));
    },
    clear(scene) {
      if (scene.isDry) return read(scene);
      const table = laid(scene, maker.run(scene));
      return table === null ? null : known(table.clear(column, element, scene.sharedMs));
    },
    assign(scene, run) {
      const value = maker.run(scene);
      const amount = amountOf(run(scene));
      const table = laid(scene, value);
      if (table === null || amount === null) return false;
      return scene.isDry || table.assign(column, element, amount, scene.sharedMs);
    },
    take(scene, cost) {
      const value = maker.run(scene);
      const amount = amountOf(cost(scene));
      const table = laid(scene, value);
      if (table === null || amount === null) return 0;
      if (scene.isDry) return waitFor(table.columns[column], table.read(column, element, scene.sharedMs), amount);
      return table.take(column, amount, scene.sharedMs);
    },
  };
}

export function slotCounter(place: Place & { kind: "slot" }, about: About): Counter {
  const { type, element } = about;
  let lastTable: Table | null = null;
  let column = -1;
  const held = (scene: Scene): Tracked | null => {
    const tracked = scene.tracked(place.slot);
    if (tracked === null) return null;
    if (tracked.table !== lastTable) {
      lastTable = tracked.table;
      column = lastTable.columnOf(type, element);
    }
    return column === -1 ? null : tracked;
  };
  const read = (scene: Scene): number | null => {
    const tracked = held(scene);
    return tracked === null ? null : known(tracked.table.readOf(tracked.entry, column, element, scene.sharedMs));
  };
  return {
    ...about,
    place,
    read,
    add(scene, by) {
      const amount = amountOf(by(scene));
      const tracked = held(scene);
      if (tracked === null || amount === null) return null;
      if (scene.isDry) return sum(read(scene), amount);
      return known(tracked.table.addTo(tracked.entry, column, element, amount, scene.sharedMs));
    },
    clear(scene) {
      const tracked = held(scene);
      if (tracked === null || scene.isDry) return read(scene);
      return known(tracked.table.clearOf(tracked.entry, column, element, scene.sharedMs));
    },
    assign(scene, run) {
      const amount = amountOf(run(scene));
      const tracked = held(scene);
      if (tracked === null || amount === null) return false;
      if (!scene.isDry) tracked.table.assignTo(tracked.entry, column, element, amount, scene.sharedMs);
      return true;
    },
    take(scene, cost) {
      const amount = amountOf(cost(scene));
      const tracked = held(scene);
      if (tracked === null || amount === null) return 0;
      if (scene.isDry) return waitFor(tracked.table.columns[column], read(scene) ?? Number.NaN, amount);
      return tracked.table.takeOf(tracked.entry, column, amount, scene.sharedMs);
    },
  };
}

function known(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function sum(value: number | null, amount: number): number | null {
  return value === null ? null : value + amount;
}

function amountOf(value: Value): number | null {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number" || !(value >= 0)) return null;
  return Math.min(Math.floor(value), amountMax);
}

/** What `take` would answer, to within one token's time: the table tells whole tokens only. */
function waitFor(column: Column | undefined, left: number, amount: number): number {
  if (column === undefined || !(left < amount)) return 0;
  return Math.ceil((amount - left) * column.periodMs);
}
