// The lock of a shard and its journal: what is changed in a shard is changed as a whole or not at all, whenever a process is
// killed. Strategy: under the lock the words to change are written into the journal, address and new value; then one store
// into the lock word seals it; then they are written; then the next store to the lock word lifts the seal. A killed process
// leaves either a journal without seal, which is nothing, or a sealed one, which whoever takes the lock over writes out again.
// Doing that twice is harmless, so the one who takes over may be killed too. Nothing is written to what others can reach
// before the seal.
//
// The order rests on this: plain stores are not moved over Atomics, and a killed process has done all up to one instruction.
//
// A lock is taken over only from an owner that is dead. One that lives and does not let go (a stopped process) is waited for
// a bounded time; whoever waited in vain waits only briefly from then on until it has met the lock free again.

import type { WordSink } from "./freqcounter.ts";
import { shardWord, shardWords } from "./sticklayout.ts";
import type { StickOwners } from "./stickowners.ts";
import type { StickWords } from "./stickwords.ts";

const sealed = 1 << 30;
/** Tries before others are given the processor; what is done under a lock takes less. */
const spins = 64;
/** Rounds of giving way, a tenth of a second at least: on a busy machine the owner itself may have to wait that long. */
const roundsMax = 200_000;
const impatientRoundsMax = 64;
/** Asking whether a process lives costs tens of microseconds. */
const roundsToAsk = 512;
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
  #isPatient = true;

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
    const rounds = this.#isPatient ? roundsMax : impatientRoundsMax;
    for (let round = -spins; round < rounds; round++) {
      // Looking leaves the word where it is; trying would take it from the processor of whoever is to let go.
      const holder = Atomics.load(this.words, at);
      if (holder === 0 && this.#memory.exchange(at, 0, this.#mine) === 0) {
        this.#isPatient = true;
        return true;
      }
      if (round < 0) continue;
      if (round % roundsToAsk === firstAsk && holder !== 0 && this.#takeOver(at, holder)) return true;
      this.#owners.owner.relax();
    }
    this.#isPatient = false;
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
