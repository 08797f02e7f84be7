// One file and the processes that have it open, as tests make them up. What lives and what is dead is said; a process can be ended in
// front of any of its stores (../mortalwords.fixture.ts).

import type { EgressShape } from "../egress.ts";
import { SharedEgressBoard } from "../egressboard.ts";
import type { Owner } from "../owners.ts";
import { SharedWords } from "../sharedwords.ts";
import { type BoardRoom, boardBytes, formatBoard } from "./layout.ts";

export const nowMs: number = Date.UTC(2026, 6, 1);

export const smallShape: EgressShape = {
  ...{ members: 16, entriesMax: 5, changesMax: 4 },
  ...{ pairs: 24, hosts: 8, sessions: 8, users: 8, texts: 64 },
};

export class BoardWorld {
  readonly bytes: Uint8Array;
  readonly alive: Set<number> = new Set();
  /** Said by whoever waits. */
  relax: (round: number) => void = () => {};
  #ids = 0;

  constructor(shape: EgressShape = smallShape, room: BoardRoom = { owners: 6, leases: 16 }) {
    this.bytes = new Uint8Array(boardBytes(shape, room));
    formatBoard(this.bytes, shape, 99, room);
  }

  /** The process that is opened n-th has the id n. */
  open(words: SharedWords = new SharedWords(this.bytes)): SharedEgressBoard {
    const id = ++this.#ids;
    this.alive.add(id);
    const owner: Owner = {
      id,
      startedAt: 7 * id,
      isAlive: (other, at) => at === 7 * other && this.alive.has(other),
      relax: (round) => this.relax(round),
    };
    return new SharedEgressBoard(this.bytes, "scrape", owner, words);
  }

  kill(id: number): void {
    this.alive.delete(id);
  }
}

/** Answers the record; the lock is held for it. */
export function pairOf(board: SharedEgressBoard, id: string, host: number): number {
  board.open();
  const pair = board.take("pair", board.memberOf(id), host, nowMs);
  board.close();
  return pair;
}
