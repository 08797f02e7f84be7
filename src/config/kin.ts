// Pools that clients stick to by the same cookie, or by the same table. The first of them in the config gives its name to what the
// servers of all are known by, so that a server that stands in several is the same to a client in each, and what one pool's
// clients hold is what they would hold if it were alone. Pools are compared by the cookie's name: a browser keeps one of a name.

import type { Config } from "./types.ts";

export class Kin {
  readonly #byCookie = new Map<string, string>();
  readonly #byTable = new Map<string, string>();

  constructor({ pools }: Pick<Config, "pools">) {
    const cookies = new Map<string, string>();
    const tables = new Map<string, string>();
    for (const [name, { sticky, stick }] of Object.entries(pools)) {
      if (sticky !== undefined)
        this.#byCookie.set(name, first(cookies, typeof sticky === "string" ? sticky : sticky.cookie, name));
      if (stick !== undefined) this.#byTable.set(name, first(tables, stick.table, name));
    }
  }

  /** The first pool with the sticky cookie of this one, which may be the pool itself. */
  byCookie(pool: string): string {
    return this.#byCookie.get(pool) ?? pool;
  }

  /** As `byCookie`, of the table that it sticks by. */
  byTable(pool: string): string {
    return this.#byTable.get(pool) ?? pool;
  }
}

function first(firsts: Map<string, string>, shared: string, pool: string): string {
  const found = firsts.get(shared);
  if (found !== undefined) return found;
  firsts.set(shared, pool);
  return pool;
}
