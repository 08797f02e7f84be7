// A cache that keeps nothing: what is asked for was never there, and what is on its way in finds no room. It stands where
// there is no memory to share, as where an explanation is made of a config alone.

import { type Cache, type CacheDraft, type CacheEntry, draftEnd } from "./cache.ts";

/** Ends at its first word. */
export const noDraft: CacheDraft = {
  isLost: true,
  ending: draftEnd.noRoom,
  begin: () => false,
  append: () => false,
  finish: () => {},
  drop: () => {},
};

export class NoCache implements Cache {
  readonly name: string;
  readonly objectBytesMax: number;

  constructor({ name, objectBytesMax }: Pick<Cache, "name" | "objectBytesMax">) {
    this.name = name;
    this.objectBytesMax = objectBytesMax;
  }

  find(): CacheEntry | null {
    return null;
  }

  lease(): CacheDraft {
    return noDraft;
  }

  replace(): CacheDraft {
    return noDraft;
  }

  markPass(): void {}

  markVary(): void {}

  purge(): number {
    return 0;
  }
}
