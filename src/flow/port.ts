// The words between a flow and the world: all of them. A flow (rank 4) is told what happened to a connection and says what
// to do with it, synchronously; whoever stands on the other side is a driver: Bun's raw sockets, node:tls, or the simulator.
//
// Laws, which the drivers keep and test/sim checks:
//  1. The driver never calls into a flow during a call that the flow makes (a close that happens inside is told later).
//  2. Each dial ends in exactly one of connected or refused, unless the flow was closed before.
//  3. After `closed`, and after the flow said `destroy`, a line tells nothing more.
//  4. Each exchange is reported exactly once.
//  5. Bytes told in `received` belong to the flow: the driver will not write to them again, until the flow says that they are
//     `spent`. Bytes said in `send` belong to the flow again when the call returns: the driver has copied what the kernel did not
//     take.
//  6. After an `offer` that was not taken whole, the next bytes said are those that were left, at least as many: TLS may have
//     sealed some of them. The flow keeps them as they are until they are taken, or the line is closed.
//  7. Who gives way goes on once for each time, in the order in which they did; never inside of the call in which it gave way.

import type { Fault } from "../base/fault.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import type { AuthPlan, Coding, ServerPlan, TlsVersion } from "../config/plan.ts";

/** One connection, as a flow sees it: what a flow says. */
export interface Line {
  /**
   * Send bytes[start, end). True: taken, go on. False: the rest is held in the line, `drained` will be told; until then
   * the flow should say nothing more, though it may. After the peer is gone the bytes are thrown away.
   */
  send(bytes: Uint8Array, start: number, end: number): boolean;
  /**
   * Send of bytes[start, end) what is taken now, and copy nothing: for what stays where it is, as a cache's entries do. Answers how
   * many bytes were taken from the front; where that is not all, `drained` will be told. None while bytes are held in the line.
   * After the peer is gone all are taken, and thrown away.
   */
  offer(bytes: Uint8Array, start: number, end: number): number;
  /**
   * As `offer`, of bytes that stand in a file, mapped from its beginning: `file` is its descriptor. The system may take its pages
   * in place of a copy, and read them later than this call: whoever offers them sees to it that they stay as they are.
   */
  offerFile(file: number, bytes: Uint8Array, start: number, end: number): number;
  /** Whether the pages of a file are taken: otherwise `offerFile` is no more than `offer`. */
  readonly takesFiles: boolean;
  /** Tell no `received` and no `ended` until `resume`. One `received` already under way may still come. */
  pause(): void;
  resume(): void;
  /** Finish sending: FIN once all held bytes are out. Receiving goes on. */
  end(): void;
  /** Close both directions now: FIN when nothing is held, left of an offer, or unread, RST otherwise. Tells nothing more. */
  destroy(): void;
  /** Close with RST, so that the peer can tell a truncated message from a whole one. Tells nothing more. */
  reset(): void;
  /** Forget the connection without a word to the peer, which goes on waiting; where the system has no such way, as `reset`. Tells nothing more. */
  drop(): void;
  /** From now on this flow is told in place of the one before, for something else is spoken. Absent where nothing else is. */
  become?(flow: LineFlow): void;
  /** It is a stream of a connection that others share (http2/toserver): what stands is that connection, which is counted by itself. */
  readonly isShared?: boolean;
  /** To a server that is asked by HTTP/2, over TLS: what was agreed on by ALPN, "" for nothing. */
  readonly alpn?: string;
  /** Bytes held because the kernel did not take them. Where a line gathers what is sent, the kernel is asked now. */
  readonly heldBytes: number;
  /** Whether there are such bytes, as far as it is known without asking. */
  readonly isHolding: boolean;
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

/** A flow that has more to do at once than is fair to others. It may be told late: it knows whether it still cares. */
export interface TurnFlow {
  goOn(): void;
}

/** Where a name leads to: addresses in the order in which they are to be tried, or none, and why. */
export interface Resolution {
  readonly addresses: readonly string[];
  readonly problem: string;
  /** The system has waited for an answer, and given up: as if that had not come in time. */
  readonly isSilent?: boolean;
}

/** What a flow that asked for a name's addresses is told, once, unless it was answered at once. It may be told late: it knows whether it still cares. */
export interface ResolveFlow {
  /** Whose share of the lookups it takes: the client's address, or the network that one client has. */
  readonly asker: string;
  resolved(resolution: Resolution): void;
}

/** `busy`: too many wait to be checked already. */
export type Verdict = "good" | "bad" | "busy";

/** What a flow that has shown credentials is told; as ResolveFlow. */
export interface VerifyFlow {
  /** As of ResolveFlow; of the client that a trusted proxy reports. */
  readonly asker: string;
  /** It no longer cares: what was not begun need not be. */
  readonly isOver: boolean;
  verified(verdict: Verdict): void;
}

/** A coding of content (RFC 9110 section 8.4.1) that is made, or opened. */
export interface CoderWork {
  readonly coding: Coding | "deflate";
  readonly isOpening: boolean;
  /** Of making: 1 fast to 9 small. */
  readonly level: number;
}

/**
 * Content on its way into or out of a coding, worked on beside the flows, so that nobody waits for it. What was written comes
 * out before long even when nothing follows: who reads the other end may wait for it.
 */
export interface Coder {
  /** A copy is taken of bytes[start, end). False: it has enough for now, `room` will be told; it takes all the same. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** That was all. */
  end(): void;
  /** Tell no `coded` until `resume`: one may still come. It makes little more than that meanwhile. */
  pause(): void;
  resume(): void;
  /** Tells nothing more. Said once, whatever was told. */
  close(): void;
}

/** What a flow that has a coder is told, never inside of a call that it makes. */
export interface CoderFlow {
  /** The flow's to keep. */
  coded(bytes: Uint8Array): void;
  /** All that was written has come out. */
  ended(): void;
  /** What was written is not of that coding, or ends too early: nothing more is told. */
  broken(detail: string): void;
  room(): void;
}

/** The driver, as a flow sees it. */
export interface Port {
  /** Monotonic, refreshed by the driver before every call into a flow. */
  readonly nowMs: number;
  /** The same moment on the clock that all processes of the machine share, in ms modulo 2^32: what tables count by. */
  readonly sharedMs: number;
  /** Wall clock of the same moment, for logs and the Date field. */
  readonly wallMs: number;
  /**
   * Set by a flow to bytes that it was told in `received`: all of them have gone on, and neither the flow nor anybody else looks at
   * them again. When the call into the flow has returned, the driver may take their memory back, and sets this to null.
   */
  spent: Uint8Array | null;
  /** Uniform in [0, 1). */
  random(): number;
  /**
   * `preface` is sent first, before TLS of our own: the PROXY header, or null. `connected` is told when TLS stands too. `isHttp1`: to
   * a server that is asked by HTTP/2, for once a connection of HTTP/1.1: over TLS nothing else is offered.
   */
  dial(server: ServerPlan, flow: DialFlow, timeoutMs: number, preface: Uint8Array | null, isHttp1?: boolean): void;
  /** For the operator: something is wrong with this server that only they can mend. Said often, it is told once in a while. */
  warn(server: ServerPlan, problem: string): void;
  /** The addresses of a name, in lower case and without a dot behind it: at once where they are known, else null, and `flow` is told. */
  resolve(name: string, flow: ResolveFlow): Resolution | null;
  /** Whether name and password are those of a user: at once where that is known, else null, and `flow` is told. */
  verify(auth: AuthPlan, name: string, password: Uint8Array, flow: VerifyFlow): Verdict | null;
  coder(work: CoderWork, flow: CoderFlow): Coder;
  /** Call `flow.ticked` once `deadlineMs` has passed (up to one tick late). A later deadline replaces an earlier one; 0 is never. */
  wake(flow: WakeFlow, deadlineMs: number): void;
  /** Never wake this flow again: it is about to be let go. */
  forget(flow: WakeFlow): void;
  /** How many requests that came together one connection may have answered at once before it gives way. */
  readonly requestsAtOnce: number;
  /** Others first: `flow` goes on when they were told what has come meanwhile, and those have gone on that gave way before. */
  giveWay(flow: TurnFlow): void;
}
