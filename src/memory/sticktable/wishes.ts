// Keys that workers looked up in a shared table and whose counts nobody tells this node of, for it counts nothing of them itself. A worker
// notes such a key here, control takes all of them before its next batch and asks the ledger. The room for them is small and stands at
// the end of the file of others (layout.ts). It is a table by hash without chains and without locks: a key whose cell is another's is not noted, and
// comes to another cell after the next taking, for each begins with another seed. Whoever loses that race loses an interval, no count.
//
//   cell     state (0 free, 1 being written, 2 there)   length, and whether it is IPv4 (31)   the key's bytes
//            free > being written: by any worker, by exchange    > there: by who wrote it    > free: by control, who alone reads it
//
// A worker that dies while it writes leaves its cell behind; control frees what it finds being written twice. Should its writer live all the same,
// another key than was meant is asked for, and nothing comes of it.

import { hashBytes } from "../../base/hash.ts";
import type { SharedWords } from "../sharedwords.ts";
import { keyName, TableKey } from "../tablekey.ts";
import type { StickLayout } from "./layout.ts";

const state = { free: 0, writing: 1, there: 2 } as const;
const ipv4Flag = 1 << 31;
const keyAt = 2;

/** Keys that this process has looked at lately, and when: each is looked at again after this. Of keys that meet in one place the last one counts. */
const glanceMs = 100;
const glances = 1024;

export class Wishes {
  readonly #memory: SharedWords;
  readonly #words: Int32Array;
  readonly #layout: StickLayout;
  readonly #key: TableKey;
  readonly #glanced: Int32Array = new Int32Array(2 * glances);
  /** Cells that were being written when they were looked at last. */
  readonly #unfinished = new Set<number>();

  constructor(memory: SharedWords, layout: StickLayout, key: TableKey) {
    this.#memory = memory;
    this.#words = memory.words;
    this.#layout = layout;
    this.#key = new TableKey(key.plan);
  }

  /** Whether to look at this key: not when that was done just now. */
  isDue(key: TableKey, nowMs: number): boolean {
    const hash = hashBytes(key.bytes, 0, key.length) | 0;
    const at = 2 * (hash & (glances - 1));
    const glanced = this.#glanced;
    if (glanced[at] === hash && ((nowMs - glanced[at + 1]!) | 0) < glanceMs) return false;
    glanced[at] = hash;
    glanced[at + 1] = nowMs;
    return true;
  }

  /** Control is to ask for it. */
  note(key: TableKey): void {
    const { wishesAt, wishCells, wishWords } = this.#layout;
    const words = this.#words;
    const hash = hashBytes(key.bytes, 0, key.length, Atomics.load(words, wishesAt));
    const cell = wishesAt + 1 + (hash % wishCells) * wishWords;
    if (Atomics.load(words, cell) !== state.free) return;
    if (this.#memory.exchange(cell, state.free, state.writing) !== state.free) return;
    this.#memory.put(cell + 1, key.length | (key.isIPv4 ? ipv4Flag : 0));
    for (let at = 0; at < key.length; at += 4) {
      const { bytes } = key;
      const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      this.#memory.put(cell + keyAt + at / 4, word);
    }
    this.#memory.store(cell, state.there);
  }

  /** All that were noted since, as `keyName` writes them. For control. */
  take(): string[] {
    const { wishesAt, wishCells, wishWords } = this.#layout;
    const taken: string[] = [];
    for (let index = 0; index < wishCells; index++) {
      const cell = wishesAt + 1 + index * wishWords;
      const now = Atomics.load(this.#words, cell);
      if (now === state.there) {
        const name = this.#nameIn(cell);
        if (name !== null) taken.push(name);
        this.#memory.store(cell, state.free);
      } else if (now === state.writing && !this.#unfinished.has(cell)) {
        this.#unfinished.add(cell);
        continue;
      } else if (now !== state.free) this.#memory.store(cell, state.free);
      this.#unfinished.delete(cell);
    }
    this.#memory.add(wishesAt, 1);
    return taken;
  }

  /** Null: what stands there is no key. */
  #nameIn(cell: number): string | null {
    const words = this.#words;
    const key = this.#key;
    const length = words[cell + 1]! & ~ipv4Flag;
    if (length > key.bytes.length) return null;
    for (let at = 0; at < length; at++) key.bytes[at] = (words[cell + keyAt + (at >> 2)]! >>> ((at & 3) * 8)) & 0xff;
    key.length = length;
    key.isIPv4 = words[cell + 1]! < 0;
    key.isSet = true;
    return keyName(key);
  }
}
