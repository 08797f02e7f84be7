// The mapped bytes of a board as its parts see them, and the one lock that they share. Who takes the lock over from a dead owner, or
// from an operation of our own that threw, has the board put right first (repair.ts).

import { assert } from "../../base/assert.ts";
import type { Reserve } from "../cellpages.ts";
import { Lock } from "../lock.ts";
import { type Owner, Owners, yieldingRounds } from "../owners.ts";
import type { SharedWords } from "../sharedwords.ts";
import { type BoardLayout, header, layoutIn } from "./layout.ts";
import { BoardPages } from "./pages.ts";

/** Requests wait for it: who lives and does not let go is waited for some ms. */
const roundsMax: number = yieldingRounds + 20;

/** Times in words are seconds since 2020-01-01. */
export const epochMs = 1_577_836_800_000;

export function secondsOf(atMs: number): number {
  return Math.max(Math.floor((atMs - epochMs) / 1000), 0);
}

export class BoardFile {
  readonly layout: BoardLayout;
  readonly bytes: Uint8Array;
  readonly memory: SharedWords;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly owners: Owners;
  readonly seed: number;
  /** Of rings, records and texts. */
  readonly pages: BoardPages;
  /** Whether we hold the lock. */
  isOpen = false;
  /** Of who takes the lock over. */
  repair: () => void = () => {};
  readonly #lock: Lock;

  constructor(bytes: Uint8Array, name: string, owner: Owner, memory: SharedWords, reserve: Reserve) {
    const layout = layoutIn(bytes);
    assert(layout !== null, `these bytes are no egress board ${name}`);
    this.layout = layout;
    this.bytes = bytes;
    this.memory = memory;
    this.words = memory.words;
    this.doubles = new Float64Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 8));
    this.seed = this.words[header.seed]!;
    this.pages = new BoardPages(reserve, layout.leasesAt);
    this.owners = new Owners(memory, layout, owner);
    if (!this.owners.claim()) throw new Error(`egress board ${name}: too many processes have it open`);
    this.#lock = new Lock(memory, this.owners, this, header.timeouts, roundsMax);
  }

  /** False when somebody who lives does not let go. */
  open(): boolean {
    if (!this.#lock.take(header.lock)) return false;
    this.isOpen = true;
    return true;
  }

  close(): void {
    this.isOpen = false;
    this.memory.store(header.lock, 0);
  }

  /** Told by the lock. */
  inherit(): void {
    this.memory.add(header.repairs, 1);
    this.isOpen = true;
    this.repair();
  }
}
