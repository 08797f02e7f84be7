// The words between a flow and the world: all of them. A flow (rank 4) is told what happened to a connection and says what
// to do with it, synchronously; whoever stands on the other side is a driver: Bun's raw sockets, node:tls, or the simulator.
//
// Laws, which the drivers keep and test/sim checks:
//  1. The driver never calls into a flow during a call that the flow makes (a close that happens inside is told later).
//  2. Each dial ends in exactly one of connected or refused, unless the flow was closed before.
//  3. After `closed`, and after the flow said `destroy`, a line tells nothing more.
//  4. Each exchange is reported exactly once.
//  5. Bytes told in `received` belong to the flow: the driver will not write to them again. Bytes said in `send` belong to
//     the flow again when the call returns: the driver has copied what the kernel did not take.

import type { Fault } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import type { ServerPlan, TlsVersion } from "../config/plan.ts";

/** One connection, as a flow sees it: what a flow says. */
export interface Line {
  /**
   * Send bytes[start, end). True: taken, go on. False: the rest is held in the line, `drained` will be told; until then
   * the flow should say nothing more, though it may. After the peer is gone the bytes are thrown away.
   */
  send(bytes: Uint8Array, start: number, end: number): boolean;
  /** Tell no `received` and no `ended` until `resume`. One `received` already under way may still come. */
  pause(): void;
  resume(): void;
  /** Finish sending: FIN once all held bytes are out. Receiving goes on. */
  end(): void;
  /** Close both directions now: FIN when nothing is held or unread, RST otherwise. Tells nothing more. */
  destroy(): void;
  /** Close with RST, so that the peer can tell a truncated message from a whole one. Tells nothing more. */
  reset(): void;
  /** Forget the connection without a word to the peer, which goes on waiting; where the system has no such way, as `reset`. Tells nothing more. */
  drop(): void;
  /** Bytes held because the kernel did not take them. */
  readonly heldBytes: number;
}

/** Who has connected, as the door knows it before the first byte of content. Ports are 0 and addresses "unix" on unix sockets. */
export interface Client {
  /** The client's, as the PROXY header says it where one is believed; an IPv4 address is never written as IPv6. */
  readonly address: string;
  readonly port: number;
  /** Where the client connected to, by the same source. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Whose socket it is: `address`, but for a PROXY header. */
  readonly peerAddress: string;
  /** Null without TLS of our own. */
  readonly tls: ClientTls | null;
  /** JA4 fingerprint of the ClientHello; "" when it was not taken. */
  readonly ja4: string;
}

/** What a TLS handshake with a client has shown. */
export interface ClientTls {
  /** SNI in lower case, "" without. */
  readonly serverName: string;
  /** Protocol that was agreed on by ALPN, "" without. */
  readonly alpn: string;
  readonly version: TlsVersion;
  /** IANA name. */
  readonly cipher: string;
  readonly isResumed: boolean;
  /** Of a certificate that was verified, as RFC 2253 writes it ("CN=a,O=b"); "" without one. */
  readonly subject: string;
  /** SHA-256 of that certificate in lower-case hexadecimal, "" without. */
  readonly fingerprint: string;
}

/** What a flow is told about its line. */
export interface LineFlow {
  received(bytes: Uint8Array): void;
  drained(): void;
  /** The peer's FIN: nothing more will be received. Sending may go on. */
  ended(): void;
  /** The connection is gone. `isReset` when it was not a FIN of both sides. */
  closed(isReset: boolean): void;
}

/** What a flow that dialed is told. */
export interface DialFlow extends LineFlow {
  connected(line: Line): void;
  refused(fault: Fault): void;
}

/**
 * A flow that wants to be woken: a node of the timer wheel (base/timerwheel.ts). Its constructor sets `deadlineMs` to 0 and
 * `wheelNext`, `wheelPrev`, `wheelSlot` to null, null, -1; after that they are the wheel's, and are set through `Port.wake`.
 */
export interface WakeFlow extends WheelNode {}

/** The driver, as a flow sees it. */
export interface Port {
  /** Monotonic, refreshed by the driver before every call into a flow. */
  readonly nowMs: number;
  /** The same moment on the clock that all processes of the machine share, in ms modulo 2^32: what tables count by. */
  readonly sharedMs: number;
  /** Wall clock of the same moment, for logs and the Date field. */
  readonly wallMs: number;
  /** Uniform in [0, 1). */
  random(): number;
  /** `preface` is sent first, before TLS of our own: the PROXY header, or null. `connected` is told when TLS stands too. */
  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number, preface: Uint8Array | null): void;
  /** Call `flow.ticked` once `deadlineMs` has passed (up to one tick late). A later deadline replaces an earlier one; 0 is never. */
  wake(flow: WakeFlow, deadlineMs: number): void;
  /** Never wake this flow again: it is about to be let go. */
  forget(flow: WakeFlow): void;
}
