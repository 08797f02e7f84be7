// Durations as Go reads them: "10s", "1h10m", "1.5h", units in any order, from nanoseconds to hours. Here they become ours, in
// whole milliseconds; what is shorter than one becomes one, for 0 means something else.

import { formatDuration } from "../../../base/duration.ts";
import { misread, quote, type Reading, read } from "../../../base/reading.ts";

const unitMs: Record<string, number> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
};

/** Whole milliseconds. */
export function readGoDuration(text: string): Reading<number> {
  if (/^[+-]?0+$/.test(text)) return read(0);
  const whole = /^(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+$/;
  if (!whole.test(text.replace(/^\+/, "")))
    return misread(`must be a duration such as "10s", "500ms" or "1h30m", or "0", not ${quote(text)}`);
  let sum = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)/g))
    sum += Number(digits) * unitMs[unit!]!;
  return read(sum > 0 ? Math.max(1, Math.round(sum)) : 0);
}

/** As our config writes it. */
export function written(ms: number): string {
  return formatDuration(ms);
}
