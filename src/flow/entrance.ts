// What is spoken on a connection of a client. Over TLS it has been agreed on (ALPN): HTTP/2, or HTTP/1.1. On a listener that speaks
// SOCKS5 as well as HTTP the first byte says which (5 begins no method). In each case it is first a connection like any other, with its
// rules, its deadline and its place in the counts. HTTP/2 in the clear shows itself as a request that is none (downstream.ts).

import { socksVersion } from "../wire/socks.ts";
import type { Context } from "./context.ts";
import { Downstream } from "./downstream.ts";
import type { Entry } from "./entry.ts";
import { Http2Session } from "./http2/session.ts";
import type { Client, Line, LineFlow } from "./port.ts";
import type { ListenerSite } from "./site.ts";
import { SocksSession } from "./sockssession.ts";

/** What tells a listener's connections from each other, where it has to be told. */
export function sessionOn(
  context: Context,
  listener: ListenerSite,
  line: Line,
  client: Client,
  entry: Entry | null = null,
): LineFlow {
  const downstream = new Downstream(context, listener, line, client, entry);
  if (client.tls !== null && client.tls.alpn === "h2" && downstream.isUntouched)
    return new Http2Session(context, downstream);
  return listener.plan.proxy?.socks === true ? new Entrance(context, downstream) : downstream;
}

class Entrance implements LineFlow {
  readonly #context: Context;
  #flow: Downstream | SocksSession;
  #isDecided = false;

  constructor(context: Context, downstream: Downstream) {
    this.#context = context;
    this.#flow = downstream;
  }

  received(bytes: Uint8Array): void {
    const flow = this.#flow;
    if (!this.#isDecided && bytes.length > 0) {
      this.#isDecided = true;
      if (bytes[0] === socksVersion && flow instanceof Downstream && flow.isUntouched)
        this.#flow = new SocksSession(this.#context, flow);
    }
    this.#flow.received(bytes);
  }

  drained(): void {
    this.#flow.drained();
  }

  ended(): void {
    this.#flow.ended();
  }

  closed(isReset: boolean): void {
    this.#flow.closed(isReset);
  }
}
