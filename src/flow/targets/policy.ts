// Which targets may be asked for: by the lists of names and blocks of addresses, by port, and by whether an address is anybody's on
// the internet. `deny` is looked at first. A name is judged as it is asked for, and each address that it leads to once more: what
// a name is allowed to be does not say where it may lead. A name that nothing in `allow` names may still lead into a block that
// stands there, so it has to be looked up; but not for a block of which no address may be connected to in any case. Answers are words
// for the operator; a client is told none of them.

import type { PortRange, TargetPlan, TargetsPlan } from "../../config/plan.ts";
import { addressBytes, readAddress } from "../../wire/ipaddress.ts";
import type { Place } from "./place.ts";
import { hasPublic, isPublic, withoutNat64 } from "./public.ts";

interface Names {
  isAll: boolean;
  readonly exact: Set<string>;
  /** With the dot before them. */
  readonly suffixes: string[];
  readonly blocks: Block[];
}

interface Block {
  readonly octets: Uint8Array;
  readonly bits: number;
  readonly text: string;
}

export class TargetPolicy {
  readonly #plan: TargetsPlan;
  readonly #allow: Names;
  readonly #deny: Names;
  /** There is a block in `allow` that a name may lead into. */
  readonly #isBlockOpen: boolean;

  constructor(plan: TargetsPlan) {
    this.#plan = plan;
    this.#allow = sorted(plan.allow);
    this.#deny = sorted(plan.deny);
    this.#isBlockOpen = this.#allow.blocks.some((block) => !this.#isShut(block));
  }

  /** Why no tunnel or request may go there, before its address is known; null where it may, or where that depends on the address. */
  refusePlace({ host, port, octets }: Place, isTunnel: boolean): string | null {
    const ports = isTunnel ? this.#plan.connectPorts : this.#plan.ports;
    if (!isWithin(ports, port)) return `port ${port} is not among the ports of ${isTunnel ? "tunnels" : "requests"}`;
    const denied = octets === null || this.#deny.isAll ? named(this.#deny, host) : null;
    if (denied !== null) return `${denied} in deny`;
    // Of what is an address already the blocks judge in a moment, and say more.
    const mayBeIn = octets === null ? this.#isBlockOpen : this.#allow.blocks.length > 0;
    return mayBeIn || this.#isNameAllowed(host, octets) ? null : "nothing in allow is for it";
  }

  /** All of it is denied, or no public address. */
  #isShut({ octets, bits }: Block): boolean {
    if (this.#deny.blocks.some((denied) => denied.bits <= bits && isIn(denied, octets))) return true;
    return !this.#plan.isPrivateAllowed && !hasPublic(octets, bits);
  }

  /** Why this address of the place may not be connected to; null where it may. */
  refuseAddress({ host, octets: written }: Place, octets: Uint8Array): string | null {
    const denied = blockOf(this.#deny.blocks, octets) ?? blockOf(this.#deny.blocks, withoutNat64(octets));
    if (denied !== null) return `${denied} in deny`;
    if (!this.#plan.isPrivateAllowed && !isPublic(octets)) return "that is no public address";
    if (this.#isNameAllowed(host, written) || blockOf(this.#allow.blocks, octets) !== null) return null;
    return "nothing in allow is for it";
  }

  /** What is written as an address is no name. */
  #isNameAllowed(host: string, octets: Uint8Array | null): boolean {
    return this.#allow.isAll || (octets === null && named(this.#allow, host) !== null);
  }
}

function sorted(entries: readonly TargetPlan[]): Names {
  const names: Names = { isAll: false, exact: new Set(), suffixes: [], blocks: [] };
  for (const { kind, match } of entries) {
    if (kind === "block") names.blocks.push(readBlock(match));
    else if (match === "*") names.isAll = true;
    else if (match.startsWith("*.")) names.suffixes.push(match.slice(1));
    else names.exact.add(match);
  }
  return names;
}

/** The entry that a name falls under. */
function named({ isAll, exact, suffixes }: Names, host: string): string | null {
  if (isAll) return "*";
  if (exact.has(host)) return host;
  const suffix = suffixes.find((each) => host.endsWith(each));
  return suffix === undefined ? null : `*${suffix}`;
}

function isWithin(ranges: readonly PortRange[], port: number): boolean {
  return ranges.some(({ from, to }) => port >= from && port <= to);
}

/** An address, or a block of them; the plan's have been checked. */
function readBlock(text: string): Block {
  const octets = new Uint8Array(addressBytes);
  const [address = "", bits] = text.split("/");
  readAddress(address, octets);
  const isIPv4 = !address.includes(":");
  return { octets, bits: bits === undefined ? 128 : Number(bits) + (isIPv4 ? 96 : 0), text };
}

function blockOf(blocks: readonly Block[], octets: Uint8Array): string | null {
  return blocks.find((each) => isIn(each, octets))?.text ?? null;
}

function isIn({ octets: base, bits }: Block, octets: Uint8Array): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (base[at] !== octets[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (base[whole]! ^ octets[whole]!) >> (8 - rest) === 0;
}
