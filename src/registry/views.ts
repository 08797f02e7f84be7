// What sentinels have said, read from their hash in Redis: "end in ms\n+member that is up\n-member that is down...". The same is read by
// the script that counts votes (scripts.ts).

import type { View } from "./registry.ts";

/** By member; what does not count any more is left out. `nowMs`: by Redis' clock. */
export function viewsOf(said: Iterable<readonly [string, string]>, nowMs: number): Map<string, View[]> {
  const all = new Map<string, View[]>();
  for (const [voter, text] of said) {
    const [end = "", ...views] = text.split("\n");
    const leftMs = /^\d+$/.test(end) ? Number(end) - nowMs : 0;
    if (leftMs <= 0) continue;
    for (const view of views) {
      const member = view.slice(1);
      if (member === "") continue;
      const known = all.get(member) ?? [];
      known.push({ voter, isUp: view.startsWith("+"), leftMs });
      all.set(member, known);
    }
  }
  return all;
}
