// Which targets may be asked for: by the lists of names and blocks of addresses, by port, and by whether an address is anybody's on
// the internet. `deny` is looked at first. A name is judged as it is asked for, and each address that it leads to once more: what
// a name is allowed to be does not say where it may lead. A name that nothing in `allow` names may still lead into a block that
// stands there, so it has to be looked up; but not for a block of which no address may be connected to in any case. Answers are words
// for the operator; a client is told none of them.

import type { PortRange, TargetPlan, TargetsPlan } from "../../config/plan.ts";
import { addressBytes, formatAddress, isMapped, readAddress } from "../../wire/ipaddress.ts";
import type { Place } from "./place.ts";
import { hasPublic, isPublic, withoutNat64 } from "./public.ts";
import { alternating } from "./target.ts";

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

/** Of a place and what it leads to. */
export interface Judged {
  readonly by: TargetPolicy;
  readonly of: readonly string[];
  /** Those that may be connected to, as formatAddress writes them. */
  readonly passed: readonly string[];
  /** The same, both families in turn. */
  readonly inTurn: readonly string[];
  /** The one that all of those are of; 0 where there are both, or none. */
  readonly family: 0 | 4 | 6;
  /** Why the first of the others may not; "" where all may. */
  readonly refused: string;
}

export class TargetPolicy {
  readonly #plan: TargetsPlan;
  readonly #allow: Names;
  readonly #deny: Names;
  /** There is a block in `allow` that a name may lead into. */
  readonly #isBlockOpen: boolean;
  /** By port; those that stand for any port under 0. */
  readonly #direct: ReadonlyMap<number, Names>;

  constructor(plan: TargetsPlan) {
    this.#plan = plan;
    this.#allow = sorted(plan.allow);
    this.#deny = sorted(plan.deny);
    this.#isBlockOpen = this.#allow.blocks.some((block) => !this.#isShut(block));
    const ports = new Set(plan.direct.map(({ port }) => port));
    this.#direct = new Map([...ports].map((port) => [port, sorted(plan.direct.filter((each) => each.port === port))]));
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

  /** A name that may be asked for as such, wherever it leads. */
  isNamed({ host, octets }: Place): boolean {
    return this.#isNameAllowed(host, octets);
  }

  /** Why somebody else may not be asked for the name, who looks it up where it is; null where they may. */
  refuseName({ host, octets }: Place): string | null {
    // RFC 6761 section 6.3.
    const isLocal = octets === null && (host === "localhost" || host.endsWith(".localhost"));
    return isLocal && !this.#plan.isPrivateAllowed ? "that is no public name" : null;
  }

  /** It is asked from the system's own address, whatever pool there is. Names are not looked up for that: blocks are for addresses. */
  isDirect(place: Place): boolean {
    return (
      this.#direct.size > 0 && (isAmong(this.#direct.get(0), place) || isAmong(this.#direct.get(place.port), place))
    );
  }

  /** All of it is denied, or no public address. */
  #isShut({ octets, bits }: Block): boolean {
    if (this.#deny.blocks.some((denied) => denied.bits <= bits && isIn(denied, octets))) return true;
    return !this.#plan.isPrivateAllowed && !hasPublic(octets, bits);
  }

  /** Why this address of the place may not be connected to; null where it may. */
  refuseAddress({ host, port, octets: written }: Place, octets: Uint8Array): string | null {
    if (this.#plan.ownPorts.includes(port) && isThisMachine(withoutNat64(octets))) return "that is Sluice itself";
    const denied = blockOf(this.#deny.blocks, octets) ?? blockOf(this.#deny.blocks, withoutNat64(octets));
    if (denied !== null) return `${denied} in deny`;
    if (!this.#plan.isPrivateAllowed && !isPublic(octets)) return "that is no public address";
    if (this.#isNameAllowed(host, written) || blockOf(this.#allow.blocks, octets) !== null) return null;
    return "nothing in allow is for it";
  }

  judge(place: Place, addresses: readonly string[]): Judged {
    const known = place.judged;
    if (known !== null && known.by === this && known.of === addresses) return known;
    const passed: string[] = [];
    let refused = "";
    for (const address of addresses) {
      const octets = new Uint8Array(addressBytes);
      if (!readAddress(address, octets)) continue;
      const problem = this.refuseAddress(place, octets);
      const text = formatAddress(octets, 0);
      if (problem === null) passed.push(text);
      else if (refused === "") refused = place.octets === null ? `${text}: ${problem}` : problem;
    }
    const sixes = passed.filter((address) => address.includes(":")).length;
    const family = passed.length === 0 || (sixes > 0 && sixes < passed.length) ? 0 : sixes > 0 ? 6 : 4;
    const judged: Judged = { by: this, of: addresses, passed, inTurn: alternating(passed), family, refused };
    place.judged = judged;
    return judged;
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
  for (const suffix of suffixes) if (host.endsWith(suffix)) return `*${suffix}`;
  return null;
}

function isAmong(names: Names | undefined, { host, octets }: Place): boolean {
  if (names === undefined) return false;
  if (octets === null || names.isAll) return named(names, host) !== null;
  return blockOf(names.blocks, octets) !== null;
}

/** Loopback, and the address that stands for any of one's own (RFC 6890); IPv4 stands mapped. */
function isThisMachine(octets: Uint8Array): boolean {
  if (isMapped(octets, 0)) return octets[12] === 127 || (octets[12] === 0 && octets[13] === 0);
  return octets.subarray(0, 15).every((octet) => octet === 0) && octets[15]! <= 1;
}

function isWithin(ranges: readonly PortRange[], port: number): boolean {
  for (const { from, to } of ranges) if (port >= from && port <= to) return true;
  return false;
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
