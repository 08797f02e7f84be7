// How large a cache is whose size nobody has written: as large as usual, or where that is less its share of half of what is free in the file
// system of the state folder, or of what a limit of memory leaves, so that it leaves room for what comes later (a table that a reload makes larger, other
// programs). What a run before has left stays in use as long as it is about as large as that: a restart need not empty it.

import type { CachePlan } from "../config/plan.ts";

const mib = 2 ** 20;
/** What is left of a former size is taken up where it is no less of what would be chosen now. */
const keptShare = 1 / 4;

/** `freeBytes`: with what files of this cache take already. `count`: how many caches share them. `leftBytes`: of a file from the run before; 0 without. */
export function fitted(plan: CachePlan, freeBytes: number, count: number, leftBytes = 0): CachePlan {
  const { fits } = plan;
  if (fits === undefined || !plan.isShared) return plan;
  const half = Math.floor(freeBytes / 2 / count / mib) * mib;
  const chosen = Math.min(fits.bytesMax, Math.max(half, mib));
  const isKept = leftBytes >= chosen * keptShare && leftBytes <= Math.min(fits.bytesMax, freeBytes);
  return sized(plan, isKept ? leftBytes : chosen);
}

/** The same plan with a size. */
export function sized(plan: CachePlan, bytesMax: number): CachePlan {
  const { fits } = plan;
  if (fits === undefined || bytesMax === plan.bytesMax) return plan;
  const share = Math.floor((fits.objectBytesMax * bytesMax) / fits.bytesMax);
  return { ...plan, bytesMax, objectBytesMax: fits.hasObjectSize ? plan.objectBytesMax : share };
}
