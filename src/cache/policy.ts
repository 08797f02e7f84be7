// What a pool says of its cache (config/plancontent.ts), made ready for the hot path once a plan: names as bytes, statuses as
// a table. It knows no response and no request. The plan's "nothing is said" is -1 throughout.

import type { PoolCachePlan } from "../config/plan.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const statusesEnd = 1000;

export class CachePolicy {
  readonly plan: PoolCachePlan;
  /** Of head and body together. */
  readonly objectBytesMax: number;
  readonly keyFields: readonly Uint8Array[];
  readonly keyCookies: readonly Uint8Array[];
  /** Ends the first part of every key; empty without. */
  readonly scope: Uint8Array;
  /** Null where all parameters count but `excluded`. */
  readonly included: readonly Uint8Array[] | null;
  readonly excluded: readonly Uint8Array[];
  /** The query goes into the key as it came. */
  readonly isQueryWhole: boolean;
  readonly tagFields: readonly Uint8Array[];
  readonly #negativeMs: Float64Array | null;

  constructor(plan: PoolCachePlan, objectBytesMax: number) {
    this.plan = plan;
    this.objectBytesMax = objectBytesMax;
    this.keyFields = plan.keyFields.map(encode);
    this.keyCookies = plan.keyCookies.map(encode);
    this.scope = encode(plan.scope);
    this.included = plan.query.included?.map(encode) ?? null;
    this.excluded = plan.query.excluded.map(encode);
    this.isQueryWhole = this.included === null && this.excluded.length === 0 && !plan.query.isSorted;
    this.tagFields = plan.tagFields.map(encode);
    this.#negativeMs = plan.negative.length === 0 ? null : negativeTable(plan);
  }

  /** For how long a response that says nothing is fresh by its status; -1 where nothing is said. */
  negativeMs(status: number): number {
    return this.#negativeMs?.[status] ?? -1;
  }
}

/**
 * About who asks, or how: credentials, fields, how often. Kept by the URL such an answer would be for everybody, and one client can
 * provoke it. Whoever means one of them names it.
 */
const ofOneRequest: ReadonlySet<number> = new Set([
  ...[400, 401, 402, 403, 407, 408, 409, 411, 412, 413, 415, 416, 417, 421, 422, 423, 425, 426, 428, 429, 431],
  ...[505, 511],
]);

/** The first range that a status is in decides. */
function negativeTable(plan: PoolCachePlan): Float64Array {
  const table = new Float64Array(statusesEnd).fill(-1);
  for (const { on, ttlMs } of plan.negative)
    for (let status = on.from; status <= on.to && status < statusesEnd; status++)
      if (table[status] === -1 && (on.from === on.to || !ofOneRequest.has(status))) table[status] = ttlMs;
  return table;
}
