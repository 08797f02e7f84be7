// Taking a lock in a file that processes share: a word that is 0, or holds the name of its owner (owners.ts) and two bits that mean
// something to what it guards. It is taken over only from an owner that is dead, or from an operation of our own that threw;
// what the former owner left half done is for `Heir` to put right.
//
// One that lives and does not let go is waited for a bounded time: first by giving way, then by sleeping, for on a busy
// machine, or on a virtual one that is held up itself, the owner may have to wait for its processor that long. Only a stopped
// process takes longer; whoever waited for one in vain waits only briefly for that same one, until it meets the lock free or
// in other hands.

import { type Owners, ownerMask } from "./owners.ts";
import type { SharedWords } from "./sharedwords.ts";

/** Told when a lock was taken over, with the bits that stood beside the owner: they are still there, beside our own name. */
export interface Heir {
  inherit(at: number, bits: number): void;
}

/** Tries before others are given the processor; what is done under a lock takes less. */
const spins = 64;
const impatientRoundsMax = 64;
/** Asking whether a process lives costs tens of microseconds. */
const roundsToAsk = 64;
const firstAsk = 32;

export class Lock {
  /** What stands in a lock that we hold. */
  readonly mine: number;
  readonly #memory: SharedWords;
  readonly #owners: Owners;
  readonly #heir: Heir;
  readonly #timeoutsAt: number;
  readonly #roundsMax: number;
  /** The lock that was waited for in vain, and who held it. */
  #stuckAt = 0;
  #stuckBy = 0;

  /** `timeoutsAt`: the word that counts who waited in vain. */
  constructor(memory: SharedWords, owners: Owners, heir: Heir, timeoutsAt: number, roundsMax: number) {
    this.mine = owners.lockWord(owners.row);
    this.#memory = memory;
    this.#owners = owners;
    this.#heir = heir;
    this.#timeoutsAt = timeoutsAt;
    this.#roundsMax = roundsMax;
  }

  /** False when somebody who lives does not let go. */
  take(at: number): boolean {
    if (this.#memory.exchange(at, 0, this.mine) !== 0 && !this.#wait(at)) return false;
    if (at === this.#stuckAt) this.#stuckAt = 0;
    return true;
  }

  #wait(at: number): boolean {
    let holder = 0;
    for (let round = -spins; round < this.#roundsMax; round++) {
      // Looking leaves the word where it is; trying would take it from the processor of whoever is to let go.
      holder = Atomics.load(this.#memory.words, at);
      if (holder === 0 && this.#memory.exchange(at, 0, this.mine) === 0) return true;
      if (round < 0) continue;
      if (round % roundsToAsk === firstAsk && holder !== 0 && this.#takeOver(at, holder)) return true;
      if (round >= impatientRoundsMax && at === this.#stuckAt && (holder & ownerMask) === this.#stuckBy) break;
      this.#owners.owner.relax(round);
    }
    this.#stuckAt = at;
    this.#stuckBy = holder & ownerMask;
    this.#memory.add(this.#timeoutsAt, 1);
    return false;
  }

  #takeOver(at: number, holder: number): boolean {
    const lockWord = holder & ownerMask;
    // Our own: an operation that threw.
    if (lockWord !== this.mine && !this.#owners.isAbandoned(lockWord)) return false;
    const bits = holder & ~ownerMask;
    if (this.#memory.exchange(at, holder, this.mine | bits) !== holder) return false;
    this.#heir.inherit(at, bits);
    return true;
  }
}
