// The words between a datagram session and the world, in the manner of port.ts: what a listener's socket and a session's own
// socket are told, and what they say. All calls are synchronous, opening a socket included: no packet is sent for that.
//
// Laws: the driver never calls into a session during a call that the session makes; after `close` a socket tells nothing more;
// bytes that are told belong to the session, bytes that are said belong to it again when the call returns. Nothing is ever
// held back: what the kernel does not take at once is lost, as a datagram may be anywhere else on its way.

import type { Fault } from "../base/fault.ts";
import type { ServerPlan } from "../config/plan.ts";

/** A session's socket towards its server. */
export interface DatagramLine {
  /** False: the kernel had no room, or the datagram is too long; it is lost. True says nothing of its arrival. */
  send(bytes: Uint8Array): boolean;
  close(): void;
}

/** What a session is told about that socket. */
export interface DatagramFlow {
  received(bytes: Uint8Array): void;
  /** An ICMP error: nobody listens at the server, or there is no way to it. */
  refused(fault: Fault): void;
}

/** The way back to clients, from the address that they sent to. */
export interface DatagramDoor {
  /** False: the kernel had no room; the datagram is lost. */
  send(bytes: Uint8Array, address: string, port: number): boolean;
  /** Said by the last session that uses a door of its own; one that a listener shares among its sessions is not closed by them. */
  close(): void;
}

export interface DatagramPort {
  /** A socket that sends to that server, and hears nobody else. */
  connect(server: ServerPlan, flow: DatagramFlow): DatagramLine | Fault;
  /** Whether there are descriptors for one more session. */
  hasRoom(): boolean;
}
