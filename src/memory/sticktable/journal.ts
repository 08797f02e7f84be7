// The lock of a shard and its journal: what is changed in a shard is changed as a whole or not at all, whenever a process is
// killed. Strategy: under the lock the words to change are written into the journal, address and new value; then one store
// into the lock word seals it; then they are written; then the next store to the lock word lifts the seal. A killed process
// leaves either a journal without seal, which is nothing, or a sealed one, which whoever takes the lock over writes out again.
// Doing that twice is harmless, so the one who takes over may be killed too. Nothing is written to what others can reach
// before the seal.
//
// The order rests on this: plain stores are not moved over Atomics, and a killed process has done all up to one instruction.

import type { WordSink } from "../freqcounter.ts";
import { type Heir, Lock } from "../lock.ts";
import { type Owners, yieldingRounds } from "../owners.ts";
import type { SharedWords } from "../sharedwords.ts";
import { header, type StickLayout, shardWord, shardWords } from "./layout.ts";

const sealed = 1 << 30;
/** Half a second at least. What is given up after that is not counted, or let through a limit. */
const roundsMax: number = yieldingRounds + 500;

export class StickJournal implements WordSink, Heir {
  readonly words: Int32Array;
  readonly #memory: SharedWords;
  readonly #lock: Lock;
  readonly #mine: number;
  readonly #shardsAt: number;
  /** The lock that is held, and its journal. */
  #lockAt = 0;
  #journalAt = 0;
  /** Words in the journal behind its count. */
  #count = 0;

  constructor(memory: SharedWords, layout: StickLayout, owners: Owners) {
    this.words = memory.words;
    this.#memory = memory;
    this.#lock = new Lock(memory, owners, this, header.timeouts, roundsMax);
    this.#mine = this.#lock.mine;
    this.#shardsAt = layout.shardsAt;
  }

  /** False when somebody who lives does not let go. */
  lock(shard: number): boolean {
    const at = this.#shardsAt + shard * shardWords;
    if (!this.#lock.take(at)) return false;
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

  inherit(at: number, bits: number): void {
    if (bits === 0) return;
    this.#writeOut(at + shardWord.journal, this.words[at + shardWord.journal]!);
    this.#memory.store(at, this.#mine);
  }
}
