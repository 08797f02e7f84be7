// A name is being looked up, and an exchange waits for it: told once, its addresses or that it took too long, and nothing when the
// exchange has ended meanwhile, whenever the answer comes.

import { type Fault, fault, faultWith } from "../../base/fault.ts";
import { addressBytes, formatAddress, isMapped, readAddress } from "../../wire/ipaddress.ts";
import type { Wait } from "../deadline.ts";
import type { Exchange } from "../exchange.ts";
import type { Resolution, ResolveFlow } from "../port.ts";

/** Null: it took too long. */
export type Found = (resolution: Resolution | null) => void;

export class Lookup implements Wait, ResolveFlow {
  readonly #exchange: Exchange;
  readonly #found: Found;
  #isOver = false;

  constructor(exchange: Exchange, found: Found) {
    this.#exchange = exchange;
    this.#found = found;
  }

  get asker(): string {
    return networkOf(this.#exchange.downstream!.client.address);
  }

  resolved(resolution: Resolution): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#exchange.wait = null;
    this.#found(resolution);
  }

  timedOut(): void {
    this.#isOver = true;
    this.#found(null);
  }

  cancelled(): void {
    this.#isOver = true;
  }
}

/** Of a name without an address. A system that gave up waiting is told of as one that had no answer in time, whichever of the two came first. */
export function unresolved({ problem, isSilent }: Resolution): Fault {
  if (isSilent === true) return fault("resolve_timeout");
  return problem === "" ? fault("name_unresolved") : faultWith("name_unresolved", problem);
}

/** One client has a whole network of IPv6 addresses (RFC 6177), and is one for all of it: the first 64 bits. */
export function networkOf(address: string): string {
  const octets = new Uint8Array(addressBytes);
  if (!readAddress(address, octets) || isMapped(octets, 0)) return address;
  return formatAddress(octets.fill(0, 8), 0);
}
