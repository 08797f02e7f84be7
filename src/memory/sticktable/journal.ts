// The lock of a shard and its journal: what is changed in a shard is changed as a whole or not at all, whenever a process is
// killed. Strategy: under the lock the words to change are written into the journal, address and new value; then one store
// into the lock word seals it; then they are written; then the next store to the lock word lifts the seal. A killed process
// leaves either a journal without seal, which is nothing, or a sealed one, which whoever takes the lock over writes out again.
// Doing that twice is harmless, so the one who takes over may be killed too. Nothing is written to what others can reach
// before the seal.
//
// The order rests on this: plain stores are not moved over Atomics, and a killed process has done all up to one instruction.
//
// A lock is taken over only from an owner that is dead. One that lives and does not let go is waited for a bounded time: first
// by giving way, then by sleeping, for on a busy machine, or on a virtual one that is held up itself, the owner may have to wait
// for its processor that long. Only a stopped process takes longer; whoever waited for one in vain waits only briefly for that
// same one, until it meets the lock free or in other hands.

import type { WordSink } from "../freqcounter.ts";
import { shardWord, shardWords } from "./layout.ts";
import { type StickOwners, yieldingRounds } from "./owners.ts";
import type { StickWords } from "./words.ts";

const sealed = 1 << 30;
/** Tries before others are given the processor; what is done under a lock takes less. */
const spins = 64;
/** Half a second at least. What is given up after that is not counted, or let through a limit. */
const roundsMax: number = yieldingRounds + 500;
const impatientRoundsMax = 64;
/** Asking whether a process lives costs tens of microseconds. */
const roundsToAsk = 64;
const firstAsk = 32;

export class StickJournal implements WordSink {
  readonly words: Int32Array;
  readonly #memory: StickWords;
  readonly #owners: StickOwners;
  readonly #shardsAt: number;
  #mine = 0;
  /** The lock that is held, and its journal. */
  #lockAt = 0;
  #journalAt = 0;
  /** Words in the journal behind its count. */
  #count = 0;
  /** The lock that was waited for in vain, and who held it. */
  #stuckAt = 0;
  #stuckBy = 0;

  constructor(memory: StickWords, owners: StickOwners) {
    this.words = memory.words;
    this.#memory = memory;
    this.#owners = owners;
    this.#shardsAt = owners.layout.shardsAt;
    this.#mine = owners.lockWord(owners.row);
  }

  /** False when somebody who lives does not let go. */
  lock(shard: number): boolean {
    const at = this.#shardsAt + shard * shardWords;
    if (this.#memory.exchange(at, 0, this.#mine) !== 0 && !this.#wait(at)) return false;
    if (at === this.#stuckAt) this.#stuckAt = 0;
    this.#lockAt = at;
    this.#journalAt = at + shardWord.journal;
    this.#count = 0;
    return true;
  }

  unlock(shard: number): void {
    this.#memory.store(this.#shardsAt + shard * shardWords, 0);
  }

  /** To be written by the next commit; until then reading gives the old value. Of two values for a word the later counts. */
  set(at: number, value: number): void {
    const pair = this.#journalAt + 1 + this.#count;
    this.#memory.put(pair, at);
    this.#memory.put(pair + 1, value);
    this.#count += 2;
  }

  /** Keeps the lock. */
  commit(): void {
    this.#finish(this.#mine);
  }

  commitAndUnlock(): void {
    this.#finish(0);
  }

  #finish(lockWord: number): void {
    const memory = this.#memory;
    const count = this.#count;
    this.#count = 0;
    if (count > 2) {
      memory.put(this.#journalAt, count);
      memory.store(this.#lockAt, this.#mine | sealed);
      this.#writeOut(this.#journalAt, count);
      memory.store(this.#lockAt, lockWord);
      return;
    }
    // One word is changed as a whole anyway.
    this.#writeOut(this.#journalAt, count);
    if (lockWord === 0) memory.store(this.#lockAt, 0);
  }

  #writeOut(journalAt: number, count: number): void {
    const { words } = this;
    const end = journalAt + 1 + count;
    for (let pair = journalAt + 1; pair < end; pair += 2) this.#memory.put(words[pair]!, words[pair + 1]!);
  }

  #wait(at: number): boolean {
    let holder = 0;
    for (let round = -spins; round < roundsMax; round++) {
      // Looking leaves the word where it is; trying would take it from the processor of whoever is to let go.
      holder = Atomics.load(this.words, at);
      if (holder === 0 && this.#memory.exchange(at, 0, this.#mine) === 0) return true;
      if (round < 0) continue;
      if (round % roundsToAsk === firstAsk && holder !== 0 && this.#takeOver(at, holder)) return true;
      if (round >= impatientRoundsMax && at === this.#stuckAt && (holder & ~sealed) === this.#stuckBy) break;
      this.#owners.owner.relax(round);
    }
    this.#stuckAt = at;
    this.#stuckBy = holder & ~sealed;
    this.#owners.countTimeout();
    return false;
  }

  #takeOver(at: number, holder: number): boolean {
    const lockWord = holder & ~sealed;
    // Our own: an operation that threw.
    if (lockWord !== this.#mine && !this.#owners.isAbandoned(lockWord)) return false;
    const seal = holder & sealed;
    if (this.#memory.exchange(at, holder, this.#mine | seal) !== holder) return false;
    if (seal !== 0) {
      this.#writeOut(at + shardWord.journal, this.words[at + shardWord.journal]!);
      this.#memory.store(at, this.#mine);
    }
    return true;
  }
}
