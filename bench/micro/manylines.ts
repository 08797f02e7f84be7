// A world around flows that have many connections to servers: each dial makes a line of its own, whichever was sent to last answers, and
// every name is known. One exchange is one call, without sockets and without the kernel.

import { Context } from "../../src/flow/context.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import type { DialFlow, Resolution } from "../../src/flow/port.ts";
import { Site } from "../../src/flow/site.ts";
import { Arena } from "../../src/memory/arena.ts";
import { Tally } from "../../src/memory/tally.ts";
import { Memory } from "../../test/playbook/memory.ts";
import { makePlan, type PlanOptions, setServer } from "../../test/playbook/plan.ts";
import { client, FakePort, Sink } from "./world.ts";

const response: Uint8Array = new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n${"x".repeat(65)}`);
/** The same object each time, as the resolver's is while it is kept. */
const resolution: Resolution = { addresses: ["8.8.8.8"], problem: "" };

class ManyLines extends FakePort {
  sentTo: DialFlow | null = null;
  next: Sink = new Sink();

  override resolve(): never {
    return resolution as never;
  }

  override dial(_server: unknown, flow: DialFlow): void {
    this.flow = flow;
    this.next = new Told(this, flow);
  }
}

/** One class for all of them, as a worker's lines are: a class for each would be more memory that is not at hand. */
class Told extends Sink {
  readonly #port: ManyLines;
  readonly #flow: DialFlow;

  constructor(port: ManyLines, flow: DialFlow) {
    super();
    this.#port = port;
    this.#flow = flow;
  }

  override send(bytes: Uint8Array, start: number, end: number): boolean {
    this.#port.sentTo = this.#flow;
    return super.send(bytes, start, end);
  }
}

/** Answers what carries one request to its end: over a connection that stands idle, or a new one. */
export function exchanges(options: PlanOptions): (request: Uint8Array) => void {
  const arena = Arena.inMemory();
  setServer(arena, 0, true);
  const tally = new Tally(arena, 0);
  const port = new ManyLines();
  const parts = { arena, tally, workers: 1, random: Math.random, ...new Memory().parts };
  const site = new Site(makePlan(options), parts, null);
  const context = new Context(port, tally, site, () => {});
  const line = new Sink();
  const downstream = new Downstream(context, site.listeners[0]!, line, client);
  return (request) => {
    const { sentBytes } = line;
    downstream.received(request);
    if (port.flow !== null) {
      const { flow } = port;
      port.flow = null;
      flow.connected(port.next);
    }
    port.sentTo!.received(response);
    if (line.sentBytes === sentBytes) throw new Error("a request was not answered");
  };
}
