// Whether who fills a node, or asks for it anew, can still do so. That a row was given back costs a look; whether its process lives
// costs tens of microseconds, so the system is asked at most once in a while for each row: by the time that calls tell, or,
// where nobody calls with a time, by how often it was wanted.

import type { Owners } from "../owners.ts";

const pauseMs = 20;
const looksMax = 16;

export class StoreWriters {
  /** As the last call told it. */
  nowMs = 0;
  readonly #owners: Owners;
  readonly #askedMs: Float64Array;
  readonly #looks: Int32Array;

  constructor(owners: Owners) {
    this.#owners = owners;
    this.#askedMs = new Float64Array(owners.count).fill(Number.NEGATIVE_INFINITY);
    this.#looks = new Int32Array(owners.count);
  }

  isGone(lockWord: number): boolean {
    const owners = this.#owners;
    if (owners.isFormer(lockWord)) return true;
    const row = owners.rowOf(lockWord);
    if (row === owners.row) return false;
    const isEarly = Math.abs(this.nowMs - this.#askedMs[row]!) < pauseMs;
    if (isEarly && ++this.#looks[row]! < looksMax) return false;
    if (owners.isDead(row)) return true;
    this.#askedMs[row] = this.nowMs;
    this.#looks[row] = 0;
    return false;
  }
}
