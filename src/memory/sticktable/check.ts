// Whether a table holds together while nobody writes to it: every link leads where it must, every count is that of what it
// counts, every reference is somebody's hold. For tests, and for files that a former run has left: what has been damaged there
// would be walked around in for ever. Whatever stands in the words, each check ends: it walks no further than there are
// entries. First whatever recovering the dead goes by, then, when that is done, the whole.

import type { TablePlan } from "../../config/plan.ts";
import { ownerWords } from "../owners.ts";
import type { StickTable } from "../sticktable.ts";
import { StickHash } from "./hash.ts";
import {
  entryWord as E,
  ipv4Bit,
  layoutOf,
  ownerWord,
  refsMask,
  roomOf,
  shardWord as S,
  type StickLayout,
  shardWords,
  usedBit,
} from "./layout.ts";

/** What is wrong with what recovering goes by: holds and journals that lead out of the table. Of bytes that are a table of the plan. */
export function checkBytes(bytes: Uint8Array, plan: TablePlan): string[] {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
  const check = new Check(words, layoutOf(plan, roomOf(words)));
  check.ranges();
  return check.problems;
}

/** What is wrong, as sentences; empty when all is well. */
export function checkTable(table: StickTable): string[] {
  const { memory, layout } = table.parts;
  const check = new Check(memory.words, layout);
  check.run();
  return check.problems;
}

/** What is known of an entry. */
const known = { used: 1, free: 2, aged: 4, inBucket: 8, listed: 16 } as const;

class Check {
  readonly problems: string[] = [];
  readonly #words: Int32Array;
  readonly #layout: StickLayout;

  constructor(words: Int32Array, layout: StickLayout) {
    this.#words = words;
    this.#layout = layout;
  }

  ranges(): void {
    const { ownersAt, holdsAt, room, shards, share } = this.#layout;
    for (let row = 0; row < room.owners; row++) {
      const at = ownersAt + row * ownerWords;
      const [free, fresh] = [this.#words[at + ownerWord.holdFree]!, this.#words[at + ownerWord.holdFresh]!];
      const isWithin = fresh >= 0 && fresh <= room.holds && free >= 0 && free <= fresh;
      this.#say(isWithin, `owner ${row} has more holds than there are`);
      for (let hold = 0; isWithin && hold < fresh; hold++) {
        const cell = this.#words[holdsAt + row * room.holds + hold]!;
        this.#say(cell > 0 ? this.#indexOf(cell) >= 0 : -cell - 1 <= fresh, `owner ${row} holds what is no entry`);
      }
    }
    for (let shard = 0; shard <= shards; shard++) {
      const at = this.#shardAt(shard);
      const fresh = this.#words[at + S.fresh]!;
      this.#say(fresh >= 0 && fresh <= share, `shard ${shard} has used ${fresh} entries of ${share}`);
      this.#checkJournal(shard);
    }
  }

  /** Of a lock that is held: whoever takes it over may write it out. */
  #checkJournal(shard: number): void {
    const at = this.#shardAt(shard);
    if (this.#words[at + S.lock] === 0) return;
    const count = this.#words[at + S.journal]!;
    const isWithin = count >= 0 && count <= shardWords - S.journal - 1 && count % 2 === 0;
    this.#say(isWithin, `the journal of shard ${shard} has ${count} words`);
    for (let pair = 1; isWithin && pair < count; pair += 2) {
      const place = this.#words[at + S.journal + pair]!;
      this.#say(place >= this.#layout.shardsAt && place < this.#layout.words, `a journal leads to ${place}`);
    }
  }

  run(): void {
    const { shards, share } = this.#layout;
    const refs = new Int32Array(shards * share);
    const marks = new Uint8Array(shards * share);
    this.#checkHolds(refs);
    for (let shard = 0; shard < shards; shard++) this.#checkShard(shard, refs, marks);
    for (let index = 0; index < refs.length; index++)
      if (refs[index] !== 0) this.#say(false, `entry ${this.#entryAt(index)} is held and was not met in any shard`);
    this.#say(this.#words[this.#shardAt(shards)] === 0, "the lock of recovery is held");
  }

  #say(isWell: boolean, problem: string): void {
    if (!isWell && this.problems.length < 20) this.problems.push(problem);
  }

  /** How often each entry is held. */
  #checkHolds(refs: Int32Array): void {
    const { ownersAt, holdsAt, room } = this.#layout;
    for (let row = 0; row < room.owners; row++) {
      const at = ownersAt + row * ownerWords;
      const isTaken = this.#words[at] !== 0 || this.#words[at + 1] !== 0;
      const fresh = Math.min(this.#words[at + ownerWord.holdFresh]!, room.holds);
      this.#say(isTaken || fresh === 0, `owner ${row} is free and holds`);
      let free = 0;
      for (let hold = 0; hold < fresh; hold++) {
        const entry = this.#words[holdsAt + row * room.holds + hold]!;
        const index = entry > 0 ? this.#indexOf(entry) : -1;
        if (index >= 0) refs[index]!++;
        else if (entry > 0) this.#say(false, `owner ${row} holds what is no entry`);
        else free++;
      }
      let listed = 0;
      for (let hold = this.#words[at + ownerWord.holdFree]!; hold !== 0 && listed <= free; listed++)
        hold = -this.#words[holdsAt + row * room.holds + hold - 1]! - 1;
      this.#say(listed === free, `owner ${row} has ${free} free holds and lists ${listed}`);
    }
  }

  #checkShard(shard: number, refs: Int32Array, marks: Uint8Array): void {
    const words = this.#words;
    const at = this.#shardAt(shard);
    const { share } = this.#layout;
    const fresh = words[at + S.fresh]!;
    this.#say(words[at + S.lock] === 0, `shard ${shard} is locked`);
    if (fresh < 0 || fresh > share) return this.#say(false, `shard ${shard} has used ${fresh} entries of ${share}`);
    let used = 0;
    for (let index = shard * share; index < shard * share + fresh; index++) {
      const entry = this.#entryAt(index);
      const flags = words[entry]!;
      if (flags & usedBit) used++;
      marks[index] = flags & usedBit ? known.used : known.free;
      this.#say((flags & refsMask) === refs[index], `entry ${entry} has other references than holds`);
      refs[index] = 0;
    }
    this.#say(used === words[at + S.used], `shard ${shard} counts ${words[at + S.used]} entries, ${used} are`);
    this.#checkAges(at, used, marks);
    this.#checkBuckets(shard, used, marks);
    let left = fresh - used;
    for (let entry = words[at + S.free]!; entry !== 0; entry = words[entry + E.next]!, left--)
      if (!this.#marked(entry, known.free, known.listed, marks))
        return this.#say(false, `entry ${entry} is listed as free and is not, or twice`);
    this.#say(left === 0, `shard ${shard} has lost ${left} free entries`);
  }

  #checkAges(at: number, used: number, marks: Uint8Array): void {
    let left = used;
    let older = 0;
    for (let entry = this.#words[at + S.oldest]!; entry !== 0; entry = this.#words[entry + E.newer]!, left--) {
      if (!this.#marked(entry, known.used, known.aged, marks))
        return this.#say(false, `entry ${entry} is not used and has an age, or twice`);
      this.#say(this.#words[entry + E.older] === older, `entry ${entry} has another older than its older's newer`);
      older = entry;
    }
    this.#say(this.#words[at + S.newest] === older, "the newest is not the last");
    this.#say(left === 0, `${left} entries have no age`);
  }

  #checkBuckets(shard: number, used: number, marks: Uint8Array): void {
    const { bucketsAt, buckets, keyWords, shards } = this.#layout;
    const hashing = new StickHash(this.#words);
    let left = used;
    for (let bucket = 0; bucket < buckets; bucket++) {
      let entry = this.#words[bucketsAt + shard * buckets + bucket]!;
      for (; entry !== 0; entry = this.#words[entry + E.next]!, left--) {
        if (!this.#marked(entry, known.used, known.inBucket, marks))
          return this.#say(false, `entry ${entry} is not used and in a bucket, or twice`);
        const hash = hashing.of(this.#words, entry + E.key, keyWords, (this.#words[entry]! & ipv4Bit) !== 0);
        this.#say((hash & (buckets - 1)) === bucket, `entry ${entry} is in a bucket of others`);
        this.#say(shards === 1 || hash >>> 28 === shard, `entry ${entry} is in a shard of others`);
      }
    }
    this.#say(left === 0, `${left} entries are in no bucket`);
  }

  /** Notes that an entry was met. False: it is none of that kind, or was met before. */
  #marked(entry: number, kind: number, mark: number, marks: Uint8Array): boolean {
    const index = this.#indexOf(entry);
    if (index < 0 || (marks[index]! & (kind | mark)) !== kind) return false;
    marks[index]! |= mark;
    return true;
  }

  /** Of all entries; -1 for a place where none begins. */
  #indexOf(entry: number): number {
    const { entriesAt, entryWords, share, shards } = this.#layout;
    const index = (entry - entriesAt) / entryWords;
    return Number.isInteger(index) && index >= 0 && index < share * shards ? index : -1;
  }

  #entryAt(index: number): number {
    return this.#layout.entriesAt + index * this.#layout.entryWords;
  }

  #shardAt(shard: number): number {
    return this.#layout.shardsAt + shard * shardWords;
  }
}
