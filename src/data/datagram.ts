// UDP as sessions see it: the listeners of a worker's plan, a socket for each session towards its server, and the doors by which
// answers go back. All workers listen on the same port; the kernel gives a client always to the same worker, as long as none
// starts or ends. A client that moves by that begins a new session at the other worker.
// A listener that closes leaves each of its sessions a socket that is connected to the client: the kernel prefers those, so that
// the sessions go on here while new clients go to the other workers, or learn that nobody listens.
// An answer leaves from the address that the listener stands on; on "all addresses" the system picks the one that is nearest to
// the client. Where a machine has several in one network, each needs a listener of its own.

import { type Fault, faultWith } from "../base/fault.ts";
import type { ListenerPlan, ServerPlan } from "../config/plan.ts";
import type { Context } from "../flow/context.ts";
import { Datagrams } from "../flow/datagram.ts";
import type { DatagramDoor, DatagramFlow, DatagramLine, DatagramPort } from "../flow/datagramport.ts";
import type { DatagramSession } from "../flow/datagramsession.ts";
import { isOurs } from "../flow/egress/blame.ts";
import { type Totals, workerCell } from "../memory/tally.ts";
import { DatagramClientDoor, DatagramServerLine, type Place } from "./datagramline.ts";
import { codeOf, type ListeningSocket, listenDatagrams, type SocketHandlers } from "./datagramsocket.ts";
import { connectionsMax, hasDescriptors, hasSessionRoom, sessionsText, shortageText } from "./descriptors.ts";
import type { Driver } from "./driver.ts";
import { noteShortage } from "./shortage.ts";

interface OpenListener {
  readonly flow: Datagrams;
  readonly socket: ListeningSocket;
}

export class DatagramListeners implements DatagramPort {
  readonly #driver: Driver;
  readonly #context: Context;
  readonly #totals: Totals;
  readonly #report: (session: DatagramSession) => void;
  readonly #open = new Map<string, OpenListener>();
  readonly #connectionsMax: number = connectionsMax();

  constructor(driver: Driver, context: Context, totals: Totals, report: (session: DatagramSession) => void) {
    this.#driver = driver;
    this.#context = context;
    this.#totals = totals;
    this.#report = report;
  }

  /** Open what is new among those of mode udp. Throws, having opened nothing, when an address cannot be had. */
  open(plans: readonly ListenerPlan[]): void {
    const opened: string[] = [];
    const wanted = plans.filter(isUdp);
    try {
      for (const plan of wanted) {
        const key = keyOf(plan);
        if (this.#open.has(key)) continue;
        this.#open.set(key, this.#listen(plan));
        opened.push(key);
      }
    } catch (error) {
      for (const key of opened) this.#close(key);
      throw error;
    }
    // Not before all are open: a plan that fails must leave what stands as it stood.
    for (const plan of wanted) this.#open.get(keyOf(plan))!.flow.slot = plan.slot;
  }

  /** Close what no listener of `plans` stands on. Sessions that were begun there go on. */
  closeOthers(plans: readonly ListenerPlan[]): void {
    const kept = new Set(plans.filter(isUdp).map(keyOf));
    for (const key of [...this.#open.keys()]) if (!kept.has(key)) this.#close(key);
  }

  connect(server: ServerPlan, flow: DatagramFlow): DatagramLine | Fault {
    if (server.address.kind !== "tcp") return faultWith("connect_refused", "a unix socket takes no datagrams");
    try {
      return new DatagramServerLine(this.#driver, server.address, server.source, flow);
    } catch (error) {
      const why = faultWith("connect_refused", codeOf(error));
      if (isOurs(why)) noteShortage(this.#driver, why.detail);
      return why;
    }
  }

  hasRoom(): boolean {
    const { tally } = this.#context;
    const row = tally.workerRow();
    const sessions = tally.cells[row + workerCell.datagramSessions]!;
    const clients = tally.cells[row + workerCell.connections]! - sessions;
    const servers = tally.cells[row + workerCell.upstreamConnections]!;
    const isWithin = hasSessionRoom(this.#connectionsMax, sessions);
    if (isWithin && hasDescriptors(this.#connectionsMax, clients, servers, sessions)) return true;
    const text = isWithin ? shortageText(tally.worker, "drops datagrams of new clients") : sessionsText(tally.worker);
    this.#driver.complaints.tell(text, "", this.#driver.nowMs);
    return false;
  }

  #listen(plan: ListenerPlan): OpenListener {
    const door: DatagramDoor = { send: (bytes, address, port) => send(socket, bytes, address, port), close: () => {} };
    const parts = { context: this.#context, port: this, totals: this.#totals, report: this.#report };
    const flow = new Datagrams(parts, plan.slot, door);
    const socket = listen(placeOf(plan), {
      data: (bytes, port, address, isTruncated) => {
        if (!isTruncated) this.#received(flow, bytes, address, port);
      },
      // Of a client that is gone: its session ends by silence.
      error: () => {},
    });
    return { flow, socket };
  }

  #received(flow: Datagrams, bytes: Uint8Array, address: string, port: number): void {
    try {
      this.#driver.refresh();
      flow.received(bytes, address, port);
    } catch (failure) {
      this.#driver.failed(failure as Error);
    }
  }

  #close(key: string): void {
    const { flow, socket } = this.#open.get(key)!;
    this.#open.delete(key);
    this.#driver.refresh();
    const local = { host: socket.hostname, port: socket.port };
    flow.close((host, port) => {
      try {
        return new DatagramClientDoor(this.#driver, local, { host, port }, (bytes, address, from) =>
          flow.received(bytes, address, from),
        );
      } catch {
        // No descriptor for it, or the address has left this machine.
        return null;
      }
    });
    socket.close();
  }
}

function listen(place: Place, handlers: SocketHandlers): ListeningSocket {
  try {
    return listenDatagrams(place.host, place.port, handlers);
  } catch (error) {
    // "All addresses" is written "::"; a kernel without IPv6 has only the others.
    if (place.host !== "::" || codeOf(error) !== "EAFNOSUPPORT") throw error;
    return listenDatagrams("0.0.0.0", place.port, handlers);
  }
}

/** Said twice where the error of an earlier datagram, to a client that is gone, has taken the place of this one. */
function send(socket: ListeningSocket, bytes: Uint8Array, address: string, port: number): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      return socket.send(bytes, port, address);
    } catch (error) {
      if (codeOf(error) !== "ECONNREFUSED") return false;
    }
  }
  return false;
}

function isUdp(plan: ListenerPlan): boolean {
  return plan.mode === "udp";
}

function placeOf(plan: ListenerPlan): Place {
  if (plan.address.kind !== "tcp") throw new Error(`${plan.address.path} is no address for datagrams`);
  return plan.address;
}

function keyOf(plan: ListenerPlan): string {
  const { host, port } = placeOf(plan);
  return `${host} ${port}`;
}
