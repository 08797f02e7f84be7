// The server that a key was given stays its server, for as long as the table remembers (HAProxy: stick on). The table keeps a
// number for each server that is made of its id: other servers may come and go, and processes start anew, without an entry
// ever naming another server than the one it was made for. Pools with one table know a server by one id; what was stored
// when each had its own still holds, and so does what several had stored for the one that is left.

import { assert } from "../base/assert.ts";
import { hashString } from "../base/hash.ts";
import type { PoolPlan } from "../config/plan.ts";
import type { Table } from "../memory/table.ts";
import type { Key } from "../rules/expression/compiled.ts";
import type { Scene } from "../rules/scene.ts";

export class Sticking {
  readonly #table: Table;
  readonly #key: Key;
  readonly #column: number;
  readonly #isStoring: boolean;
  readonly #numbers: readonly number[];
  readonly #indices: ReadonlyMap<number, number>;

  constructor({ servers, stick }: Pick<PoolPlan, "servers" | "stick">, table: Table, key: Key) {
    this.#table = table;
    this.#key = key;
    this.#isStoring = stick?.isReadOnly !== true;
    this.#column = table.columnOf("server_id", 0);
    assert(this.#column !== -1, `the table ${table.plan.name} stores no server_id`);
    this.#numbers = servers.map(({ id, stickId }) => numberOf(stickId ?? id));
    const former = servers.flatMap(({ id, formerStickId }, index): [number, number][] => [
      [numberOf(id), index],
      [numberOf(formerStickId ?? id), index],
    ]);
    this.#indices = new Map([...former, ...this.#numbers.map((number, index): [number, number] => [number, index])]);
  }

  /** What the key is made of is only known once a ClientHello has been read. */
  get needsHello(): boolean {
    return this.#key.needsHello;
  }

  /** Index of the key's server, -1 when it has none. */
  find(scene: Scene): number {
    if (!this.#key.lay(scene)) return -1;
    return this.#indices.get(this.#table.read(this.#column, 0, scene.sharedMs)) ?? -1;
  }

  /** From now on the key's server is this one; said of each that answers, for that keeps the entry. */
  store(scene: Scene, server: number): void {
    if (this.#isStoring && this.#key.lay(scene))
      this.#table.assign(this.#column, 0, this.#numbers[server]!, scene.sharedMs);
  }
}

/** Never 0, which is what an entry without a server says. */
function numberOf(id: string): number {
  return hashString(id) >>> 0 || 1;
}
