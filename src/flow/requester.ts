// Whom an exchange is for, as the exchange sees it: the connection of a client (downstream.ts), or an errand of our own that nobody
// waits for (errand.ts). It is told what becomes of the request's body and of the connection; what is sent goes to its line.

import type { Fault } from "../base/fault.ts";
import type { EgressAsk } from "./egress/asked.ts";
import type { Forwarding } from "./forwarding.ts";
import type { Guest } from "./guest.ts";
import type { Client, Line, WakeFlow } from "./port.ts";

/** How a client that does not speak HTTP here (SOCKS5) is told what became of what it has asked for. */
export interface Dialect {
  /** Its tunnel is open. */
  readonly established: Uint8Array;
  /** Where HTTP would answer with that status. */
  refused(status: number, what: Fault | null): Uint8Array;
}

export interface Requester extends WakeFlow {
  readonly line: Line;
  readonly client: Client;
  /** The client came over TLS. */
  readonly isSecure: boolean;
  /** What it says of its own clients is believed. */
  readonly isTrusted: boolean;
  /** What it says of its own clients goes on, believed or not. */
  readonly isExcepted: boolean;
  /** A client has asked for this: it is counted and logged. */
  readonly isOfClient: boolean;
  /** The client speaks HTTP/2: it has written no version, and the head that is parsed for it says HTTP/1.1. */
  readonly isHttp2: boolean;
  /** Whatever comes back is thrown away. */
  readonly isForNobody: boolean;
  /** Null for HTTP. */
  readonly dialect: Dialect | null;
  /** Whose good credentials the connection itself has shown, before any request. */
  readonly user: string | null;
  /** What these wish for of an outbound address; null: nothing. */
  readonly ask: EgressAsk | null;
  /** What rules see of the client; null until something asks. */
  readonly guest: Guest | null;
  guestNow(): Guest;
  /** What is written about this connection into each request. */
  preface(forwarding: Forwarding): Uint8Array;
  /** The connection ends with the request under way. */
  readonly isLast: boolean;
  /** It ends as soon as nothing is under way. */
  readonly isLeaving: boolean;
  /** Body bytes have nowhere to go: stop reading. */
  holdBody(): void;
  resumeBody(): void;
  /** The exchange has become a tunnel: what was read behind its head goes through. */
  tunneled(): void;
  /** Asked when a deadline has passed: whether the client has taken, however slowly, of what is held for it since the last time. */
  isTaking(): boolean;
  /** Said by the exchange when it has ended. `isFinal`: its request was read to the end, and the client said that it is its last. */
  concluded(isPersistent: boolean, isFinal: boolean): void;
  /** Close at once; by RST when the client must see that something is missing. */
  closeNow(isReset: boolean): void;
  /** The client is let go of, and the exchange goes on without it. */
  cutLoose(): void;
  /** Close without a word to the client. */
  forsake(): void;
}
