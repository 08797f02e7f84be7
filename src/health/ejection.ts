// Passive ejection of one server: what its real traffic says about it. It compares counters, which only ever grow, with what
// they were when the interval began, and the count of failures in a row at every look. It knows neither who counts nor what
// counts as a failure, and nothing of the other servers (panic.ts does).
// The n-th ejection in a row lasts n times the first, up to a maximum. An interval in which the server answered and was not
// ejected takes one off n: as it earned its way out, it earns its way back. An interval without any answer proves nothing.

import type { EjectionPlan } from "../config/plan.ts";

/** Counters over all workers at this moment. */
export interface Evidence {
  /** Failures since the last success. */
  readonly consecutiveFailures: number;
  /** Attempts that have ended, ever, and those of them that failed. */
  readonly requests: number;
  readonly failures: number;
  /** Time that ended attempts took, ever, all together. */
  readonly durationMs: number;
}

export type EjectionReason = "consecutiveFailures" | "errorRatio" | "latency";

export type EjectionEvent =
  | {
      readonly kind: "ejected";
      readonly reason: EjectionReason;
      /** For logs: `5 failures in a row`. */
      readonly detail: string;
      readonly untilMs: number;
    }
  | { readonly kind: "returned" };

export class Ejection {
  readonly #plan: EjectionPlan;
  #isEjected = false;
  #untilMs = 0;
  #inARow = 0;
  /** What the counters were when the interval began; null until the first look. */
  #before: Evidence | null = null;
  #intervalStartMs = 0;
  /** Failures in a row that have been answered for by an ejection already. */
  #atoned = 0;

  constructor(plan: EjectionPlan) {
    this.#plan = plan;
  }

  get isEjected(): boolean {
    return this.#isEjected;
  }

  /** When the ejection ends; meaningless when not ejected. */
  get untilMs(): number {
    return this.#untilMs;
  }

  /** To be called several times an interval. What has changed, or null. */
  judge(evidence: Evidence, nowMs: number): EjectionEvent | null {
    if (this.#isEjected) {
      if (nowMs < this.#untilMs) return null;
      this.#isEjected = false;
      // Exchanges that were under way when it was ejected may have failed since; they are not new evidence.
      this.#atoned = evidence.consecutiveFailures;
      this.#begin(evidence, nowMs);
      return { kind: "returned" };
    }
    if (this.#before === null) this.#begin(evidence, nowMs);
    if (evidence.consecutiveFailures < this.#atoned) this.#atoned = 0;
    const consecutive = evidence.consecutiveFailures - this.#atoned;
    if (this.#plan.consecutiveFailures !== null && consecutive >= this.#plan.consecutiveFailures)
      return this.#eject("consecutiveFailures", `${consecutive} failures in a row`, nowMs);
    return nowMs - this.#intervalStartMs >= this.#plan.intervalMs ? this.#review(evidence, nowMs) : null;
  }

  /** Forget all: the row has another owner, or the server another address. */
  reset(): void {
    this.#isEjected = false;
    this.#inARow = 0;
    this.#before = null;
    this.#atoned = 0;
  }

  #begin(evidence: Evidence, nowMs: number): void {
    this.#before = { ...evidence };
    this.#intervalStartMs = nowMs;
  }

  #review(evidence: Evidence, nowMs: number): EjectionEvent | null {
    const before = this.#before!;
    const requests = evidence.requests - before.requests;
    const failures = evidence.failures - before.failures;
    const durationMs = evidence.durationMs - before.durationMs;
    this.#begin(evidence, nowMs);
    // Less than before: the counters were cleared in between, and the differences mean nothing.
    if (requests < 0 || failures < 0 || durationMs < 0) return null;
    const { errorRatio, latencyMs, minimumRequests } = this.#plan;
    if (requests > 0 && requests >= minimumRequests) {
      if (errorRatio !== null && failures > 0 && failures / requests >= errorRatio)
        return this.#eject("errorRatio", `${failures} of ${requests} requests failed`, nowMs);
      const meanMs = durationMs / requests;
      if (latencyMs !== null && meanMs > latencyMs)
        return this.#eject("latency", `${Math.round(meanMs)} ms on average over ${requests} requests`, nowMs);
    }
    if (requests > failures && this.#inARow > 0) this.#inARow--;
    return null;
  }

  #eject(reason: EjectionReason, detail: string, nowMs: number): EjectionEvent {
    const { baseMs, maximumMs } = this.#plan;
    // Counted no further than the maximum needs, so that good behaviour shows in the next length.
    this.#inARow = Math.min(this.#inARow + 1, Math.max(1, Math.ceil(maximumMs / Math.max(1, baseMs))));
    this.#isEjected = true;
    this.#untilMs = nowMs + Math.min(this.#inARow * baseMs, maximumMs);
    return { kind: "ejected", reason, detail, untilMs: this.#untilMs };
  }
}
