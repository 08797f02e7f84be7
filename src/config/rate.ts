// Rates as operators write them: "2/s", "100/m", "10/30s"; and what a bucket of tokens makes of one: how long a token takes to
// come back, in whole milliseconds, which is what a table counts in.

import { readDuration } from "../base/duration.ts";
import { misread, quote, type Reading, read } from "../base/reading.ts";

export interface Rate {
  readonly count: number;
  /** In which that many come. */
  readonly overMs: number;
  /** For one to come: rounded, so that a rate above a few hundred a second is met nearly. */
  readonly periodMs: number;
}

export const rateExpected = 'a rate such as "2/s", "100/m" or "10/30s"';

export function readRate(text: string): Reading<Rate> {
  const found = /^(\d{1,9})\s*\/\s*(\d[\d.a-z]*|ms|s|m|h|d)$/.exec(text.trim());
  if (found === null) return misread(`must be ${rateExpected}, not ${quote(text)}`);
  const [, digits, time] = found as unknown as [string, string, string]; // Both groups are always there.
  const over = readDuration(/^\d/.test(time) ? time : `1${time}`);
  const count = Number(digits);
  if (!over.ok) return misread(`must be ${rateExpected}, not ${quote(text)}`);
  if (count < 1 || over.value < 1) return misread(`must let something through, not ${quote(text)}`);
  const exact = over.value / count;
  if (exact < 1) return misread(`must be at most 1000 a second, not ${quote(text)}`);
  return read({ count, overMs: over.value, periodMs: Math.round(exact) });
}
