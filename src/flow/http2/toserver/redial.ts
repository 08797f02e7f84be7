// A connection of HTTP/1.1 for a request that its server has refused to answer by HTTP/2 (HTTP_1_1_REQUIRED): when it stands, the
// stream hands over to it, and the exchange goes on as if it had been asked so from the start.

import type { Fault } from "../../../base/fault.ts";
import type { DialFlow, Line, Port } from "../../port.ts";
import type { ServerStream } from "./serverstream.ts";

export class Redial implements DialFlow {
  readonly #stream: ServerStream;
  readonly #port: Port;
  readonly #dialedMs: number;

  constructor(stream: ServerStream, port: Port) {
    this.#stream = stream;
    this.#port = port;
    this.#dialedMs = port.nowMs;
  }

  connected(line: Line): void {
    const stream = this.#stream;
    if (!stream.isWanted) return line.destroy();
    line.become!(stream.flow);
    stream.flow.moved(line, this.#port.nowMs - this.#dialedMs);
    stream.moved(line);
  }

  refused(what: Fault): void {
    this.#stream.refused(what);
  }

  // It is told of nothing after that.
  received(): void {}
  drained(): void {}
  ended(): void {}
  closed(): void {}
}
