// What becomes of a stored response for a request at a time (RFC 9111 sections 4.2.4, 5.2.1; RFC 5861; RFC 8246). It sees the
// facts that were kept and the facts of the request, no bytes. Conditions and ranges come after it, on what is shown
// (validators.ts, range.ts).

import { type CacheFacts, cacheFlag } from "../memory/cache.ts";
import { directive, secondsMax } from "./cachecontrol.ts";
import type { CachePolicy } from "./policy.ts";
import type { RequestFacts } from "./requestfacts.ts";

export const reuse = {
  /** Fresh: show it. */
  fresh: 1,
  /** Stale, and the client takes it like that (max-stale): show it. */
  accepted: 2,
  /** Stale, and to be shown while somebody asks anew (stale-while-revalidate). */
  whileRevalidating: 3,
  /** Stale, or not to be shown unasked: ask, and wait for the answer. `mayShowOnError` says what if none comes. */
  revalidate: 4,
  /** The client would rather wait for a new one than take it (no-cache, max-age, min-fresh): ask, and wait. */
  reload: 5,
  /** only-if-cached, and there is nothing to show: 504 (section 5.2.1.7). */
  gatewayTimeout: 6,
} as const;

/** Clocks of machines that share a second level differ by less, and so does what a clock is set back by in good order. */
const clockSlackMs = 60_000;

/** What was born ahead of our clock by more than clocks differ: the clock was wrong then, or is now, and nobody knows its age. */
export function isAhead(facts: CacheFacts, nowMs: number): boolean {
  return facts.bornMs - nowMs > clockSlackMs;
}

/** current_age of RFC 9111 section 4.2.3; older than anything where it is not known. */
function ageAt(facts: CacheFacts, nowMs: number): number {
  if (nowMs >= facts.bornMs) return nowMs - facts.bornMs;
  return isAhead(facts, nowMs) ? Number.MAX_SAFE_INTEGER : 0;
}

/** What becomes of it. `request` is one that is looked up. */
export function reuseOf(facts: CacheFacts, request: RequestFacts, policy: CachePolicy, nowMs: number): number {
  const { control } = request;
  const ageMs = ageAt(facts, nowMs);
  const isMarked = (facts.flags & (cacheFlag.alwaysRevalidate | cacheFlag.isPurged)) !== 0;
  // Nearly every request.
  if (control.flags === 0 && !isMarked && ageMs < facts.freshForMs && hasNoSeconds(request)) return reuse.fresh;
  const isHonored = policy.plan.honorsRequests;
  const found = outcomeOf(facts, request, isHonored, ageMs);
  if (found < reuse.revalidate || !isHonored || !control.has(directive.onlyIfCached)) return found;
  return reuse.gatewayTimeout;
}

function hasNoSeconds({ control }: RequestFacts): boolean {
  return control.maxAgeS === -1 && control.minFreshS === -1;
}

function outcomeOf(facts: CacheFacts, request: RequestFacts, isHonored: boolean, ageMs: number): number {
  const { flags } = facts;
  const stalenessMs = ageMs - facts.freshForMs;
  const isFresh = stalenessMs < 0 && (flags & cacheFlag.isPurged) === 0;
  if (isHonored && wantsAnother(facts, request, isFresh, ageMs)) return reuse.reload;
  if ((flags & cacheFlag.alwaysRevalidate) !== 0) return reuse.revalidate;
  if (isFresh) return reuse.fresh;
  if ((flags & cacheFlag.mustRevalidate) !== 0) return reuse.revalidate;
  // What was purged softly is as if it had gone stale just now.
  const lateMs = Math.max(0, stalenessMs);
  if (lateMs < facts.staleWhileRevalidateMs) return reuse.whileRevalidating;
  if (!isHonored || (flags & (cacheFlag.isUnextended | cacheFlag.isPurged)) !== 0) return reuse.revalidate;
  const { maxStaleS } = request.control;
  return maxStaleS === secondsMax || lateMs <= maxStaleS * 1000 ? reuse.accepted : reuse.revalidate;
}

/**
 * Section 5.2.1. A max-age of 0 is a reload, however young it is; one on a fresh immutable response is the browser's habit
 * and not a wish (RFC 8246 section 2), unlike no-cache. no-store is about what is stored from now on, not about what there
 * is.
 */
function wantsAnother(facts: CacheFacts, { control }: RequestFacts, isFresh: boolean, ageMs: number): boolean {
  if (control.has(directive.noCache)) return true;
  const { maxAgeS, minFreshS } = control;
  if (minFreshS > 0 && facts.freshForMs - ageMs < minFreshS * 1000) return true;
  if (maxAgeS === -1 || (isFresh && (facts.flags & cacheFlag.isImmutable) !== 0)) return false;
  if (maxAgeS === 0) return true;
  // With max-stale a client takes what its max-age alone would not (section 5.2.1.2), as far as that goes.
  const extraMs = control.maxStaleS > 0 ? control.maxStaleS * 1000 : 0;
  return ageMs > maxAgeS * 1000 + extraMs;
}

/** What becomes of a request for which nothing is stored: 0 to ask for it, or `reuse.gatewayTimeout`. */
export function reuseOfNothing(request: RequestFacts, policy: CachePolicy): number {
  return policy.plan.honorsRequests && request.control.has(directive.onlyIfCached) ? reuse.gatewayTimeout : 0;
}

/**
 * Whether it may be shown because asking anew failed: no answer, or one of 500, 502, 503 and 504 (RFC 5861 section 4). A
 * client that wanted another gets the error, unless it says stale-if-error itself.
 */
export function mayShowOnError(facts: CacheFacts, request: RequestFacts, policy: CachePolicy, nowMs: number): boolean {
  if ((facts.flags & (cacheFlag.mustRevalidate | cacheFlag.alwaysRevalidate)) !== 0) return false;
  const stalenessMs = Math.max(0, ageAt(facts, nowMs) - facts.freshForMs);
  const isHonored = policy.plan.honorsRequests;
  if (isHonored && stalenessMs <= request.control.staleIfErrorS * 1000 && (facts.flags & cacheFlag.isUnextended) === 0)
    return true;
  if (isHonored && request.control.has(directive.noCache)) return false;
  return stalenessMs < facts.staleIfErrorMs;
}

/** Whether a status is an error that a stale response is shown instead of (RFC 5861 section 4). */
export function isServerError(status: number): boolean {
  return status === 500 || status === 502 || status === 503 || status === 504;
}
