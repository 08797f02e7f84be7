// Connections of clients that are open, for draining. It is no Set, for the reason that http2/streamtable.ts tells: the runtime makes a
// new table for a Set every few deletions, and each former one leads to the next, so that one that has outlived a quick collection keeps
// all connections that come and go after it, until a full one. Each entry knows its place; the last one takes the place of one that goes.

/** What stands in it. */
export interface Placed {
  /** The table's: where it stands; -1: nowhere. */
  place: number;
}

/** As long as it holds fewer, nothing is given back. */
const keptLeast = 64;

export class SessionTable<T extends Placed> {
  #all: T[] = [];
  /** The most that there were since memory was given back. */
  #most = 0;

  get size(): number {
    return this.#all.length;
  }

  add(session: T): void {
    if (session.place !== -1) return;
    session.place = this.#all.length;
    this.#all.push(session);
    if (this.#all.length > this.#most) this.#most = this.#all.length;
  }

  delete(session: T): void {
    const { place } = session;
    if (place === -1) return;
    session.place = -1;
    const last = this.#all.pop()!;
    if (last !== session) {
      this.#all[place] = last;
      last.place = place;
    }
    // An array keeps the room of its best days.
    if (this.#most > keptLeast && this.#all.length < this.#most / 4) {
      this.#all = this.#all.slice();
      this.#most = this.#all.length;
    }
  }

  /** Whoever looks at them may end some. */
  [Symbol.iterator](): Iterator<T> {
    return this.#all.slice()[Symbol.iterator]();
  }
}
