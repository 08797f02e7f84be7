// Counters, and how much each has grown since the look before. Counters stand in rows by name and only grow; a row that was given to
// another owner meanwhile begins at nothing, and then what it has now is what was added. At the first look nothing has been added to
// anything; later, a name that is new has counted all it has since then. A name that is not looked at is forgotten.

export class Differences {
  #former: Map<string, readonly number[]> | null = null;
  #latest = new Map<string, readonly number[]>();
  #isFirst = true;

  /** A look begins. */
  begin(): void {
    this.#isFirst = this.#former === null;
    this.#former = this.#latest;
    this.#latest = new Map();
  }

  /** What each of the counters has grown by. A name is looked at once in a look. */
  of(name: string, counters: readonly number[]): number[] {
    this.#latest.set(name, counters);
    if (this.#isFirst) return counters.map(() => 0);
    const former = this.#former?.get(name);
    if (former === undefined) return [...counters];
    return counters.map((count, index) => {
      const grown = count - (former[index] ?? 0);
      return grown < 0 ? count : grown;
    });
  }
}

/** Sums place by place. */
export function addTo(sums: number[], amounts: readonly number[]): void {
  for (const [index, amount] of amounts.entries()) sums[index] = (sums[index] ?? 0) + amount;
}

/** So that a rate reads as people count: three digits after the point are more than a second can tell. */
export function perSecond(amount: number, seconds: number): number {
  return Math.round((amount / seconds) * 1000) / 1000;
}
