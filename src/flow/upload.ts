// The way of a request to its server: its head with what of the body came with it in one write, then the rest as it comes. A server
// that is slow to take bytes stops the reading of the client. One upload an exchange, used again with it.

import { fault } from "../base/fault.ts";
import { serverCell } from "../memory/tally.ts";
import { limitAcceptEncoding } from "./bodies.ts";
import { openTunnel } from "./connect.ts";
import { noteCredentials } from "./connectionauth.ts";
import type { Context } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import type { Onlooker } from "./filter.ts";
import type { Gathering } from "./hooks/gathering.ts";
import { coalesceBytesMax } from "./passage.ts";
import { noteProgress } from "./toll.ts";
import type { Upstream } from "./upstream.ts";

export class Upload {
  /** No body byte beyond those that came with the head has been passed on. */
  isBodyHeld = true;
  /** What of the body goes with the head, where more of it was passed on to a server that has looked at none; null: what came with it. */
  #recalled: Uint8Array | null = null;
  /** No server has looked at it, whatever it is. */
  isUnseen = false;
  /** It goes over a connection that has carried others. */
  isReused = false;
  /** It was asked by HTTP/2. */
  isHttp2 = false;
  /** When the last of a body that came later than its head was passed on; 0: there was none. */
  doneMs = 0;
  /** Who wants the body before a server is sought. */
  gathering: Gathering | null = null;
  /** Sees the body's bytes go by, framing and all, from those on that did not come with the head. */
  onlooker: Onlooker | null = null;
  readonly #exchange: Exchange;
  readonly #context: Context;

  constructor(exchange: Exchange, context: Context) {
    this.#exchange = exchange;
    this.#context = context;
  }

  reset(): void {
    this.gathering = null;
    this.isBodyHeld = true;
    this.#recalled = null;
    this.isUnseen = false;
    this.isReused = false;
    this.isHttp2 = false;
    this.doneMs = 0;
    this.onlooker = null;
  }

  /** A connection is there: send what we have of the request. */
  send(upstream: Upstream): void {
    const exchange = this.#exchange;
    if (exchange.target?.isTunnel === true) return openTunnel(exchange, this.#context, upstream);
    if (!limitAcceptEncoding(exchange, this.#context)) return;
    const { port, output } = this.#context;
    const { head, requestBody } = exchange;
    const bodyBytes = this.#recalled ?? head.bytes;
    const bodyStart = this.#recalled === null ? exchange.bodyStart : 0;
    const bodyEnd = this.#recalled === null ? exchange.bodyEnd : bodyBytes.length;
    const line = upstream.line!;
    if (head.hasAuthorization) noteCredentials(exchange, this.#context, upstream);
    output.clear();
    const { lease } = exchange;
    exchange.listener.forwarding.writeRequest(output, head, exchange, lease === null ? null : lease.form);
    const size = bodyEnd - bodyStart;
    const isCoalesced = size <= coalesceBytesMax;
    if (size > 0 && isCoalesced) output.copy(bodyBytes, bodyStart, bodyEnd);
    exchange.sentMs = port.nowMs;
    this.isUnseen = false;
    this.isReused = upstream.isReused;
    this.isHttp2 = line.isShared === true;
    this.#count(upstream, output.length + (isCoalesced ? 0 : size));
    let isTaken = line.send(output.bytes, 0, output.length);
    if (!isCoalesced) isTaken = line.send(bodyBytes, bodyStart, bodyEnd) && isTaken;
    const { isDone } = requestBody;
    exchange.arm(isDone ? exchange.pool.plan.timeouts.responseMs : exchange.listener.plan.timeouts.readMs);
    if (!isDone && isTaken) exchange.downstream!.resumeBody();
  }

  /** No server has looked at it, and of its body this was passed on. */
  recall(body: Uint8Array): void {
    this.#recalled = body;
    this.isBodyHeld = true;
    this.isUnseen = true;
  }

  /**
   * A client that waits has more to say. Its body is counted, so that its FIN is known for the end of a whole request or of a torn
   * one; a request behind it is lost, and so the connection ends with the answer.
   */
  waste(bytes: Uint8Array): void {
    const exchange = this.#exchange;
    exchange.requestBytes += exchange.requestBody.advance(bytes, 0, bytes.length);
    exchange.isPersistent = false;
  }

  /** More of the body. Answers the index after what belongs to this request; `start` when the server cannot take it now. */
  more(bytes: Uint8Array, start: number, end: number): number {
    const exchange = this.#exchange;
    const { upstream, requestBody } = exchange;
    const { gathering } = this;
    if (gathering === null && (upstream === null || upstream.line === null || exchange.sentMs === 0)) return start;
    const next = requestBody.advance(bytes, start, end);
    exchange.requestBytes += next - start;
    if (requestBody.isBad) {
      exchange.fail(fault("bad_chunk"));
      return end;
    }
    const { bodyBytesMax } = this.#context.limits;
    const ruledMax = exchange.visit?.bodyBytesMax ?? -1;
    const { content } = requestBody;
    if ((bodyBytesMax > 0 && content > bodyBytesMax) || (ruledMax !== -1 && content > ruledMax)) {
      exchange.fail(fault("body_too_large"));
      return end;
    }
    if (gathering !== null) {
      if (exchange.visit !== null) noteProgress(exchange);
      gathering.more(bytes, start, next);
      return next;
    }
    this.isBodyHeld = false;
    this.onlooker?.add(bytes, start, next);
    if (exchange.visit !== null) noteProgress(exchange);
    this.#count(upstream!, next - start);
    const isTaken = upstream!.line!.send(bytes, start, next);
    if (requestBody.isDone) {
      this.doneMs = this.#context.port.nowMs;
      exchange.arm(exchange.pool.plan.timeouts.responseMs);
      this.onlooker?.over(true);
    } else {
      if (!isTaken) exchange.downstream!.holdBody();
      exchange.arm(exchange.listener.plan.timeouts.readMs);
    }
    return next;
  }

  /** The server takes bytes again. The time that it took is not the client's. */
  drained(): void {
    const exchange = this.#exchange;
    if (exchange.requestBody.isDone) return;
    exchange.arm(exchange.listener.plan.timeouts.readMs);
    exchange.downstream!.resumeBody();
  }

  #count(upstream: Upstream, bytes: number): void {
    this.#context.tally.cells[upstream.row + serverCell.bytesSent]! += bytes;
  }
}
