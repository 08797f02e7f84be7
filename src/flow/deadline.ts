// What becomes of an exchange whose deadline has passed: that depends on whom it waits for, the client, the server, or neither. There
// is one deadline an exchange, moved on by whatever happens to it; it stands in the wheel under the connection of the client. Here
// it is decided who was too slow, and the exchange is told; it knows what to answer.

import { fault } from "../base/fault.ts";
import type { Exchange } from "./exchange.ts";

/** What an exchange waits for that is no server. Told at most one of these, and nothing once the exchange has gone on. */
export interface Wait {
  /** Too long. Whatever is to be done now, go on or fail, is to be said by who waited. */
  timedOut(): void;
  /** The client is gone, or the exchange has ended otherwise. */
  cancelled(): void;
}

export function deadlinePassed(exchange: Exchange): void {
  if (exchange.upgrade !== null) return exchange.upgrade.timedOut();
  const { wait } = exchange;
  if (wait !== null) {
    exchange.wait = null;
    return wait.timedOut();
  }
  if (exchange.tarpit !== null) return exchange.give(exchange.tarpit, fault("denied"));
  if (exchange.caching?.shown.isBegun === true) return exchange.caching.shown.timedOut();
  if (exchange.attempt.isQueued) return exchange.attempt.waitedInVain();
  const upstream = exchange.upstream;
  if (upstream === null) return;
  const downstream = exchange.downstream!;
  if (exchange.isAnswered) {
    if (downstream.line.heldBytes === 0) {
      // A server that we do not read is not silent, nor is one that has broken off while what it said still goes on.
      if (exchange.passage.isHolding || exchange.passage.isSifting) return exchange.awaitServer();
      if (upstream.line === null) return;
      return exchange.failUpstream(fault("read_timeout"));
    }
    return downstream.isTaking()
      ? exchange.arm(exchange.listener.plan.timeouts.readMs)
      : exchange.fail(fault("client_stalled"));
  }
  if (upstream.line === null) return;
  if (!exchange.requestBody.isDone && upstream.line.heldBytes === 0) return exchange.fail(fault("body_timeout"));
  exchange.failUpstream(fault("response_timeout"));
}
