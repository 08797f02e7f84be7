// One probe in datagrams: a socket of its own, connected to the server so that the kernel gives us its answers and ICMP errors
// only, one datagram out, and what comes back. What that means is health/probe/datagram.ts.

import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { codeOf, reasonOf } from "../../base/systemerror.ts";
import type { CheckPlan, ServerPlan } from "../../config/plan.ts";
import { DatagramProbe } from "../../health/probe/datagram.ts";
import type { ProbeResult } from "../../health/probe/result.ts";
import type { ProbeDone } from "./connection.ts";
import { Patience } from "./patience.ts";

export class DatagramProbing {
  readonly #probe: DatagramProbe;
  readonly #done: ProbeDone;
  readonly #patience: Patience;
  #socket: Socket | null = null;
  #isDone = false;

  /** `done` is called once, and not after `abort`. */
  constructor(server: ServerPlan, check: CheckPlan, done: ProbeDone) {
    this.#probe = new DatagramProbe(check);
    this.#done = done;
    this.#patience = new Patience(check.timeoutMs, () => this.#finish(this.#probe.expired()));
    const { address, source } = server;
    try {
      if (address.kind === "unix") this.#finish(this.#probe.refused("a unix socket cannot be checked with datagrams"));
      else this.#open(address.host, check.port ?? address.port, source);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Give up: the socket is closed, nothing is told. */
  abort(): void {
    this.#isDone = true;
    this.#patience.end();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #open(host: string, port: number, source: string): void {
    const isV6 = isIPv6(host);
    // The system would take it, and then send from elsewhere.
    if (source !== "" && isIPv6(source) !== isV6)
      return this.#finish(this.#probe.refused(`the source ${source} is no IPv${isV6 ? 6 : 4} address`));
    const socket = createSocket(isV6 ? "udp6" : "udp4");
    this.#socket = socket;
    socket.on("message", (datagram) => this.#finish(this.#probe.received(datagram)));
    socket.on("error", (error) => this.#fail(error));
    const connect = (): void => {
      if (this.#isDone) return;
      socket.connect(port, host, () => {
        if (this.#isDone) return;
        socket.send(this.#probe.request, (error) => {
          if (error) this.#fail(error);
        });
      });
    };
    if (source === "") connect();
    else socket.bind({ address: source, port: 0 }, connect);
  }

  #fail(error: unknown): void {
    const code = codeOf(error);
    const why = code === "ECONNREFUSED" ? "nobody listens on the port" : `sending failed: ${reasonOf(error)}`;
    // No port of UDP is left to send from.
    this.#finish(this.#probe.refused(why), code === "EADDRINUSE");
  }

  #finish(result: ProbeResult, isOutOfPorts = false): void {
    if (this.#isDone) return;
    this.abort();
    this.#done(result, isOutOfPorts);
  }
}
