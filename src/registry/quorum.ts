// How sentinels agree on one member. More than half of those that look at it must say the same, or as many as the config says; where they
// do not, the member stays as it is, so that two sentinels with different views never flap. The script of Redis (scripts.ts) says the
// same in Lua, and one suite of tests holds both to it.
//
//   up    put it in, with a new lease        keep  leave it as it is; when it stands there, with a new lease
//   down  take it out                        fade  leave it as it is, without a new lease: nobody says it is well

import type { Quorum } from "./registry.ts";

export type Decision = "up" | "down" | "keep" | "fade";

/** Of how many say up and how many say down; at least one says something. */
export function decide(up: number, down: number, quorum: Quorum): Decision {
  const needed = quorum === "majority" ? Math.floor((up + down) / 2) + 1 : quorum;
  if (up >= needed && down < needed) return "up";
  if (down >= needed && up < needed) return "down";
  return up > 0 ? "keep" : "fade";
}
