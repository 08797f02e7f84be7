// What a client is told of requests that says which one it saw last: first those that ended while it was away, which take a while to be
// found, then those that end meanwhile, in their order and each once. It holds the latter back so long, as many as a second may bring, and
// counts the rest as lost. It knows neither the recorder nor the stream.

import type { ExchangeRecord } from "../api/shape/exchange.ts";
import type { Accepts } from "../recorder/filter.ts";
import type { RequestFollower } from "./hub.ts";

export interface ResumptionOptions {
  /** Who is told. */
  readonly follower: RequestFollower;
  /** Of those that end meanwhile. */
  readonly heldMax: number;
}

export class Resumption implements RequestFollower {
  readonly accepts: Accepts;
  readonly #follower: RequestFollower;
  readonly #heldMax: number;
  /** Null once those before them have been told. */
  #held: ExchangeRecord[] | null = [];
  #lost = 0;

  constructor({ follower, heldMax }: ResumptionOptions) {
    this.accepts = follower.accepts;
    this.#follower = follower;
    this.#heldMax = heldMax;
  }

  begins(): number {
    return this.#follower.begins();
  }

  takes(): boolean {
    if (this.#held === null || this.#held.length < this.#heldMax) return this.#follower.takes();
    this.#lost++;
    return false;
  }

  told(record: ExchangeRecord): void {
    if (this.#held === null) this.#follower.told(record);
    else this.#held.push(record);
  }

  missed(count: number): void {
    if (this.#held === null) this.#follower.missed(count);
    else this.#lost += count;
  }

  /** What ended while it was away, the oldest first, and how many more that were. None of them is seen to end as well. */
  found(records: readonly ExchangeRecord[], left = 0): void {
    const held = this.#held ?? [];
    this.#held = null;
    const lost = this.#lost + left;
    if (lost > 0) this.#follower.missed(lost);
    for (const record of records) this.#follower.told(record);
    for (const record of held) this.#follower.told(record);
  }
}
