// Which slot each `track` has: what `tracked[N]` says in expressions, and what keeps two rules from holding one entry twice. It
// knows what is tracked and by what, and not by whom.

import { assert } from "../base/assert.ts";
import type { Rule, Track } from "./types.ts";

/** A track with its short form written out. */
export type FullTrack = Pick<Track, "table" | "by" | "slot">;

/**
 * A track without a slot gets one by what it tracks, the same wherever it stands: two rules that track one entry hold it once,
 * and those of a listener and of its pools never take a slot from each other.
 */
export class TrackSlots {
  readonly #slots = new Map<string, number>();

  /** All of a config, in their order. */
  constructor(tracks: readonly FullTrack[]) {
    const taken = new Set<number>();
    for (const { slot, ...track } of tracks) {
      if (slot === undefined) continue;
      taken.add(slot);
      if (!this.#slots.has(trackName(track))) this.#slots.set(trackName(track), slot);
    }
    let next = 0;
    for (const track of tracks) {
      const name = trackName(track);
      if (this.#slots.has(name)) continue;
      while (taken.has(next)) next++;
      this.#slots.set(name, next++);
    }
  }

  slotOf(track: FullTrack): number {
    const slot = track.slot ?? this.#slots.get(trackName(track));
    assert(slot !== undefined, `no slot was given to ${track.table}`);
    return slot;
  }
}

function trackName({ table, by }: Pick<FullTrack, "table" | "by">): string {
  return JSON.stringify([table, by]);
}

export function tracksOf({ track }: Rule): FullTrack[] {
  const all = track === undefined ? [] : Array.isArray(track) ? track : [track];
  return all.map((one) => (typeof one === "string" ? { table: one, by: "src" } : one));
}
