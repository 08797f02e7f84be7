// The states of an outbound address as stretches on an axis from 0 to 1, of which the end is now. Pure.
// It knows no colours and no pixels; whoever draws the band has those.

import type { ChangeSummary } from "../../../src/control/egress/answer.ts";

export interface Stretch {
  readonly state: ChangeSummary["state"];
  readonly from: number;
  readonly to: number;
}

export interface Stretches {
  readonly fromMs: number;
  readonly stretches: readonly Stretch[];
}

/** No less, so that a member that has just changed shows more than a point. */
const shownMsMin = 60_000;

/** `timeline`: the last first, as it is answered. Null where nothing is known. */
export function stretchesOf(timeline: readonly ChangeSummary[], nowMs: number): Stretches | null {
  const known = timeline.filter(({ at }) => at !== null).map((change) => ({ ...change, ms: Date.parse(change.at!) }));
  const first = known.at(-1);
  if (first === undefined) return null;
  const fromMs = Math.min(first.ms, nowMs - shownMsMin);
  const partOf = (ms: number): number => Math.min(1, Math.max(0, (ms - fromMs) / (nowMs - fromMs)));
  const stretches = known
    .map(({ state, ms }, index) => ({ state, from: partOf(ms), to: partOf(known[index - 1]?.ms ?? nowMs) }))
    .filter(({ from, to }) => to > from)
    .reverse();
  return { fromMs, stretches };
}
