// The streams of one connection, by their numbers. Clients count upwards, so a list in the order of their coming is sorted, and there are few
// at a time. It is no Map: the runtime makes a new table for a Map every few deletions, and each former one leads to the next, so that one
// that has outlived a quick collection keeps all streams that come and go after it, until a full one: 600 MB under load.

/** What is found by its number. */
export interface Numbered {
  readonly id: number;
}

export class StreamTable<T extends Numbered> {
  /** In ascending order. */
  readonly #all: T[] = [];

  get size(): number {
    return this.#all.length;
  }

  get(id: number): T | undefined {
    const found = this.#all[this.#placeOf(id)];
    return found !== undefined && found.id === id ? found : undefined;
  }

  /** Its number is higher than all before it. */
  add(stream: T): void {
    this.#all.push(stream);
  }

  /** False: it was not there. */
  delete(stream: T): boolean {
    const place = this.#placeOf(stream.id);
    if (this.#all[place] !== stream) return false;
    this.#all.splice(place, 1);
    return true;
  }

  /** Nothing may come or go while they are looked at. */
  values(): readonly T[] {
    return this.#all;
  }

  /** For who may end some of them. */
  copy(): readonly T[] {
    return this.#all.slice();
  }

  /** Of the first whose number is not below `id`. */
  #placeOf(id: number): number {
    const all = this.#all;
    let low = 0;
    let high = all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (all[middle]!.id < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
