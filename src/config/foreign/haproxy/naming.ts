// Names of proxies as names of ours, which have fewer characters: HAProxy has ":" too, and any first one. No two of a kind come out
// alike, and one name always comes out the same.

type Kind = "pool" | "listener" | "table" | "list";

const lengthMax = 64;

export class Naming {
  readonly #given = new Map<string, string>();
  readonly #taken = new Map<Kind, Set<string>>();

  of(kind: Kind, name: string): string {
    const key = JSON.stringify([kind, name]);
    const before = this.#given.get(key);
    if (before !== undefined) return before;
    const given = this.fresh(kind, name);
    this.#given.set(key, given);
    return given;
  }

  /** Another name each time, the first one that is free: NAME, NAME-2, NAME-3. */
  fresh(kind: Kind, name: string): string {
    const taken = this.#taken.get(kind) ?? new Set();
    this.#taken.set(kind, taken);
    const plain = name.replaceAll(/[^A-Za-z0-9._-]/g, "-").replace(/^[^A-Za-z0-9]+/, "") || kind;
    let given = plain.slice(0, lengthMax);
    for (let number = 2; taken.has(given); number++) given = `${plain.slice(0, lengthMax - 5)}-${number}`;
    taken.add(given);
    return given;
  }
}
