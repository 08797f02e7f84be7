// Pools that clients stick to by the same cookie, or by the same table. What is shared gives its name to what the servers of all are
// known by, so that a server that stands in several is the same to a client in each, whichever pools come, leave, or stand first.
// A pool that is alone goes by its own name. Pools are compared by the cookie's name: a browser keeps one of a name.

import type { Config } from "./types.ts";

/** What the servers of a pool are named after: the pool itself while it is alone, or else what is shared. */
export interface Family {
  readonly name: string;
  /** The other of the two, which they are still known by: pools come and go. */
  readonly other: string;
}

export class Kin {
  readonly #byCookie: ReadonlyMap<string, Family>;
  readonly #byTable: ReadonlyMap<string, Family>;

  constructor({ pools }: Pick<Config, "pools">) {
    const all = Object.entries(pools);
    this.#byCookie = families(
      all.map(([name, { sticky }]) => [name, typeof sticky === "object" ? sticky.cookie : sticky]),
    );
    this.#byTable = families(all.map(([name, { stick }]) => [name, stick?.table]));
  }

  /** Of those with the sticky cookie of this one. */
  byCookie(pool: string): Family {
    return this.#byCookie.get(pool) ?? { name: pool, other: pool };
  }

  /** Of those that stick by the table of this one. */
  byTable(pool: string): Family {
    return this.#byTable.get(pool) ?? { name: pool, other: pool };
  }
}

function families(pools: readonly (readonly [string, string | undefined])[]): ReadonlyMap<string, Family> {
  const counts = new Map<string, number>();
  for (const [, shared] of pools) if (shared !== undefined) counts.set(shared, (counts.get(shared) ?? 0) + 1);
  return new Map(
    pools.flatMap(([pool, shared]): [string, Family][] => {
      if (shared === undefined) return [];
      // No pool is called like that.
      const together = `|${shared}`;
      const isAlone = counts.get(shared) === 1;
      return [[pool, isAlone ? { name: pool, other: together } : { name: together, other: pool }]];
    }),
  );
}
