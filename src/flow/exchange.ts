// One request and its response, from the request's head to the last byte, under the plan it began with. It relays bodies,
// turns faults into answers (only here), and is reported exactly once. Objects are used again: `reset` brings one back to the start.
//
//   begin ─> attempt ─ send ─> waiting ─ responded ─> relaying ─ both messages done ─> done
//              │ no server        │ fault, no byte sent          │ fault
//              └──────────────────┴─> answered by us             └─> connection reset: never a truncated body as whole
//
// A response is passed on in one of three ways: as it is (nearly always), with its chunks opened for a client that speaks
// HTTP/1.0, or put into chunks when its end is the server's FIN, so that the client can tell the end from an accident.

import { type Fault, fault } from "../base/fault.ts";
import { hashBytes, hashString } from "../base/hash.ts";
import { bucketOf, listenerCell, routeCell, serverCell } from "../memory/tally.ts";
import { Body, type Plain } from "../wire/http1/body.ts";
import { isName } from "../wire/http1/fields.ts";
import { requestBody, responseBody } from "../wire/http1/framing.ts";
import { bodyKind, Head, method } from "../wire/http1/head.ts";
import type { Output } from "../wire/http1/writer.ts";
import { Attempt } from "./attempt.ts";
import type { Context } from "./context.ts";
import type { Downstream } from "./downstream.ts";
import type { Sender } from "./forwarding.ts";
import { writeReply } from "./reply.ts";
import type { ListenerSite, PoolSite, RouteSite } from "./site.ts";
import { cookieValue, stickyField } from "./sticky.ts";
import { Tunnel } from "./tunnel.ts";
import type { Upstream } from "./upstream.ts";

const relay = { asIs: 0, opened: 1, chunked: 2 } as const;
/** Body bytes up to this are copied behind their head, so that both leave in one write. */
const coalesceBytesMax = 32 * 1024;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const transferChunked = encode("Transfer-Encoding: chunked\r\n");
const lastChunk = encode("0\r\n\r\n");
const crlf = encode("\r\n");
const h2c = encode("h2c");

export class Exchange implements Sender, Plain {
  readonly head: Head;
  readonly requestBody: Body = new Body();
  readonly attempt: Attempt;
  readonly #context: Context;
  #downstream: Downstream | null = null;
  listener!: ListenerSite;
  route!: RouteSite;
  pool!: PoolSite;
  tunnel: Tunnel | null = null;
  /** The peer's address, and who the client behind trusted proxies is. */
  address = "";
  clientAddress = "";
  isTrusted = false;
  isUpgrade = false;
  requestIdIndex = -1;
  requestIdCount = 0;
  /** Body bytes that came with the head: head.bytes[bodyStart, bodyEnd). */
  #bodyStart = 0;
  #bodyEnd = 0;
  /** No body byte beyond those has been passed on. */
  #isBodyHeld = true;
  #relay: number = relay.asIs;
  #isPersistent = true;
  /** A status line has been sent to the client. */
  isAnswered = false;
  #isResponseDone = false;
  #isUpstreamPersistent = false;
  status = 0;
  /** Why it did not end well, or null. */
  fault: Fault | null = null;
  /** Body bytes, framing included. */
  requestBytes = 0;
  responseBytesSent = 0;
  startedMs = 0;
  sentMs = 0;
  respondedMs = 0;

  constructor(context: Context) {
    this.#context = context;
    this.head = new Head(context.site.plan.limits.fieldsMax);
    this.attempt = new Attempt(this, context);
  }

  reset(): void {
    this.head.release();
    this.attempt.reset();
    this.#downstream = null;
    this.tunnel = null;
    this.isUpgrade = false;
    this.requestIdIndex = -1;
    this.#isBodyHeld = true;
    this.#relay = relay.asIs;
    this.#isPersistent = true;
    this.isAnswered = false;
    this.#isResponseDone = false;
    this.#isUpstreamPersistent = false;
    this.status = 0;
    this.fault = null;
    this.requestBytes = 0;
    this.responseBytesSent = 0;
    this.sentMs = 0;
    this.respondedMs = 0;
  }

  get serverName(): string {
    return this.pool.servers[this.attempt.index]?.plan.name ?? "";
  }

  get preface(): Uint8Array {
    return this.#downstream!.preface(this.listener.forwarding);
  }

  get requestIdPrefix(): string {
    return this.#context.requestIdPrefix;
  }

  /** Idempotent, and every byte of it still in our hands. */
  get isReplayable(): boolean {
    const isIdempotent =
      this.head.method !== method.other && this.head.method !== method.post && this.head.method !== method.connect;
    return isIdempotent && this.#isBodyHeld && !this.isUpgrade;
  }

  // ---- the request ----

  /** Start of all: the connection it came on, before its head is parsed. */
  open(downstream: Downstream, listener: ListenerSite): void {
    this.#downstream = downstream;
    this.listener = listener;
    this.route = listener.route;
    this.pool = listener.route.pool;
    this.startedMs = this.#context.port.nowMs;
    this.address = downstream.address;
    this.clientAddress = downstream.address;
    this.isTrusted = downstream.isTrusted;
    this.requestBody.begin(bodyKind.none, 0);
  }

  /** The head is parsed and followed by bytes[bodyStart, end). Answers the index after what belongs to this request. */
  measure(bodyStart: number, end: number): number {
    const { head } = this;
    this.requestBody.begin(requestBody(head), head.contentLength);
    this.#bodyStart = bodyStart;
    this.#bodyEnd = this.requestBody.advance(head.bytes, bodyStart, end);
    this.requestBytes = this.#bodyEnd - bodyStart;
    return this.#bodyEnd;
  }

  /** Go and find a server. It may all be over when this returns. */
  begin(): void {
    const { head } = this;
    const { forwarding } = this.listener;
    this.#isPersistent = head.wantsKeepAlive && !this.#downstream!.isLast;
    const refusal = this.#refusal();
    if (refusal !== null) return this.fail(refusal);
    if (this.isTrusted && head.hasSpecial) this.clientAddress = forwarding.clientAddress(head, this.address);
    if (forwarding.requestId !== null) {
      this.requestIdIndex = forwarding.findRequestId(head);
      this.requestIdCount = ++this.#context.requestIdCount;
    }
    this.isUpgrade = head.hasUpgrade && this.#wantsUpgrade();
    this.attempt.begin();
  }

  #refusal(): Fault | null {
    const { head } = this;
    if (head.method === method.connect || head.method === method.trace) return fault("method_refused");
    if (this.requestBody.isBad) return fault("bad_chunk");
    const { bodyBytesMax } = this.#context.limits;
    if (bodyBytesMax > 0 && (head.contentLength > bodyBytesMax || this.requestBytes > bodyBytesMax))
      return fault("body_too_large");
    return null;
  }

  /** RFC 9110 7.8; any protocol but h2c, which would give the client a way past every rule here. */
  #wantsUpgrade(): boolean {
    const { head } = this;
    if (head.upgradeIndex === -1 || head.minor === 0) return false;
    if (head.method !== method.get || this.requestBody.kind !== bodyKind.none) return false;
    return !isName(head.bytes, head.spans[head.upgradeIndex * 4 + 2]!, head.spans[head.upgradeIndex * 4 + 3]!, h2c);
  }

  /** What a hashing policy hashes. */
  balanceKey(): number {
    const { key } = this.pool.plan.balance;
    const { head } = this;
    switch (key.kind) {
      case "ip":
        return hashString(this.clientAddress);
      case "uri":
        return hashBytes(head.bytes, head.targetStart, head.targetEnd);
      case "cookie":
        return hashString(cookieValue(head, key.name, 4096));
      case "header": {
        for (let index = 0; index < head.fieldCount; index++) {
          if (!isName(head.bytes, head.spans[index * 4]!, head.spans[index * 4 + 1]!, headerName(key.name))) continue;
          return hashBytes(head.bytes, head.spans[index * 4 + 2]!, head.spans[index * 4 + 3]!);
        }
        return hashString(this.clientAddress);
      }
    }
  }

  /** The attempt waits for a server, or for a connection: the client waits too. */
  queued(): void {
    this.holdBody();
    this.#arm(this.pool.plan.queue.timeoutMs);
  }

  holdBody(): void {
    if (!this.requestBody.isDone) this.#downstream!.holdBody();
  }

  /** A connection is there: send what we have of the request. */
  send(upstream: Upstream): void {
    const { port, output } = this.#context;
    const line = upstream.line!;
    output.clear();
    this.listener.forwarding.writeRequest(output, this.head, this);
    const size = this.#bodyEnd - this.#bodyStart;
    const isCoalesced = size <= coalesceBytesMax;
    if (size > 0 && isCoalesced) output.copy(this.head.bytes, this.#bodyStart, this.#bodyEnd);
    this.sentMs = port.nowMs;
    this.#countUp(upstream, output.length + (isCoalesced ? 0 : size));
    let isTaken = line.send(output.bytes, 0, output.length);
    if (!isCoalesced) isTaken = line.send(this.head.bytes, this.#bodyStart, this.#bodyEnd) && isTaken;
    this.#arm(this.requestBody.isDone ? this.pool.plan.timeouts.responseMs : this.listener.plan.timeouts.readMs);
    if (!this.requestBody.isDone && isTaken) this.#downstream!.resumeBody();
  }

  /** More of the body. Answers the index after what belongs to this request; `start` when the server cannot take it now. */
  requestMore(bytes: Uint8Array, start: number, end: number): number {
    const upstream = this.attempt.upstream;
    if (upstream === null || upstream.line === null || this.sentMs === 0) return start;
    const next = this.requestBody.advance(bytes, start, end);
    this.requestBytes += next - start;
    if (this.requestBody.isBad) {
      this.fail(fault("bad_chunk"));
      return end;
    }
    const { bodyBytesMax } = this.#context.limits;
    if (bodyBytesMax > 0 && this.requestBytes > bodyBytesMax) {
      this.fail(fault("body_too_large"));
      return end;
    }
    this.#isBodyHeld = false;
    this.#countUp(upstream, next - start);
    const isTaken = upstream.line.send(bytes, start, next);
    if (this.requestBody.isDone) {
      if (this.#isResponseDone) this.#finish();
      else this.#arm(this.pool.plan.timeouts.responseMs);
    } else {
      if (!isTaken) this.#downstream!.holdBody();
      this.#arm(this.listener.plan.timeouts.readMs);
    }
    return next;
  }

  /** The server takes bytes again. */
  drainedUp(): void {
    if (this.tunnel !== null) {
      this.tunnel.drainedUp();
      if (this.tunnel.isOver) this.#endTunnel(false);
    } else if (!this.requestBody.isDone) this.#downstream!.resumeBody();
  }

  // ---- the response ----

  /** A 1xx that is not the end of it. */
  interim(head: Head): void {
    if (this.head.minor === 0) return;
    const { output } = this.#context;
    output.clear();
    this.listener.forwarding.writeResponse(output, head, false, false);
    output.put(this.listener.forwarding.tails.open);
    this.#send(output.bytes, 0, output.length);
  }

  /** The final head, followed by bytes[bodyStart, end). */
  responded(head: Head, bytes: Uint8Array, bodyStart: number, end: number): void {
    const upstream = this.attempt.upstream!;
    const { port } = this.#context;
    this.status = head.status;
    this.respondedMs = port.nowMs;
    if (this.pool.isTimed) this.pool.backends.observe(this.attempt.index, port.nowMs - this.sentMs, port.nowMs);
    if (head.status === 101) return this.#switchProtocols(head, bytes, bodyStart, end);
    if (head.status >= 500) this.attempt.failed();
    else this.attempt.succeeded();
    this.#isUpstreamPersistent = head.wantsKeepAlive;
    const kind = responseBody(head, this.head.method);
    upstream.body.begin(kind, head.contentLength);
    const isOld = this.head.minor === 0;
    this.#relay =
      kind === bodyKind.chunked && isOld
        ? relay.opened
        : kind === bodyKind.close && !isOld
          ? relay.chunked
          : relay.asIs;
    // A client that waits for "100 Continue" and was not told may or may not send its body: nobody can tell what comes next.
    const isUnfinished = !this.requestBody.isDone;
    if (isUnfinished || this.#relay === relay.opened || (kind === bodyKind.close && isOld)) this.#isPersistent = false;
    if (this.#context.isDraining) this.#isPersistent = false;
    this.#writeHead(head, kind);
    this.#sendBody(upstream, bytes, bodyStart, end, true);
  }

  #writeHead(head: Head, kind: number): void {
    const { output } = this.#context;
    const { plan } = this.pool;
    output.clear();
    const { forwarding } = this.listener;
    forwarding.writeResponse(output, head, false, this.#relay === relay.opened);
    if (this.#relay === relay.chunked && kind === bodyKind.close) output.put(transferChunked);
    if (plan.balance.sticky !== null && !this.attempt.isSticky) {
      output.latin1(stickyField(plan.balance.sticky, plan.servers[this.attempt.index]!.cookie));
    }
    const { tails } = forwarding;
    output.put(!this.#isPersistent ? tails.close : this.head.minor === 0 ? tails.keepAlive : tails.open);
    this.isAnswered = true;
  }

  /** More of the body. */
  responseBytes(bytes: Uint8Array, start: number, end: number): void {
    this.#context.output.clear();
    this.#sendBody(this.attempt.upstream!, bytes, start, end, false);
  }

  /** Pass body bytes on behind what stands in the output. */
  #sendBody(upstream: Upstream, bytes: Uint8Array, start: number, end: number, isFirst: boolean): void {
    const { output } = this.#context;
    const { body } = upstream;
    const headBytes = output.length;
    const next = body.advance(bytes, start, end, this.#relay === relay.opened ? this : undefined);
    if (body.isBad) return this.failUpstream(fault("truncated_response"));
    if (this.#relay === relay.chunked && next > start) this.#writeChunk(output, bytes, start, next);
    // Bytes behind the end of a message nobody asked for: the connection is not to be trusted with another exchange.
    if (next < end) this.#isUpstreamPersistent = false;
    let isTaken = true;
    if (this.#relay !== relay.asIs || (isFirst && next - start <= coalesceBytesMax)) {
      if (this.#relay === relay.asIs) output.copy(bytes, start, next);
      this.responseBytesSent += output.length - headBytes;
      if (output.length > 0) isTaken = this.#send(output.bytes, 0, output.length);
    } else {
      this.responseBytesSent += next - start;
      if (headBytes > 0) isTaken = this.#send(output.bytes, 0, headBytes);
      if (next > start) isTaken = this.#send(bytes, start, next);
    }
    if (body.isDone) return this.#responseDone();
    if (!isTaken) upstream.line?.pause();
    this.#arm(this.pool.plan.timeouts.readMs);
  }

  /** Plain: chunk data for a client that does not know chunks. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#context.output.copy(bytes, start, end);
  }

  #writeChunk(output: Output, bytes: Uint8Array, start: number, end: number): void {
    output.latin1((end - start).toString(16));
    output.put(crlf);
    output.copy(bytes, start, end);
    output.put(crlf);
  }

  /** The server's FIN is the end of the body. */
  responseEnded(): void {
    this.#isUpstreamPersistent = false;
    if (this.#relay === relay.chunked) this.#send(lastChunk, 0, lastChunk.length);
    this.#responseDone();
  }

  #responseDone(): void {
    this.#isResponseDone = true;
    this.#finish();
  }

  /** The client takes bytes again. */
  drainedDown(): void {
    if (this.tunnel !== null) {
      this.tunnel.drainedDown();
      if (this.tunnel.isOver) this.#endTunnel(false);
      return;
    }
    const line = this.attempt.upstream?.line;
    if (line) {
      line.resume();
      this.#arm(this.pool.plan.timeouts.readMs);
    }
  }

  // ---- tunnels ----

  #switchProtocols(head: Head, bytes: Uint8Array, bodyStart: number, end: number): void {
    const upstream = this.attempt.upstream!;
    if (!this.isUpgrade || head.upgradeIndex === -1) return this.failUpstream(fault("bad_response"));
    this.attempt.succeeded();
    const { output } = this.#context;
    output.clear();
    this.listener.forwarding.writeResponse(output, head, true, false);
    output.put(this.listener.forwarding.tails.upgrade);
    this.isAnswered = true;
    this.#isPersistent = false;
    this.#send(output.bytes, 0, output.length);
    this.tunnel = new Tunnel(this.#downstream!.line, upstream.line!);
    this.#arm(this.listener.plan.timeouts.tunnelMs);
    if (end > bodyStart) this.tunneledDown(bytes, bodyStart, end);
    this.#downstream!.tunneled();
  }

  tunneledDown(bytes: Uint8Array, start: number, end: number): void {
    this.responseBytesSent += end - start;
    this.#count(end - start);
    this.tunnel!.sendDown(bytes, start, end);
    this.#arm(this.listener.plan.timeouts.tunnelMs);
  }

  tunneledUp(bytes: Uint8Array, start: number, end: number): void {
    this.requestBytes += end - start;
    this.#countUp(this.attempt.upstream!, end - start);
    this.tunnel!.sendUp(bytes, start, end);
    this.#arm(this.listener.plan.timeouts.tunnelMs);
  }

  tunnelEndedUp(): void {
    this.tunnel!.endedUp();
    if (this.tunnel!.isOver) this.#endTunnel(false);
  }

  tunnelEndedDown(): void {
    this.tunnel!.endedDown();
    if (this.tunnel!.isOver) this.#endTunnel(false);
  }

  /** One side's connection is gone: so goes the other, in the same manner. */
  tunnelClosed(isReset: boolean): void {
    this.#endTunnel(isReset);
  }

  #endTunnel(isReset: boolean): void {
    const upstream = this.attempt.upstream;
    if (isReset) upstream?.reset();
    else upstream?.destroy();
    this.#conclude();
    this.#downstream!.closeNow(isReset);
  }

  // ---- the end ----

  /** Both messages are done, or the response is and the rest of the request is of no use. */
  #finish(): void {
    const upstream = this.attempt.upstream!;
    const downstream = this.#downstream!;
    const isRequestDone = this.requestBody.isDone;
    upstream.release(this.#isUpstreamPersistent && isRequestDone);
    const isPersistent = this.#isPersistent && isRequestDone;
    this.#conclude();
    downstream.concluded(isPersistent, isRequestDone && !this.head.wantsKeepAlive);
  }

  /** The server broke its word inside an exchange. */
  failUpstream(what: Fault): void {
    this.attempt.failed();
    this.fail(what);
  }

  /** No (further) attempt helps. Answer the client if nothing was sent to it yet; else let it see that this is not whole. */
  fail(what: Fault): void {
    const downstream = this.#downstream!;
    this.fault = what;
    const { upstream } = this.attempt;
    if (upstream !== null) upstream.reset();
    if (this.isAnswered || what.status === 0) {
      this.#conclude();
      downstream.closeNow(true);
      return;
    }
    const isRequestDone = this.requestBody.isDone && what.side !== "downstream";
    const isPersistent = this.#isPersistent && isRequestDone && !this.#context.isDraining;
    const { output, port } = this.#context;
    output.clear();
    this.status = what.status;
    this.responseBytesSent += writeReply(output, what, {
      wallMs: port.wallMs,
      retryAfterS: this.#retryAfterS(),
      isClosing: !isPersistent,
      isHead: this.head.method === method.head,
      isKeepAliveTold: this.head.minor === 0,
    });
    this.isAnswered = true;
    this.#send(output.bytes, 0, output.length);
    this.#conclude();
    downstream.concluded(isPersistent, isRequestDone && !this.head.wantsKeepAlive);
  }

  /** About when a server may be back. */
  #retryAfterS(): number {
    const { check } = this.pool.plan;
    const seconds = check === null ? 5 : Math.ceil((check.everyMs * check.rise) / 1000);
    return Math.min(Math.max(seconds, 1), 60);
  }

  /** The client is gone. */
  abort(what: Fault): void {
    this.fault = what;
    this.attempt.upstream?.reset();
    this.#conclude();
  }

  /** The deadline has passed; what for depends on who is waited for. */
  timedOut(): void {
    if (this.tunnel !== null) return this.#endTunnel(false);
    if (this.attempt.isQueued) return this.fail(fault("queue_timeout"));
    const upstream = this.attempt.upstream;
    if (upstream === null || upstream.line === null) return;
    const downstream = this.#downstream!;
    if (this.isAnswered) {
      if (downstream.line.heldBytes === 0) return this.failUpstream(fault("read_timeout"));
      return downstream.isTaking() ? this.#arm(this.listener.plan.timeouts.readMs) : this.fail(fault("client_stalled"));
    }
    if (!this.requestBody.isDone && upstream.line.heldBytes === 0) return this.fail(fault("body_timeout"));
    this.failUpstream(fault("response_timeout"));
  }

  /** Count and report; after this the object is not ours any more. */
  #conclude(): void {
    const { tally, port } = this.#context;
    const { cells } = tally;
    const row = this.route.row;
    const seconds = (port.nowMs - this.startedMs) / 1000;
    const isOurs = this.fault !== null && this.fault.side !== "downstream";
    if (this.status === 0 || (this.fault !== null && this.respondedMs > 0)) cells[row + routeCell.aborted]!++;
    else cells[row + routeCell.status1xx - 1 + Math.min(Math.floor(this.status / 100), 5)]!++;
    if (isOurs && this.respondedMs === 0) cells[row + routeCell.dropped]!++;
    cells[row + routeCell.durationSum]! += seconds;
    cells[row + routeCell.bucket + bucketOf(seconds)]!++;
    if (this.respondedMs > 0) this.#countServer(port.nowMs);
    this.attempt.end();
    this.#context.report(this);
  }

  #countServer(nowMs: number): void {
    const { cells } = this.#context.tally;
    const row = this.pool.servers[this.attempt.index]!.row;
    const seconds = (nowMs - this.sentMs) / 1000;
    cells[row + serverCell.status1xx - 1 + Math.min(Math.floor(this.status / 100), 5)]!++;
    cells[row + serverCell.durationSum]! += seconds;
    cells[row + serverCell.bucket + bucketOf(seconds)]!++;
  }

  #send(bytes: Uint8Array, start: number, end: number): boolean {
    this.#count(end - start);
    return this.#downstream!.line.send(bytes, start, end);
  }

  #count(bytes: number): void {
    this.#context.tally.cells[this.listener.row + listenerCell.bytesSent]! += bytes;
  }

  #countUp(upstream: Upstream, bytes: number): void {
    this.#context.tally.cells[upstream.server.row + serverCell.bytesSent]! += bytes;
  }

  #arm(delayMs: number): void {
    this.#context.port.wake(this.#downstream!, this.#context.port.nowMs + delayMs);
  }
}

const headerNames = new Map<string, Uint8Array>();

function headerName(name: string): Uint8Array {
  let bytes = headerNames.get(name);
  if (bytes === undefined) headerNames.set(name, (bytes = encode(name.toLowerCase())));
  return bytes;
}
