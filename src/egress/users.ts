// Whether strangers share a pool: two users have been seen. Which one was first stands on the board, in a record of hosts under a name
// that no host has, so that all workers, and the next run, know it. What a pool of one user learns is that user's own affair; where there
// are several, one of them alone must not speak for a member as a whole (transportrun.ts).
//
//   words of the record:   level the first user's name, failures 1 once there was another

import { type EgressBoard, recordWord, secondsOf } from "../memory/egress.ts";
import type { Latch } from "./latch.ts";
import { firstName, HostName } from "./names.ts";

/** Hosts are in lower case and hold no space. */
const recordName = "ITS USERS";

export class Users {
  readonly #board: EgressBoard;
  readonly #latch: Latch;
  readonly #name: HostName;
  /** Whom this process has told the board of. */
  #known: string | null = null;
  #isShared = false;

  constructor(board: EgressBoard, latch: Latch) {
    this.#board = board;
    this.#latch = latch;
    this.#name = new HostName(board);
  }

  /** Of whom a request was; "" of nobody in particular. */
  see(user: string, atMs: number): void {
    if (this.#isShared || user === "" || user === this.#known) return;
    if (!this.#latch.enter()) return;
    this.#note(user, atMs);
    this.#latch.leave();
  }

  /** With the lock. Asked whenever a host has failed, before that takes room for itself: so hosts that fail do not take this one's. */
  isShared(atMs: number): boolean {
    const { words } = this.#board;
    const { first, second } = this.#name.of(recordName);
    const record = this.#board.find("host", first, second);
    if (record === 0) return this.#isShared;
    words[record + recordWord.usedS] = secondsOf(atMs);
    this.#isShared ||= words[record + recordWord.failures] === 1;
    return this.#isShared;
  }

  #note(user: string, atMs: number): void {
    const { words, nameSeed } = this.#board;
    const name = firstName(user, nameSeed);
    if (this.#known !== null) this.#isShared = true;
    this.#known = user;
    const { first, second } = this.#name.of(recordName);
    const record = this.#board.take("host", first, second, atMs);
    if (record === 0) return;
    words[record + recordWord.usedS] = secondsOf(atMs);
    const former = words[record + recordWord.level]!;
    if (former === 0) words[record + recordWord.level] = name;
    if (this.#isShared || (former !== 0 && former !== name)) words[record + recordWord.failures] = 1;
    this.#isShared = words[record + recordWord.failures] === 1;
  }
}
