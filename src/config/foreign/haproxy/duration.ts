// HAProxy's times (a bare number is milliseconds, or seconds where it says so; units us, ms, s, m, h, d) as durations of ours. 0 and an
// absent timeout are both no limit there; here the longest that a timer can wait stands for that.

import { durationMsMax, formatDuration } from "../../../base/duration.ts";
import type { Ledger } from "../ledger.ts";
import { pathOf, type Word } from "./scene.ts";
import { warn } from "./tell.ts";

const unitMs: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** As good as none. */
export const endless = "24d";
export const endlessMs: number = 24 * 86_400_000;

export interface Span {
  /** Rounded up. */
  readonly ms: number;
  /** What stands behind the unit, which HAProxy passes over: of "5min" it is "in". */
  readonly rest: string;
}

/** `bareUnit` is what a number without unit counts. Null when it is no time. */
export function durationOf(text: string, bareUnit: "ms" | "s"): Span | null {
  const found = /^(\d{1,12})(?:(us|ms|s|m|h|d)(.*))?$/.exec(text);
  if (found === null) return null;
  return { ms: Math.ceil(Number(found[1]) * unitMs[found[2] ?? bareUnit]!), rest: found[3] ?? "" };
}

/** Milliseconds; null after telling what is wrong. */
export function readTime(
  ledger: Ledger,
  word: Word,
  bareUnit: "ms" | "s" = "ms",
  msMax: number = durationMsMax,
): number | null {
  const found = durationOf(word.text, bareUnit);
  if (found !== null && found.ms <= msMax) {
    if (found.rest !== "")
      warn(
        ledger,
        word,
        `is read as ${word.text.slice(0, -found.rest.length)}, as HAProxy 2.6 does; later ones refuse it`,
      );
    return found.ms;
  }
  const expected =
    bareUnit === "ms" ? "milliseconds, or a number with us, ms, s, m, h or d" : "seconds, or a number with a unit";
  ledger.fault(pathOf(word), found === null ? `must be a number of ${expected}` : "must be at most 24 days");
  return null;
}

/** As our config writes it; 0 is no limit. */
export function written(ms: number): string {
  return ms === 0 || ms >= endlessMs ? endless : formatDuration(ms);
}
