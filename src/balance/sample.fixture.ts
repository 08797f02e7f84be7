// Pools and views to try policies on, for tests and measurements only; nothing that runs in a proxy imports this.
// A sample view is a pool whose every number is set by hand and whose chance is seeded; real views are made of an arena
// (backends.ts) and have tests of their own.

import { Prng } from "../base/prng.ts";
import type { BalancePolicy, PoolPlan, ServerPlan } from "../config/plan.ts";
import type { View } from "./policy.ts";

export const policyNames: readonly BalancePolicy[] = [
  "random",
  "roundRobin",
  "weightedRoundRobin",
  "leastConnections",
  "leastCalled",
  "leastBandwidth",
  "p2c",
  "peakEwma",
  "ipHash",
  "consistentHash",
  "boundedHash",
  "first",
];

export function sampleServer(index: number, changes: Partial<ServerPlan> = {}): ServerPlan {
  const host = `10.0.${index >> 8}.${index & 255}`;
  return {
    id: `sample/${host}:80`,
    name: `${host}:80`,
    slot: index,
    address: { kind: "tcp", host, port: 80 },
    weight: 1,
    backup: false,
    isDrained: false,
    connectionsMax: 0,
    cookie: `s${index}`,
    tls: null,
    isHttp2: false,
    proxyProtocol: 0,
    source: "",
    ...changes,
  };
}

export function samplePool(policy: BalancePolicy, servers: readonly ServerPlan[]): PoolPlan {
  return {
    name: "sample",
    slot: 0,
    balance: { policy, key: { kind: "ip" }, loadFactor: 1.25, sticky: null },
    servers,
    timeouts: { connectMs: 5000, responseMs: 60_000, readMs: 60_000, serverIdleMs: 0 },
    retries: 2,
    redispatch: true,
    isOneBackup: false,
    retryBudget: { ratio: 0.2, minimumPerSecond: 10 },
    queue: { lengthMax: 100, timeoutMs: 1000 },
    idle: { connectionsMax: 10, timeoutMs: 10_000 },
    slowStartMs: 0,
    panicThreshold: 0.5,
    check: null,
    ejection: null,
    reply: null,
    rules: { connection: [], request: [], response: [], afterResponse: [] },
    errors: [],
    stick: null,
    cache: null,
    targets: null,
    body: { isSaid: false, compress: null, replace: [] },
    mirror: null,
    hooks: null,
  };
}

/** A view whose every number can be set by hand. All servers are eligible at first. */
export class SampleView implements View {
  readonly count: number;
  readonly eligible: Int32Array;
  readonly isEligible: Uint8Array;
  readonly weights: Float64Array;
  readonly arrivals: Int32Array;
  readonly active: number[];
  readonly calls: number[];
  readonly bandwidths: number[];
  readonly latencies: number[];
  eligibleCount = 0;
  version = 0;
  turn = 0;
  readonly #prng: Prng;

  constructor(weights: readonly number[], seed = 1) {
    this.count = weights.length;
    this.eligible = new Int32Array(this.count);
    this.isEligible = new Uint8Array(this.count).fill(1);
    this.weights = Float64Array.from(weights);
    this.arrivals = new Int32Array(this.count);
    this.active = weights.map(() => 0);
    this.calls = weights.map(() => 0);
    this.bandwidths = weights.map(() => 0);
    this.latencies = weights.map(() => 0);
    this.#prng = new Prng(seed);
    this.changed();
  }

  /** Say after changing `isEligible` or `weights`. */
  changed(): void {
    this.eligibleCount = 0;
    for (let index = 0; index < this.count; index++)
      if (this.isEligible[index] === 1) this.eligible[this.eligibleCount++] = index;
    this.version++;
  }

  set(index: number, isEligible: boolean): void {
    if (isEligible && this.isEligible[index] === 0) this.arrivals[index]!++;
    this.isEligible[index] = isEligible ? 1 : 0;
    this.changed();
  }

  activeOf(index: number): number {
    return this.active[index]!;
  }
  callsOf(index: number): number {
    return this.calls[index]!;
  }
  bandwidthOf(index: number): number {
    return this.bandwidths[index]!;
  }
  latencyOf(index: number): number {
    return this.latencies[index]!;
  }
  nextTurn(): number {
    const turn = this.turn;
    this.turn = (turn + 1) >>> 0;
    return turn;
  }
  random(): number {
    return this.#prng.next();
  }
}
