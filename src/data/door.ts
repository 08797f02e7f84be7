// What all connections of a worker's clients share on their way in: the plan's TLS made ready, the handlers of sockets that were
// upgraded, the room where first bytes are waited for; and the way out of it, which is a flow.

import type { Socket, SocketHandler } from "bun";
import type { Context } from "../flow/context.ts";
import { sessionOn } from "../flow/entrance.ts";
import type { Entry } from "../flow/entry.ts";
import type { Client, ClientTls } from "../flow/port.ts";
import type { ListenerSite } from "../flow/site.ts";
import { Stream } from "../flow/stream.ts";
import { SocketClient } from "./client.ts";
import type { Complaints } from "./complaint.ts";
import type { Driver } from "./driver.ts";
import type { PlainLine } from "./plain.ts";
import { Preamble } from "./preamble.ts";
import { type SecureSide, secureHandlers } from "./secure/line.ts";
import type { Terms } from "./secure/terms.ts";
import { WaitingRoom } from "./waitingroom.ts";

export class Door {
  readonly driver: Driver;
  readonly context: Context;
  readonly terms: Terms;
  readonly complaints: Complaints;
  readonly room: WaitingRoom;
  /** Of sockets that were upgraded; watched ones have records (secure/records.ts). */
  readonly handlers: SocketHandler<PlainLine>;
  readonly watchedHandlers: SocketHandler<PlainLine>;

  constructor(driver: Driver, context: Context) {
    this.driver = driver;
    this.context = context;
    this.terms = driver.terms;
    this.complaints = driver.complaints;
    this.room = new WaitingRoom(driver);
    this.handlers = secureHandlers(driver, side, false);
    this.watchedHandlers = secureHandlers(driver, side, true);
  }

  /** The client is who its socket says, and there is nothing before its content. */
  meet(site: ListenerSite, line: PlainLine, socket: Socket<PlainLine>, address: string): void {
    this.pass(site, line, this.clientOn(site, socket, address));
  }

  clientOn(
    site: ListenerSite,
    socket: Socket<PlainLine>,
    address: string,
    tls: ClientTls | null = null,
    ja4 = "",
  ): Client {
    const client = new SocketClient(socket, address, tls, ja4);
    const isLogged = site.plan.mode === "tcp" && this.context.site.plan.accessLog !== null;
    return isLogged ? client.keepPort() : client;
  }

  /** The listener as the plan in force has it: one may have come since its client did. */
  newest(site: ListenerSite): ListenerSite {
    const newest = this.context.site.listener(site.plan.slot);
    return newest !== undefined && newest.plan.name === site.plan.name && newest.plan.mode === site.plan.mode
      ? newest
      : site;
  }

  /** The client is known: what it says from now on is content. `entry`: what was asked before its handshake. */
  pass(site: ListenerSite, line: PlainLine, client: Client, entry: Entry | null = null): void {
    const current = this.newest(site);
    entry?.meet(current, client);
    line.flow =
      current.plan.mode === "tcp"
        ? new Stream(this.context, current, line, client, entry)
        : sessionOn(this.context, current, line, client, entry);
  }
}

const side: SecureSide = {
  opened: (socket) => (socket.data as unknown as Preamble).secured(socket),
  shaken: ({ flow }, isDone, error) => {
    if (flow instanceof Preamble) flow.shaken(isDone, error);
  },
  named: ({ flow }, name) => (flow instanceof Preamble ? flow.named(name) : undefined),
};
