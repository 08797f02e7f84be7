// The pages of the file that a cache stands in, lent and taken back. What a socket is given by sendfile it does not copy: it holds the
// pages themselves until the client has them, long after the entry may be gone, and nothing tells when. So bytes that were
// lent are never written over where they stand: before they are free their pages are taken out of the file. Whoever holds them
// keeps them as they are; the file has a hole there, and what is written next gets new pages. A pin needs to outlive
// nothing, and a killed process leaves nothing to wait for.
//
//   found often ─ lend: the node says so ─ sendfile ┄┄ the system reads ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄> (old pages)
//        └ evicted, purged, replaced ─ let go of by all ─ detach ─ free ─ written anew ───> (new pages)
//
// Only extents that share no page with others are lent (units.ts). To take pages out and to touch new ones costs as much as some ten
// copies: whoever shows an entry lends what is found often.

import { unitBytes } from "./layout.ts";

/** What the system can do with the pages of the file, for who has it mapped. */
export interface StorePages {
  /** The file, as sendfile reads it; -1: this process lends nothing. */
  readonly descriptor: number;
  /** Takes whole pages out of it, from a byte on: zeros stand there then. False: it could not, and all is as it was. */
  detach(start: number, bytes: number): boolean;
  /** Memory for whole pages of it, before anybody touches them: zeros, where they have none. False: the system has none. */
  reserve(start: number, bytes: number): boolean;
  /** Whether a cache may become larger by so much: processes have a limit of their memory in which that counts, and need some of it themselves. */
  mayGrow?(bytes: number): boolean;
}

/** Of a whole entry, 16 MiB: to take out the pages of more would take a shard's lock for more than a few ms. */
export const lentUnitsMax: number = (16 * 2 ** 20) / unitBytes;

/** From a word on, whole pages, which are given back for good. False where that cannot be done. */
export function detachUnits(pages: StorePages | null, address: number, units: number): boolean {
  return pages?.detach(address * 4, units * unitBytes) ?? false;
}

/** The same, for others in their place. False where that cannot be done: they are not to be written to, or given to others. */
export function renewUnits(pages: StorePages | null, address: number, units: number): boolean {
  return detachUnits(pages, address, units) && pages!.reserve(address * 4, units * unitBytes);
}
