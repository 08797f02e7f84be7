// Whom we believe about clients: the proxies that the operator put in front of us. Everybody else's X-Forwarded-* and
// Forwarded say what they like, and are removed.

import ipaddr from "ipaddr.js";
import { field } from "../wire/http1/fields.ts";
import type { Head } from "../wire/http1/head.ts";
import { addressBytes, readAddress } from "../wire/ipaddress.ts";

export class Trust {
  readonly #blocks: readonly (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[];

  /** CIDR blocks, or single addresses. */
  constructor(blocks: readonly string[]) {
    this.#blocks = blocks.map((block) =>
      ipaddr.parseCIDR(block.includes("/") ? block : `${block}/${block.includes(":") ? 128 : 32}`),
    );
  }

  /** Whether `address` is one of the trusted proxies. */
  isTrusted(address: string): boolean {
    if (this.#blocks.length === 0 || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return this.#blocks.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits));
  }

  /** Who the client is: the last address in X-Forwarded-For that no trusted proxy has, as seen from the peer inwards. */
  clientAddress(head: Head, peer: string): string {
    let client = peer;
    for (let index = head.fieldCount - 1; index >= 0; index--) {
      if (head.ids[index] !== field.xForwardedFor) continue;
      const hops = latin1(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!).split(",");
      for (let hop = hops.length - 1; hop >= 0; hop--) {
        if (!this.isTrusted(client)) return client;
        const next = withoutPort(hops[hop]!.trim());
        // "127.1" and the like are addresses to some: rules, bans and limits could not tell whose.
        if (!readAddress(next, octets)) return client;
        client = next;
      }
    }
    return client;
  }
}

const octets = new Uint8Array(addressBytes);

/** Some balancers write 192.0.2.1:51234, or [2001:db8::1]:51234, as Forwarded has it. */
function withoutPort(hop: string): string {
  const [, six, four] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(hop) ?? [];
  return six?.includes(":") === true ? six! : (four ?? hop);
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
