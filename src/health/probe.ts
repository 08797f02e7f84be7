// One active check over a connection (tcp and http), told what happens on a connection that somebody else made and saying in the
// end whether the server is well, and why. A tcp check ends when the connection is made, over TLS when the handshake has
// succeeded, or goes on with what is said over it; an http check always does. What an answer means is said in probe/: http,
// receive. The other kinds have no connection and stand there as a whole: datagram, command.

import type { CheckPlan } from "../config/plan.ts";
import { HttpAnswer, requestOf } from "./probe/http.ts";
import { ReceivedAnswer } from "./probe/receive.ts";
import { bytesOf, healthy, type ProbeResult, unhealthy } from "./probe/result.ts";

/** What a check is waiting for. */
export type ProbeStage = "connection" | "handshake" | "answer";

export class Probe {
  /** What to send once the connection stands; may be empty. */
  readonly request: Uint8Array;
  readonly #answer: HttpAnswer | ReceivedAnswer | null;

  constructor(check: CheckPlan) {
    if (check.kind === "http" && check.http !== null) {
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
