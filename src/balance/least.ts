// The least loaded of the eligible servers, fairly among equals. Knows loads as numbers, not what they measure.
// Equals are drawn by weight: an idle pool is spread over as its weights say, and workers that see the same numbers at the
// same moment do not all run to the same server.

import type { View } from "./policy.ts";

/** `loads` is indexed as servers; only eligible ones are looked at. -1 when there are none. */
export function leastOf(view: View, loads: Float64Array): number {
  const { eligible, eligibleCount, weights } = view;
  let least = Number.POSITIVE_INFINITY;
  let best = -1;
  let equals = 0;
  let equalWeight = 0;
  for (let position = 0; position < eligibleCount; position++) {
    const index = eligible[position]!;
    const load = loads[index]!;
    if (load < least) {
      least = load;
      best = index;
      equals = 1;
      equalWeight = weights[index]!;
    } else if (load === least) {
      equals++;
      equalWeight += weights[index]!;
    }
  }
  if (equals < 2) return best;
  let ticket = view.random() * equalWeight;
  for (let position = 0; position < eligibleCount; position++) {
    const index = eligible[position]!;
    if (loads[index] !== least) continue;
    best = index;
    ticket -= weights[index]!;
    if (ticket < 0) break;
  }
  return best;
}
