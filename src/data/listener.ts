// Listening sockets. A worker opens those of its plan and keeps each for as long as some plan has its address: a listener is
// never swapped, only what stands behind it. All workers listen on the same TCP port by SO_REUSEPORT, and the kernel
// shares connections out among them. A unix socket's path can be bound once: worker 0 serves it alone.

import { lstatSync, unlinkSync } from "node:fs";
import type { Socket, SocketHandler } from "bun";
import type { Address, ListenerPlan } from "../config/plan.ts";
import type { Context } from "../flow/context.ts";
import { Downstream } from "../flow/downstream.ts";
import { listenerCell, type Totals, workerCell } from "../memory/tally.ts";
import { raiseBacklog } from "./backlog.ts";
import { connectionsMax, hasDescriptors } from "./descriptors.ts";
import type { Driver } from "./driver.ts";
import { PlainLine, plainHandlers } from "./plain.ts";

interface OpenListener {
  slot: number;
  readonly isUnix: boolean;
  stop(): void;
}

export class Listeners {
  readonly #driver: Driver;
  readonly #context: Context;
  readonly #totals: Totals;
  readonly #open = new Map<string, OpenListener>();
  readonly #connectionsMax: number = connectionsMax();

  constructor(driver: Driver, context: Context, totals: Totals) {
    this.#driver = driver;
    this.#context = context;
    this.#totals = totals;
  }

  /** Open what is new. Throws, having opened nothing, when an address cannot be had. */
  open(plans: readonly ListenerPlan[]): void {
    const opened: string[] = [];
    try {
      for (const plan of plans) {
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
      const entry = this.#open.get(addressText(plan.address));
      if (entry !== undefined) entry.slot = plan.slot;
    }
  }

  /** Close what no listener of `plans` stands on. Connections that were accepted there go on. */
  closeOthers(plans: readonly ListenerPlan[]): void {
    const kept = new Set(plans.map((plan) => addressText(plan.address)));
    for (const key of this.#open.keys()) if (!kept.has(key)) this.#close(key);
  }

  #close(key: string): void {
    this.#open.get(key)?.stop();
    this.#open.delete(key);
  }

  #listen(plan: ListenerPlan): OpenListener {
    const entry: OpenListener = { slot: plan.slot, isUnix: plan.address.kind === "unix", stop: () => {} };
    const handlers = plainHandlers(this.#driver, (socket) => this.#accepted(entry, socket));
    const listener = bind(plan.address, handlers);
    raiseBacklog(listener);
    entry.stop = () => {
      listener.stop(false);
      if (plan.address.kind === "unix") removeSocket(plan.address.path);
    };
    return entry;
  }

  #accepted(entry: OpenListener, socket: Socket<PlainLine>): void {
    const line = new PlainLine(socket);
    socket.data = line;
    this.#driver.refresh();
    const site = this.#context.site.listener(entry.slot);
    const address = addressOf(socket, entry.isUnix);
    if (site === undefined || address === null) return line.destroy();
    const isFull = this.#totals.listener(entry.slot, listenerCell.connections) >= site.plan.connectionsMax;
    if (isFull || !this.#hasDescriptors()) {
      this.#context.tally.cells[site.row + listenerCell.refusedLimit]!++;
      return line.destroy();
    }
    const client = {
      address,
      port: socket.remotePort ?? 0,
      localAddress: socket.localAddress,
      localPort: socket.localPort ?? 0,
      peerAddress: address,
      tls: null,
      ja4: "",
    };
    line.flow = new Downstream(this.#context, site, line, client);
  }

  #hasDescriptors(): boolean {
    const { tally } = this.#context;
    const row = tally.workerRow();
    const clients = tally.cells[row + workerCell.connections]!;
    return hasDescriptors(this.#connectionsMax, clients, tally.cells[row + workerCell.upstreamConnections]!);
  }
}

function bind(address: Address, handlers: SocketHandler<PlainLine>): { stop(force?: boolean): void } {
  const common = { socket: handlers, allowHalfOpen: true };
  if (address.kind === "tcp") {
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
  // What an earlier process left behind: control has made sure that nobody listens there.
  removeSocket(address.path);
  return Bun.listen<PlainLine>({ unix: address.path, ...common });
}

function isWithoutIpv6(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EAFNOSUPPORT";
}

function removeSocket(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // Nothing was there.
  }
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
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

function addressText(address: Address): string {
  return address.kind === "unix" ? `unix:${address.path}` : `${address.host}:${address.port}`;
}
