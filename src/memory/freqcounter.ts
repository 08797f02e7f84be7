// How often something happened within a period: HAProxy's freq_ctr (its include/haproxy/freq_ctr.h, src/freq_ctr.c), in three
// words: start of the period, this period's count, the former's. The former period fades linearly while this one lasts, so a
// rate takes up to two periods of silence to fall to 0. It decides on words only; who calls has the lock and the journal.
//
// We differ in two things. Processes read their clocks at different moments: a time up to a minute before the period's start
// counts as the start, where HAProxy would forget everything. And a count that reaches 2^32 stays there instead of starting
// again at 0, for a limit must not let through whoever exceeds it by enough.

/** Clocks of processes differ by less; a machine's clock that is set back by more is a new time. */
export const skewMsMax = 60_000;
export const countMax = 0xffff_ffff;

/** Where changed words are told to. */
export interface WordSink {
  readonly words: Int32Array;
  set(at: number, value: number): void;
}

export function rateAt(words: Int32Array, at: number, periodMs: number, nowMs: number): number {
  return estimate(periodMs, elapsedMs(words[at]!, nowMs), words[at + 1]! >>> 0, words[at + 2]! >>> 0);
}

/** Answers the rate after it. */
export function addToRate(sink: WordSink, at: number, periodMs: number, amount: number, nowMs: number): number {
  const { words } = sink;
  let current = words[at + 1]! >>> 0;
  let past = words[at + 2]! >>> 0;
  let elapsed = elapsedMs(words[at]!, nowMs);
  const isNew = words[at] === 0 && current === 0 && past === 0;
  if (!isNew && elapsed < periodMs) {
    current = bounded(current + amount);
    sink.set(at + 1, current);
    return estimate(periodMs, elapsed, current, past);
  }
  const isLate = isNew || elapsed >= 2 * periodMs;
  past = isLate ? 0 : current;
  current = bounded(amount);
  // The lowest bit of the tick is a lock in HAProxy, and so the period begins at an even millisecond here too.
  const tick = (isLate ? nowMs : words[at]! + periodMs) & ~1;
  elapsed = elapsedMs(tick, nowMs);
  sink.set(at, tick);
  sink.set(at + 1, current);
  sink.set(at + 2, past);
  return estimate(periodMs, elapsed, current, past);
}

/** So many in a period that starts now. */
export function assignRate(sink: WordSink, at: number, value: number, nowMs: number): void {
  sink.set(at, value === 0 ? 0 : nowMs & ~1);
  sink.set(at + 1, bounded(value));
  sink.set(at + 2, 0);
}

function estimate(periodMs: number, elapsed: number, current: number, past: number): number {
  let remain = periodMs - elapsed;
  if (remain < 0) {
    remain += periodMs;
    past = remain >= 0 ? current : 0;
    current = 0;
  }
  // A lone event does not flap between 0 and 1.
  if (current === 0 && past <= 1) return past;
  return past === 0 ? current : current + share(past, remain, periodMs);
}

/** floor(past * remain / periodMs), exact where the product is beyond 2^53. */
function share(past: number, remain: number, periodMs: number): number {
  const product = past * remain;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / periodMs);
  const high = Math.floor(past / 65_536) * remain;
  const quotient = Math.floor(high / periodMs);
  const rest = (high - quotient * periodMs) * 65_536 + (past % 65_536) * remain;
  return quotient * 65_536 + Math.floor(rest / periodMs);
}

function elapsedMs(tick: number, nowMs: number): number {
  const elapsed = (nowMs - tick) >>> 0;
  return elapsed > countMax - skewMsMax ? 0 : elapsed;
}

function bounded(count: number): number {
  return Math.min(Math.max(Math.floor(count), 0), countMax);
}
