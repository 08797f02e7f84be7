// Durations as operators write them: "30s", "500ms", "1m30s", "1.5h". A unit is never guessed: nginx reads 60 as seconds,
// HAProxy as milliseconds, and a mistake between the two is found at night. Units run from large to small, each once.

import { misread, quote, type Reading, read } from "./reading.ts";

const unitMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const units = Object.keys(unitMs);

/** The longest time a 32-bit timer can wait, a little under 25 days; a longer one would fire at once. */
export const durationMsMax = 2_147_483_647;

/** Whole milliseconds. Beyond `msMax` are only times that no timer here waits for, such as how long a browser keeps something. */
export function readDuration(text: string, msMax: number = durationMsMax): Reading<number> {
  if (/^\d+(\.\d+)?$/.test(text)) {
    if (Number(text) === 0) return read(0);
    return misread(`must have a unit: write "${text}s" for seconds or "${text}ms" for milliseconds`);
  }
  let rest = text;
  let sum = 0;
  let largest = -1;
  while (rest !== "") {
    const part = /^(\d+(?:\.\d+)?)(ms|d|h|m|s)/.exec(rest);
    if (part === null) return misread(`must be a duration such as "30s", "500ms" or "1m30s", not ${quote(text)}`);
    const unit = units.indexOf(part[2]!);
    if (unit <= largest)
      return misread(`must name units from large to small, each once, as in "1m30s", not ${quote(text)}`);
    largest = unit;
    sum += Number(part[1]) * unitMs[part[2]!]!;
    rest = rest.slice(part[0].length);
  }
  if (text === "") return misread('must be a duration such as "30s", not an empty text');
  const ms = Math.round(sum);
  if (ms > msMax) return misread(`must be at most ${Math.floor(msMax / unitMs["d"]!)} days, not ${quote(text)}`);
  if (ms === 0 && sum > 0) return misread(`must be at least "1ms", not ${quote(text)}`);
  return read(ms);
}

/** The shortest way to write it that `readDuration` reads back. */
export function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  let rest = ms;
  let text = "";
  for (const unit of units) {
    const count = Math.floor(rest / unitMs[unit]!);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * unitMs[unit]!;
  }
  return text;
}

/** For people, no finer than it matters to them: 364d, not 364d23h59m58s. Less than 0 is 0. */
export function formatRoughly(ms: number): string {
  const units = [86_400_000, 3_600_000, 60_000, 1000, 1];
  const largest = units.findIndex((unit) => ms >= unit);
  // Hours beside days, minutes beside hours, but seconds beside minutes too: what expires is counted in them.
  const grainMs = largest === -1 ? 1 : largest < 2 ? units[largest + 1]! : Math.min(units[largest]!, 1000);
  return formatDuration(Math.max(0, Math.round(ms / grainMs) * grainMs));
}
