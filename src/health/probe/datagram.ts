// One udp check, told what comes back and saying in the end whether the server is well. There is no connection that could be
// refused: that nobody listens is known only from the ICMP error which a host sends for a datagram to such a port. So without an
// answer to wait for, silence until the timeout is health; with one, the first datagram decides, for a datagram is a whole answer.

import type { CheckPlan } from "../../config/plan.ts";
import { ReceivedAnswer } from "./receive.ts";
import { bytesOf, healthy, type ProbeResult, unhealthy } from "./result.ts";

export class DatagramProbe {
  /** The datagram to send. Without `send` it is empty, and still one: it is what brings the error of a closed port back. */
  readonly request: Uint8Array;
  readonly #answer: ReceivedAnswer | null;

  constructor(check: CheckPlan) {
    this.request = bytesOf(check.send ?? "");
    this.#answer = check.receive === null ? null : new ReceivedAnswer(check.receive);
  }

  received(datagram: Uint8Array): ProbeResult {
    return this.#answer === null ? healthy("answered") : this.#answer.receivedWhole(datagram);
  }

  /** An error came back, or the datagram could not be sent; `detail` says why. */
  refused(detail: string): ProbeResult {
    return unhealthy(detail);
  }

  expired(): ProbeResult {
    return this.#answer === null ? healthy("no error came back") : this.#answer.expired();
  }
}
