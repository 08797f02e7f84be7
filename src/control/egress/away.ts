// Addresses of a pool that this machine did not have when a request was to come from them. An interface that is away for a moment takes
// hundreds with it, and they are back with it: so each second some of those that are unavailable for it are bound to, and once one
// can be, all are, and are used again at once. Where a bind says nothing wrong from the first, once in a cool-down: then it may be
// something else that is the matter with it.

import type { EgressPool } from "../../egress/pool.ts";
import { changeCause, memberState, memberWord } from "../../memory/egress.ts";

/** Of a pool, each second, while none can be bound to. A bind takes some 20 us. */
const boundMax = 128;

/** Null: it is not to be told. */
export type Binding = (address: string) => Promise<boolean | null>;

interface Absence {
  sinceMs: number;
  /** It was found not to be here meanwhile. */
  isSeen: boolean;
}

export class Away {
  readonly #pool: EgressPool;
  readonly #rows: Int32Array;
  readonly #canBind: Binding;
  readonly #absences = new Map<number, Absence>();
  /** When those came back of which nothing wrong was seen. */
  readonly #trustedMs = new Map<number, number>();
  #next = 0;
  #isLooking = false;

  /** `rows`: of the plan's members. */
  constructor(pool: EgressPool, rows: Int32Array, canBind: Binding = bindable) {
    this.#pool = pool;
    this.#rows = rows;
    this.#canBind = canBind;
  }

  /** To be called every second; a look that takes longer is the only one. */
  async look(nowMs: number): Promise<void> {
    if (this.#isLooking) return;
    const found = this.#found();
    if (found.length === 0) {
      this.#absences.clear();
      this.#next = 0;
      return;
    }
    this.#isLooking = true;
    try {
      await this.#lookAt(found, nowMs);
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookAt(found: readonly number[], nowMs: number): Promise<void> {
    const first = this.#next >= found.length ? 0 : this.#next;
    const inTurn = [...found.slice(first), ...found.slice(0, first)];
    this.#next = first;
    for (let at = 0; at < inTurn.length; at += boundMax) {
      const some = inTurn.slice(at, at + boundMax);
      const back = await Promise.all(some.map((index) => this.#try(index, nowMs)));
      this.#next = (this.#next + some.length) % found.length;
      if (!back.includes(true)) break;
    }
  }

  /** Indexes of members. */
  #found(): number[] {
    const { words } = this.#pool.board;
    const found: number[] = [];
    for (let index = 0; index < this.#rows.length; index++) {
      const row = this.#rows[index]!;
      if (row <= 0 || this.#pool.plan.members[index]!.door.kind !== "source") continue;
      if (words[row + memberWord.state] !== memberState.coolingDown) continue;
      if (words[row + memberWord.cause] === changeCause.unusable) found.push(index);
    }
    return found;
  }

  async #try(index: number, nowMs: number): Promise<boolean> {
    const row = this.#rows[index]!;
    const { door } = this.#pool.plan.members[index]!;
    if (door.kind !== "source") return false;
    const { sinceMs } = this.#pool.standing(this.#pool.plan.members[index]!.id) ?? { sinceMs: 0 };
    let absence = this.#absences.get(row);
    if (absence?.sinceMs !== sinceMs) {
      absence = { sinceMs, isSeen: false };
      this.#absences.set(row, absence);
    }
    const isHere = await this.#canBind(door.address);
    if (isHere === false) absence.isSeen = true;
    if (isHere !== true) return false;
    if (!absence.isSeen) {
      const trustedMs = this.#trustedMs.get(row);
      if (trustedMs !== undefined && Math.abs(nowMs - trustedMs) < this.#pool.plan.judge.coolDown.forMs) return false;
    }
    const isBack = this.#pool.restore(row, nowMs);
    if (!isBack) return false;
    if (!absence.isSeen) this.#trustedMs.set(row, nowMs);
    this.#absences.delete(row);
    return true;
  }
}

/** By a port of UDP that nobody uses: without a connection, and whoever listens there. */
export async function bindable(address: string): Promise<boolean | null> {
  try {
    const socket = await Bun.udpSocket({ hostname: address, port: 0 });
    socket.close();
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EADDRNOTAVAIL" ? false : null;
  }
}
