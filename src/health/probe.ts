// One active check over a connection (tcp, http and grpc), told what happens on a connection that somebody else made and saying in the
// end whether the server is well, and why. A tcp check ends when the connection is made, over TLS when the handshake has
// succeeded, or goes on with what is said over it; the others always do. What an answer means is said in probe/: http,
// http2 (with grpc), receive. The other kinds have no connection and stand there as a whole: datagram, command.

import type { CheckPlan } from "../config/plan.ts";
import { HttpAnswer, requestOf } from "./probe/http.ts";
import { grpcOpening, Http2Answer, http2Request } from "./probe/http2.ts";
import { ReceivedAnswer } from "./probe/receive.ts";
import { bytesOf, healthy, type ProbeResult, unhealthy } from "./probe/result.ts";

/** What a check is waiting for. */
export type ProbeStage = "connection" | "handshake" | "answer";

export class Probe {
  /** What to send once the connection stands; may be empty. */
  readonly request: Uint8Array;
  readonly #answer: HttpAnswer | Http2Answer | ReceivedAnswer | null;

  /** `isHttp2`: an http check by that; gRPC always is. */
  constructor(check: CheckPlan, isHttp2 = false, isSecure = false) {
    if (check.kind === "grpc" && check.grpc !== undefined) {
      this.request = grpcOpening(check.grpc, isSecure);
      this.#answer = new Http2Answer(null, check.grpc.service);
    } else if (check.kind === "http" && check.http !== null && isHttp2) {
      this.request = http2Request(check.http, isSecure);
      this.#answer = new Http2Answer(check.http.expect);
    } else if (check.kind === "http" && check.http !== null) {
      this.request = requestOf(check.http);
      this.#answer = new HttpAnswer(check.http);
    } else {
      this.request = bytesOf(check.send ?? "");
      this.#answer = check.receive === null ? null : new ReceivedAnswer(check.receive);
    }
  }

  /** The connection stands and `request` is sent. A result ends the check; null means to tell what is received. */
  sent(): ProbeResult | null {
    return this.#answer === null ? healthy("connected") : null;
  }

  /** The server's bytes, split anywhere. A result ends the check. */
  received(bytes: Uint8Array): ProbeResult | null {
    return this.#answer === null ? null : this.#answer.received(bytes);
  }

  /** It has no answer by HTTP/2, and would have one by HTTP/1.1. */
  get isOlderWanted(): boolean {
    return this.#answer instanceof Http2Answer && this.#answer.isOlderWanted;
  }

  /** What is to be said back to what was received; empty for nothing. */
  reply(): Uint8Array {
    if (!(this.#answer instanceof Http2Answer)) return nothing;
    const { reply } = this.#answer;
    const bytes = reply.bytes.slice(0, reply.length);
    reply.clear();
    return bytes;
  }

  /** The server closed, cleanly or not, before there was a result. */
  ended(): ProbeResult {
    return this.#answer === null ? unhealthy("the server closed") : this.#answer.ended();
  }

  /** The connection could not be made; `detail` says why, such as "connection refused". */
  refused(detail: string): ProbeResult {
    return unhealthy(`connecting failed: ${detail}`);
  }

  /** TLS could not be agreed on, or the server's certificate is not accepted; `problem` says why. */
  distrusted(problem: string): ProbeResult {
    return unhealthy(problem);
  }

  /** The check's time is up; `stage` tells what it was spent on. */
  expired(stage: ProbeStage): ProbeResult {
    if (stage === "connection") return unhealthy("no connection in time");
    if (stage === "handshake") return unhealthy("no TLS handshake in time");
    return this.#answer === null ? unhealthy("nothing could be sent in time") : this.#answer.expired();
  }
}

const nothing = new Uint8Array(0);
