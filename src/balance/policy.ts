// The contract of a balancing policy: given what is known of a pool's servers now, pick one. A policy is pure apart from
// what its view offers: it has no clock, no chance of its own, and no memory that other workers would have to share.
// Failover is picking again with the tried server no longer eligible.

/** What a policy sees of a pool at this moment. Everything is indexed as `PoolPlan.servers`. */
export interface View {
  /** Servers in the plan. */
  readonly count: number;
  /** Indices of the servers that may be picked now, ascending; only the first `eligibleCount` are valid. */
  readonly eligible: Int32Array;
  readonly eligibleCount: number;
  /** 1 where a server may be picked now. */
  readonly isEligible: Uint8Array;
  /** Weight now, slow start applied; above 0 where eligible. */
  readonly weights: Float64Array;
  /** How often each has become eligible: two looks that find other numbers have not seen it away, but it was. */
  readonly arrivals: Int32Array;
  /** Changes whenever eligibility, arrivals or weights change: what a policy's cached sequence or ring is valid for. */
  readonly version: number;
  /** Exchanges in flight at the server, over all workers, exact. */
  activeOf(index: number): number;
  /** Exchanges ever given to the server, over all workers. */
  callsOf(index: number): number;
  /** Bytes a second to and from the server, over all workers, of the last second; 0 unless the policy is leastBandwidth. */
  bandwidthOf(index: number): number;
  /** Peak-sensitive moving average of the response time seen by this worker, in ms; 0 when nothing is known. */
  latencyOf(index: number): number;
  /** The next number of one counter shared by all workers: 0, 1, 2, … each given out once. Wraps at 2^32. */
  nextTurn(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface Policy {
  /** Whether `pick` wants a key; computing one costs. */
  readonly isKeyed: boolean;
  /** The index of an eligible server, or -1 when there is none. `key` is an unsigned 32-bit hash, 0 for policies without a key. */
  pick(view: View, key: number): number;
}
