// When a certificate is to be asked for: at once where there is none, and again when a third of its life is left; after a failure later and
// later. Pure functions of the moment: whoever moves the clock, or has it jump, sees what comes of it. Let's Encrypt allows five failed
// looks an hour for a name, and refuses all orders of it beyond that; here it is never more than four, whoever asks.

import type { NameSet } from "../../config/acmenames.ts";
import type { Certificate } from "../../config/materials.ts";
import { emptyTrial, type TrialRecord } from "./store.ts";
import type { Trouble } from "./trouble.ts";

export const hourMs = 3_600_000;
const minuteMs = 60_000;
/** One less than Let's Encrypt allows. */
export const failedLooksMax = 4;
/** Within a week for the same names; one less than Let's Encrypt allows. */
export const issuedMax = 4;
const issuedSpanMs = 7 * 24 * hourMs;
/** After a success, whatever the dates of what was given. */
const restLeastMs = 10_000;
const firstPauseMs: Readonly<Record<Trouble["kind"], number>> = {
  away: minuteMs,
  refused: 30 * minuteMs,
  failed: 10 * minuteMs,
  limited: hourMs,
  ours: minuteMs,
  gone: minuteMs,
};
const longestPauseMs: Readonly<Record<Trouble["kind"], number>> = {
  away: hourMs,
  refused: 24 * hourMs,
  failed: 12 * hourMs,
  limited: 24 * hourMs,
  ours: hourMs,
  gone: hourMs,
};
/** The most that an authority can have us wait for. */
const retryAfterMaxMs = 7 * 24 * hourMs;
/** A wish for a pause that is longer than any pause comes of a clock that was wrong. */
const pauseMaxMs = retryAfterMaxMs + hourMs;
/** Of their lives: certificates that were got together are not renewed together. */
const spread = 0.02;

type Dated = Pick<Certificate, "chain" | "notBeforeMs" | "notAfterMs">;

/** `renewBeforeMs`: what the config says; null is a third of the life. */
export function renewAtMs({ chain, notBeforeMs, notAfterMs }: Dated, renewBeforeMs: number | null): number {
  const lifeMs = notAfterMs - notBeforeMs;
  const leadMs = Math.min(renewBeforeMs ?? lifeMs / 3, lifeMs / 2);
  // By the certificate itself, so that it is the same over restarts, and another one on another machine.
  const share = Number.parseInt(chain.id.slice(0, 8), 16) / 2 ** 32;
  return notAfterMs - leadMs - (Number.isFinite(share) ? share : 0) * lifeMs * spread;
}

/** When what is there, or is not, is to be asked for. `current`: null where there is none, or where it is not what is wanted. */
export function dueAtMs(
  current: Dated | null,
  trial: TrialRecord,
  renewBeforeMs: number | null,
  nowMs: number,
): number {
  // A clock that stands before the certificate is wrong, and no reason for another one.
  const wantedMs = current === null ? 0 : Math.max(renewAtMs(current, renewBeforeMs), current.notBeforeMs);
  const isWrong = trial.nextAtMs > nowMs + pauseMaxMs || trial.errorAtMs > nowMs + minuteMs;
  // The rest after a success is for what was got then: another kind of key is wanted at once.
  const isOver = isWrong || (current === null && trial.error === null);
  return Math.max(wantedMs, isOver ? 0 : trial.nextAtMs);
}

/** Before this none of these names may be looked at in vain again; 0: now. */
export function lookAtMs(names: NameSet, trials: readonly TrialRecord[], nowMs: number): number {
  const latest = names.map((name) => {
    const failed = trials.filter((trial) => trial.names.includes(name)).flatMap(({ failedAtMs }) => failedAtMs);
    // What lies ahead comes of a clock that was wrong.
    const recent = failed.filter((ms) => ms > nowMs - hourMs && ms <= nowMs + minuteMs).sort((a, b) => b - a);
    return recent.length < failedLooksMax ? 0 : recent[failedLooksMax - 1]! + hourMs;
  });
  return Math.max(0, ...latest);
}

/** Until then the authority wants to be left alone, whoever asks; 0: it has not said so. */
export function quietUntilMs({ quietUntilMs: wishedMs, errorAtMs }: TrialRecord, nowMs: number): number {
  // What was said by a clock that was ahead does not count.
  return errorAtMs > nowMs + minuteMs ? 0 : wishedMs;
}

/** Before this nobody may ask by hand for another one in place of `current`, which is null where there is none; 0: now. */
export function issueAtMs(current: Dated | null, { issuedAtMs }: TrialRecord, nowMs: number): number {
  if (current === null || current.notAfterMs <= nowMs) return 0;
  // Those that live for hours are renewed more often than that by themselves.
  const spanMs = Math.min(issuedSpanMs, current.notAfterMs - current.notBeforeMs);
  const recent = issuedAtMs.filter((ms) => ms > nowMs - spanMs && ms <= nowMs + minuteMs).sort((a, b) => b - a);
  return recent.length < issuedMax ? 0 : recent[issuedMax - 1]! + spanMs;
}

/** When the authority has given one, with the one that it gives now. */
export function issuedWith({ issuedAtMs }: TrialRecord, nowMs: number): number[] {
  return [...issuedAtMs.filter((ms) => ms > nowMs - issuedSpanMs), nowMs].slice(-2 * issuedMax);
}

/** What is known of a certificate after it was given: what is due at once again comes of a clock that is wrong, or of an authority that is; half of what is left must pass. */
export function afterSuccess(
  trial: TrialRecord,
  { notAfterMs }: Pick<Dated, "notAfterMs">,
  nowMs: number,
): TrialRecord {
  const restMs = Math.min(Math.max((notAfterMs - nowMs) / 2, restLeastMs), retryAfterMaxMs);
  return { ...emptyTrial(trial.names), nextAtMs: nowMs + restMs, issuedAtMs: issuedWith(trial, nowMs) };
}

const restMostMs = 5 * minuteMs;

/** When the authority is asked for anything again that it was not asked for by hand, after so many orders in a row for which it was away, or wanted to be left alone. */
export function restMsAfter(troubles: number): number {
  return troubles === 0 ? 0 : Math.min(5000 * 2 ** Math.min(troubles - 1, 10), restMostMs);
}

/** What is known of a certificate after it could not be had once more. `chance`: 0 to 1. */
export function afterTrouble(trial: TrialRecord, trouble: Trouble, nowMs: number, chance: number): TrialRecord {
  const { kind } = trouble;
  const failures = trial.failures + 1;
  const pauseMs = Math.min(firstPauseMs[kind] * 2 ** Math.min(failures - 1, 20), longestPauseMs[kind]);
  const wishedMs = Math.min(trouble.retryAfterMs, retryAfterMaxMs);
  const drawnMs = pauseMs * (0.8 + 0.4 * chance);
  const failedAtMs = kind === "failed" ? [...trial.failedAtMs, nowMs] : trial.failedAtMs;
  return {
    ...trial,
    failures,
    failedAtMs: failedAtMs.filter((ms) => ms > nowMs - hourMs).slice(-2 * failedLooksMax),
    // What it asks for is the least; that all come back at that very moment it does not ask for.
    nextAtMs: nowMs + Math.max(drawnMs, wishedMs + (wishedMs > 0 ? minuteMs * chance : 0)),
    quietUntilMs: wishedMs > 0 ? nowMs + wishedMs : 0,
    error: trouble.message,
    errorAtMs: nowMs,
  };
}
