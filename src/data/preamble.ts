// What comes before the first byte of content on a connection that a client has opened: a PROXY header where a proxy that we
// trust has to send one, then the TLS handshake, under the newest plan; with both behind it the client is known, and a flow is
// made. Bytes of a header are looked at where they lie, in the kernel, and only those of the header are taken: what follows
// them is for TLS to read. Nothing of this is answered in content, but for a plain request on a TLS port.
//
//   header ─ whole ─> handshake ─ done ─> flow
//     │ no header, FIN   │ failed, bad certificate, unknown name
//     └──────────────────┴─ too slow, drained, reset ─> closed, and counted

import type { X509Certificate } from "node:crypto";
import type { Socket } from "bun";
import { assert } from "../base/assert.ts";
import type { WheelNode } from "../base/timerwheel.ts";
import type { Session } from "../flow/context.ts";
import { Entry, isAskedEarly } from "../flow/entry.ts";
import type { Client, LineFlow, WakeFlow } from "../flow/port.ts";
import type { ListenerSite } from "../flow/site.ts";
import { listenerCell, workerCell } from "../memory/tally.ts";
import { clientHelloBytesMax, parseClientHello } from "../wire/clienthello.ts";
import { parseProxyHeader, proxyHeaderBytesMax } from "../wire/proxyprotocol.ts";
import { descriptorOf } from "./backlog.ts";
import { type Ends, KnownClient, ShownTls } from "./client.ts";
import type { Door } from "./door.ts";
import { libc } from "./libc.ts";
import type { PlainLine } from "./plain.ts";
import { SecureLine, upgrade } from "./secure/line.ts";
import { clientFailure, codeOf, isStanding, namelessFailure, plainRequest, type TlsError } from "./secure/reason.ts";
import { Records } from "./secure/records.ts";
import type { ListenerTerms } from "./secure/terms.ts";
import type { Waiter } from "./waitingroom.ts";

/** Headers are looked at one at a time. */
const peeked = new Uint8Array(proxyHeaderBytesMax);
/** A TLS record with a fatal alert, unrecognized_name (RFC 8446 5.1 and 6, RFC 6066 3). BoringSSL would close without a word. */
const unrecognizedName = Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x70);
const plainText = "This port speaks TLS: the address begins with https://\n";
const plainAnswer: Uint8Array = new TextEncoder().encode(
  `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${plainText.length}\r\nConnection: close\r\n\r\n${plainText}`,
);

export class Preamble implements LineFlow, WakeFlow, Session, Waiter {
  // The wheel's fields (base/timerwheel.ts) and the waiting room's.
  deadlineMs = 0;
  wheelNext: WheelNode | null = null;
  wheelPrev: WheelNode | null = null;
  wheelSlot = -1;
  place = -1;
  stepMs = 0;
  nextMs = 0;
  readonly #door: Door;
  readonly #site: ListenerSite;
  readonly #peerAddress: string;
  #socket: Socket<PlainLine>;
  #line: PlainLine;
  #isOver = false;
  /** What the PROXY header has said. */
  #ends: Ends | null = null;
  /** What was asked before the handshake; null where nothing was. */
  #entry: Entry | null = null;
  #terms: ListenerTerms | null = null;
  /** The raw side of a socket that was upgraded. */
  #raw: Socket<PlainLine> | null = null;
  #records: Records | null = null;
  #hello: Uint8Array | null = null;
  #ja4 = "";
  /** It has asked for a name, whether there is a certificate for it or not. */
  #isNamed = false;

  constructor(door: Door, site: ListenerSite, socket: Socket<PlainLine>, line: PlainLine, peerAddress: string) {
    this.#door = door;
    this.#site = site;
    this.#socket = socket;
    this.#line = line;
    this.#peerAddress = peerAddress;
    this.#count(1);
    door.context.downstreams.add(this);
    door.driver.wheel.set(this, door.driver.nowMs + site.plan.timeouts.handshakeMs);
    line.flow = this;
  }

  begin(): void {
    const { plan, forwarding } = this.#site;
    if (plan.proxyProtocol && forwarding.trust.isTrusted(this.#peerAddress)) this.look();
    else this.#secure();
  }

  /** For the PROXY header. */
  look(): void {
    if (this.#isOver) return;
    const descriptor = descriptorOf(this.#socket);
    const size = libc()!.peek(descriptor, peeked);
    // It came to see whether somebody listens.
    if (size === 0) return this.cut();
    const verdict = parseProxyHeader(peeked, 0, Math.max(size, 0));
    if (verdict.kind === "more") {
      this.#line.pause();
      return this.#door.room.enter(this);
    }
    if (verdict.kind === "bad")
      return this.#refuse(listenerCell.refusedPreamble, "PROXY header: missing or malformed (bad_proxy_header)");
    libc()!.take(descriptor, peeked, verdict.end);
    if (!verdict.isLocal) {
      this.#ends = {
        address: verdict.source,
        port: verdict.sourcePort,
        localAddress: verdict.destination,
        localPort: verdict.destinationPort,
      };
    }
    this.#line.resume();
    this.#secure();
  }

  // ---- TLS ----

  #secure(): void {
    const { tls, mode } = this.#site.plan;
    if (tls === null) return this.#pass(null);
    if (!this.#isLetIn()) return;
    const terms = this.#door.terms.ofListener(tls);
    assert(terms !== undefined, "a listener's TLS was made ready with its plan");
    this.#terms = terms;
    // What a stream carries has no end of its own, and is to be told from what was cut short.
    if (mode === "tcp" || terms.ja4) this.#records = new Records(this.#door.driver);
    if (terms.ja4) this.#records!.listener = (bytes) => this.#readHello(bytes);
    this.#line.flow = this.#records;
    const handlers = this.#records === null ? this.#door.handlers : this.#door.watchedHandlers;
    this.#raw = upgrade(this.#socket, terms.upgrade, handlers, this);
  }

  /** False: its flow has closed the connection. */
  #isLetIn(): boolean {
    const { context } = this.#door;
    const listener = this.#door.newest(this.#site);
    if (!isAskedEarly(context, listener)) return true;
    this.#entry = new Entry(context, listener, this.#client(null));
    this.#entry.judge(context);
    if (!this.#entry.isRefused) return true;
    this.#pass(null);
    return false;
  }

  /** Inside `upgrade`. */
  secured(socket: Socket<PlainLine>): void {
    const line = new SecureLine(socket, this.#door.driver, this.#site.plan.mode === "tcp" ? this.#records : null, null);
    socket.data = line;
    line.flow = this;
    this.#socket = socket;
    this.#line = line;
  }

  named(name: string): object | undefined {
    this.#isNamed = true;
    const terms = this.#terms!;
    const context = terms.certificates.for(name);
    if (context !== null) return context;
    if (!terms.rejectUnknown) return undefined;
    this.#raw?.write(unrecognizedName);
    return new Error("unrecognized_name");
  }

  shaken(isDone: boolean, error: TlsError | null | undefined): void {
    if (this.#isOver) return;
    const terms = this.#terms!;
    const code = codeOf(error);
    if (!isStanding(isDone, error)) {
      if (code === plainRequest && this.#site.plan.mode === "http") this.#answerPlain();
      const why = terms.rejectUnknown && !this.#isNamed ? namelessFailure(code) : clientFailure(code);
      return this.#refuse(listenerCell.handshakeFailures, why, false);
    }
    let certificate: X509Certificate | null = null;
    if (terms.isClientAsked) {
      certificate = (this.#socket.getPeerX509Certificate() as X509Certificate | undefined) ?? null;
      // Without one the runtime tells an error as well, which says nothing.
      if (certificate !== null && error) return this.#refuse(listenerCell.handshakeFailures, clientFailure(code));
      if (certificate === null && terms.upgrade.rejectUnauthorized)
        return this.#refuse(listenerCell.handshakeFailures, clientFailure("PEER_DID_NOT_RETURN_A_CERTIFICATE"));
    }
    const shown = new ShownTls(this.#socket, certificate);
    if (terms.rejectUnknown && shown.serverName === "")
      return this.#refuse(listenerCell.handshakeFailures, "the client asks for no name (SNI)");
    this.#pass(shown);
  }

  /** BoringSSL has read the request and closes next; its session takes no bytes any more, the descriptor does. */
  #answerPlain(): void {
    const descriptor = descriptorOf(this.#socket);
    if (descriptor >= 0) libc()?.send(descriptor, plainAnswer);
  }

  /** The ClientHello, as it comes. */
  #readHello(bytes: Uint8Array): void {
    this.#hello = this.#hello === null ? bytes : Buffer.concat([this.#hello, bytes]);
    const verdict = parseClientHello(this.#hello, 0, this.#hello.length);
    if (verdict.kind === "more" && this.#hello.length <= clientHelloBytesMax) return;
    if (verdict.kind === "hello") this.#ja4 = verdict.ja4;
    this.#hello = null;
    this.#records!.listener = null;
  }

  // ---- the end ----

  #pass(tls: ShownTls | null): void {
    const { cells } = this.#door.context.tally;
    if (tls !== null) {
      cells[this.#site.row + listenerCell.handshakes]!++;
      if (tls.isResumed) cells[this.#site.row + listenerCell.resumptions]!++;
    }
    this.#leave();
    this.#door.pass(this.#site, this.#line, this.#client(tls), this.#entry);
  }

  /** As it is known by now. */
  #client(tls: ShownTls | null): Client {
    return this.#ends === null
      ? this.#door.clientOn(this.#site, this.#socket, this.#peerAddress, tls, this.#ja4)
      : new KnownClient(this.#ends, this.#peerAddress, tls, this.#ja4);
  }

  /** `reason` is for the operator; "" for what needs no words. */
  #refuse(cell: number, reason: string, isOpen = true): void {
    const { context, complaints, driver } = this.#door;
    this.#leave();
    this.#entry?.release();
    context.tally.cells[this.#site.row + listenerCell.accepted]!++;
    context.tally.cells[this.#site.row + cell]!++;
    this.#line.flow = null;
    if (isOpen) this.#line.destroy();
    if (reason === "" || reason === clientFailure("")) return;
    const kind = cell === listenerCell.handshakeFailures ? "TLS handshake failed: " : "";
    complaints.tell(
      `listener ${this.#site.plan.name}: ${kind}${reason}`,
      `, client ${this.#ends?.address ?? this.#peerAddress}`,
      driver.nowMs,
    );
  }

  #leave(): void {
    this.#isOver = true;
    this.#count(-1);
    this.#door.room.leave(this);
    this.#door.driver.wheel.remove(this);
    this.#door.context.downstreams.delete(this);
  }

  /** It takes a client's place while it lasts. */
  #count(change: number): void {
    const { tally } = this.#door.context;
    tally.cells[this.#site.row + listenerCell.connections]! += change;
    tally.cells[tally.workerRow() + workerCell.connections]! += change;
  }

  get #cell(): number {
    return this.#terms === null ? listenerCell.refusedPreamble : listenerCell.handshakeFailures;
  }

  ticked(): void {
    if (!this.#isOver) this.#refuse(this.#cell, "too slow (handshake_timeout)");
  }

  closed(): void {
    if (!this.#isOver) this.#refuse(this.#cell, "", false);
  }

  /** A FIN before anything was understood; the handshake tells of its own. */
  ended(): void {
    if (!this.#isOver) this.#refuse(this.#cell, "");
  }

  received(): void {}
  drained(): void {}

  drain(): void {
    this.cut();
  }

  cut(): void {
    if (this.#isOver) return;
    this.#leave();
    this.#entry?.release();
    this.#door.context.tally.cells[this.#site.row + listenerCell.accepted]!++;
    this.#line.destroy();
  }
}
