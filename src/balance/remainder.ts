// The servers that are left of a pool for one more pick: without those already tried for this exchange, and without those
// that are at their connection limit. It is another View over the same numbers, for failover is picking again; it knows
// nothing of why a server was left out.
// When every server in service was tried, the backups are next, together or one after the other. When one was not tried but is full, they are not: an exchange
// waits for a full server, for backups are there for servers that are down.
// Turns here are this worker's own. Were they taken from the shared turn, a server that is always full would use up two of
// them in its turn, and its neighbours would get each other's share.

import type { View } from "./policy.ts";

/** What a pool offers beyond a view. */
export interface Source extends View {
  isFull(index: number): boolean;
  /** 1 where a backup server is well, whether or not it is needed. */
  readonly isBackupWell: Uint8Array;
  /** Never more than one of them is in service. */
  readonly isOneBackup: boolean;
}

export class Remainder implements View {
  readonly count: number;
  readonly eligible: Int32Array;
  readonly isEligible: Uint8Array;
  eligibleCount = 0;
  version = 0;
  readonly #source: Source;
  #sourceVersion = -1;
  #turn: number;

  constructor(source: Source, firstTurn: number) {
    this.#source = source;
    this.#turn = firstTurn;
    this.count = source.count;
    this.eligible = new Int32Array(source.count);
    this.isEligible = new Uint8Array(source.count);
  }

  get weights(): Float64Array {
    return this.#source.weights;
  }

  get arrivals(): Int32Array {
    return this.#source.arrivals;
  }

  /** Take what is left now. `tried` holds 1 at the index of each tried server, or is null. */
  select(tried: Uint8Array | null): void {
    const source = this.#source;
    let isChanged = source.version !== this.#sourceVersion;
    this.#sourceVersion = source.version;
    const offered = hasUntried(source.isEligible, tried) ? source.isEligible : source.isBackupWell;
    let places = offered === source.isBackupWell && source.isOneBackup ? 1 : this.count;
    let count = 0;
    for (let index = 0; index < this.count; index++) {
      const isOffered = offered[index] === 1 && tried?.[index] !== 1 && places > 0;
      if (isOffered) places--;
      const isLeft = isOffered && !source.isFull(index) ? 1 : 0;
      if (isLeft !== this.isEligible[index]) isChanged = true;
      this.isEligible[index] = isLeft;
      if (isLeft === 1) this.eligible[count++] = index;
    }
    this.eligibleCount = count;
    if (isChanged) this.version++;
  }

  activeOf(index: number): number {
    return this.#source.activeOf(index);
  }
  callsOf(index: number): number {
    return this.#source.callsOf(index);
  }
  bandwidthOf(index: number): number {
    return this.#source.bandwidthOf(index);
  }
  latencyOf(index: number): number {
    return this.#source.latencyOf(index);
  }
  nextTurn(): number {
    const turn = this.#turn;
    this.#turn = (turn + 1) >>> 0;
    return turn;
  }
  random(): number {
    return this.#source.random();
  }
}

function hasUntried(isEligible: Uint8Array, tried: Uint8Array | null): boolean {
  for (let index = 0; index < isEligible.length; index++)
    if (isEligible[index] === 1 && tried?.[index] !== 1) return true;
  return false;
}
