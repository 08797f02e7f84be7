// The target of one exchange: where it goes, by which of its addresses, and why not, if it may not. A connection that is refused is
// tried at the next address, as browsers do, but only at so many.

import type { EgressSite } from "../egress/site.ts";
import type { Place } from "./place.ts";
import type { Judged } from "./policy.ts";

/** A name may have dozens of addresses, each of which may cost the time that a connection may take. */
export const addressesTriedMax = 4;

const nowhere: readonly string[] = [];

export class Target {
  readonly place: Place;
  /** `host:port`: what logs and traces say. */
  readonly name: string;
  /** https, over TLS of ours. */
  readonly isSecure: boolean;
  /** Of CONNECT or SOCKS5. */
  readonly isTunnel: boolean;
  /** For the operator: why it was refused, "" where it was not. */
  problem = "";
  /** What it leads to and may be connected to, where that was looked up before a way to it was known; null: not yet. */
  judged: Judged | null = null;
  /** The outbound addresses that it is asked from; null: the system's own. */
  by: EgressSite | null = null;
  #addresses: readonly string[] = nowhere;
  #index = 0;

  constructor(place: Place, isSecure: boolean, isTunnel: boolean) {
    this.place = place;
    this.name = place.name;
    this.isSecure = isSecure;
    this.isTunnel = isTunnel;
  }

  /** Those that have passed; one at least. */
  lead(addresses: readonly string[]): void {
    this.#addresses = addresses.length <= addressesTriedMax ? addresses : addresses.slice(0, addressesTriedMax);
    this.#index = 0;
  }

  /** The same for another exchange, from its first address on. */
  again(): Target {
    const other = new Target(this.place, this.isSecure, this.isTunnel);
    other.#addresses = this.#addresses;
    other.judged = this.judged;
    other.by = this.by;
    return other;
  }

  /** Where it is tried now. */
  get address(): string {
    return this.#addresses[this.#index]!;
  }

  /** The address has refused. False: there is no other. */
  goOn(): boolean {
    if (this.#index + 1 >= this.#addresses.length) return false;
    this.#index++;
    return true;
  }
}

/** Both families in turn, each in the order that the resolver gave: where one of them leads nowhere, the other is soon tried. */
export function alternating(addresses: readonly string[]): readonly string[] {
  if (addresses.length < 2) return addresses;
  const isSix = (address: string): boolean => address.includes(":");
  const [six, four] = [addresses.filter(isSix), addresses.filter((each) => !isSix(each))];
  const [first, second] = addresses[0] !== undefined && isSix(addresses[0]) ? [six, four] : [four, six];
  const mixed: string[] = [];
  for (let index = 0; index < Math.max(first.length, second.length); index++)
    mixed.push(...first.slice(index, index + 1), ...second.slice(index, index + 1));
  return mixed;
}
