// Statuses as operators write them: "200", "200-399", "200-299,401". It knows the notation, and that a status has three digits
// of which the first is 1 to 5 (RFC 9110 15); nothing of checks.

import { misread, quote, type Reading, read } from "../base/reading.ts";
import type { StatusRange } from "./plan.ts";

export function readStatusRanges(text: string): Reading<StatusRange[]> {
  const ranges: StatusRange[] = [];
  for (const part of text.split(",")) {
    const found = /^\s*([1-5]\d\d)\s*(?:-\s*([1-5]\d\d)\s*)?$/.exec(part);
    if (found === null)
      return misread(`must be statuses such as "200", "200-399" or "200-299,401", not ${quote(text)}`);
    const from = Number(found[1]);
    const to = Number(found[2] ?? found[1]);
    if (from > to) return misread(`must have its ranges from low to high: write "${to}-${from}"`);
    ranges.push({ from, to });
  }
  return read(ranges);
}
