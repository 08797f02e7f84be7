// Which addresses this machine can send from: those of its interfaces, and blocks that are routed to it as a whole (ip route add local), of
// which no interface knows. Of these Linux tells in /proc; elsewhere there are only the interfaces, and a warning more.

import { readFileSync } from "node:fs";
import type { NetworkInterfaceInfo } from "node:os";
import { type AddressRange, addressText, readAddressRange } from "./addressrange.ts";

/** RTF_LOCAL in linux/ipv6_route.h. */
const localFlag = 0x8000_0000;

export class LocalAddresses {
  readonly #addresses = new Set<string>();
  readonly #blocks: { readonly words: readonly number[]; readonly bits: number }[] = [];

  static here(interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>): LocalAddresses {
    const addresses = Object.values(interfaces).flatMap((each) => (each ?? []).map(({ address }) => address));
    // Of IPv6 a route alone lets the system answer, and not yet bind.
    const isRouteEnough = heldBy("/proc/sys/net/ipv6/ip_nonlocal_bind").trim() !== "0";
    return new LocalAddresses(
      addresses,
      heldBy("/proc/net/fib_trie"),
      isRouteEnough ? heldBy("/proc/net/ipv6_route") : "",
    );
  }

  /** The texts of /proc/net/fib_trie and /proc/net/ipv6_route; "" where there are none. */
  constructor(addresses: readonly string[], trie: string, routes: string) {
    for (const address of addresses) {
      const range = rangeOf(address);
      if (range !== null) this.#addresses.add(addressText(range.first));
    }
    this.#block("127.0.0.0", 8);
    for (const [address, bits] of localOfTrie(trie)) this.#block(address, bits);
    for (const [address, bits] of localOfRoutes(routes)) this.#block(address, bits);
  }

  has(address: string): boolean {
    const range = rangeOf(address);
    return range !== null && this.holds(range.first);
  }

  /** The same of an address as words. */
  holds(address: readonly number[]): boolean {
    for (const { words, bits } of this.#blocks) if (isWithin(address, words, bits)) return true;
    return this.#addresses.has(addressText(address));
  }

  /** Those of one address are as many as there are interfaces' addresses: a set finds them at once. */
  #block(address: string, bits: number): void {
    const range = rangeOf(address);
    if (range === null) return;
    if (bits === range.first.length * 32) this.#addresses.add(addressText(range.first));
    else this.#blocks.push({ words: range.first, bits });
  }
}

function rangeOf(address: string): AddressRange | null {
  const reading = readAddressRange(address.replace(/%.*$/, ""));
  return reading.ok ? reading.value : null;
}

function isWithin(address: readonly number[], block: readonly number[], bits: number): boolean {
  if (address.length !== block.length) return false;
  for (let index = 0; index * 32 < bits; index++) {
    const left = bits - index * 32;
    const shift = left >= 32 ? 0 : 32 - left;
    if (address[index]! >>> shift !== block[index]! >>> shift) return false;
  }
  return true;
}

/** Lines "|-- 127.0.0.0" with "/8 host LOCAL" under them. */
function* localOfTrie(text: string): Generator<[string, number]> {
  let address = "";
  for (const line of text.split("\n")) {
    const leaf = /\|-- (\S+)/.exec(line);
    if (leaf !== null) address = leaf[1]!;
    const bits = /^\s+\/(\d+) .*\bLOCAL\b/.exec(line);
    if (bits !== null) yield [address, Number(bits[1])];
  }
}

/** Columns: target, its bits, source, its bits, next hop, metric, two counters, flags, interface; in hexadecimal. */
function* localOfRoutes(text: string): Generator<[string, number]> {
  for (const line of text.split("\n")) {
    const columns = line.trim().split(/\s+/);
    const [target = "", bits = "", , , , , , , flags = ""] = columns;
    if (target.length !== 32 || (Number.parseInt(flags, 16) & localFlag) === 0) continue;
    yield [target.match(/.{4}/g)!.join(":"), Number.parseInt(bits, 16)];
  }
}

function heldBy(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
