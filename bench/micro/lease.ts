// What it costs in our own code that a request through a forward proxy goes out by a member of an egress pool: the shipped flows on a port
// that takes everything, with connections that stand idle for each member. Beside it the same without a pool. Nanoseconds of the best round.

import { Context } from "../../src/flow/context.ts";
import { Downstream } from "../../src/flow/downstream.ts";
import type { DialFlow, Resolution } from "../../src/flow/port.ts";
import { Site } from "../../src/flow/site.ts";
import { Arena } from "../../src/memory/arena.ts";
import { Tally } from "../../src/memory/tally.ts";
import { egressPlan, egressProxy } from "../../test/playbook/egresses.ts";
import { Memory } from "../../test/playbook/memory.ts";
import { makePlan, type PlanOptions, setServer } from "../../test/playbook/plan.ts";
import { proxyPlan } from "../../test/playbook/proxies.ts";
import { bestOf, client, FakePort, Sink } from "./world.ts";

const perRound = 50_000;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const requestWith = (fields: string): Uint8Array =>
  bytesOf(`GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n${fields}Accept: */*\r\n\r\n`);
const response = bytesOf(`HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n${"x".repeat(65)}`);

/** Knows every name, and who was sent to last. */
class ManyLines extends FakePort {
  sentTo: DialFlow | null = null;

  override resolve(): never {
    return { addresses: ["8.8.8.8"], problem: "" } satisfies Resolution as never;
  }

  override dial(_server: unknown, flow: DialFlow): void {
    this.flow = flow;
    this.next = new Told(this, flow);
  }

  next: Sink = new Sink();
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

function run(name: string, options: PlanOptions, keys = 0): void {
  const arena = Arena.inMemory();
  setServer(arena, 0, true);
  const tally = new Tally(arena, 0);
  const port = new ManyLines();
  const parts = { arena, tally, workers: 1, random: Math.random, ...new Memory().parts };
  const site = new Site(makePlan(options), parts, null);
  const context = new Context(port, tally, site, () => {});
  const downstream = new Downstream(context, site.listeners[0]!, new Sink(), client);
  const plain = requestWith("");
  const requests = Array.from({ length: keys }, (_, key) => requestWith(`X-Egress-Key: key${key}\r\n`));
  let turn = 0;
  const best = bestOf(perRound, () => {
    downstream.received(keys === 0 ? plain : requests[turn++ % keys]!);
    if (port.flow !== null) {
      const { flow } = port;
      port.flow = null;
      flow.connected(port.next);
    }
    port.sentTo!.received(response);
  });
  console.log(`${name.padEnd(20)} ${best.toFixed(0).padStart(6)} ns a request`);
}

const members = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`);
const idle = { connectionsMax: 4096, timeoutMs: 60_000 };

run("no pool", proxyPlan({ pool: { idle } }));
for (const count of [1, 300, 3000])
  for (const history of [0, 1000]) {
    const egress = egressPlan(members(count), { choose: "random", history: { entriesMax: history, changesMax: 100 } });
    run(`pool of ${count}${history > 0 ? ", history" : ""}`, egressProxy({ egress, pool: { idle } }));
  }

const session = { lifetimeMs: 3_600_000, idleMs: 0, requestsMax: 0, bytesMax: 0 };
run(
  "300 keys of 300",
  egressProxy({ egress: egressPlan(members(300), { choose: "random", session }), pool: { idle } }),
  300,
);
