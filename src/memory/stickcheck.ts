// Whether a table holds together while nobody writes to it: every link leads where it must, every count is that of what it
// counts, every reference is somebody's hold. For tests, and for whoever doubts a file.

import { hashWords } from "./stickkey.ts";
import {
  entryWord as E,
  header,
  ipv4Bit,
  ownerWord,
  ownerWords,
  refsMask,
  shardWord as S,
  type StickLayout,
  shardWords,
  usedBit,
} from "./sticklayout.ts";
import type { StickTable } from "./sticktable.ts";

/** What is wrong, as sentences; empty when all is well. */
export function checkTable(table: StickTable): string[] {
  const check = new Check(table);
  check.run();
  return check.problems;
}

class Check {
  readonly problems: string[] = [];
  readonly #words: Int32Array;
  readonly #layout: StickLayout;

  constructor(table: StickTable) {
    this.#words = table.parts.memory.words;
    this.#layout = table.parts.layout;
  }

  run(): void {
    const refs = this.#checkHolds();
    for (let shard = 0; shard < this.#layout.shards; shard++) this.#checkShard(shard, refs);
    for (const entry of refs.keys()) this.#say(false, `entry ${entry} is held and was not met in any shard`);
    this.#say(this.#words[this.#shardAt(this.#layout.shards)] === 0, "the lock of recovery is held");
  }

  #say(isWell: boolean, problem: string): void {
    if (!isWell && this.problems.length < 20) this.problems.push(problem);
  }

  /** How often each entry is held. */
  #checkHolds(): Map<number, number> {
    const refs = new Map<number, number>();
    const { ownersAt, holdsAt, room } = this.#layout;
    for (let row = 0; row < room.owners; row++) {
      const at = ownersAt + row * ownerWords;
      const isTaken = this.#words[at] !== 0 || this.#words[at + 1] !== 0;
      const fresh = this.#words[at + ownerWord.holdFresh]!;
      this.#say(isTaken || fresh === 0, `owner ${row} is free and holds`);
      let free = 0;
      for (let hold = 0; hold < fresh; hold++) {
        const entry = this.#words[holdsAt + row * room.holds + hold]!;
        if (entry > 0) refs.set(entry, (refs.get(entry) ?? 0) + 1);
        else free++;
      }
      let listed = 0;
      for (let hold = this.#words[at + ownerWord.holdFree]!; hold !== 0 && listed <= free; listed++)
        hold = -this.#words[holdsAt + row * room.holds + hold - 1]! - 1;
      this.#say(listed === free, `owner ${row} has ${free} free holds and lists ${listed}`);
    }
    return refs;
  }

  #checkShard(shard: number, refs: Map<number, number>): void {
    const words = this.#words;
    const at = this.#shardAt(shard);
    const { entriesAt, share, entryWords } = this.#layout;
    const fresh = words[at + S.fresh]!;
    this.#say(words[at + S.lock] === 0, `shard ${shard} is locked`);
    this.#say(fresh <= share, `shard ${shard} has used ${fresh} entries of ${share}`);
    const used = new Set<number>();
    const free = new Set<number>();
    for (let index = 0; index < fresh; index++) {
      const entry = entriesAt + (shard * share + index) * entryWords;
      const flags = words[entry]!;
      (flags & usedBit ? used : free).add(entry);
      this.#say((flags & refsMask) === (refs.get(entry) ?? 0), `entry ${entry} has other references than holds`);
      refs.delete(entry);
    }
    this.#say(
      used.size === words[at + S.used],
      `shard ${shard} counts ${words[at + S.used]} entries, ${used.size} are`,
    );
    this.#checkAges(at, used);
    this.#checkBuckets(shard, used);
    for (let entry = words[at + S.free]!; entry !== 0; entry = words[entry + E.next]!)
      if (!free.delete(entry)) return this.#say(false, `entry ${entry} is listed as free and is not, or twice`);
    this.#say(free.size === 0, `shard ${shard} has lost ${free.size} free entries`);
  }

  #checkAges(at: number, used: ReadonlySet<number>): void {
    const left = new Set(used);
    let older = 0;
    for (let entry = this.#words[at + S.oldest]!; entry !== 0; entry = this.#words[entry + E.newer]!) {
      if (!left.delete(entry)) return this.#say(false, `entry ${entry} is not used and has an age, or twice`);
      this.#say(this.#words[entry + E.older] === older, `entry ${entry} has another older than its older's newer`);
      older = entry;
    }
    this.#say(this.#words[at + S.newest] === older, "the newest is not the last");
    this.#say(left.size === 0, `${left.size} entries have no age`);
  }

  #checkBuckets(shard: number, used: ReadonlySet<number>): void {
    const { bucketsAt, buckets, keyWords } = this.#layout;
    const left = new Set(used);
    for (let bucket = 0; bucket < buckets; bucket++) {
      let entry = this.#words[bucketsAt + shard * buckets + bucket]!;
      for (; entry !== 0; entry = this.#words[entry + E.next]!) {
        if (!left.delete(entry)) return this.#say(false, `entry ${entry} is not used and in a bucket, or twice`);
        const seed = this.#words[header.seed]! ^ (this.#words[entry]! & ipv4Bit);
        const hash = hashWords(this.#words, entry + E.key, keyWords, seed);
        this.#say((hash & (buckets - 1)) === bucket, `entry ${entry} is in a bucket of others`);
        this.#say(this.#layout.shards === 1 || hash >>> 28 === shard, `entry ${entry} is in a shard of others`);
      }
    }
    this.#say(left.size === 0, `${left.size} entries are in no bucket`);
  }

  #shardAt(shard: number): number {
    return this.#layout.shardsAt + shard * shardWords;
  }
}
