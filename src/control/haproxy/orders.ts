// What somebody has ordered of servers over HAProxy's runtime API, in its words: that a server is in maintenance or drained, or has no
// weight, are three words for the one thing that there is here, a server that is given nothing new. Who asks hears the word that was said.
// It is forgotten with this process, and holds only while the server is drained: who enables it elsewhere ends it.

export type Order = "maint" | "drain" | "weightless";

export class Orders {
  readonly #orders = new Map<string, Order>();
  /** As the config had them before they were changed here. */
  readonly #weights = new Map<string, number>();

  of(pool: string, server: string): Order | null {
    return this.#orders.get(keyOf(pool, server)) ?? null;
  }

  set(pool: string, server: string, order: Order | null): void {
    if (order === null) this.#orders.delete(keyOf(pool, server));
    else this.#orders.set(keyOf(pool, server), order);
  }

  /** Told before each change; the first one says it. */
  weighed(pool: string, server: string, before: number): void {
    const key = keyOf(pool, server);
    if (!this.#weights.has(key)) this.#weights.set(key, before);
  }

  /** What percentages are of. */
  initialWeight(pool: string, server: string, now: number): number {
    return this.#weights.get(keyOf(pool, server)) ?? now;
  }
}

function keyOf(pool: string, server: string): string {
  return JSON.stringify([pool, server]);
}
