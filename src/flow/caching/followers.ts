// Exchanges that wait for what another one brings: for the end of its question, all of one key together, or, reading along, for more
// of a body that is being stored. That other may be in this worker, and then says `stir`, or in another one, which nobody tells us
// of: so they are also asked every few milliseconds, one of each group.

import type { CacheKey } from "../../memory/cache.ts";

/** What all who wait for the same have in common. */
export function groupOf(cache: number, { bytes, firstEnd, end }: CacheKey): string {
  return `${cache} ${firstEnd} ${Buffer.from(bytes.buffer, bytes.byteOffset, end).toString("latin1")}`;
}

/** Who waits for the answer to another's question. */
export interface Follower {
  /** Look again. False: it waits on, as the same question is under way. `isLast`: it must not wait any more. */
  lookAgain(isLast: boolean): boolean;
}

/** Who reads a body along. */
export interface Reader {
  /** There may be more. */
  readOn(): void;
}

export class Followers {
  readonly #groups = new Map<string, Set<Follower>>();
  readonly #readers = new Set<Reader>();
  /** Something was stored, or a question has ended: `run` when no flow is in the middle of something. */
  isStirred = false;

  get size(): number {
    return this.#groups.size + this.#readers.size;
  }

  /** Somebody in this worker waits for that. */
  has(name: string): boolean {
    return this.#groups.has(name);
  }

  /** `name`: see `groupOf`. */
  wait(name: string, follower: Follower): void {
    const group = this.#groups.get(name);
    if (group === undefined) this.#groups.set(name, new Set([follower]));
    else group.add(follower);
  }

  leave(name: string, follower: Follower): void {
    const group = this.#groups.get(name);
    if (group?.delete(follower) === true && group.size === 0) this.#groups.delete(name);
  }

  /** Until `readOn` is told. */
  read(reader: Reader): void {
    this.#readers.add(reader);
  }

  leaveReading(reader: Reader): void {
    this.#readers.delete(reader);
  }

  stir(): void {
    if (this.size > 0) this.isStirred = true;
  }

  /** Ask them all whether they can go on. Not during a call of another flow. */
  run(): void {
    this.isStirred = false;
    for (const reader of [...this.#readers]) {
      if (this.#readers.delete(reader)) reader.readOn();
    }
    for (const [name, group] of [...this.#groups]) this.#ask(name, group);
  }

  /** While the first of them waits on the others do; when it does not, the question that they waited for has ended. */
  #ask(name: string, group: Set<Follower>): void {
    let isFirst = true;
    for (const follower of [...group]) {
      if (!group.delete(follower)) continue;
      if (!follower.lookAgain(!isFirst)) {
        group.add(follower);
        break;
      }
      isFirst = false;
    }
    if (group.size === 0 && this.#groups.get(name) === group) this.#groups.delete(name);
  }
}
