// How often each peer may do something: a bucket of tokens a peer, which fills again with time. IPv6 addresses of one /64 are one peer, for
// whoever has one of them has them all. It knows no clock and no requests. Buckets are bounded: beyond, the one that was asked
// for longest ago is forgotten, as if it were full.

import { isMapped, readAddress } from "../wire/ipaddress.ts";

export interface BucketsOptions {
  /** How long a token takes to come back. */
  readonly periodMs: number;
  readonly burst: number;
  readonly peersMax?: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const peersMaxUsual = 10_000;

export class Buckets {
  readonly #options: BucketsOptions;
  /** The one that was asked for longest ago first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(options: BucketsOptions) {
    this.#options = options;
  }

  /** Takes a token and answers 0, or how long it takes until one is there. */
  take(peer: string, nowMs: number): number {
    const bucket = this.#bucketOf(peer, nowMs);
    if (bucket.tokens < 1) return this.#waitOf(bucket);
    bucket.tokens--;
    return 0;
  }

  /** The same without taking one. */
  wait(peer: string, nowMs: number): number {
    const bucket = this.#bucketOf(peer, nowMs);
    return bucket.tokens < 1 ? this.#waitOf(bucket) : 0;
  }

  get peers(): number {
    return this.#buckets.size;
  }

  #waitOf({ tokens }: Bucket): number {
    return Math.max(Math.ceil((1 - tokens) * this.#options.periodMs), 1);
  }

  #bucketOf(peer: string, nowMs: number): Bucket {
    const { periodMs, burst, peersMax = peersMaxUsual } = this.#options;
    const name = networkOf(peer);
    const bucket = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    bucket.tokens = Math.min(burst, bucket.tokens + Math.max(nowMs - bucket.atMs, 0) / periodMs);
    bucket.atMs = nowMs;
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > peersMax) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket;
  }
}

/** An IPv4 address however it is written, the /64 of an IPv6 address, or what is none as it stands. */
function networkOf(peer: string): string {
  const octets = new Uint8Array(16);
  if (!readAddress(peer, octets)) return peer;
  return Buffer.from(isMapped(octets, 0) ? octets.subarray(12) : octets.subarray(0, 8)).toString("hex");
}
