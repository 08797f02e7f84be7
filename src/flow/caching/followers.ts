// Exchanges that wait for what another one brings: for the end of its question, all of one key together, or, reading along, for more
// of a body that is being stored. That other may be in this worker, and then says `stir`, or in another one, which nobody tells us
// of: so they are also asked every few milliseconds, one of each group.

import type { CacheKey } from "../../memory/cache.ts";

/** What all who wait for the same have in common. */
export function groupOf(cache: number, { bytes, firstEnd, end }: CacheKey): string {
  return `${cache} ${firstEnd} ${Buffer.from(bytes.buffer, bytes.byteOffset, end).toString("latin1")}`;
}

/** What came of looking again: it waits on for the same, for something else now, or not any more. */
export const looked = { same: 0, other: 1, gone: 2 } as const;

/** Who waits for the answer to another's question. */
export interface Follower {
  /** One of `looked`. `isLast`: it must not wait any more. */
  lookAgain(isLast: boolean): number;
}

/** Who reads a body along. */
export interface Reader {
  /** There may be more. */
  readOn(): void;
}

/** So many groups at once, and so many readers: else whoever waits for thousands of things would leave time for nothing else. */
export const askedMax = 512;

export class Followers {
  readonly #groups = new Map<string, Set<Follower>>();
  readonly #readers = new Map<Reader, string>();
  /** Whose turn it is; null to begin with the first. */
  #turn: MapIterator<string> | null = null;
  /** Names of what something has happened to. */
  readonly #stirred = new Set<string>();

  get size(): number {
    return this.#groups.size + this.#readers.size;
  }

  /** Somebody is to be asked: `run` when no flow is in the middle of something. */
  get isStirred(): boolean {
    return this.#stirred.size > 0;
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
  read(name: string, reader: Reader): void {
    this.#readers.set(reader, name);
  }

  leaveReading(reader: Reader): void {
    this.#readers.delete(reader);
  }

  /** More of it is there, or a question about it has ended. */
  stir(name: string): void {
    if (this.size > 0) this.#stirred.add(name);
  }

  /** Ask those of what was stirred whether they can go on. Not during a call of another flow. */
  run(): void {
    const names = [...this.#stirred];
    this.#stirred.clear();
    for (const [reader, name] of [...this.#readers]) if (names.includes(name)) this.#tell(reader);
    for (const name of names) this.#ask(name);
  }

  /** Ask all, or as many as may be asked at once, the next ones next time: what they wait for may be in other workers. */
  runAll(): void {
    this.run();
    // Those that read on come to the end of the line.
    for (const reader of [...this.#readers.keys().take(askedMax)]) this.#tell(reader);
    this.#turn ??= this.#groups.keys();
    for (let asked = 0; asked < askedMax; asked++) {
      const { value, done } = this.#turn.next();
      if (done === true) {
        this.#turn = null;
        break;
      }
      this.#ask(value);
    }
  }

  #tell(reader: Reader): void {
    if (this.#readers.delete(reader)) reader.readOn();
  }

  /** While the first of them waits on the others do; when it does not, the question that they waited for has ended. */
  #ask(name: string): void {
    const group = this.#groups.get(name);
    if (group === undefined) return;
    let isLast = false;
    for (const follower of [...group]) {
      if (!group.delete(follower)) continue;
      const outcome = follower.lookAgain(isLast);
      if (outcome === looked.same) {
        group.add(follower);
        break;
      }
      if (outcome === looked.gone) isLast = true;
    }
    if (group.size === 0 && this.#groups.get(name) === group) this.#groups.delete(name);
  }
}
