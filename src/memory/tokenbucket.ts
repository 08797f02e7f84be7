// A bucket of tokens as one time: when it will be full again (the generic cell rate algorithm). Until then it lacks one token
// for each `periodMs` that is left. Two words: whole milliseconds of the shared clock, and parts of 2^32 of one; both 0: never
// used, full. A time further ahead than an empty bucket takes to fill is a relic of another clock: full. Only a bucket that nodes
// share can owe: then a time that is a little further ahead is a debt.

import { skewMsMax, type WordSink } from "./freqcounter.ts";

const parts = 2 ** 32;

export interface Bucket {
  readonly burst: number;
  readonly periodMs: number;
  /** What it can owe at most, in time; absent: nothing. */
  readonly debtMs?: number;
}

/** Of buckets that nodes share: less than what is taken for a relic, so that a slow clock makes none full. */
export const sharedDebtMs: number = skewMsMax - 10_000;

export function tokensAt(words: Int32Array, at: number, bucket: Bucket, nowMs: number): number {
  const lacking = lackingMs(words, at, bucket, nowMs);
  return Math.max(Math.floor((bucket.burst * bucket.periodMs - lacking) / bucket.periodMs), 0);
}

/** 0 when they were there; else in how many ms they will be, and none is taken. Nobody can take more than the bucket holds: that counts as all. */
export function takeTokens(sink: WordSink, at: number, bucket: Bucket, amount: number, nowMs: number): number {
  const emptyMs = bucket.burst * bucket.periodMs;
  const costMs = Math.min(Math.max(amount, 0), bucket.burst) * bucket.periodMs;
  const lacking = lackingMs(sink.words, at, bucket, nowMs) + costMs;
  if (lacking > emptyMs) return Math.ceil(lacking - emptyMs);
  if (costMs > 0) lay(sink, at, lacking, nowMs);
  return 0;
}

/** Sets how many are there, within what the bucket can hold. Answers how many that are. */
export function assignTokens(sink: WordSink, at: number, bucket: Bucket, tokens: number, nowMs: number): number {
  const bounded = Math.min(Math.max(tokens, 0), bucket.burst);
  lay(sink, at, (bucket.burst - bounded) * bucket.periodMs, nowMs);
  return Math.floor(bounded);
}

/** How long until the bucket is full will be, as far as it can owe. */
export function assignLacking(sink: WordSink, at: number, bucket: Bucket, lacking: number, nowMs: number): void {
  const most = bucket.burst * bucket.periodMs + (bucket.debtMs ?? 0);
  lay(sink, at, Math.min(Math.max(lacking, 0), most), nowMs);
}

/** How long until the bucket is full. */
export function lackingMs(words: Int32Array, at: number, bucket: Bucket, nowMs: number): number {
  const whole = words[at]!;
  const part = words[at + 1]!;
  if (whole === 0 && part === 0) return 0;
  const lacking = ((whole - nowMs) | 0) + (part >>> 0) / parts;
  const emptyMs = bucket.burst * bucket.periodMs;
  return lacking <= 0 || lacking > emptyMs + skewMsMax ? 0 : Math.min(lacking, emptyMs + (bucket.debtMs ?? 0));
}

function lay(sink: WordSink, at: number, lacking: number, nowMs: number): void {
  const rest = lacking % 1;
  const whole = lacking === 0 ? 0 : (nowMs + (lacking - rest)) | 0;
  const part = Math.floor(rest * parts);
  sink.set(at, whole);
  sink.set(at + 1, whole === 0 && part === 0 && lacking > 0 ? 1 : part);
}
