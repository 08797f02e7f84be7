// What threshold tells those who stand out from everybody else, by the highest value that each client came to: the widest gap in them,
// as a ratio, among the upper tenth. Where there is none, nobody stands out, and any threshold would cut through the crowd; then one
// above nearly all is told, and said to be no more than that.

import type { Measure } from "./measure.ts";

export interface Suggestion {
  readonly threshold: number;
  /** A gap: those beyond it are of another kind. margin: nobody stands out; it leaves room above 999 of 1,000. */
  readonly by: "gap" | "margin";
  /** The highest of those that are not hit, and the lowest of those that are; null: nobody is. */
  readonly below: number;
  readonly above: number | null;
  readonly clients: number;
}

/** Fewer say nothing about others. */
export const clientsMin = 20;
const gapMin = 2;
/** Who is to stand out is at most this share. */
const oddShare = 0.1;
const marginRatio = 1.5;

/** `peaks` in ascending order. Null where there are too few. */
export function suggest(peaks: Float64Array, { operator }: Pick<Measure, "operator">): Suggestion | null {
  const count = peaks.length;
  if (count < clientsMin) return null;
  let best = -1;
  let bestRatio = gapMin;
  for (let index = Math.floor(count * (1 - oddShare)); index + 1 < count; index++) {
    const ratio = (peaks[index + 1]! + 1) / (peaks[index]! + 1);
    if (ratio >= bestRatio) {
      best = index;
      bestRatio = ratio;
    }
  }
  if (best !== -1) {
    const [below, above] = [peaks[best]!, peaks[best + 1]!];
    // Nearer to the crowd by ratio: who stands out does so by a multiple, and may be slower another day.
    const between = nice(Math.sqrt((below + 1) * (above + 1)) - 1, below, above);
    return { threshold: forOperator(between, operator), by: "gap", below, above, clients: count - best - 1 };
  }
  const near = quantile(peaks, 0.999);
  const threshold = forOperator(nice(near * marginRatio, near, Number.POSITIVE_INFINITY), operator);
  const clients = countBeyond(peaks, threshold, operator);
  const above = clients === 0 ? null : peaks[count - clients]!;
  return { threshold, by: "margin", below: peaks[count - clients - 1] ?? 0, above, clients };
}

export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

export function countBeyond(sorted: Float64Array, threshold: number, operator: Measure["operator"]): number {
  let count = 0;
  for (let index = sorted.length - 1; index >= 0; index--) {
    const value = sorted[index]!;
    if (!(operator === ">" ? value > threshold : value >= threshold)) break;
    count++;
  }
  return count;
}

/** Of two digits where one of those lies in [below, above). */
function nice(value: number, below: number, above: number): number {
  const whole = Math.floor(value);
  const short = whole < 100 ? whole : Number(whole.toPrecision(2));
  if (short >= below && short < above) return short;
  return whole >= below && whole < above ? whole : below;
}

/** "beyond t" as the operator of the rule says it. */
function forOperator(threshold: number, operator: Measure["operator"]): number {
  return operator === ">" ? threshold : threshold + 1;
}
