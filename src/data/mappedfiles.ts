// Shared files of one kind that came with the plan, mapped. What stays keeps its object over reloads, for what is held in it is known
// to that object alone; one whose file is another is another object, and the former lives on for as long as something begun
// before holds on to it (leavings.ts). Nothing is ever closed here: what is held when the process ends is let go of by control.

import { statSync } from "node:fs";
import { Leavings } from "./leavings.ts";

/** Which file it is that was mapped. */
export interface MappedFile {
  readonly path: string;
  readonly inode: number;
}

interface Mapped<Memory> {
  /** The path, and which file that is. */
  readonly identity: string;
  readonly memory: Memory;
  readonly bytes: Uint8Array;
}

export class MappedFiles<Plan extends { readonly name: string }, Memory> {
  readonly #noun: string;
  readonly #open: (bytes: Uint8Array, plan: Plan, file: MappedFile) => Memory;
  readonly #leavings: Leavings;
  #mapped: ReadonlyMap<string, Mapped<Memory>> = new Map();

  /** `noun`: what messages call one of them. */
  constructor(
    noun: string,
    open: (bytes: Uint8Array, plan: Plan, file: MappedFile) => Memory,
    leavings: Leavings = new Leavings(),
  ) {
    this.#noun = noun;
    this.#open = open;
    this.#leavings = leavings;
  }

  /** `files`: paths by names. Throws when one cannot be mapped; then the former ones stay, all of them. */
  adopt(plans: readonly Plan[], files: Readonly<Record<string, string>>): void {
    const next = new Map<string, Mapped<Memory>>();
    for (const plan of plans) {
      const path = files[plan.name];
      if (path === undefined) throw new Error(`the plan has a ${this.#noun} ${plan.name} and no file for it`);
      const { ino: inode } = statSync(path);
      const identity = `${path} ${inode}`;
      const former = this.#mapped.get(plan.name);
      if (former?.identity === identity) next.set(plan.name, former);
      else {
        const bytes = Bun.mmap(path, { shared: true });
        next.set(plan.name, { identity, memory: this.#open(bytes, plan, { path, inode }), bytes });
      }
    }
    for (const [name, former] of this.#mapped) if (next.get(name) !== former) this.#leavings.add(former.bytes);
    this.#mapped = next;
  }

  get all(): readonly Memory[] {
    return [...this.#mapped.values()].map(({ memory }) => memory);
  }

  of(plan: Plan): Memory {
    return this.#mapped.get(plan.name)!.memory;
  }

  /** Which file that is: one that was mapped before, and is mapped again, is another object of the same file. */
  identityOf(plan: Plan): string {
    return this.#mapped.get(plan.name)!.identity;
  }
}
