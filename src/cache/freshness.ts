// How long a response is fresh, who says so, and how old it is (RFC 9111 section 4.2). Times are of the wall clock in ms and
// come in as parameters. A pool's policy comes before the response where it forces, and after it where it only fills in.

import { directive } from "./cachecontrol.ts";
import { noDate } from "./httpdate.ts";
import type { CachePolicy } from "./policy.ts";
import type { ResponseFacts } from "./responsefacts.ts";

/** Who says how long. */
export const lifetimeFrom = {
  nobody: 0,
  /** The policy, whatever the response says. */
  policy: 1,
  targeted: 2,
  sMaxage: 3,
  maxAge: 4,
  expires: 5,
  /** The policy, by the status. */
  status: 6,
  heuristic: 7,
  /** The policy, since nobody else does. */
  fallback: 8,
  surrogate: 9,
} as const;

/** The same for people. */
export const lifetimeWords: readonly string[] = [
  "nothing says how long it is fresh",
  "ttl of the pool",
  "CDN-Cache-Control",
  "s-maxage",
  "max-age",
  "Expires",
  "negative of the pool",
  "a share of the time since Last-Modified",
  "default ttl of the pool",
  "Surrogate-Control",
];

export class Freshness {
  lifetimeMs = 0;
  /** Of `lifetimeFrom`. */
  from = 0;
  /** When it was as fresh as new. */
  bornMs = 0;
  /** As old as that when it came. */
  initialAgeMs = 0;

  /** `requestMs`: when it was asked for; `responseMs`: when its head came. */
  read(response: ResponseFacts, policy: CachePolicy, requestMs: number, responseMs: number): void {
    this.initialAgeMs = initialAgeMs(response, requestMs, responseMs);
    this.bornMs = responseMs - this.initialAgeMs;
    this.from = lifetimeFrom.nobody;
    this.lifetimeMs = 0;
    if (this.#isForced(response, policy)) return;
    if (this.#isExplicit(response, responseMs)) return;
    this.#guess(response, policy, responseMs);
  }

  get isExplicit(): boolean {
    if (this.from === lifetimeFrom.surrogate) return true;
    return this.from >= lifetimeFrom.targeted && this.from <= lifetimeFrom.expires;
  }

  #set(from: number, lifetimeMs: number): true {
    this.from = from;
    this.lifetimeMs = lifetimeMs;
    return true;
  }

  /**
   * Where the policy forces, its word for the status comes first. What could not be stored without an explicit lifetime is not
   * made storable by it: an error of a minute ago shall not be shown because pages are to be.
   */
  #isForced(response: ResponseFacts, policy: CachePolicy): boolean {
    const { ttlMs } = policy.plan;
    if (ttlMs < 0) return false;
    const negativeMs = policy.negativeMs(response.status);
    if (negativeMs >= 0) return this.#set(lifetimeFrom.status, negativeMs + this.initialAgeMs);
    if (!saysLifetime(response) && !mayBeGuessed(response)) return false;
    // Counted from when it came here, however old it was: an Age is what others say of its lifetime.
    return this.#set(lifetimeFrom.policy, ttlMs + this.initialAgeMs);
  }

  /** Section 4.2.1. */
  #isExplicit(response: ResponseFacts, responseMs: number): boolean {
    const { control } = response;
    if (control.sMaxageS >= 0) return this.#set(sayerOf(response, lifetimeFrom.sMaxage), control.sMaxageS * 1000);
    if (control.maxAgeS >= 0) return this.#set(sayerOf(response, lifetimeFrom.maxAge), control.maxAgeS * 1000);
    if (!response.hasExpires) return false;
    // What is no date, "0" above all, is a time in the past (section 5.3).
    if (response.expiresMs === noDate) return this.#set(lifetimeFrom.expires, 0);
    const sinceMs = response.dateMs === noDate ? responseMs : response.dateMs;
    return this.#set(lifetimeFrom.expires, Math.max(0, response.expiresMs - sinceMs));
  }

  /** Section 4.2.2, and what the policy fills in. */
  #guess(response: ResponseFacts, policy: CachePolicy, responseMs: number): void {
    const { heuristicShare, heuristicMaxMs, defaultTtlMs } = policy.plan;
    const negativeMs = policy.negativeMs(response.status);
    if (negativeMs >= 0) {
      this.#set(lifetimeFrom.status, negativeMs + this.initialAgeMs);
      return;
    }
    if (!mayBeGuessed(response)) return;
    const sinceMs = response.dateMs === noDate ? responseMs : response.dateMs;
    if (heuristicMaxMs > 0 && heuristicShare > 0 && response.lastModifiedMs !== noDate) {
      const guessedMs = Math.floor(Math.max(0, sinceMs - response.lastModifiedMs) * heuristicShare);
      this.#set(lifetimeFrom.heuristic, Math.min(guessedMs, heuristicMaxMs));
    } else if (defaultTtlMs >= 0) this.#set(lifetimeFrom.fallback, defaultTtlMs + this.initialAgeMs);
  }
}

/** Whose field it is that counts in the place of Cache-Control. */
function sayerOf({ isTargeted, isSurrogate }: ResponseFacts, plain: number): number {
  if (isTargeted) return lifetimeFrom.targeted;
  return isSurrogate ? lifetimeFrom.surrogate : plain;
}

function saysLifetime(response: ResponseFacts): boolean {
  return response.control.sMaxageS >= 0 || response.control.maxAgeS >= 0 || response.hasExpires;
}

/** Cacheable by heuristics (section 4.2.2): by its status (RFC 9110 section 15.1), or because it is said to be public. */
export function mayBeGuessed(response: ResponseFacts): boolean {
  return response.control.has(directive.public) || isHeuristic(response.status);
}

/** RFC 9110 section 15.1 less 206, which is not stored; RFC 7725 adds 451 to it. */
function isHeuristic(status: number): boolean {
  switch (status) {
    case 200:
    case 203:
    case 204:
    case 300:
    case 301:
    case 308:
    case 404:
    case 405:
    case 410:
    case 414:
    case 451:
    case 501:
      return true;
    default:
      return false;
  }
}

/** A date tells whole seconds; the second that it names may have been nearly over. */
const dateGrainMs = 999;

/**
 * corrected_initial_age of section 4.2.3. A response without a date was made when it came (RFC 9110 section 6.6.1); one with
 * a date ahead of our clock has no age by it.
 */
function initialAgeMs(response: ResponseFacts, requestMs: number, responseMs: number): number {
  const apparentMs = response.dateMs === noDate ? 0 : Math.max(0, responseMs - response.dateMs - dateGrainMs);
  // The delay counts only for what has passed another cache: for the rest it would make every slow response an old one.
  const correctedMs = response.ageS < 0 ? 0 : response.ageS * 1000 + Math.max(0, responseMs - requestMs);
  return Math.max(apparentMs, correctedMs);
}

/** current_age of section 4.2.3, in ms. */
export function ageMs(bornMs: number, nowMs: number): number {
  return Math.max(0, nowMs - bornMs);
}
