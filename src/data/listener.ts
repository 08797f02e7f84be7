// Listening sockets. A worker opens those of its plan and keeps each for as long as some plan has its address: a listener is
// never swapped, only what stands behind it. All workers listen on the same TCP port by SO_REUSEPORT, and the kernel
// shares connections out among them. A unix socket's path can be bound once: worker 0 serves it alone.
// Every listener is a plain one; what a PROXY header and TLS need comes after accept (preamble.ts).

import type { Socket, SocketHandler } from "bun";
import type { Address, ListenerPlan } from "../config/plan.ts";
import type { Context } from "../flow/context.ts";
import { listenerCell, type Totals, workerCell } from "../memory/tally.ts";
import { type Bound, bindAt } from "../sockets/unixplace.ts";
import { descriptorOf, raiseBacklog } from "./backlog.ts";
import { plainAddress } from "./client.ts";
import { connectionsMax, hasDescriptors, shortageText } from "./descriptors.ts";
import { Door } from "./door.ts";
import type { Driver } from "./driver.ts";
import { keepOut } from "./leaving.ts";
import { libc } from "./libc.ts";
import { PlainLine, plainHandlers } from "./plain.ts";
import { Preamble } from "./preamble.ts";
import { steer } from "./steering.ts";

interface OpenListener {
  slot: number;
  readonly isUnix: boolean;
  /** Told of a plan that is about to be in force. */
  adapt(plan: ListenerPlan): void;
  /** Whoever has connected is still taken, until it is stopped. */
  leave(): void;
  stop(): void;
}

/** What Bun's listeners have, its types in part. */
interface BunListener {
  stop(force?: boolean): void;
  reload(options: { socket: SocketHandler<PlainLine> }): void;
}

export class Listeners {
  readonly #driver: Driver;
  readonly #context: Context;
  readonly #totals: Totals;
  readonly #open = new Map<string, OpenListener>();
  readonly #connectionsMax: number = connectionsMax();
  readonly #door: Door;

  constructor(driver: Driver, context: Context, totals: Totals) {
    this.#driver = driver;
    this.#context = context;
    this.#totals = totals;
    this.#door = new Door(driver, context);
  }

  /** Open what is new. Throws, having opened nothing, when an address cannot be had. */
  open(plans: readonly ListenerPlan[]): void {
    const opened: string[] = [];
    try {
      for (const plan of plans) {
        if (plan.mode === "udp") continue;
        if (plan.proxyProtocol && libc() === null)
          throw new Error(`listener ${plan.name}: proxyProtocol needs the system's C library, which cannot be loaded`);
        const key = addressText(plan.address);
        if (this.#open.has(key)) continue;
        if (plan.address.kind === "unix" && this.#context.tally.worker !== 0) continue;
        this.#open.set(key, this.#listen(plan));
        opened.push(key);
      }
    } catch (error) {
      for (const key of opened) this.#close(key);
      throw error;
    }
    // Not before all are open: a plan that fails must leave what stands as it stood.
    for (const plan of plans) {
      const entry = plan.mode === "udp" ? undefined : this.#open.get(addressText(plan.address));
      if (entry === undefined) continue;
      entry.slot = plan.slot;
      entry.adapt(plan);
    }
  }

  /** All of them are to be closed `leavingMs` from now. */
  leave(): void {
    for (const entry of this.#open.values()) entry.leave();
  }

  /** Close what no listener of `plans` stands on. Connections that were accepted there go on. */
  closeOthers(plans: readonly ListenerPlan[]): void {
    const kept = new Set(plans.filter(({ mode }) => mode !== "udp").map((plan) => addressText(plan.address)));
    for (const key of this.#open.keys()) if (!kept.has(key)) this.#close(key);
  }

  #close(key: string): void {
    this.#open.get(key)?.stop();
    this.#open.delete(key);
  }

  #listen(plan: ListenerPlan): OpenListener {
    const handlers = plainHandlers(this.#driver, (socket) => this.#accepted(entry, socket));
    let isQuiet = isQuietly(plan);
    let isByClient = false;
    const { server: listener, leave } = bind(plan.address, isQuiet ? withoutData(handlers) : handlers);
    raiseBacklog(listener);
    const entry: OpenListener = {
      slot: plan.slot,
      isUnix: plan.address.kind === "unix",
      adapt: (next) => {
        const system = entry.isUnix ? null : libc();
        if (system !== null) {
          system.deferAccept(descriptorOf(listener), next.tls !== null || next.proxyProtocol);
          if (next.isByClient !== isByClient)
            steer(system, descriptorOf(listener), next.isByClient, this.#totals.workers);
          isByClient = next.isByClient;
        }
        // Handlers are those of all sockets that the listener has accepted, so it never becomes quiet again.
        if (!isQuiet || isQuietly(next)) return;
        isQuiet = false;
        listener.reload({ socket: handlers });
      },
      leave: () => {
        const system = entry.isUnix ? null : libc();
        if (system !== null) keepOut(system, descriptorOf(listener));
      },
      stop: () => {
        listener.stop(false);
        leave();
      },
    };
    return entry;
  }

  #accepted(entry: OpenListener, socket: Socket<PlainLine>): void {
    const line = new PlainLine(socket, this.#driver);
    socket.data = line;
    this.#driver.refresh();
    const site = this.#context.site.listener(entry.slot);
    const address = addressOf(socket, entry.isUnix);
    if (site === undefined || address === null) return line.destroy();
    const { plan } = site;
    const isFull = this.#totals.listener(entry.slot, listenerCell.connections) >= plan.connectionsMax;
    const isShort = !isFull && !this.#hasDescriptors();
    if (isShort) this.#complain();
    if (isFull || isShort) {
      this.#context.tally.cells[site.row + listenerCell.refusedLimit]!++;
      return line.destroy();
    }
    if (plan.tls === null && !plan.proxyProtocol) this.#door.meet(site, line, socket, address);
    else new Preamble(this.#door, site, socket, line, address).begin();
  }

  #hasDescriptors(): boolean {
    const { tally } = this.#context;
    const row = tally.workerRow();
    const sessions = tally.cells[row + workerCell.datagramSessions]!;
    const clients = tally.cells[row + workerCell.connections]! - sessions;
    const servers = tally.cells[row + workerCell.upstreamConnections]!;
    return hasDescriptors(this.#connectionsMax, clients, servers, sessions);
  }

  #complain(): void {
    const text = shortageText(this.#context.tally.worker, "closes connections of clients at once");
    this.#driver.complaints.tell(text, "", this.#driver.nowMs);
  }
}

/**
 * Whether the raw side of upgraded sockets may stay silent. Where somebody listens (secure/records.ts), each read is told twice:
 * as it came and as it was meant.
 */
function isQuietly({ mode, tls }: ListenerPlan): boolean {
  return mode === "http" && tls !== null && !tls.ja4;
}

function withoutData(handlers: SocketHandler<PlainLine>): SocketHandler<PlainLine> {
  const { data: _, ...others } = handlers;
  return others;
}

function bind(address: Address, handlers: SocketHandler<PlainLine>): Bound<BunListener> {
  if (address.kind === "tcp") return { server: bindPort(address, handlers), leave: () => {} };
  return bindAt(address.path, (unix) => Bun.listen<PlainLine>({ unix, socket: handlers, allowHalfOpen: true }));
}

function bindPort(address: Address & { kind: "tcp" }, handlers: SocketHandler<PlainLine>): BunListener {
  const common = { socket: handlers, allowHalfOpen: true };
  // Bun's types leave reusePort out of what listen takes.
  const options = { hostname: address.host, port: address.port, reusePort: true, ...common };
  try {
    return Bun.listen<PlainLine>(options);
  } catch (error) {
    // "All addresses" is written "::"; a kernel without IPv6 has only the others.
    if (address.host !== "::" || !isWithoutIpv6(error)) throw error;
    return Bun.listen<PlainLine>({ ...options, hostname: "0.0.0.0" });
  }
}

function isWithoutIpv6(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAFNOSUPPORT";
}

/**
 * The peer's address as plain text; IPv4 clients of an IPv6 listener by their IPv4 address. Null for a client that has gone
 * before it was accepted, whose address nobody knows any more.
 */
function addressOf(socket: Socket<PlainLine>, isUnix: boolean): string | null {
  if (isUnix) return "unix";
  // Bun's types do not know of sockets that have no peer any more.
  const address = socket.remoteAddress as string | undefined;
  if (!address) return null;
  return plainAddress(address);
}

function addressText(address: Address): string {
  return address.kind === "unix" ? `unix:${address.path}` : `${address.host}:${address.port}`;
}
