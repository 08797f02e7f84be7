// Which row of the arena belongs to whom. A listener, route, pool or server keeps its row for as long as its name is in the
// plan, so that its counters go on over reloads. A row whose name is gone is given out again as late as possible (rows never
// used first, then those free for longest): exchanges that began under an older plan still count in it for a while.
//
//   never used ──assign──▶ held by a name ──name gone──▶ free (a queue) ──assign, once none is unused──▶ held by another name

import { assert } from "../base/assert.ts";
import { capacity } from "../memory/arena.ts";

export type SlotKind = "listeners" | "routes" | "pools" | "servers" | "rules" | "egresses";
export const slotKinds: readonly SlotKind[] = ["listeners", "routes", "pools", "servers", "rules", "egresses"];

export interface SlotHolder {
  readonly kind: SlotKind;
  readonly name: string;
  readonly slot: number;
}

interface Rows {
  readonly held: Map<string, number>;
  readonly free: number[];
  unused: number;
}

export class Slots {
  readonly #rows: Record<SlotKind, Rows>;
  #given: readonly SlotHolder[] = [];
  #gone: readonly SlotHolder[] = [];

  constructor(from?: Slots) {
    const rows = (kind: SlotKind): Rows => {
      if (from === undefined) return { held: new Map(), free: [], unused: 0 };
      const old = from.#rows[kind];
      return { held: new Map(old.held), free: [...old.free], unused: old.unused };
    };
    this.#rows = {
      listeners: rows("listeners"),
      routes: rows("routes"),
      pools: rows("pools"),
      servers: rows("servers"),
      rules: rows("rules"),
      egresses: rows("egresses"),
    };
  }

  /** To compile a plan that may yet be refused: keep the clone when it is in force, drop it when not. */
  clone(): Slots {
    return new Slots(this);
  }

  /** From now on exactly these names hold rows. No name may stand twice, nor may there be more than the arena has rows. */
  assign(names: Record<SlotKind, readonly string[]>): void {
    const given: SlotHolder[] = [];
    const gone: SlotHolder[] = [];
    for (const kind of slotKinds) {
      const { held, free } = this.#rows[kind];
      const wanted = new Set(names[kind]);
      assert(wanted.size === names[kind].length, `a name stands twice among the ${kind}`);
      assert(wanted.size <= capacity[kind], `there are more ${kind} than rows`);
      for (const [name, slot] of held) {
        if (wanted.has(name)) continue;
        held.delete(name);
        free.push(slot);
        gone.push({ kind, name, slot });
      }
      for (const name of wanted) {
        if (held.has(name)) continue;
        const slot = this.#take(kind);
        held.set(name, slot);
        given.push({ kind, name, slot });
      }
    }
    this.#given = given;
    this.#gone = gone;
  }

  /** Who got a row in the last `assign` that it did not have before: rows to clear before the plan is published. */
  get given(): readonly SlotHolder[] {
    return this.#given;
  }

  /** Who lost its row in the last `assign`. */
  get gone(): readonly SlotHolder[] {
    return this.#gone;
  }

  slotOf(kind: SlotKind, name: string): number {
    const slot = this.#rows[kind].held.get(name);
    assert(slot !== undefined, `no row is held by ${kind} ${name}`);
    return slot;
  }

  #take(kind: SlotKind): number {
    const rows = this.#rows[kind];
    if (rows.unused < capacity[kind]) return rows.unused++;
    const slot = rows.free.shift();
    assert(slot !== undefined, `no row is left for ${kind}`);
    return slot;
  }
}
