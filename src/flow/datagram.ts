// A UDP listener of this worker: to whom each datagram belongs. A client is an address and a port; its first datagram begins a
// session at a server of the pool, by the pool's policy and within the servers' limits. UDP does not wait and gets no answer
// from us: a datagram for which there is no server, or no room for a session, is dropped and counted, and so is every one of a
// client that is banned, whose session ends. The listener's rules are asked at a session's first datagram, and no more while it
// lasts: who is refused begins none.
// A listener that is closed takes no new clients; the sessions under way live on, each with a door of its own.

import { isEveryAddress } from "../base/address.ts";
import { fault } from "../base/fault.ts";
import { hashString } from "../base/hash.ts";
import { listenerCell, poolCell, routeCell, type Totals } from "../memory/tally.ts";
import type { RuleSet } from "../rules/ruleset.ts";
import { readAddress } from "../wire/ipaddress.ts";
import type { Context } from "./context.ts";
import { chooseServer } from "./datagramchoice.ts";
import type { DatagramDoor, DatagramPort } from "./datagramport.ts";
import { DatagramSession, type SessionOwner } from "./datagramsession.ts";
import { Guest } from "./guest.ts";
import type { ListenerSite } from "./site.ts";

/** What a worker's UDP listeners share. */
export interface DatagramParts {
  readonly context: Context;
  readonly port: DatagramPort;
  /** Limits are kept over all workers. */
  readonly totals: Totals;
  /** Told of each session once, when it has ended. */
  readonly report: (session: DatagramSession) => void;
}

export class Datagrams implements SessionOwner {
  readonly context: Context;
  readonly port: DatagramPort;
  /** Of the listener in the plan in force; a reload may give the address to another one. */
  slot: number;
  readonly #totals: Totals;
  readonly #report: (session: DatagramSession) => void;
  readonly #door: DatagramDoor;
  /** By address and port: whom a client's next datagram belongs to. */
  readonly #sessions = new Map<string, DatagramSession>();
  /** Those too that take no more requests and wait for answers. */
  readonly #all = new Set<DatagramSession>();
  #isClosed = false;

  constructor(parts: DatagramParts, slot: number, door: DatagramDoor) {
    this.context = parts.context;
    this.port = parts.port;
    this.#totals = parts.totals;
    this.#report = parts.report;
    this.slot = slot;
    this.#door = door;
  }

  get size(): number {
    return this.#all.size;
  }

  /** A datagram has come for the listener. */
  received(bytes: Uint8Array, address: string, port: number): void {
    const key = keyOf(address, port);
    const session = this.#sessions.get(key);
    if (this.context.site.bans.list.size > 0 && this.#isBanned(address)) return session?.end(fault("banned"));
    if (session?.isServed()) return session.carry(bytes);
    session?.end(null);
    this.#begin(key, address, port)?.carry(bytes);
  }

  /** The socket is about to close. Each session goes on behind the door that is opened for it, or ends without one. */
  close(open: (address: string, port: number) => DatagramDoor | null): void {
    this.#isClosed = true;
    for (const session of [...this.#all]) {
      const door = open(session.address, session.port);
      if (door === null) session.cut();
      else session.door = door;
    }
  }

  detached(session: DatagramSession): void {
    const key = keyOf(session.address, session.port);
    if (this.#sessions.get(key) === session) this.#sessions.delete(key);
  }

  ended(session: DatagramSession): void {
    this.detached(session);
    this.#all.delete(session);
    this.#report(session);
  }

  #begin(key: string, address: string, port: number): DatagramSession | null {
    const { context } = this;
    const listener = context.site.listener(this.slot);
    if (listener === undefined || this.#isClosed || context.isDraining) return null;
    const { cells } = context.tally;
    if (listener.rules.connection !== null && !this.#isAllowed(listener.rules.connection, listener, address, port)) {
      cells[listener.row + listenerCell.refusedRules]!++;
      cells[listener.row + listenerCell.droppedDatagrams]!++;
      return null;
    }
    if (this.#isFull(listener) || !this.port.hasRoom()) {
      cells[listener.row + listenerCell.refusedLimit]!++;
      cells[listener.row + listenerCell.droppedDatagrams]!++;
      return null;
    }
    const pool = listener.route.pool!;
    // As text, IPv4 clients of a listener on all addresses hash as they do elsewhere.
    const hash = pool.backends.isKeyed ? hashString(clientAddressOf(address)) : 0;
    const index = chooseServer(pool, hash, null);
    if (index === -1) {
      const why = pool.backends.eligibleCount === 0 ? poolCell.noServer : poolCell.queueFull;
      cells[pool.row + why]!++;
      cells[listener.route.row + routeCell.dropped]!++;
      cells[listener.row + listenerCell.droppedDatagrams]!++;
      return null;
    }
    const session = new DatagramSession(this, listener, { address, port, key: hash }, index, this.#door);
    // No socket could be opened to any server; it is counted and reported.
    if (session.isEnded) {
      cells[listener.row + listenerCell.droppedDatagrams]!++;
      return null;
    }
    this.#sessions.set(key, session);
    this.#all.add(session);
    return session;
  }

  #isAllowed(rules: RuleSet, listener: ListenerSite, written: string, port: number): boolean {
    const address = clientAddressOf(written);
    const place = listener.plan.address;
    const [host, localPort] = place.kind === "tcp" ? [place.host, place.port] : ["", 0];
    // The socket of all addresses does not say to which of them a datagram was sent.
    const localAddress = isEveryAddress(host) ? "" : host;
    const client = { address, port, localAddress, localPort, peerAddress: address, tls: null, ja4: "" };
    const outcome = rules.run(new Guest(this.context, listener, client));
    return outcome === null || outcome.kind === "accept";
  }

  /** If so it is counted. */
  #isBanned(address: string): boolean {
    const { site, port, tally } = this.context;
    if (!readAddress(address, octets) || site.bans.endOf(octets, 0, port.wallMs) === -1) return false;
    const listener = site.listener(this.slot);
    if (listener === undefined) return true;
    tally.cells[listener.row + listenerCell.banned]!++;
    tally.cells[listener.row + listenerCell.droppedDatagrams]!++;
    return true;
  }

  #isFull(listener: ListenerSite): boolean {
    return this.#totals.listener(this.slot, listenerCell.connections) >= listener.plan.connectionsMax;
  }
}

/** Of the client whose datagram has come. */
const octets = new Uint8Array(16);

/** As logs and hashes know it: an IPv4 client of an IPv6 socket by its IPv4 address. */
export function clientAddressOf(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
